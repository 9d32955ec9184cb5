import EMongoliaBindings
import EMongoliaFFI

/// Why the library can't be used. Nothing a citizen can mend: the app was put together wrongly.
public enum LoadError: Error, Equatable {
    /// The library speaks another revision of the binding tool's language.
    case anotherContract(found: UInt32)
    /// The library is of another version than these adapters.
    case anotherVersion(expected: String, found: String)
    /// It says the right version, but its functions are not those that were compiled: the digest of all is another.
    case anotherInterface
    /// The library could not even say its version.
    case broken
}

/// The Rust library beside us, and whether it is the one these adapters were written for.
///
/// Guarantees: whatever library it is, a check ends with a ``LoadError`` and never with the process, as the first call of
/// the generated code would.
public enum CoreLibrary {
    /// The version these adapters were written for; the workspace's own.
    public static let expectedVersion = "0.1.0"

    /// What follows it where the library says its version: the interface that was compiled.
    static let expectedInterface = interfaceDigest

    /// UniFFI 0.32's.
    static let expectedContract: UInt32 = 30

    /// Once, before anything else. ``EMongolia/open(_:secrets:deviceKey:biometric:log:)`` does it.
    public static func check() throws(LoadError) {
        let contract = ffi_emongolia_ffi_uniffi_contract_version()
        try check(contract: contract, said: rawVersion())
        guard libraryHasOurContract() else { throw .anotherContract(found: contract) }
    }

    /// What the bare C functions say: a library of another contract may answer nothing else.
    static func check(contract: UInt32, said: @autoclosure () -> String?) throws(LoadError) {
        guard contract == expectedContract else { throw .anotherContract(found: contract) }
        guard let said = said() else { throw .broken }
        let version = versionAlone(said)
        guard version == expectedVersion else {
            throw .anotherVersion(expected: expectedVersion, found: version)
        }
        guard said == "\(expectedVersion)+\(expectedInterface)" else { throw .anotherInterface }
    }

    /// What the library says through the generated code.
    public static func version() throws -> String {
        try check()
        return versionAlone(try EMongoliaBindings.version())
    }

    private static func versionAlone(_ said: String) -> String {
        String(said.prefix { $0 != "+" })
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
