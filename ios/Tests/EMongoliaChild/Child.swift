import EMongoliaCore
import EMongoliaFFI
import EMongoliaTestSupport
import Foundation

/// What would spoil a process for other tests. Says how it went in one line.
@main enum Child {
    static func main() async throws {
        switch CommandLine.arguments.dropFirst().first {
        case "load": print(load())
        case "panic": print(try await panicWhileACallWaits())
        case let other: throw Surprise("nothing is called \(other ?? "")")
        }
    }

    /// Whatever library was put before ours.
    private static func load() -> String {
        do {
            try CoreLibrary.check()
            return "taken"
        } catch {
            return "\(error)"
        }
    }

    /// The keystore's answer is one that no Swift code makes: Rust's own check of it panics, on a thread of the core's, and
    /// an exported `async` call waits for it.
    private static func panicWhileACallWaits() async throws -> String {
        let phone = try Phone()
        let core = try await phone.start()
        uniffi_emongolia_ffi_fn_init_callback_vtable_secretstore(impossibleStore())

        guard case .Unexpected(let code, let reference) = await refusal({ try await core.auth.beginSignIn() }) else {
            throw Surprise("the panic is no error")
        }
        try await phone.log.until { $0.level == .error && $0.message.contains("length exceeds capacity") }
        try await phone.log.until { $0.level == .error && $0.message.contains("[\(reference)] \(code)") }
        let goesOn = try core.catalogue.search("үнэмлэх").items.isEmpty
        return "\(code), told and logged, \(goesOn ? "goes on" : "is broken")"
    }

    /// Lives as long as the process, as the generated one does.
    private static func impossibleStore() -> UnsafePointer<UniffiVTableCallbackInterfaceSecretStore> {
        let store = UnsafeMutablePointer<UniffiVTableCallbackInterfaceSecretStore>.allocate(capacity: 1)
        store.initialize(
            to: UniffiVTableCallbackInterfaceSecretStore(
                uniffiFree: { _ in },
                uniffiClone: { $0 },
                get: { _, _, answer, _ in
                    var status = RustCallStatus()
                    var buffer = ffi_emongolia_ffi_rustbuffer_alloc(1, &status)
                    buffer.len = buffer.capacity + 1
                    answer.pointee = buffer
                },
                put: { _, _, _, _, _ in },
                delete: { _, _, _, _ in }))
        return UnsafePointer(store)
    }
}
