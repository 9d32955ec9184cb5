#if canImport(UIKit)
import UIKit

/// ``BackgroundTime`` of the app: `ApplicationTime(.shared)`.
@MainActor public final class ApplicationTime: BackgroundTime {
    private let application: UIApplication

    public init(_ application: UIApplication) {
        self.application = application
    }

    public var phase: AppPhases.Phase {
        let state = application.applicationState
        return state == .background ? .background : state == .active ? .active : .inactive
    }

    public func begin(expired: @escaping @MainActor @Sendable () -> Void) -> Int {
        application.beginBackgroundTask(withName: "mn.emongolia.suspend", expirationHandler: expired).rawValue
    }

    public func end(_ granted: Int) {
        application.endBackgroundTask(UIBackgroundTaskIdentifier(rawValue: granted))
    }
}
#endif
