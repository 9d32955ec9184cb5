#if canImport(Speech) && canImport(AVFAudio) && !os(macOS)
import AVFAudio
import Foundation
import Speech

/// iOS' own recogniser, for the languages it says it knows when it is asked. Mongolian is not among them today.
///
/// The app asks for recognition and microphone before; without them a listening ends as ``SpeechFailure/permission``.
public final class PhoneSpeechRecogniser: SpeechRecogniser {
    private let listening = Listening()
    private let current = Guarded<Line?>(nil)

    public init() {}

    public func support(for language: String) async -> SpeechSupport {
        guard let recogniser = Self.recogniser(for: language) else { return .unavailable }
        return recogniser.supportsOnDeviceRecognition ? .available : .onlineOnly
    }

    public func listen(_ request: SpeechRequest) -> AsyncStream<SpeechEvent> {
        listening.stream { tell in
            guard SFSpeechRecognizer.authorizationStatus() == .authorized else { return .failed(.permission) }
            guard let recogniser = Self.recogniser(for: request.language) else { return .failed(.language) }
            guard recogniser.isAvailable else { return .failed(.unavailable) }
            let line = Line(recogniser, request)
            self.current.with { $0 = line }
            defer { self.current.with { $0 = nil } }
            return await withTaskCancellationHandler {
                await line.hear(tell)
            } onCancel: {
                line.drop()
            }
        }
    }

    public func finish() {
        current.with { $0 }?.finish()
    }

    private static func recogniser(for language: String) -> SFSpeechRecognizer? {
        let listed = SFSpeechRecognizer.supportedLocales().map(\.identifier)
        return PhoneSpeech.identifier(for: language, among: listed).flatMap {
            SFSpeechRecognizer(locale: Locale(identifier: $0))
        }
    }
}

/// Microphone and recogniser of one listening. Every touch of the two is on `queue`.
private final class Line: @unchecked Sendable {
    private let queue = DispatchQueue(label: "mn.emongolia.speech")
    private let recogniser: SFSpeechRecognizer
    private let request = SFSpeechAudioBufferRecognitionRequest()
    private let most: Int
    private let engine = AVAudioEngine()
    private var task: SFSpeechRecognitionTask?
    private var waiter: CheckedContinuation<SpeechEvent, Never>?
    private var ended = false

    init(_ recogniser: SFSpeechRecognizer, _ wanted: SpeechRequest) {
        self.recogniser = recogniser
        most = wanted.most
        request.taskHint = .search
        request.shouldReportPartialResults = true
        request.requiresOnDeviceRecognition = wanted.preferOffline && recogniser.supportsOnDeviceRecognition
        request.contextualStrings = wanted.likely
    }

    func hear(_ tell: @escaping @Sendable (SpeechEvent) -> Void) async -> SpeechEvent {
        await withCheckedContinuation { continuation in
            queue.async {
                self.waiter = continuation
                if self.ended { return self.end(.failed(.unavailable)) }
                do { try self.begin(tell) } catch { self.end(.failed(.microphone)) }
            }
        }
    }

    /// Nothing more is said; the end comes.
    func finish() {
        queue.async { self.mute() }
    }

    /// Nobody waits for the end.
    func drop() {
        queue.async { self.end(.failed(.unavailable)) }
    }

    private func begin(_ tell: @escaping @Sendable (SpeechEvent) -> Void) throws {
        let session = AVAudioSession.sharedInstance()
        try session.setCategory(.record, mode: .measurement, options: .duckOthers)
        try session.setActive(true, options: .notifyOthersOnDeactivation)
        let request = self.request
        let input = engine.inputNode
        input.installTap(onBus: 0, bufferSize: 1024, format: input.outputFormat(forBus: 0)) { buffer, _ in
            request.append(buffer)
        }
        engine.prepare()
        try engine.start()
        task = recogniser.recognitionTask(with: request) { result, error in
            let heard = result.map { result in
                result.transcriptions.compactMap {
                    PhoneSpeech.transcript($0.formattedString, segments: $0.segments.map(\.confidence))
                }
            }
            let failure = error.map { PhoneSpeech.failure(domain: ($0 as NSError).domain, code: ($0 as NSError).code) }
            let isFinal = result?.isFinal ?? false
            self.queue.async { self.take(heard ?? [], isFinal, failure, tell) }
        }
        tell(.ready)
    }

    private func take(
        _ heard: [Transcript], _ isFinal: Bool, _ failure: SpeechFailure?, _ tell: @Sendable (SpeechEvent) -> Void
    ) {
        guard !ended else { return }
        if let failure { return end(.failed(failure)) }
        guard isFinal else {
            if let first = heard.first { tell(.partial(first)) }
            return
        }
        end(heard.isEmpty ? .failed(.nothingHeard) : .heard(Array(heard.prefix(most))))
    }

    private func mute() {
        guard engine.isRunning else { return }
        engine.stop()
        engine.inputNode.removeTap(onBus: 0)
        request.endAudio()
    }

    private func end(_ event: SpeechEvent) {
        ended = true
        mute()
        task?.cancel()
        task = nil
        try? AVAudioSession.sharedInstance().setActive(false, options: .notifyOthersOnDeactivation)
        waiter?.resume(returning: event)
        waiter = nil
    }
}
#endif
