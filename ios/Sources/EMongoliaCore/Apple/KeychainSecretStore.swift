#if canImport(Security)
import Foundation
import Security

/// Small secrets in the Keychain: on this device only, in no backup, readable from the first unlock on.
public final class KeychainSecretStore: SecretStore {
    private let service: String
    private let accessGroup: String?

    /// An app that has a notification extension gives both the same access group.
    public init(service: String = "mn.emongolia", accessGroup: String? = nil) {
        self.service = service
        self.accessGroup = accessGroup
    }

    public func get(name: String) throws -> Data? {
        var query = item(name)
        query[kSecReturnData as String] = true
        query[kSecMatchLimit as String] = kSecMatchLimitOne
        var found: CFTypeRef?
        let status = SecItemCopyMatching(NSDictionary(dictionary: query) as CFDictionary, &found)
        guard status != errSecItemNotFound else { return nil }
        try Keychain.check(status)
        return found as? Data
    }

    public func put(name: String, value: Data) throws {
        let sealed: [String: Any] = [
            kSecValueData as String: value,
            kSecAttrAccessible as String: kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly,
        ]
        let added = item(name).merging(sealed) { _, new in new }
        var status = SecItemAdd(NSDictionary(dictionary: added) as CFDictionary, nil)
        if status == errSecDuplicateItem {
            status = SecItemUpdate(
                NSDictionary(dictionary: item(name)) as CFDictionary, NSDictionary(dictionary: sealed) as CFDictionary)
        }
        try Keychain.check(status)
    }

    public func delete(name: String) throws {
        try Keychain.delete(item(name))
    }

    private func item(_ name: String) -> [String: Any] {
        var item: [String: Any] = [
            kSecClass as String: kSecClassGenericPassword,
            kSecAttrService as String: service,
            kSecAttrAccount as String: name,
            kSecUseDataProtectionKeychain as String: true,
        ]
        if let accessGroup { item[kSecAttrAccessGroup as String] = accessGroup }
        return item
    }
}

enum Keychain {
    /// What is not there is not an error.
    static func delete(_ item: [String: Any], _ work: KeystoreFailure.Work = .secret) throws {
        let status = SecItemDelete(NSDictionary(dictionary: item) as CFDictionary)
        guard status != errSecItemNotFound else { return }
        try check(status, work)
    }

    static func check(_ status: OSStatus, _ work: KeystoreFailure.Work = .secret) throws {
        guard status == errSecSuccess else { throw KeystoreFailure(work, status: status).told }
    }
}
#endif
