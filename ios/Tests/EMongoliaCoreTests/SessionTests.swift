import EMongoliaCore
import EMongoliaTestSupport
import Foundation
import Testing

/// How a session ends that nobody signs out of, through the real library, against the real sandbox.
@Suite(.serialized) struct SessionTests {
    @Test("A session that is over on the other side is told, and nothing on the phone is lost")
    func sessionOver() async throws {
        let sandbox = try await Sandbox()
        let core = try await Phone(sandbox).start()
        let heard = Heard(core.events())
        try await signIn(core, sandbox)
        try await sync(core)

        try await sandbox.revokeSessions()
        try await sandbox.expireTokens()
        await #expect(throws: CoreError.SignInRequired) { try await core.requests.refresh() }

        await heard.until { $0.contains(.signInRequired) }
        guard case .expired(let citizen) = try await core.auth.session() else { throw Surprise("not expired") }
        #expect(try await core.auth.citizen().name == citizen.name)
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }

    @Test("A session that ends soon is told of once, with its end, and goes on until then")
    func sessionEnding() async throws {
        let week = 7 * 24 * 3600
        let sandbox = try await Sandbox()
        let core = try await Phone(sandbox).start()
        let heard = Heard(core.events())
        try await signIn(core, sandbox)

        try await sandbox.shortenSessions(to: 4 * week)
        _ = try await core.requests.refresh()
        guard case .active = try await core.auth.session() else { throw Surprise("warned of an end weeks away") }
        try await sandbox.shortenSessions(to: week - 1)
        let before = Date()
        _ = try await core.requests.refresh()

        await heard.until { !endings(of: $0).isEmpty }
        guard case .expiringSoon(let citizen, let endsAt) = try await core.auth.session() else { throw Surprise("no warning") }
        #expect(citizen.name == sandbox.citizen.name)
        #expect(endings(of: await heard.all) == [.sessionEnding(endsAtMs: endsAt)])
        let left = Date(timeIntervalSince1970: Double(endsAt) / 1000).timeIntervalSince(before)
        #expect(left > 0 && left < Double(week))
        _ = try await core.inbox.refresh()
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }
}

private func endings(of events: [Event]) -> [Event] {
    events.filter { if case .sessionEnding = $0 { true } else { false } }
}
