import EMongoliaTestSupport
import Testing

@testable import EMongoliaCore

/// Citizen identity card reference: free; its form asks who will receive it.
private let identityCard = "ac8a53815d8d42a6acdb791f"

/// What the platform says of the network, as it reaches the core.
@Suite(.serialized) struct NetworkTests {
    @Test("What waits is sent when the network comes back, with the app in front all the time and nobody asking")
    func comesBack() async throws {
        let sandbox = try await Sandbox()
        let network = SoftwareNetwork()
        let core = try await Phone(sandbox).start(network)
        try await signIn(core, sandbox)
        let confirmation = try await confirm(core, identityCard, "Өргөө")
        await sandbox.kill()
        let operation = try await core.requests.submit(confirmation)
        #expect(try await core.outbox.flush(within: patience) == .offline)
        try await sandbox.restart()

        network.comesBack()
        while try await core.outbox.operation(operation).state != .done { await Task.yield() }

        #expect(try await sandbox.requests().count == 1)
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }

    @Test("The platform is asked no more once the core is let go")
    func left() async throws {
        let network = SoftwareNetwork()
        try await Phone().start(network).lifeCycle.want(.closed)

        await network.untilLeft()
    }
}
