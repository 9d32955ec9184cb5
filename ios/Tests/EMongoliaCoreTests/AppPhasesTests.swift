import EMongoliaTestSupport
import Testing

@testable import EMongoliaCore

@MainActor @Suite struct AppPhasesTests {
    private let core: Gated
    private let lifeCycle: LifeCycle
    private let time = SoftwareTime()

    init() {
        core = Gated()
        lifeCycle = LifeCycle(core)
    }

    private func phases(_ cameBack: Guarded<Int> = Guarded(0), _ refused: Guarded<[CoreError]> = Guarded([])) -> AppPhases {
        AppPhases(lifeCycle, time, cameBack: { cameBack.with { $0 += 1 } }, refused: { error in
            refused.with { $0.append(error) }
        })
    }

    /// Goes out of sight, and returns once that is wanted of the core.
    private func hide(_ phases: AppPhases, _ lifeCycle: LifeCycle) async {
        phases.changed(to: .background)
        while await lifeCycle.desired != .suspended { await Task.yield() }
    }

    /// Work that waits at a door.
    private func workBehind(_ door: Door) async -> Task<Void, any Error> {
        let work = Task { [lifeCycle] in try await lifeCycle.during { await door.pass() } }
        await door.reached()
        return work
    }

    @Test("The background alone suspends, within time that was asked for at once and is given back when it is done")
    func background() async {
        let phases = phases()

        phases.changed(to: .inactive)
        #expect(!time.isHeld)
        phases.changed(to: .background)
        #expect(time.isHeld, "before the call of the platform returns")
        await core.arrived()
        #expect(time.isHeld, "as long as it takes")
        await core.open()
        await phases.settled()

        #expect(await core.steps == ["suspend"])
        #expect(time.givenBack == [1])
    }

    @Test("The front resumes, and what waits is tried; being in front and not listening changes nothing")
    func front() async {
        await core.open()
        let cameBack = Guarded(0)
        let phases = phases(cameBack)

        for phase in [AppPhases.Phase.background, .inactive, .active, .inactive] {
            phases.changed(to: phase)
            await phases.settled()
        }

        #expect(await core.steps == ["suspend", "resume"])
        #expect(cameBack.with { $0 } == 1)
        #expect(time.givenBack == [1])
    }

    @Test("Phases that follow each other fast end where the last one wants it")
    func fast() async {
        let phases = phases()

        phases.changed(to: .background)
        await core.arrived()
        for phase in [AppPhases.Phase.active, .background, .active] { phases.changed(to: phase) }
        await core.open()
        await phases.settled()

        #expect(await core.steps == ["suspend", "resume"])
        #expect(time.givenBack == [1], "asked for once, given back once")
    }

    @Test("Time that runs out during a suspension is given back once, as soon as that is done")
    func expired() async {
        let phases = phases()

        phases.changed(to: .background)
        await core.arrived()
        time.expire()
        time.expire()
        await core.open()
        await time.untilGivenBack()
        await phases.settled()

        #expect(time.givenBack == [1])
    }

    @Test("While work goes on in the background the time for it is held, and given back once the core is suspended")
    func held() async throws {
        await core.open()
        let phases = phases()
        let door = Door()
        let work = Task {
            try await lifeCycle.during {
                await door.pass()
                for _ in 0..<100 { await Task.yield() }
                return await time.isHeld
            }
        }
        await door.reached()

        await hide(phases, lifeCycle)
        await door.open()

        #expect(try await work.value)
        await phases.settled()
        #expect(await core.steps == ["suspend"])
        #expect(time.givenBack == [1])
    }

    @Test("An app that comes back while work goes on was never suspended, and needs its time no longer")
    func backDuringWork() async throws {
        await core.open()
        let phases = phases()
        let door = Door()
        let work = await workBehind(door)

        await hide(phases, lifeCycle)
        phases.changed(to: .active)
        await phases.settled()
        #expect(time.givenBack == [1])
        await door.open()
        try await work.value

        #expect(await core.steps.isEmpty)
    }

    @Test("Work that takes longer than iOS grants loses the core, and the time is given back when no file is open")
    func cutShort() async throws {
        let phases = phases()
        let door = Door()
        let work = await workBehind(door)
        await hide(phases, lifeCycle)

        time.expire()
        await core.arrived()
        #expect(time.isHeld)
        await core.open()
        await time.untilGivenBack()
        await door.open()
        try await work.value
        await phases.settled()

        #expect(await core.steps == ["suspend"])
        #expect(time.givenBack == [1])
    }

    @Test("In a process that iOS starts in the background the core is suspended, and again after its work")
    func startedInTheBackground() async throws {
        await core.open()
        let cameBack = Guarded(0)
        let time = SoftwareTime(.background)
        let phases = AppPhases(lifeCycle, time, cameBack: { cameBack.with { $0 += 1 } }, refused: { _ in })

        let working = try await lifeCycle.during { await lifeCycle.reached }
        await phases.settled()

        #expect(working == .running)
        #expect(await lifeCycle.reached == .suspended)
        #expect(time.asked == 1 && time.givenBack == [1] && cameBack.with { $0 } == 0)
    }

    @Test("What is found in front is told so at once")
    func startedInFront() async {
        let cameBack = Guarded(0)
        let phases = AppPhases(
            lifeCycle, SoftwareTime(.active), cameBack: { cameBack.with { $0 += 1 } }, refused: { _ in })

        await phases.settled()

        #expect(cameBack.with { $0 } == 1)
        #expect(await core.steps.isEmpty)
    }

    @Test("Work on the real core that is cut short hears of it, and does not hang")
    func realWork() async throws {
        let sandbox = try await Sandbox()
        let core = try await Phone(sandbox).start()
        let phases = AppPhases(core, time) { Issue.record("\($0)") }
        try await sandbox.fault("getCatalogue", "delay", ["ms": 60_000])
        let work = Task { await refusal { try await core.lifeCycle.during { try await core.catalogue.refresh() } } }
        while try await sandbox.faultsWaiting() > 0 { await Task.yield() }
        await hide(phases, core.lifeCycle)

        time.expire()

        #expect(await work.value == .NotAvailable)
        #expect(await core.lifeCycle.reached == .suspended)
        await phases.settled()
        try await core.lifeCycle.want(.closed)
        await sandbox.kill()
    }

    @Test("A way back that fails is told, and the next one is tried; a suspension past its deadline is nobody's business")
    func refused() async {
        await core.open()
        let refused = Guarded<[CoreError]>([])
        let phases = phases(Guarded(0), refused)

        for (phase, failure) in [(AppPhases.Phase.background, CoreError.Timeout), (.active, .Locked)] {
            await core.failNext(with: failure)
            phases.changed(to: phase)
            await phases.settled()
        }
        phases.changed(to: .active)
        await phases.settled()

        #expect(refused.with { $0 } == [.Locked])
        #expect(await core.steps == ["suspend", "resume", "resume"])
    }
}
