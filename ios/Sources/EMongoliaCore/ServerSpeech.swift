import Foundation

/// Where sound comes from.
public protocol AudioSource: Sendable {
    /// Opus packets of one channel, as they are recorded, from now on until the citizen is silent or the stream is let go of.
    /// Throws a ``SpeechFailure``: `permission`, `microphone`.
    func packets() -> AsyncThrowingStream<Data, any Error>
}

/// What the gateway said.
public struct SpeechAnswer: Sendable {
    /// Ten hypotheses of three hundred letters are a tenth of it; a transport gives no more.
    public static let largest = 64 * 1024

    public let status: Int
    public let body: Data

    public init(status: Int, body: Data) {
        self.status = status
        self.body = body
    }
}

/// How sound gets to the gateway: `POST /v1/speech?language=…`, `audio/ogg; codecs=opus`, sent while it comes.
///
/// It trusts whom the core trusts: the configured authorities and pins (``PinnedTrust``), TLS 1.3, no redirects.
public protocol SpeechTransport: Sendable {
    /// Throws a ``SpeechFailure``: `offline`, `untrusted`; and whatever `audio` throws, with the request broken off.
    func recognise(language: String, audio: AsyncThrowingStream<Data, any Error>) async throws -> SpeechAnswer
}

/// The gateway's recogniser: iOS has none for Mongolian. Sound is sent while it is spoken, and kept nowhere.
///
/// Guarantees: ten seconds at most; it needs no sign-in, and sends no token.
public final class ServerSpeechRecogniser: SpeechRecogniser {
    /// What the gateway takes; who looks for a service says a few words.
    static let longest: Duration = .seconds(10)
    static let largest = 128 * 1024

    private let audio: any AudioSource
    private let transport: any SpeechTransport
    private let recordedWithin: Duration
    private let listening = Listening()
    private let recording = Guarded<Task<Void, Never>?>(nil)

    public convenience init(audio: any AudioSource, transport: any SpeechTransport) {
        self.init(audio: audio, transport: transport, recordedWithin: Self.longest + .seconds(2))
    }

    /// A microphone that gives less than it should must not hold the line.
    init(audio: any AudioSource, transport: any SpeechTransport, recordedWithin: Duration) {
        self.audio = audio
        self.transport = transport
        self.recordedWithin = recordedWithin
    }

    public func support(for language: String) async -> SpeechSupport {
        isSameLanguage(language, SpeechRequest.mongolian) ? .onlineOnly : .unavailable
    }

    public func listen(_ request: SpeechRequest) -> AsyncStream<SpeechEvent> {
        listening.stream { tell in
            do {
                let heard = try await self.hear(request, tell)
                return heard.isEmpty ? .failed(.nothingHeard) : .heard(heard)
            } catch let failure as SpeechFailure {
                return .failed(failure)
            } catch {
                return .failed(.offline)
            }
        }
    }

    public func finish() {
        recording.with { $0 }?.cancel()
    }

    private func hear(_ request: SpeechRequest, _ tell: @escaping @Sendable (SpeechEvent) -> Void) async throws -> [Transcript] {
        let (pages, out) = AsyncThrowingStream<Data, any Error>.makeStream()
        let recording = Task { await self.record(into: out, tell) }
        self.recording.with { $0 = recording }
        let limit = Task {
            try await Task.sleep(for: self.recordedWithin)
            recording.cancel()
        }
        defer {
            self.recording.with { $0 = nil }
            limit.cancel()
            recording.cancel()
        }
        let answer = try await withTaskCancellationHandler {
            try await transport.recognise(language: request.language, audio: pages)
        } onCancel: {
            recording.cancel()
        }
        return Array(try Self.transcripts(answer).prefix(request.most))
    }

    /// Until it ends, is cancelled, or was ten seconds. What goes wrong reaches who reads the pages.
    private func record(
        into pages: AsyncThrowingStream<Data, any Error>.Continuation, _ tell: @Sendable (SpeechEvent) -> Void
    ) async {
        var ogg = OggOpus(serial: .random(in: 0 ... .max))
        var size = 0
        do {
            for try await packet in audio.packets() {
                if size == 0 { tell(.ready) }
                guard ogg.length + (try OggOpus.length(of: packet)) <= Self.longest else { break }
                let page = size == 0 ? ogg.begin() + (try ogg.add(packet)) : try ogg.add(packet)
                size += page.count
                guard size + packet.count < Self.largest else { break }
                pages.yield(page)
            }
        } catch is CancellationError {
            // finished
        } catch {
            pages.finish(throwing: error as? SpeechFailure ?? .microphone)
            return
        }
        guard size > 0 else { return pages.finish(throwing: SpeechFailure.nothingHeard) }
        pages.yield(ogg.end())
        pages.finish()
    }

    private struct Heard: Decodable {
        struct Hypothesis: Decodable {
            let text: String
            let confidence: Float?
        }

        let hypotheses: [Hypothesis]
    }

    private struct Problem: Decodable {
        let code: String
    }

    private static func transcripts(_ answer: SpeechAnswer) throws(SpeechFailure) -> [Transcript] {
        switch answer.status {
        case 200:
            guard let heard = try? JSONDecoder().decode(Heard.self, from: answer.body) else { throw .unavailable }
            return heard.hypotheses.map { hypothesis in
                Transcript(hypothesis.text, confidence: hypothesis.confidence.flatMap { (0...1).contains($0) ? $0 : nil })
            }
        case 422:
            let problem = try? JSONDecoder().decode(Problem.self, from: answer.body)
            throw problem?.code == "unsupported_language" ? .language : .unavailable
        case 429, 503: throw .busy
        default: throw .unavailable
        }
    }
}
