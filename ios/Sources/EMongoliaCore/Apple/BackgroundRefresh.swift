#if canImport(BackgroundTasks) && !os(macOS)
import BackgroundTasks
import Foundation

/// ``SyncJob`` as iOS grants it. The identifier stands in Info.plist under `BGTaskSchedulerPermittedIdentifiers`.
public enum BackgroundRefresh {
    public static let identifier = "mn.emongolia.refresh"

    /// A day has several of these at best; iOS decides.
    public static let interval: TimeInterval = 4 * 3600

    /// When something was left to do.
    public static let soon: TimeInterval = 15 * 60

    /// Before the app has finished launching. `core` gives the app's own, opened if need be; nil: not now.
    public static func register(_ core: @escaping @Sendable () async -> EMongolia?) {
        BGTaskScheduler.shared.register(forTaskWithIdentifier: identifier, using: nil) { task in
            let granted = Granted(task: task)
            let work = Task { await run(granted, core) }
            task.expirationHandler = { work.cancel() }
        }
    }

    /// When the app goes to the background.
    public static func schedule(after interval: TimeInterval = interval) throws {
        let request = BGAppRefreshTaskRequest(identifier: identifier)
        request.earliestBeginDate = Date(timeIntervalSinceNow: interval)
        try BGTaskScheduler.shared.submit(request)
    }

    private static func run(_ granted: Granted, _ core: @Sendable () async -> EMongolia?) async {
        guard let core = await core() else { return granted.task.setTaskCompleted(success: false) }
        let end = await SyncJob(core).run()
        try? schedule(after: end == .again ? soon : interval)
        granted.task.setTaskCompleted(success: end == .done)
    }

    /// Whoever runs the task is the only one that completes it.
    private struct Granted: @unchecked Sendable {
        let task: BGTask
    }
}
#endif
