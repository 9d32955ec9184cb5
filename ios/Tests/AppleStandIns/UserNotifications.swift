// Stand-in for UserNotifications.
import Foundation

open class UNNotificationContent: NSObject {
    public var userInfo: [AnyHashable: Any] { fatalError() }
}

public final class UNMutableNotificationContent: UNNotificationContent {
    public var title = ""
    public var body = ""
    public var badge: NSNumber?
}

public final class UNNotificationRequest: NSObject {
    public var content: UNNotificationContent { fatalError() }
}

open class UNNotificationServiceExtension: NSObject {
    open func didReceive(
        _ request: UNNotificationRequest, withContentHandler contentHandler: @escaping (UNNotificationContent) -> Void
    ) {}
    open func serviceExtensionTimeWillExpire() {}
}
