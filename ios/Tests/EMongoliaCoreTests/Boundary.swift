import EMongoliaBindings
import EMongoliaFFI
import EMongoliaTestSupport
import Foundation
import Testing

@testable import EMongoliaCore

/// The boundary itself: what happens where Swift and Rust meet, when something goes wrong there.
@Suite(.serialized) struct Boundary {
    @Test("A panic in Rust is an error in Swift, is logged, and the library goes on")
    func panicIsAnError() async throws {
        let phone = try Phone()
        let core = try await phone.start()
        // A configuration that no Swift code can make: Rust's own reader of it panics.
        var status = RustCallStatus()
        let garbage = [UInt8](repeating: 0xFF, count: 16)
        let buffer = garbage.withUnsafeBufferPointer {
            ffi_emongolia_ffi_rustbuffer_from_bytes(ForeignBytes(len: 16, data: $0.baseAddress), &status)
        }
        let (secrets, deviceKey) = (phone.secrets as SecretStore, phone.deviceKey as DeviceKey)
        let none = ffi_emongolia_ffi_rustbuffer_alloc(1, &status)
        var noLog = none
        noLog.data?.pointee = 0  // Option::None
        noLog.len = 1

        let handle = uniffi_emongolia_ffi_fn_constructor_emongolia_open(
            buffer, FfiConverterTypeSecretStore_lower(secrets), FfiConverterTypeDeviceKey_lower(deviceKey), noLog, &status)

        #expect(status.code == 2, "an unexpected error, as the generated code knows it")
        #expect(handle == 0)
        let text = String(
            decoding: UnsafeBufferPointer(start: status.errorBuf.data, count: Int(status.errorBuf.len)), as: UTF8.self)
        #expect(text.contains("config"), "\(text)")
        var freed = RustCallStatus()
        ffi_emongolia_ffi_rustbuffer_free(status.errorBuf, &freed)
        #expect(try await core.catalogue.search("үнэмлэх").items.isEmpty, "the core that was open goes on")
        #expect(asCoreError(Surprise(text)) == .Unexpected(code: panicCode, reference: ""))
        try await core.lifeCycle.want(.closed)
    }

    @Test("Cancelling a task drops its work in Rust: the call ends at once, and another is served")
    func cancellationReachesRust() async throws {
        let sandbox = try await Sandbox()
        let core = try await Phone(sandbox).start()
        try await sandbox.fault("getCatalogue", "delay", ["ms": 8000])
        let refresh = Task { try await core.catalogue.refresh() }
        try await reached("getCatalogue", sandbox)

        refresh.cancel()

        await #expect(throws: CancellationError.self) { try await refresh.value }
        #expect(try await core.catalogue.services().items.isEmpty, "nothing of it was stored")
        #expect(try await core.catalogue.refresh().changed, "the next one is served")
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }

    @Test("Without the adapter's handler a cancelled task's call goes on, and takes an event with it: why there is one")
    func withoutHandlerNothingIsCancelled() async throws {
        let phone = try Phone(mode: .extension)
        let bare = try Emongolia.open(config: phone.config, secrets: phone.secrets, deviceKey: phone.deviceKey)
        let waiting = Task { try await bare.nextEvent() }

        waiting.cancel()
        _ = try await bare.signOut()  // tells of every area

        #expect(try await waiting.value == .changed(area: .session))
        try await bare.shutdown(deadlineMs: Life.shutdownWithin.milliseconds)
        #expect(try await bare.nextEvent() != nil, "what was told before the end is still handed out")
    }

    @Test("A task that was cancelled before its call makes none")
    func cancelledBefore() async throws {
        let core = try await Phone().start()

        let calls = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await core.sync(within: patience)
        }
        calls.cancel()

        await #expect(throws: CancellationError.self) { try await calls.value }
        try await core.lifeCycle.want(.closed)
    }

    @Test("After the close every call says so, streams have ended, and closing again is nothing")
    func useAfterClose() async throws {
        let core = try await Phone().start()
        let heard = Heard(core.events())

        try await core.lifeCycle.want(.closed)
        try await core.lifeCycle.want(.closed)

        await heard.untilFinished()
        for await event in core.events() { Issue.record("after the end: \(event)") }
        await #expect(throws: CoreError.NotAvailable) { try await core.auth.session() }
        await #expect(throws: CoreError.NotAvailable) { try await core.catalogue.search("лавлагаа") }
        await #expect(throws: CoreError.NotAvailable) { try await core.sync(within: patience) }
        await #expect(throws: CoreError.NotAvailable) { try await core.signOut() }
        await #expect(throws: CoreError.NotAvailable) { try await core.lifeCycle.want(.running) }
        try core.networkAvailable()
    }

    @Test("A core that is let go without a close ends its stream")
    func letGo() async throws {
        var core: EMongolia? = try await Phone().start()
        let heard = Heard(core!.events())

        core = nil

        await heard.untilFinished()
    }

    @Test("A keystore that throws what nobody expected is a failed port, and its text stays behind")
    func callbackThrowsAnything() async throws {
        let phone = try Phone()
        phone.secrets.fail(with: Surprise("нууц үг: Өнөөдөр"))

        let refused = await refusal { try await phone.start() }

        guard case .Unexpected("keystore.failed", _) = refused else { throw Surprise("\(String(describing: refused))") }
        #expect(!"\(String(describing: refused))".contains("нууц"))
        #expect(!phone.log.records.contains { $0.message.contains("нууц") })
    }

    @Test("A typed error of a keystore keeps its meaning; a log that throws harms nobody")
    func callbackThrowsTyped() async throws {
        let phone = try Phone()
        phone.log.fail(with: Surprise("no more room"))
        phone.secrets.fail(with: PortError.Unavailable)
        let core = try await phone.start()

        await #expect(throws: CoreError.Locked) { try await core.auth.beginSignIn() }

        phone.secrets.fail(with: PortError.Failed(code: "errSecÖ"))
        await #expect(throws: CoreError.self) { try await core.auth.beginSignIn() }
        phone.secrets.fail(with: nil)
        await #expect(throws: CoreError.Offline) { try await core.auth.beginSignIn() }
        try await core.lifeCycle.want(.closed)
    }

    @Test("Two cores in one process keep apart, and one goes on when the other is closed")
    func twoCores() async throws {
        let (one, other) = (try Phone(), try Phone(mode: .extension))
        let (first, second) = (try await one.startWithKeys(), try await other.startWithKeys())
        let operation = try await first.push.register(token: "apns-token-1")

        await #expect(throws: CoreError.NotFound) { try await second.outbox.operation(operation) }
        try await first.lifeCycle.want(.closed)

        #expect(try await second.outbox.page(all: true).items.isEmpty)
        await #expect(throws: CoreError.NotAvailable) { try await first.outbox.page() }
        try await second.lifeCycle.want(.closed)
    }

    @Test("The parts of an installation that a caller can get wrong are named")
    func invalidIsNamed() async throws {
        let core = try await Phone().startWithKeys()

        await #expect(throws: CoreError.Invalid(field: "payload", reason: "push.unreadable")) {
            try await core.handlePush(Data("Өөр зурвас".utf8), within: patience)
        }
        await #expect(throws: CoreError.Invalid(field: "operation", reason: "id.malformed")) {
            try await core.outbox.retry("Үгүй")
        }
        #expect(PushPayload.bytes(in: ["aps": ["alert": "Ү"]]) == nil)
        try await core.lifeCycle.want(.closed)
    }

    /// The call is under way: the fault that holds it up was taken.
    private func reached(_ operation: String, _ sandbox: Sandbox) async throws {
        while try await sandbox.faultsWaiting() > 0 { await Task.yield() }
    }
}
