import Foundation

/// Hands each event to everybody who listens.
///
/// Guarantees: bounded for each listener; an event equal to one that waits is folded into it; what had to be dropped is
/// told as `missed`; after the end every stream finishes.
final class EventHub: Sendable {
    /// As many as the core itself keeps: a listener that lags further behind reads everything again anyway.
    static let waiting = 64

    private struct Listener {
        weak var mailbox: Mailbox?
    }

    private struct State {
        var listeners: [Listener] = []
        var ended = false

        /// Whoever let go of a stream hears nothing more.
        mutating func mailboxes() -> [Mailbox] {
            listeners.removeAll { $0.mailbox == nil }
            return listeners.compactMap(\.mailbox)
        }
    }

    private let state = Guarded(State())

    var listeners: Int { state.with { $0.mailboxes().count } }

    func stream() -> AsyncStream<Event> {
        let mailbox = Mailbox(limit: Self.waiting)
        let ended = state.with { state in
            if !state.ended { state.listeners.append(Listener(mailbox: mailbox)) }
            return state.ended
        }
        if ended { mailbox.end() }
        return AsyncStream(unfolding: { await mailbox.next() }, onCancel: { mailbox.end() })
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
