#if canImport(Security) && canImport(LocalAuthentication)
import Foundation
import LocalAuthentication
import Security

/// A P-256 key in the Secure Enclave that asks for a finger or a face each time it opens something, and is gone once others
/// are enrolled (`.biometryCurrentSet`). For ``EMongolia/open(_:secrets:deviceKey:biometric:log:)`` of the app; an extension
/// has none.
///
/// Guarantees: sealing asks nobody; what was sealed before the enrolment changed is `Invalidated` (``EnrolledSeal``).
public final class BiometricEnclaveKey: BiometricKey, @unchecked Sendable {
    private let item: EnclaveItem
    private let reason: @Sendable () -> String

    /// `reason` stands on the prompt, in the app's language.
    public init(tag: String = "mn.emongolia.biometric-key", reason: @escaping @Sendable () -> String) {
        item = EnclaveItem(tag: tag, accessGroup: nil)
        self.reason = reason
    }

    /// To a new key each time: one that is worth nothing any more says so only when it is used.
    public func wrap(key: Data) throws -> Data {
        let enrolled: Data
        do { enrolled = try enrolment(LAContext()) } catch PortError.Invalidated {
            throw PortError.Unavailable  // nothing is enrolled, and nothing was lost
        }
        try item.delete()
        let made = try item.make(
            [.privateKeyUsage, .biometryCurrentSet], readable: kSecAttrAccessibleWhenPasscodeSetThisDeviceOnly)
        return EnrolledSeal(enrolment: enrolled, sealed: try item.seal(key, to: made)).bytes
    }

    public func unwrap(wrapped: Data) throws -> Data {
        let seal = try EnrolledSeal(wrapped)
        let context = LAContext()
        context.localizedReason = reason()
        guard seal.wasSealed(by: try enrolment(context)) else { throw PortError.Invalidated }
        guard let key = try item.find([kSecUseAuthenticationContext as String: context]) else {
            throw PortError.Invalidated
        }
        return try EnclaveItem.open(seal.sealed, with: key, .prompt)
    }

    public func delete() throws {
        try item.delete()
    }

    /// Names the set of fingers or faces that are enrolled; shows nothing.
    private func enrolment(_ context: LAContext) throws -> Data {
        var error: NSError?
        guard context.canEvaluatePolicy(.deviceOwnerAuthenticationWithBiometrics, error: &error) else {
            throw KeystoreFailure(.prompt, error?.domain ?? "", error?.code ?? 0).told
        }
        return context.evaluatedPolicyDomainState ?? Data()
    }
}
#endif
