import Foundation

/// Hands each event to everybody who listens.
///
/// Guarantees: bounded for each listener; an event equal to one that waits is folded into it; what had to be dropped is
/// told as `missed`; what comes while nobody hears all events waits for the next who does; a core that failed is asked
/// again; after the end every stream finishes.
final class EventHub: Sendable {
    /// As many as the core itself keeps: a listener that lags further behind reads everything again anyway.
    static let waiting = 64

    private struct Listener {
        weak var mailbox: Mailbox?
        let hearsAll: Bool
    }

    private struct State {
        var listeners: [Listener] = []
        /// What came while nobody heard all events.
        var unheard: Mailbox?
        var ended = false

        /// Whoever let go of a stream hears nothing more.
        mutating func present() -> [Listener] {
            listeners.removeAll { $0.mailbox?.isOver ?? true }
            return listeners
        }

        mutating func mailboxes() -> [Mailbox] {
            let present = present()
            if unheard == nil, !present.contains(where: \.hearsAll) { unheard = Mailbox(limit: EventHub.waiting) }
            return present.compactMap(\.mailbox) + [unheard].compactMap { $0 }
        }

        mutating func add(hearsAll: Bool) -> Mailbox {
            var mailbox = Mailbox(limit: EventHub.waiting)
            if hearsAll, let unheard {
                mailbox = unheard
                self.unheard = nil
            }
            if ended { mailbox.end() } else { listeners.append(Listener(mailbox: mailbox, hearsAll: hearsAll)) }
            return mailbox
        }
    }

    private let state = Guarded(State())

    var listeners: Int { state.with { $0.present().count } }

    func stream() -> AsyncStream<Event> {
        let mailbox = state.with { $0.add(hearsAll: true) }
        return AsyncStream(unfolding: { await mailbox.next() }, onCancel: { mailbox.end() })
    }

    /// At once, and then whenever this area may have changed.
    func changes(of area: Area) -> AsyncStream<Void> {
        let mailbox = state.with { $0.add(hearsAll: false) }
        let begun = Guarded(false)
        return AsyncStream(
            unfolding: {
                if !begun.with({ begun in defer { begun = true }; return begun }) { return () }
                while let event = await mailbox.next() {
                    if event.concerns(area) { return () }
                }
                return nil
            }, onCancel: { mailbox.end() })
    }

    func send(_ event: Event) {
        for mailbox in state.with({ $0.mailboxes() }) { mailbox.put(event) }
    }

    func end() {
        let mailboxes = state.with { state in
            state.ended = true
            defer { state.listeners = [] }
            return state.mailboxes()
        }
        for mailbox in mailboxes { mailbox.end() }
    }

    /// Hands on what `next` gives, until it gives nil or this task is cancelled. After a failure there is a `pause`: what
    /// fails at once again must not be asked in a loop.
    func pump(pause: Duration = .milliseconds(250), _ next: () async throws -> Event?) async {
        while !Task.isCancelled {
            do {
                guard let event = try await next() else { break }
                send(event)
            } catch {
                try? await Task.sleep(for: pause)
            }
        }
        end()
    }
}

extension Event {
    /// Whoever shows this area has to read it again.
    func concerns(_ area: Area) -> Bool {
        switch self {
        case .changed(let changed): changed == area
        case .signInRequired, .sessionEnding: area == .session
        case .operationNeedsAttention: area == .outbox
        case .cacheRebuilt, .stateSetAside, .missed: true
        case .updateRequired: false
        }
    }
}

/// One listener's events. One waiter at a time, as a stream has.
final class Mailbox: Sendable {
    private struct State {
        var queue: [Event] = []
        var missed: UInt32 = 0
        var ended = false
        var waiter: CheckedContinuation<Event?, Never>?

        mutating func take() -> Event? {
            if missed > 0 {
                defer { missed = 0 }
                return .missed(count: missed)
            }
            return queue.isEmpty ? nil : queue.removeFirst()
        }
    }

    private let limit: Int
    private let state = Guarded(State())

    init(limit: Int) {
        self.limit = limit
    }

    /// Nothing more comes into it.
    var isOver: Bool { state.with { $0.ended } }

    func put(_ event: Event) {
        let handed: (CheckedContinuation<Event?, Never>, Event)? = state.with { state in
            guard !state.ended, !state.queue.contains(event) else { return nil }
            if let waiter = state.waiter {
                state.waiter = nil
                return (waiter, event)
            }
            if state.queue.count == limit {
                state.queue.removeFirst()
                state.missed += 1
            }
            state.queue.append(event)
            return nil
        }
        if let (waiter, event) = handed { waiter.resume(returning: event) }
    }

    /// What waits is still handed out; then nil, for ever.
    func end() {
        let waiter = state.with { state in
            state.ended = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }

    func next() async -> Event? {
        await withCheckedContinuation { continuation in
            let answer: Event?? = state.with { state in
                if let event = state.take() { return .some(event) }
                if state.ended || state.waiter != nil { return .some(nil) }
                state.waiter = continuation
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }
}
