/// What has a life to lead. ``EMongolia`` is one; tests bring others.
public protocol Suspendable: Sendable {
    func suspend() async throws
    func resume() async throws
    func shutdown() async throws
}

/// Brings the core to where the app wants it, one step at a time.
///
/// Guarantees: at most one transition runs; wishes that come meanwhile coalesce and the last one wins; `closed` is for
/// good.
public actor LifeCycle {
    public enum State: Sendable, Equatable {
        case running
        case suspended
        case closed
    }

    /// What was asked for last.
    public private(set) var desired: State = .running
    /// What was reached last.
    public private(set) var reached: State = .running

    private let core: any Suspendable
    private var transition: Task<Void, any Error>?

    public init(_ core: any Suspendable) {
        self.core = core
    }

    /// Returns once the core is where it was last wanted, whoever wanted it; throws what the last step threw.
    /// Committed: a transition goes on, and its callers wait for it, whatever is cancelled.
    public func want(_ state: State) async throws {
        guard desired != .closed || state == .closed else { throw CoreError.NotAvailable }
        desired = state
        try await settled()
    }

    private func settled() async throws {
        if let transition {
            return try await transition.value
        }
        guard reached != desired else { return }
        let transition = Task { try await self.converge() }
        self.transition = transition
        try await transition.value
    }

    private func converge() async throws {
        defer { transition = nil }
        while reached != desired {
            let target = desired
            do {
                try await step(to: target)
                reached = target
            } catch {
                // A suspension or a shutdown that takes longer than its deadline ends by itself: there is no way back.
                if target != .running { reached = target }
                if desired == target { throw error }
            }
        }
    }

    private func step(to target: State) async throws {
        switch target {
        case .running: try await core.resume()
        case .suspended: try await core.suspend()
        case .closed: try await core.shutdown()
        }
    }
}
