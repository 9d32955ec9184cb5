import EMongoliaTestSupport
import Testing

@testable import EMongoliaCore

/// A core whose transitions take until somebody lets them go on.
private actor Gated: Suspendable {
    private(set) var steps: [String] = []
    private var held: [CheckedContinuation<Void, Never>] = []
    private var arrivals: [CheckedContinuation<Void, Never>] = []
    private var isOpen = false
    private var failure: (any Error)?

    func suspend() async throws { try await step("suspend") }
    func resume() async throws { try await step("resume") }
    func shutdown() async throws { try await step("shutdown") }

    /// Returns when a transition waits.
    func arrived() async {
        if held.isEmpty { await withCheckedContinuation { arrivals.append($0) } }
    }

    func open() {
        isOpen = true
        for waiting in held { waiting.resume() }
        held = []
    }

    func failNext(with error: any Error) {
        failure = error
    }

    private func step(_ name: String) async throws {
        steps.append(name)
        if !isOpen {
            await withCheckedContinuation { continuation in
                held.append(continuation)
                for waiting in arrivals { waiting.resume() }
                arrivals = []
            }
        }
        if let failure {
            self.failure = nil
            throw failure
        }
    }
}

@Suite struct LifeCycleTests {
    @Test("Wishes that come during a transition coalesce, and the last one wins", arguments: [
        ([LifeCycle.State.running, .suspended, .running], ["suspend", "resume"]),
        ([.running, .suspended], ["suspend"]),
        ([.running, .closed], ["suspend", "shutdown"]),
    ])
    func lastOneWins(wishes: [LifeCycle.State], steps: [String]) async throws {
        let core = Gated()
        let lifeCycle = LifeCycle(core)
        var callers = [Task { try await lifeCycle.want(.suspended) }]
        await core.arrived()

        for wish in wishes {
            callers.append(Task { try await lifeCycle.want(wish) })
            while await lifeCycle.desired != wish { await Task.yield() }
        }
        await core.open()
        for caller in callers { try await caller.value }

        #expect(await core.steps == steps)
        #expect(await lifeCycle.reached == wishes.last)
    }

    @Test("What is there already is not done again")
    func idempotent() async throws {
        let core = Gated()
        await core.open()
        let lifeCycle = LifeCycle(core)

        try await lifeCycle.want(.running)
        try await lifeCycle.want(.suspended)
        try await lifeCycle.want(.suspended)

        #expect(await core.steps == ["suspend"])
    }

    @Test("A suspension that takes too long is told and counts as begun; the way back still works")
    func lateSuspension() async throws {
        let core = Gated()
        await core.open()
        let lifeCycle = LifeCycle(core)
        await core.failNext(with: CoreError.Timeout)

        await #expect(throws: CoreError.Timeout) { try await lifeCycle.want(.suspended) }
        try await lifeCycle.want(.running)

        #expect(await core.steps == ["suspend", "resume"])
    }

    @Test("A resume that fails is told, and can be wanted again")
    func failedResume() async throws {
        let core = Gated()
        await core.open()
        let lifeCycle = LifeCycle(core)
        try await lifeCycle.want(.suspended)
        await core.failNext(with: CoreError.Locked)

        await #expect(throws: CoreError.Locked) { try await lifeCycle.want(.running) }
        #expect(await lifeCycle.reached == .suspended)
        try await lifeCycle.want(.running)

        #expect(await core.steps == ["suspend", "resume", "resume"])
    }

    @Test("Closed is for good")
    func closed() async throws {
        let core = Gated()
        await core.open()
        let lifeCycle = LifeCycle(core)

        try await lifeCycle.want(.closed)

        await #expect(throws: CoreError.NotAvailable) { try await lifeCycle.want(.running) }
        #expect(await core.steps == ["shutdown"])
    }

    @Test("The real core follows a hundred wishes at once, and reads when it runs")
    func realCore() async throws {
        let core = try await Phone().start()

        try await withThrowingTaskGroup(of: Void.self) { group in
            for round in 0..<100 {
                group.addTask { try await core.lifeCycle.want(round.isMultiple(of: 2) ? .suspended : .running) }
            }
            try await group.waitForAll()
        }
        try await core.lifeCycle.want(.suspended)
        await #expect(throws: CoreError.NotAvailable) { try await core.catalogue.organisations() }
        try await core.lifeCycle.want(.running)

        #expect(try await core.catalogue.organisations().items.isEmpty)
        try await core.lifeCycle.want(.closed)
    }
}
