import EMongoliaTestSupport
import Testing

@testable import EMongoliaCore

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

    @Test("Work in the background has the core awake, and leaves it suspended")
    func duringBackground() async throws {
        let core = Gated()
        await core.open()
        let lifeCycle = LifeCycle(core)
        try await lifeCycle.want(.suspended)

        let steps = try await lifeCycle.during { await core.steps }

        #expect(steps == ["suspend", "resume"])
        #expect(await core.steps == ["suspend", "resume", "suspend"])
        #expect(await lifeCycle.reached == .suspended)
    }

    @Test("An app that goes to the background does not take the core from work that goes on; the last one brings it there")
    func duringGoesOn() async throws {
        let core = Gated()
        await core.open()
        let lifeCycle = LifeCycle(core)
        let (first, second) = (Door(), Door())
        let works = [first, second].map { door in Task { try await lifeCycle.during { await door.pass() } } }
        await first.reached()
        await second.reached()

        try await lifeCycle.want(.suspended)
        await first.open()
        try await works[0].value
        #expect(await core.steps.isEmpty)
        await second.open()
        try await works[1].value

        #expect(await core.steps == ["suspend"])
    }

    @Test("Work that fails or is cancelled gives the core back all the same")
    func duringFails() async throws {
        let core = Gated()
        await core.open()
        let lifeCycle = LifeCycle(core)
        try await lifeCycle.want(.suspended)

        await #expect(throws: CoreError.Offline) { try await lifeCycle.during { throw CoreError.Offline } }
        let cancelled = Task {
            try await lifeCycle.during {
                while !Task.isCancelled { await Task.yield() }
                try Task.checkCancellation()
            }
        }
        cancelled.cancel()

        await #expect(throws: CancellationError.self) { try await cancelled.value }
        #expect(await core.steps == ["suspend", "resume", "suspend", "resume", "suspend"])
    }

    @Test("Work for which the core can't be resumed is not begun, and hears why")
    func duringRefused() async throws {
        let core = Gated()
        await core.open()
        let lifeCycle = LifeCycle(core)
        try await lifeCycle.want(.suspended)
        await core.failNext(with: CoreError.Locked)

        await #expect(throws: CoreError.Locked) { try await lifeCycle.during { Issue.record("begun") } }
        #expect(await lifeCycle.reached == .suspended)
        try await lifeCycle.want(.closed)

        await #expect(throws: CoreError.NotAvailable) { try await lifeCycle.during { Issue.record("begun") } }
        #expect(await core.steps == ["suspend", "resume", "shutdown"])
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
