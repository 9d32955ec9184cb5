/// What has a life to lead. ``EMongolia`` is one; tests bring others.
public protocol Suspendable: Sendable {
    func suspend() async throws
    func resume() async throws
    func shutdown() async throws
}

/// Brings the core to where the app wants it, one step at a time.
///
/// Guarantees: at most one transition runs; wishes that come meanwhile coalesce and the last one wins; `closed` is for
/// good; while work in the background goes on, the core is not suspended.
public actor LifeCycle {
    public enum State: Sendable, Equatable {
        case running
        case suspended
        case closed
    }

    /// What was asked for last.
    public private(set) var desired: State = .running { didSet { wake() } }
    /// What was reached last.
    public private(set) var reached: State = .running { didSet { wake() } }

    /// Somebody works whether the app is in front or not. Each is one of its own.
    private struct Lease: Hashable {
        let number: UInt64
    }

    private let core: any Suspendable
    private var leases: Set<Lease> = []
    private var leased: UInt64 = 0
    private var transition: Task<Void, any Error>?
    private var awaitingSuspension: [CheckedContinuation<Void, Never>] = []

    public init(_ core: any Suspendable) {
        self.core = core
    }

    /// Returns once the core is where it was last wanted, whoever wanted it, and throws what the last step threw; while
    /// somebody works in the background, a suspension has to wait, and this does not wait for it.
    /// Committed: a transition goes on, and its callers wait for it, whatever is cancelled.
    public func want(_ state: State) async throws {
        guard desired != .closed || state == .closed else { throw CoreError.NotAvailable }
        desired = state
        try await settled()
    }

    /// Returns once the core is suspended, whoever kept it from that, or is wanted otherwise.
    func suspended() async {
        while desired == .suspended, reached != .suspended {
            await withCheckedContinuation { awaitingSuspension.append($0) }
        }
    }

    /// Suspends a core that is wanted so, whoever works: its calls end as those of any suspended core.
    func cutShort() async {
        guard desired == .suspended else { return }
        leases = []
        try? await settled()  // a suspension past its deadline ends by itself
    }

    /// Does `work` with the core awake, also when the app is in the background; then the core is brought back to where
    /// it is wanted before this returns. For refreshes and pushes. Throws why the core could not be resumed.
    public func during<T: Sendable>(_ work: @Sendable () async throws -> T) async throws -> T {
        let lease = try take()
        do {
            try await settled()
            guard reached == .running else { throw CoreError.NotAvailable }
            let done = try await work()
            await giveBack(lease)
            return done
        } catch {
            await giveBack(lease)
            throw error
        }
    }

    /// Where the core goes: work in the background keeps it from being suspended, and from nothing else.
    private var goal: State {
        switch desired {
        case .suspended: leases.isEmpty ? .suspended : .running
        case .running, .closed: desired
        }
    }

    private func take() throws -> Lease {
        guard desired != .closed else { throw CoreError.NotAvailable }
        leased += 1
        let lease = Lease(number: leased)
        leases.insert(lease)
        return lease
    }

    /// iOS may stop the process as soon as its work has ended: no file may be open then.
    private func giveBack(_ lease: Lease) async {
        leases.remove(lease)
        try? await settled()  // a suspension past its deadline ends by itself
    }

    private func wake() {
        let waiting = awaitingSuspension
        awaitingSuspension = []
        for continuation in waiting { continuation.resume() }
    }

    private func settled() async throws {
        if let transition {
            return try await transition.value
        }
        guard reached != goal else { return }
        let transition = Task { try await self.converge() }
        self.transition = transition
        try await transition.value
    }

    private func converge() async throws {
        defer { transition = nil }
        while reached != goal {
            let target = goal
            do {
                try await step(to: target)
                reached = target
            } catch {
                // A suspension or a shutdown that takes longer than its deadline ends by itself: there is no way back.
                if target != .running { reached = target }
                if goal == target {
                    leases = []  // who waits for a resume hears why there is none; it is not tried again for them
                    throw error
                }
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
