import EMongoliaCore
import Foundation

/// A finger in memory: right, until it is told otherwise or another one is enrolled.
public final class SoftwareBiometricKey: BiometricKey, @unchecked Sendable {
    private let lock = NSLock()
    private let sealing = SoftwareDeviceKey()
    private var refusal: PortError?
    private var asked = 0

    public init() {}

    /// How every prompt ends from now on, until nil.
    public func refuse(with error: PortError?) {
        lock.withLock { refusal = error }
    }

    /// What was sealed no longer opens.
    public func enrolAnother() throws {
        try sealing.delete()
    }

    /// How many prompts were shown.
    public var prompts: Int { lock.withLock { asked } }

    public func wrap(key: Data) throws -> Data {
        try sealing.wrap(key: key)
    }

    public func unwrap(wrapped: Data) throws -> Data {
        try lock.withLock {
            asked += 1
            if let refusal { throw refusal }
        }
        return try sealing.unwrap(wrapped: wrapped)
    }

    public func delete() throws {
        try sealing.delete()
    }
}
