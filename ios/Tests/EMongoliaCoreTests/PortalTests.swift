import EMongoliaCore
import EMongoliaTestSupport
import Testing

@Suite(.serialized) struct PortalTests {
    @Test("A browser is let in by its number, another is kept out, and a code of nobody's is not looked at")
    func browsers() async throws {
        let sandbox = try await Sandbox()
        let core = try await Phone(sandbox).start()
        try await signIn(core, sandbox)
        let browser = PortalBrowser(sandbox)
        let page = try await browser.look()
        let (address, number) = (try #require(page.address), try #require(page.number))
        await #expect(throws: CoreError.Invalid(field: "qr", reason: "portal.not_ours")) {
            try await core.portal.preview(address + "?Ө")
        }

        let asked = try await core.portal.preview(address)
        #expect(asked.numbers.count == 3 && asked.numbers.contains(number) && !asked.service.mn.isEmpty)
        let approved = try await settled(core, try await core.portal.approve(asked.id, number: number))
        #expect(approved.state == .done)
        #expect(try await browser.look().html.contains("та нэвтэрлээ"))

        let other = PortalBrowser(sandbox)
        let refused = try await core.portal.preview(try #require(try await other.look().address))
        #expect(try await settled(core, try await core.portal.refuse(refused.id)).state == .done)
        #expect(try await !other.look().html.contains("та нэвтэрлээ"))
        let late = try await settled(core, try await core.portal.approve(refused.id, number: refused.numbers[0]))
        #expect(late.state == .wedged && late.problem == "sign_in_answered")
        #expect(try await core.portal.putAway(late.id))
        #expect(try await !core.portal.putAway(approved.id))
        await #expect(throws: CoreError.Invalid(field: "web_sign_in", reason: "id.malformed")) {
            try await core.portal.refuse("../Ү")
        }
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }
}
