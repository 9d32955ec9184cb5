#if canImport(BackgroundTasks) && !os(macOS)
import BackgroundTasks
import Foundation

/// ``SyncJob`` as iOS grants it. The identifier stands in Info.plist under `BGTaskSchedulerPermittedIdentifiers`.
public enum BackgroundRefresh {
    public static let identifier = "mn.emongolia.refresh"

    /// Before the app has finished launching. `core` gives the app's own, opened if need be; nil: not now.
    @available(iOSApplicationExtension, unavailable)
    public static func register(_ core: @escaping @Sendable () async -> EMongolia?) {
        BGTaskScheduler.shared.register(forTaskWithIdentifier: identifier, using: nil) { task in
            let granted = Granted(task: task)
            let work = Task {
                let done = await RefreshGrant(core: core, schedule: { try? schedule(after: $0) }).use()
                granted.task.setTaskCompleted(success: done)
            }
            task.expirationHandler = { work.cancel() }
        }
    }

    /// When the app goes to the background.
    public static func schedule() throws {
        try schedule(after: RefreshGrant.interval)
    }

    private static func schedule(after interval: Duration) throws {
        let request = BGAppRefreshTaskRequest(identifier: identifier)
        request.earliestBeginDate = Date(timeIntervalSinceNow: TimeInterval(interval.components.seconds))
        try BGTaskScheduler.shared.submit(request)
    }

    /// Whoever runs the task is the only one that completes it.
    private struct Granted: @unchecked Sendable {
        let task: BGTask
    }
}
#endif
