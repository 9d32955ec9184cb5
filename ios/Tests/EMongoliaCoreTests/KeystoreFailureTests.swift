import EMongoliaTestSupport
import Testing

@testable import EMongoliaCore

@Suite struct KeystoreFailureTests {
    private typealias Work = KeystoreFailure.Work

    @Test("What an unlock or time mends is unavailable, whatever was asked for", arguments: [
        (KeystoreFailure.security, -25308), (KeystoreFailure.security, -25291),
        (KeystoreFailure.token, -2), (KeystoreFailure.token, -9), (KeystoreFailure.authentication, -1004),
    ])
    func later(domain: String, code: Int) {
        for work in Work.allCases { #expect(KeystoreFailure(work, domain, code).told == .Unavailable) }
    }

    @Test("A key that no longer works is invalidated, and only when it was used", arguments: [
        (KeystoreFailure.security, -25293), (KeystoreFailure.security, -25300),
        (KeystoreFailure.token, -3), (KeystoreFailure.token, -6),
    ])
    func never(domain: String, code: Int) {
        for work in [Work.use, .unwrap] { #expect(KeystoreFailure(work, domain, code).told == .Invalidated) }
        for work in [Work.secret, .key] { #expect(KeystoreFailure(work, domain, code).told != .Invalidated) }
    }

    @Test("Each end of a prompt has its meaning: closed, worth nothing any more, or not now", arguments: [
        (KeystoreFailure.security, [-25293, -128], PortError.Cancelled),
        (KeystoreFailure.security, [-25300, -50, -26275], .Invalidated),
        (KeystoreFailure.security, [-25308], .Unavailable),
        (KeystoreFailure.token, [-4, -5], .Cancelled), (KeystoreFailure.token, [-3, -6], .Invalidated),
        (KeystoreFailure.authentication, [-1, -2, -3, -4, -9], .Cancelled),
        (KeystoreFailure.authentication, [-5, -7], .Invalidated),
        (KeystoreFailure.authentication, [-6, -8, -1004], .Unavailable),
    ] as [(String, [Int], PortError)])
    func prompts(domain: String, codes: [Int], told: PortError) {
        for code in codes { #expect(KeystoreFailure(.prompt, domain, code).told == told, "\(code)") }
    }

    @Test("What was sealed to another key is invalidated; the same number elsewhere is a defect")
    func sealedToAnother() {
        #expect(KeystoreFailure(.unwrap, status: -50).told == .Invalidated)
        for work in [Work.secret, .key, .use] {
            #expect(KeystoreFailure(work, status: -50).told == .Failed(code: "\(work.rawValue).-50"))
        }
        #expect(KeystoreFailure(.secret, status: -26275).told == .Invalidated, "a secret that no longer opens")
    }

    @Test("What nobody foresaw is a failure with who said it and its number, and no word of its text")
    func unknown() {
        #expect(KeystoreFailure(.secret, status: -34018).told == .Failed(code: "keychain.-34018"))
        #expect(KeystoreFailure(.use, KeystoreFailure.token, -8).told == .Failed(code: "enclave.use.token-8"))
        #expect(KeystoreFailure(.unwrap, "Б.Өлзийт", -3).told == .Failed(code: "enclave.unwrap.other-3"))
    }

    @Test("A key that no longer works bars nobody: what it sealed is set aside, and a new sign-in makes new keys")
    func aDeadKeyBarsNobody() async throws {
        let phone = try Phone()
        let core = try await phone.startWithKeys()
        try await core.lifeCycle.want(.closed)
        try phone.deviceKey.delete()  // what was sealed no longer opens

        let again = try await phone.start()

        #expect(try await again.auth.session() == .signedOut)
        await #expect(throws: CoreError.SignInRequired) { try await again.auth.citizen() }
        await #expect(throws: CoreError.Offline) { try await again.auth.beginSignIn() }
        #expect(phone.deviceKey.exists)
        try await again.lifeCycle.want(.closed)
    }
}
