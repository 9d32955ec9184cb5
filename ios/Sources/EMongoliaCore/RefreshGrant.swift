/// One background refresh, from the platform's word to ours. Apple's half is `BackgroundRefresh`.
///
/// Guarantees: the next refresh is asked for whatever became of this one, and before this one is told complete; what was
/// not done is not told as done.
struct RefreshGrant: Sendable {
    /// A day has several of these at best; iOS decides.
    static let interval: Duration = .seconds(4 * 3600)

    /// When something was left to do.
    static let soon: Duration = .seconds(15 * 60)

    /// The app's own core, opened if need be; nil: not now.
    let core: @Sendable () async -> EMongolia?
    let schedule: @Sendable (Duration) -> Void

    /// Whether everything was done.
    func use() async -> Bool {
        let end = if let core = await core() { await SyncJob(core).run() } else { SyncJob.End.again }
        switch end {
        case .done: schedule(Self.interval)
        case .again: schedule(Self.soon)
        }
        return end == .done
    }
}
