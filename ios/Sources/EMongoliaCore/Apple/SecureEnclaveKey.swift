#if canImport(Security)
import Foundation
import Security

/// One P-256 key in the Secure Enclave, made on first use. It signs, and it opens what was sealed to it.
///
/// Guarantees: a key that no longer works is told from one that can't be had now (``KeystoreFailure``).
public final class SecureEnclaveKey: DeviceKey, @unchecked Sendable {
    private let item: EnclaveItem
    /// Two first uses at once must not make two keys.
    private let lock = NSLock()

    /// An app that has a notification extension gives both the same access group.
    public init(tag: String = "mn.emongolia.device-key", accessGroup: String? = nil) {
        item = EnclaveItem(tag: tag, accessGroup: accessGroup)
    }

    public func publicKey() throws -> Data {
        var error: Unmanaged<CFError>?
        let point = SecKeyCopyExternalRepresentation(try item.publicHalf(of: findOrMake()), &error)
        return try EnclaveItem.bytes(point, error, .use)
    }

    public func signEs256(message: Data) throws -> Data {
        var error: Unmanaged<CFError>?
        let message = NSData(data: message) as CFData
        return try EnclaveItem.bytes(
            SecKeyCreateSignature(findOrMake(), .ecdsaSignatureMessageX962SHA256, message, &error), error, .use)
    }

    public func wrap(key: Data) throws -> Data {
        try item.seal(key, to: findOrMake())
    }

    public func unwrap(wrapped: Data) throws -> Data {
        // A key made now could open nothing.
        guard let key = try lock.withLock({ try item.find() }) else { throw PortError.Invalidated }
        return try EnclaveItem.open(wrapped, with: key, .unwrap)
    }

    public func delete() throws {
        try lock.withLock { try item.delete() }
    }

    private func findOrMake() throws -> SecKey {
        try lock.withLock {
            if let key = try item.find() { return key }
            return try item.make(.privateKeyUsage, readable: kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly)
        }
    }
}

/// A P-256 key of the enclave by its tag, and the one kind of encryption the enclave offers: ECIES with AES-GCM.
struct EnclaveItem {
    private static let sealing = SecKeyAlgorithm.eciesEncryptionCofactorVariableIVX963SHA256AESGCM

    private let tag: Data
    private let accessGroup: String?

    init(tag: String, accessGroup: String?) {
        self.tag = Data(tag.utf8)
        self.accessGroup = accessGroup
    }

    /// With a context, what the key opens is asked for in its prompt.
    func find(_ more: [String: Any] = [:]) throws -> SecKey? {
        var query = query().merging(more) { _, new in new }
        query[kSecReturnRef as String] = true
        var found: CFTypeRef?
        let status = SecItemCopyMatching(NSDictionary(dictionary: query) as CFDictionary, &found)
        guard status != errSecItemNotFound else { return nil }
        try Keychain.check(status, .key)
        guard let found else { throw PortError.Failed(code: "enclave.no_reference") }
        return (found as! SecKey)  // the class was asked for
    }

    func make(_ flags: SecAccessControlCreateFlags, readable: CFString) throws -> SecKey {
        var error: Unmanaged<CFError>?
        guard let access = SecAccessControlCreateWithFlags(nil, readable, flags, &error) else {
            throw Self.failure(error, .key)
        }
        var privateHalf: [String: Any] = [
            kSecAttrIsPermanent as String: true,
            kSecAttrApplicationTag as String: tag,
            kSecAttrAccessControl as String: access,
        ]
        if let accessGroup { privateHalf[kSecAttrAccessGroup as String] = accessGroup }
        let attributes: [String: Any] = [
            kSecAttrKeyType as String: kSecAttrKeyTypeECSECPrimeRandom,
            kSecAttrKeySizeInBits as String: 256,
            kSecAttrTokenID as String: kSecAttrTokenIDSecureEnclave,
            kSecUseDataProtectionKeychain as String: true,
            kSecPrivateKeyAttrs as String: privateHalf,
        ]
        guard let key = SecKeyCreateRandomKey(NSDictionary(dictionary: attributes) as CFDictionary, &error) else {
            throw Self.failure(error, .key)
        }
        return key
    }

    func delete() throws {
        try Keychain.delete(query(), .key)
    }

    /// Asks nobody: the public half seals.
    func seal(_ plain: Data, to key: SecKey) throws -> Data {
        var error: Unmanaged<CFError>?
        let plain = NSData(data: plain) as CFData
        return try Self.bytes(
            SecKeyCreateEncryptedData(publicHalf(of: key), Self.sealing, plain, &error), error, .use)
    }

    static func open(_ sealed: Data, with key: SecKey, _ work: KeystoreFailure.Work) throws -> Data {
        var error: Unmanaged<CFError>?
        let sealed = NSData(data: sealed) as CFData
        return try bytes(SecKeyCreateDecryptedData(key, sealing, sealed, &error), error, work)
    }

    func publicHalf(of key: SecKey) throws -> SecKey {
        guard let half = SecKeyCopyPublicKey(key) else { throw PortError.Failed(code: "enclave.no_public_key") }
        return half
    }

    static func bytes(_ data: CFData?, _ error: Unmanaged<CFError>?, _ work: KeystoreFailure.Work) throws -> Data {
        guard let data else { throw failure(error, work) }
        return Data(referencing: data as NSData)
    }

    private func query() -> [String: Any] {
        var item: [String: Any] = [
            kSecClass as String: kSecClassKey,
            kSecAttrKeyType as String: kSecAttrKeyTypeECSECPrimeRandom,
            kSecAttrApplicationTag as String: tag,
            kSecUseDataProtectionKeychain as String: true,
        ]
        if let accessGroup { item[kSecAttrAccessGroup as String] = accessGroup }
        return item
    }

    /// Domain and code alone: nobody knows what stands in the description.
    private static func failure(_ error: Unmanaged<CFError>?, _ work: KeystoreFailure.Work) -> PortError {
        guard let error = error?.takeRetainedValue() else { return .Failed(code: "\(work.rawValue).unknown") }
        return KeystoreFailure(work, CFErrorGetDomain(error) as String, CFErrorGetCode(error)).told
    }
}
#endif
