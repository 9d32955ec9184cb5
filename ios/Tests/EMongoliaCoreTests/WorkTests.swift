import EMongoliaTestSupport
import Foundation
import Testing

@testable import EMongoliaCore

/// Background refreshes, as the platform starts them.
@Suite(.serialized) struct WorkTests {
    @Test("A job asks for another when there is more, or when waiting may help; not when it can't")
    func jobEnds() async {
        func end(_ outcome: StepOutcome, more: Bool = false) async -> SyncJob.End {
            await SyncJob { _ in SyncReport(steps: [SyncStep(area: .inbox, outcome: outcome)], more: more) }.run()
        }

        #expect(await end(.changed) == .done)
        #expect(await end(.unchanged, more: true) == .again)
        #expect(await end(.failed(error: .Offline)) == .again)
        #expect(await end(.failed(error: .Forbidden)) == .done)
        #expect(await SyncJob { _ in throw CoreError.Timeout }.run() == .again)
        #expect(await SyncJob { _ in throw CoreError.NotAvailable }.run() == .done)
    }

    @Test("A job that is taken back stops the core's work and asks for another")
    func jobTakenBack() async throws {
        let sandbox = try await Sandbox()
        let core = try await Phone(sandbox).start()
        try await sandbox.fault("getCatalogue", "delay", ["ms": 8000])
        let job = Task { await SyncJob(core).run() }
        while try await sandbox.faultsWaiting() > 0 { await Task.yield() }

        job.cancel()

        #expect(await job.value == .again)
        #expect(try await core.catalogue.services().items.isEmpty)
        #expect(await SyncJob(core).run() == .done)
        #expect(try await core.catalogue.services().items.isEmpty == false)
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }

    @Test("A refresh on a suspended core does its work, is told as done, and leaves the core suspended")
    func refreshWhileSuspended() async throws {
        let sandbox = try await Sandbox()
        let core = try await Phone(sandbox).start()
        try await core.lifeCycle.want(.suspended)
        let asked = Guarded<[Duration]>([])

        let done = await RefreshGrant(core: { core }, schedule: { next in asked.with { $0.append(next) } }).use()

        #expect(done && asked.with { $0 } == [RefreshGrant.interval])
        #expect(await core.lifeCycle.reached == .suspended)
        await #expect(throws: CoreError.NotAvailable) { try await core.catalogue.services() }
        try await core.lifeCycle.want(.running)
        #expect(try await core.catalogue.services().items.count == 50)
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }

    @Test("A process that iOS starts for a refresh does its work and leaves the core suspended") @MainActor
    func startedForARefresh() async throws {
        let sandbox = try await Sandbox()
        let phone = try Phone(sandbox)
        let core = try await phone.start()
        let phases = AppPhases(core, SoftwareTime(.background)) { Issue.record("\($0)") }

        let done = await RefreshGrant(core: { core }, schedule: { _ in }).use()
        await phases.settled()

        #expect(done)
        #expect(await core.lifeCycle.reached == .suspended)
        phases.changed(to: .active)
        await phases.settled()
        #expect(try await core.catalogue.services().items.count == 50)
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }

    @Test("A refresh that could do nothing asks for another soon, and is not told as done")
    func refreshInVain() async throws {
        let offline = try await Phone().start()
        let asked = Guarded<[Duration]>([])

        for core in [nil, offline] {
            let done = await RefreshGrant(core: { core }, schedule: { next in asked.with { $0.append(next) } }).use()
            #expect(!done)
        }

        #expect(asked.with { $0 } == [RefreshGrant.soon, RefreshGrant.soon])
        try await offline.lifeCycle.want(.closed)
    }
}
