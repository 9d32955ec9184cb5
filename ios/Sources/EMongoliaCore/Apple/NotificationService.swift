#if canImport(UserNotifications)
import Foundation
import UserNotifications

/// The principal class of the app's notification extension: subclass it and say with what the core is opened.
///
/// Guarantees: the notification is delivered exactly once, at the latest when the extension's time is up.
open class NotificationService: UNNotificationServiceExtension, @unchecked Sendable {
    private let lock = NSLock()
    private var delivery: Delivery?
    private var running: Task<Void, Never>?

    /// With the app's folders and access group, in mode `.extension`.
    open func work() -> NotificationWork? { nil }

    override open func didReceive(
        _ request: UNNotificationRequest,
        withContentHandler contentHandler: @escaping (UNNotificationContent) -> Void
    ) {
        let delivery = Delivery(request.content, contentHandler)
        guard let payload = PushPayload.bytes(in: request.content.userInfo), let work = work() else {
            return delivery.finish(with: nil)
        }
        let running = Task {
            delivery.finish(with: await work.show(payload: payload, within: NotificationWork.budget))
        }
        lock.withLock {
            self.delivery = delivery
            self.running = running
        }
    }

    override open func serviceExtensionTimeWillExpire() {
        let (delivery, running) = lock.withLock { (self.delivery, self.running) }
        running?.cancel()
        delivery?.finish(with: nil)
    }
}

private final class Delivery: @unchecked Sendable {
    private let lock = NSLock()
    private let original: UNNotificationContent
    private var handler: ((UNNotificationContent) -> Void)?

    init(_ original: UNNotificationContent, _ handler: @escaping (UNNotificationContent) -> Void) {
        self.original = original
        self.handler = handler
    }

    func finish(with shown: NotificationWork.Shown?) {
        let handler = lock.withLock {
            defer { self.handler = nil }
            return self.handler
        }
        handler?(content(shown))
    }

    private func content(_ shown: NotificationWork.Shown?) -> UNNotificationContent {
        guard let shown, let content = original.mutableCopy() as? UNMutableNotificationContent else { return original }
        content.title = shown.title
        content.body = shown.body
        content.badge = NSNumber(value: shown.unread)
        return content
    }
}
#endif
