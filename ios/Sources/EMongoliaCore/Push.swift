import EMongoliaBindings
import Foundation

/// Where pushes reach this phone.
public struct Push: Sendable {
    private let core: EMongoliaBindings.Push

    init(_ core: EMongoliaBindings.Push) {
        self.core = core
    }

    /// Tells the gateway APNs' token, as `didRegisterForRemoteNotificationsWithDeviceToken` gives it; gives the outbox's
    /// id of that. Committed.
    @discardableResult
    public func register(deviceToken: Data) async throws -> String {
        try await register(token: deviceToken.map { String(format: "%02x", $0) }.joined())
    }

    /// The same for a token that is already text.
    @discardableResult
    public func register(token: String) async throws -> String {
        try await calling { try await core.register(token: token) }
    }
}

/// What APNs delivers of a push, down to the bytes the core reads.
public enum PushPayload {
    /// The key beside `aps` under which the gateway's bytes stand, in base64.
    public static let key = "emongolia"

    /// Nil: it is none of ours.
    public static func bytes(in userInfo: [AnyHashable: Any]) -> Data? {
        (userInfo[key] as? String).flatMap { Data(base64Encoded: $0) }
    }
}
