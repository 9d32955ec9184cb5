#if canImport(Security)
import Foundation
import Security

/// One P-256 key in the Secure Enclave, made on first use. It signs, and it opens what was sealed to it.
///
/// Guarantees: a key that no longer works is told from one that can't be had now (``KeystoreFailure``).
public final class SecureEnclaveKey: DeviceKey, @unchecked Sendable {
    /// ECIES over P-256 with AES-GCM: the only kind of encryption the enclave offers.
    private static let sealing = SecKeyAlgorithm.eciesEncryptionCofactorVariableIVX963SHA256AESGCM

    private let tag: Data
    private let accessGroup: String?
    /// Two first uses at once must not make two keys.
    private let lock = NSLock()

    /// An app that has a notification extension gives both the same access group.
    public init(tag: String = "mn.emongolia.device-key", accessGroup: String? = nil) {
        self.tag = Data(tag.utf8)
        self.accessGroup = accessGroup
    }

    public func publicKey() throws -> Data {
        var error: Unmanaged<CFError>?
        let point = SecKeyCopyExternalRepresentation(try publicHalf(of: findOrMake()), &error)
        return try bytes(point, error, .use)
    }

    public func signEs256(message: Data) throws -> Data {
        var error: Unmanaged<CFError>?
        let message = NSData(data: message) as CFData
        return try bytes(
            SecKeyCreateSignature(findOrMake(), .ecdsaSignatureMessageX962SHA256, message, &error), error, .use)
    }

    public func wrap(key: Data) throws -> Data {
        var error: Unmanaged<CFError>?
        let key = NSData(data: key) as CFData
        return try bytes(
            SecKeyCreateEncryptedData(publicHalf(of: findOrMake()), Self.sealing, key, &error), error, .use)
    }

    public func unwrap(wrapped: Data) throws -> Data {
        // A key made now could open nothing.
        guard let key = try lock.withLock({ try find() }) else { throw PortError.Invalidated }
        var error: Unmanaged<CFError>?
        let wrapped = NSData(data: wrapped) as CFData
        return try bytes(SecKeyCreateDecryptedData(key, Self.sealing, wrapped, &error), error, .unwrap)
    }

    public func delete() throws {
        try lock.withLock {
            let status = SecItemDelete(NSDictionary(dictionary: item()) as CFDictionary)
            guard status != errSecItemNotFound else { return }
            try Keychain.check(status, .key)
        }
    }

    private func findOrMake() throws -> SecKey {
        try lock.withLock {
            if let key = try find() { return key }
            return try make()
        }
    }

    private func find() throws -> SecKey? {
        var query = item()
        query[kSecReturnRef as String] = true
        var found: CFTypeRef?
        let status = SecItemCopyMatching(NSDictionary(dictionary: query) as CFDictionary, &found)
        guard status != errSecItemNotFound else { return nil }
        try Keychain.check(status, .key)
        guard let found else { throw PortError.Failed(code: "enclave.no_reference") }
        return (found as! SecKey)  // the class was asked for
    }

    private func make() throws -> SecKey {
        var error: Unmanaged<CFError>?
        guard
            let access = SecAccessControlCreateWithFlags(
                nil, kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly, .privateKeyUsage, &error)
        else { throw failure(error, .key) }
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
            throw failure(error, .key)
        }
        return key
    }

    private func item() -> [String: Any] {
        var item: [String: Any] = [
            kSecClass as String: kSecClassKey,
            kSecAttrKeyType as String: kSecAttrKeyTypeECSECPrimeRandom,
            kSecAttrApplicationTag as String: tag,
            kSecUseDataProtectionKeychain as String: true,
        ]
        if let accessGroup { item[kSecAttrAccessGroup as String] = accessGroup }
        return item
    }

    private func publicHalf(of key: SecKey) throws -> SecKey {
        guard let half = SecKeyCopyPublicKey(key) else { throw PortError.Failed(code: "enclave.no_public_key") }
        return half
    }

    private func bytes(_ data: CFData?, _ error: Unmanaged<CFError>?, _ work: KeystoreFailure.Work) throws -> Data {
        guard let data else { throw failure(error, work) }
        return Data(referencing: data as NSData)
    }

    /// Domain and code alone: nobody knows what stands in the description.
    private func failure(_ error: Unmanaged<CFError>?, _ work: KeystoreFailure.Work) -> PortError {
        guard let error = error?.takeRetainedValue() else { return .Failed(code: "\(work.rawValue).unknown") }
        return KeystoreFailure(work, CFErrorGetDomain(error) as String, CFErrorGetCode(error)).told
    }
}
#endif
