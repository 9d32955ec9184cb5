import Foundation

/// Whether a recogniser knows a language; the better first.
public enum SpeechSupport: Int, Comparable, CaseIterable, Sendable {
    /// Without a network, too.
    case available
    /// While there is a network.
    case onlineOnly
    /// It can't be asked: ``SpeechRecogniser/listen(_:)`` tells.
    case unknown
    /// Once the system has fetched the language.
    case needsDownload
    /// Not here.
    case unavailable

    public static func < (one: SpeechSupport, other: SpeechSupport) -> Bool { one.rawValue < other.rawValue }
}

/// One way to understand what was said. Prints without it: it may be personal.
public struct Transcript: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public let text: String
    /// From 0 to 1. Nil: the recogniser does not know.
    public let confidence: Float?

    public init(_ text: String, confidence: Float? = nil) {
        self.text = text
        self.confidence = confidence
    }

    public var description: String { "Transcript(***)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why nothing was heard, by what can be done about it.
public enum SpeechFailure: Error, Equatable, CaseIterable, Sendable {
    /// The citizen has not allowed microphone or recognition: ask.
    case permission
    /// Nothing was said, or nothing that could be understood: offer to say it again.
    case nothingHeard
    /// The language is not known here: let it be typed.
    case language
    /// The language has to be fetched by the system first.
    case download
    /// There is no network, or it is too slow.
    case offline
    /// Somebody else answered in the gateway's place.
    case untrusted
    /// The microphone gave nothing to hear.
    case microphone
    /// Something is being listened to already, or too much was: later.
    case busy
    /// There is no recogniser, or it does not work.
    case unavailable

    /// Another recogniser may do better.
    var isAbsence: Bool {
        switch self {
        case .language, .download, .unavailable: true
        case .permission, .nothingHeard, .offline, .untrusted, .microphone, .busy: false
        }
    }
}

/// What happens while listening.
public enum SpeechEvent: Equatable, Sendable {
    /// From now on it is listened to: say so.
    case ready
    /// Understood so far; may still change. Its confidence says nothing.
    case partial(Transcript)
    /// The end: best first, at least one. They go to the catalogue's search as they are.
    case heard([Transcript])
    /// The end.
    case failed(SpeechFailure)
}

/// How to listen.
public struct SpeechRequest: Equatable, Sendable {
    /// Mongolian as it is spoken in Mongolia (BCP 47).
    public static let mongolian = "mn-MN"

    public var language: String
    /// How many transcripts are wanted at most.
    public var most: Int
    /// Without the network, where the recogniser can.
    public var preferOffline: Bool
    /// Words that are likely: names of services. Not every recogniser heeds them.
    public var likely: [String]

    public init(
        language: String = mongolian, most: Int = 5, preferOffline: Bool = false, likely: [String] = []
    ) {
        self.language = language
        self.most = most
        self.preferOffline = preferOffline
        self.likely = likely
    }
}

/// Turns speech into text, once at a time. Recognisers are the shell's: audio never enters the core, what was heard does.
///
/// Guarantees: a listening ends with exactly one `heard` or `failed`; letting go of the stream, or cancelling the task that
/// reads it, stops the microphone; a second listening at the same time ends as ``SpeechFailure/busy``.
public protocol SpeechRecogniser: Sendable {
    /// Asked anew each time: languages come and go.
    func support(for language: String) async -> SpeechSupport

    /// Listens from now on, until what is said ends.
    func listen(_ request: SpeechRequest) -> AsyncStream<SpeechEvent>

    /// The citizen is done: what was said until now is recognised. Nothing if nobody listens.
    func finish()
}

/// The first of several that knows the language; the next one where that turns out not to be so before it listens.
public final class SpeechInOrder: SpeechRecogniser {
    private let recognisers: [any SpeechRecogniser]
    private let listening = Guarded<(any SpeechRecogniser)?>(nil)

    public init(_ recognisers: any SpeechRecogniser...) {
        self.recognisers = recognisers
    }

    public func support(for language: String) async -> SpeechSupport {
        var best = SpeechSupport.unavailable
        for recogniser in recognisers { best = min(best, await recogniser.support(for: language)) }
        return best
    }

    public func listen(_ request: SpeechRequest) -> AsyncStream<SpeechEvent> {
        AsyncStream { events in
            let work = Task {
                if let failed = await self.listen(request, events) { events.yield(.failed(failed)) }
                events.finish()
            }
            events.onTermination = { _ in work.cancel() }
        }
    }

    public func finish() {
        listening.with { $0 }?.finish()
    }

    /// Why nobody listened; nil: somebody did, and has told the end.
    private func listen(_ request: SpeechRequest, _ events: AsyncStream<SpeechEvent>.Continuation) async -> SpeechFailure? {
        var failed = SpeechFailure.language
        next: for recogniser in recognisers {
            switch await recogniser.support(for: request.language) {
            case .available, .onlineOnly, .unknown: break
            case .needsDownload:
                failed = .download
                continue next
            case .unavailable: continue next
            }
            listening.with { $0 = recogniser }
            defer { listening.with { $0 = nil } }
            var begun = false
            for await event in recogniser.listen(request) {
                if case .failed(let reason) = event, reason.isAbsence, !begun {
                    failed = reason
                    continue next
                }
                begun = true
                events.yield(event)
            }
            return nil
        }
        return failed
    }
}

/// One listening at a time.
///
/// Guarantees: one that was let go of is waited for, and does not keep the next one from listening.
final class Listening: Sendable {
    private struct State {
        var number = 0
        var work: Task<Void, Never>?
        var wanted = false
    }

    private let state = Guarded(State())

    /// `hear` gives the end.
    func stream(
        _ hear: @escaping @Sendable (_ tell: @escaping @Sendable (SpeechEvent) -> Void) async -> SpeechEvent
    ) -> AsyncStream<SpeechEvent> {
        AsyncStream { events in
            let begun = state.with { state -> Int? in
                guard !state.wanted else { return nil }
                let before = state.work
                state.number += 1
                state.wanted = true
                let mine = state.number
                state.work = Task {
                    await before?.value
                    let end = await hear { events.yield($0) }
                    self.letGo(of: mine, cancelling: false)
                    // A stream that is let go of calls off the work before it closes: nobody is told what that ended as.
                    if !Task.isCancelled { events.yield(end) }
                    events.finish()
                }
                return mine
            }
            guard let begun else {
                events.yield(.failed(.busy))
                events.finish()
                return
            }
            events.onTermination = { _ in self.letGo(of: begun, cancelling: true) }
        }
    }

    private func letGo(of number: Int, cancelling: Bool) {
        let work = state.with { state -> Task<Void, Never>? in
            guard state.number == number, state.wanted else { return nil }
            state.wanted = false
            return state.work
        }
        if cancelling { work?.cancel() }
    }
}

/// Whether a tag that a recogniser lists, such as `mn` or `mn_MN`, means the one that is asked for.
func isSameLanguage(_ one: String, _ other: String) -> Bool {
    let (first, second) = (LanguageTag(one), LanguageTag(other))
    func agree(_ part: KeyPath<LanguageTag, String?>) -> Bool {
        first[keyPath: part] == nil || second[keyPath: part] == nil || first[keyPath: part] == second[keyPath: part]
    }
    return !first.language.isEmpty && first.language == second.language && agree(\.script) && agree(\.region)
}

/// The parts of BCP 47 that tell recognisers' languages apart.
private struct LanguageTag {
    let language: String
    var script: String?
    var region: String?

    init(_ tag: String) {
        let parts = tag.lowercased().split(whereSeparator: { $0 == "-" || $0 == "_" }).map(String.init)
        language = parts.first ?? ""
        for part in parts.dropFirst() {
            if part.count == 4, script == nil { script = part }
            if part.count == 2 || part.count == 3, region == nil { region = part }
        }
    }
}
