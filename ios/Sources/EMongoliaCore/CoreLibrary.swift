import EMongoliaBindings
import EMongoliaFFI

/// Why the library can't be used. Nothing a citizen can mend: the app was put together wrongly.
public enum LoadError: Error, Equatable {
    /// The library speaks another revision of the binding tool's language.
    case anotherContract(found: UInt32)
    /// The library is of another version than these adapters.
    case anotherVersion(expected: String, found: String)
    /// The library could not even say its version.
    case broken
}

/// The Rust library beside us, and whether it is the one these adapters were written for.
///
/// Guarantees: asked through the bare C functions, before any generated code runs, which would end the process where
/// this throws.
public enum CoreLibrary {
    /// The version these adapters were written for; the workspace's own.
    public static let expectedVersion = "0.1.0"

    /// UniFFI 0.32's.
    static let expectedContract: UInt32 = 30

    /// Once, before anything else. ``EMongolia/open(_:secrets:deviceKey:log:)`` does it.
    public static func check() throws(LoadError) {
        try check(contract: ffi_emongolia_ffi_uniffi_contract_version(), version: rawVersion())
    }

    static func check(contract: UInt32, version: String?) throws(LoadError) {
        guard contract == expectedContract else { throw .anotherContract(found: contract) }
        guard let version else { throw .broken }
        guard version == expectedVersion else {
            throw .anotherVersion(expected: expectedVersion, found: version)
        }
    }

    /// What the library says through the generated code.
    public static func version() throws -> String {
        try check()
        return try EMongoliaBindings.version()
    }

    /// A string that is returned crosses as its bare UTF-8.
    private static func rawVersion() -> String? {
        var status = RustCallStatus()
        let buffer = uniffi_emongolia_ffi_fn_func_version(&status)
        guard status.code == 0, let data = buffer.data else { return nil }
        let text = String(decoding: UnsafeBufferPointer(start: data, count: Int(buffer.len)), as: UTF8.self)
        ffi_emongolia_ffi_rustbuffer_free(buffer, &status)
        return text
    }
}
