import EMongoliaTestSupport
import Foundation
import Testing

@testable import EMongoliaCore

private let pin = "480251"
private let otherPin = "112358"
private let wrongPin = "975310"
/// Real estate reference: the sandbox gives it to a proof of the last five minutes.
private let realEstate = "b25ab0463e28fb55ee239ef3"

private let wrong = CoreError.Invalid(field: "pin", reason: "lock.wrong")

/// The app lock and the step-up, through the real library, against the real sandbox.
@Suite(.serialized) struct LockTests {
    @Test("A PIN is set, shuts what is personal, opens it, is changed and removed")
    func life() async throws {
        let (sandbox, _, core) = try await signedIn()
        let before = try core.lock.status()
        #expect(!before.set && before.open && !before.biometric)
        await #expect(throws: CoreError.NotAvailable) { try await core.lock.lock() }
        await #expect(throws: CoreError.Invalid(field: "pin", reason: "lock.weak")) { try await core.lock.set(pin: "123456") }
        await #expect(throws: CoreError.Invalid(field: "pin", reason: "lock.form")) { try await core.lock.set(pin: "нууцүг") }
        try await core.lock.set(pin: pin)
        await #expect(throws: CoreError.Invalid(field: "pin", reason: "lock.current")) { try await core.lock.set(pin: otherPin) }
        try core.lock.touch()

        let heard = Heard(core.events())
        try await core.lock.lock()
        await heard.until { $0.contains(.changed(area: .session)) }

        #expect(try core.lock.status().set && !core.lock.status().open)
        #expect(try await core.auth.session() == .locked)
        await #expect(throws: CoreError.Locked) { try await core.auth.citizen() }
        await #expect(throws: CoreError.Locked) { try await core.requests.page() }
        await #expect(throws: CoreError.Locked) { try await core.inbox.unread() }
        _ = try await core.catalogue.refresh()
        #expect(try await !core.catalogue.services().items.isEmpty, "public")
        let tries = try core.lock.status().triesLeft
        await #expect(throws: wrong) { try await core.lock.unlock(pin: wrongPin) }
        #expect(try core.lock.status().triesLeft == tries - 1)
        try await core.lock.unlock(pin: pin)
        let opened = try core.lock.status()
        #expect(opened.open && opened.triesLeft == tries && opened.waitS == 0)
        #expect(try await core.auth.citizen().registrationNumber == sandbox.citizen.regnum)

        await #expect(throws: wrong) { try await core.lock.change(pin: wrongPin, to: otherPin) }
        try await core.lock.change(pin: pin, to: otherPin)
        try await core.lock.lock()
        await #expect(throws: wrong) { try await core.lock.unlock(pin: pin) }
        try await core.lock.unlock(pin: otherPin)
        try await core.lock.remove(pin: otherPin)
        #expect(try !core.lock.status().set && core.lock.status().open)
        #expect(try await core.signOut().revoked)
        try await ended(core, sandbox)
    }

    @Test("A screen reads again when the app is locked and when it is opened")
    func screensReadAgain() async throws {
        let (sandbox, _, core) = try await signedIn()
        try await core.lock.set(pin: pin)
        var reads = core.changes(of: .requests).makeAsyncIterator()
        _ = await reads.next()

        try await core.lock.lock()
        #expect(await reads.next() != nil)
        #expect(await refusal { try await core.requests.page() } == .Locked)
        try await core.lock.unlock(pin: pin)
        #expect(await reads.next() != nil)
        #expect(try await core.requests.page().items.isEmpty)
        try await ended(core, sandbox)
    }

    @Test("A core that starts under a PIN is shut, and a few wrong ones make it wait, over a restart too")
    func restart() async throws {
        let (sandbox, phone, core) = try await signedIn()
        try await core.lock.set(pin: pin)
        try await core.lifeCycle.want(.closed)

        let again = try await phone.start()
        #expect(try !again.lock.status().open)
        for _ in 0..<3 {
            await #expect(throws: wrong) { try await again.lock.unlock(pin: wrongPin) }
        }
        guard case .Busy(let wait?) = await refusal({ try await again.lock.unlock(pin: pin) }) else {
            throw Surprise("no wait")
        }
        #expect((1...30).contains(wait))
        try await again.lifeCycle.want(.closed)

        let waiting = try await phone.start()
        #expect(try waiting.lock.status().waitS > 0)
        #expect(!phone.log.records.contains { $0.message.contains(pin) || $0.message.contains(wrongPin) })
        try await ended(waiting, sandbox)
    }

    @Test("A finger opens besides the PIN, and no more once another one is enrolled")
    func biometry() async throws {
        let (sandbox, phone, core) = try await signedIn()
        let off = CoreError.Invalid(field: "biometric", reason: "lock.biometry_off")
        await #expect(throws: CoreError.Invalid(field: "pin", reason: "lock.not_set")) { try await core.lock.setBiometric(true) }
        try await core.lock.set(pin: pin)
        try await core.lock.lock()
        await #expect(throws: off) { try await core.lock.unlockByBiometry() }
        try await core.lock.unlock(pin: pin)
        try await core.lock.setBiometric(true)
        #expect(phone.finger.prompts == 0, "sealing asks nobody")

        try await core.lock.lock()
        phone.finger.refuse(with: .Cancelled)
        await #expect(throws: CoreError.Cancelled) { try await core.lock.unlockByBiometry() }
        phone.finger.refuse(with: .Unavailable)
        await #expect(throws: CoreError.NotAvailable) { try await core.lock.unlockByBiometry() }
        phone.finger.refuse(with: nil)
        let tries = try core.lock.status().triesLeft
        try await core.lock.unlockByBiometry()
        let opened = try core.lock.status()
        #expect(opened.open && opened.biometric && opened.triesLeft == tries, "a prompt is no try")
        #expect(try await core.auth.citizen().registrationNumber == sandbox.citizen.regnum)

        try await core.lock.lock()
        try phone.finger.enrolAnother()
        await #expect(throws: CoreError.Invalid(field: "biometric", reason: "lock.biometry_changed")) {
            try await core.lock.unlockByBiometry()
        }
        #expect(try !core.lock.status().open && !core.lock.status().biometric)
        try await core.lock.unlock(pin: pin)
        try await core.lock.setBiometric(true)
        try await core.lock.setBiometric(false)
        try await core.lock.lock()
        await #expect(throws: off) { try await core.lock.unlockByBiometry() }
        try await core.lock.unlock(pin: pin)
        try await ended(core, sandbox)
    }

    @Test("What is kept is shown to its citizen, and erased also by somebody who can't open it")
    func exportAndErase() async throws {
        let (sandbox, phone, core) = try await signedIn()
        try await core.catalogue.rememberSearch("Өвлийн нүүрс")
        let told = String(decoding: try await core.export(), as: UTF8.self)
        #expect(told.contains(sandbox.citizen.regnum) && told.contains("Өвлийн нүүрс"))
        try await core.lock.set(pin: pin)
        try await core.lock.lock()
        await #expect(throws: CoreError.Locked) { try await core.export() }

        _ = try await core.erase()

        #expect(try !core.lock.status().set && phone.secrets.names.isEmpty)
        #expect(try await core.auth.session() == .signedOut)
        try await ended(core, sandbox)
    }

    @Test("A request that wants a newer proof waits for it, and goes once the citizen has given it")
    func stepUp() async throws {
        let (sandbox, _, core) = try await signedIn()
        try await sync(core)
        let confirmation = try await confirm(core, realEstate, "Өргөө")
        try await sandbox.advanceClock(by: 360)

        let operation = try await core.requests.submit(confirmation)
        let stuck = try await settled(core, operation)
        #expect(stuck.state == .wedged && stuck.problem == "step_up")
        #expect(ErrorText.reason(stuck.problem, in: .mn) != ErrorText.someReason.mn)
        let request = try await core.auth.stepUp(within: .seconds(300))
        let citizen = try await core.auth.completeSignIn(callback: try await sandbox.approve(request.url))
        #expect(citizen.registrationNumber == sandbox.citizen.regnum)
        try await core.outbox.retry(operation)
        #expect(try await core.outbox.flush(within: patience) == .drained)

        #expect(try await core.outbox.operation(operation).state == .done)
        #expect(try await sandbox.requests().map(\.service_id) == [realEstate])
        try await ended(core, sandbox)
    }

    @Test("What was sealed for a finger says which were enrolled, and what is no such seal is refused")
    func enrolments() throws {
        let (enrolled, sealed) = (Data(repeating: 7, count: 32), Data("Өгөгдөл".utf8))

        let seal = try EnrolledSeal(EnrolledSeal(enrolment: enrolled, sealed: sealed).bytes)

        #expect(seal.sealed == sealed && seal.wasSealed(by: enrolled) && !seal.wasSealed(by: Data(repeating: 8, count: 32)))
        let nameless = try EnrolledSeal(EnrolledSeal(enrolment: Data(), sealed: sealed).bytes)
        #expect(nameless.wasSealed(by: Data()) && !nameless.wasSealed(by: enrolled))
        let long = try EnrolledSeal(EnrolledSeal(enrolment: Data(repeating: 9, count: 300), sealed: sealed).bytes)
        #expect(long.wasSealed(by: Data(repeating: 9, count: 300)))
        for bytes in [[], [1], [1, 0], [9, 0, 5], [1, 3, 7, 7, 7]] as [[UInt8]] {
            #expect(throws: PortError.Failed(code: "biometry.format")) { try EnrolledSeal(Data(bytes)) }
        }
    }

    private func signedIn() async throws -> (Sandbox, Phone, EMongolia) {
        let sandbox = try await Sandbox()
        let phone = try Phone(sandbox)
        let core = try await phone.start()
        try await signIn(core, sandbox)
        return (sandbox, phone, core)
    }

    private func ended(_ core: EMongolia, _ sandbox: Sandbox) async throws {
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }
}
