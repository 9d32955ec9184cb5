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
        var buffer = try allocated([])
        buffer.len = buffer.capacity + 1  // no Swift code makes such a one: Rust's own check of it panics

        let (handle, status) = rawOpen(buffer, phone)

        #expect(handle == 0 && status.code == 2, "an unexpected error, as the generated code knows it")
        #expect(try text(status.errorBuf).contains("exceeds capacity"))
        try await phone.log.until { $0.level == .error && $0.message.contains("exceeds capacity") }
        #expect(try core.catalogue.search("үнэмлэх").items.isEmpty, "the core that was open goes on")
        try await core.lifeCycle.want(.closed)
    }

    @Test("What crosses and can't be read is an error that names the argument")
    func garbageIsAnError() throws {
        let (handle, status) = rawOpen(try allocated([UInt8](repeating: 0xFF, count: 16)), try Phone())

        #expect(handle == 0 && status.code == 2)
        #expect(try text(status.errorBuf).contains("config"))
    }

    @Test("A panic while an async call waits is an error of that call, under a reference that the log knows")
    func panicWhileACallWaits() async throws {
        #expect(try await Programs.child("panic") == "panic, told and logged, goes on")
    }

    @Test("An error that is none of the core's own reaches the app as one that is, under a reference that the log knows")
    func everyErrorIsTyped() async throws {
        struct Panicked: LocalizedError {
            let errorDescription: String? = "panicked over Өө at 99112233"
        }
        let phone = try Phone()
        let core = try await phone.start()

        let refusals = [
            await refusal { try await calling { throw Panicked() } },
            await refusal { try await cancelling { _ in throw Panicked() } },
            await refusal { try await calling { throw Surprise("нууц үг") } },
        ]

        for (refused, text) in zip(refusals, ["Өө", "Өө", "Surprise"]) {
            guard case .Unexpected("panic", let reference) = refused else { throw Surprise("\(refused as Any)") }
            try await phone.log.until { $0.message.contains("[\(reference)] panic") && $0.message.contains(text) }
        }
        #expect(!phone.log.records.contains { $0.message.contains("99112233") || $0.message.contains("нууц") })
        #expect(await refusal { try await calling { throw CoreError.Locked } } == .Locked)
        try await core.lifeCycle.want(.closed)
    }

    /// The constructor, past the generated code.
    private func rawOpen(_ config: RustBuffer, _ phone: Phone) -> (UInt64, RustCallStatus) {
        var status = RustCallStatus()
        let nothing = (0..<2).map { _ in
            var none = ffi_emongolia_ffi_rustbuffer_alloc(1, &status)
            none.data?.pointee = 0  // None
            none.len = 1
            return none
        }
        let handle = uniffi_emongolia_ffi_fn_constructor_emongolia_open(
            config, FfiConverterTypeSecretStore_lower(phone.secrets), FfiConverterTypeDeviceKey_lower(phone.deviceKey),
            nothing[0], nothing[1], &status)
        return (handle, status)
    }

    private func allocated(_ bytes: [UInt8]) throws -> RustBuffer {
        var status = RustCallStatus()
        let buffer = bytes.withUnsafeBufferPointer {
            ffi_emongolia_ffi_rustbuffer_from_bytes(ForeignBytes(len: Int32($0.count), data: $0.baseAddress), &status)
        }
        guard status.code == 0 else { throw Surprise("no buffer") }
        return buffer
    }

    private func text(_ buffer: RustBuffer) throws -> String {
        guard let data = buffer.data else { throw Surprise("an empty error") }
        defer {
            var status = RustCallStatus()
            ffi_emongolia_ffi_rustbuffer_free(buffer, &status)
        }
        return String(decoding: UnsafeBufferPointer(start: data, count: Int(buffer.len)), as: UTF8.self)
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
        #expect(throws: CoreError.NotAvailable) { try core.catalogue.search("лавлагаа") }
        await #expect(throws: CoreError.NotAvailable) { try await core.sync(within: patience) }
        await #expect(throws: CoreError.NotAvailable) { try await core.lock.unlock(pin: "480251") }
        await #expect(throws: CoreError.NotAvailable) { try await core.auth.stepUp(within: .seconds(300)) }
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
