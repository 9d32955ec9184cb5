// Stand-in for LocalAuthentication.
import Foundation

public enum LAPolicy: Sendable { case deviceOwnerAuthenticationWithBiometrics }

public final class LAContext {
    public init() {}
    public var localizedReason: String {
        get { fatalError() }
        set {}
    }
    public var evaluatedPolicyDomainState: Data? { fatalError() }
    public func canEvaluatePolicy(_ policy: LAPolicy, error: UnsafeMutablePointer<NSError?>?) -> Bool { fatalError() }
}
