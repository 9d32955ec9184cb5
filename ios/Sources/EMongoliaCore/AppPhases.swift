/// Time that iOS grants an app on its way to the background.
@MainActor public protocol BackgroundTime: AnyObject {
    /// Asks for it. `expired` is called at its end, before iOS ends the app for not giving it back.
    func begin(expired: @escaping @MainActor @Sendable () -> Void) -> Int

    /// Gives it back.
    func end(_ granted: Int)

    /// Where the app is now.
    var phase: AppPhases.Phase { get }
}

/// Follows the app's phases: the one that it finds, since a process that iOS starts in the background is told of none, and
/// then as `scenePhase` tells them.
///
/// Guarantees: the core is suspended in the background and nowhere else, within time that iOS was asked for; that time is
/// held while work goes on there, which ends with it, and is given back exactly once; the core goes where the last phase
/// wants it, however fast they follow each other.
@MainActor public final class AppPhases {
    public enum Phase: Sendable, Equatable {
        /// In front.
        case active
        /// In front, and not listening: a call comes in, the app switcher is open. Nothing changes for the core.
        case inactive
        case background
    }

    private let lifeCycle: LifeCycle
    private let time: any BackgroundTime
    private let cameBack: @Sendable () throws -> Void
    private let refused: @MainActor @Sendable (CoreError) -> Void

    private var next: Phase?
    private var following: Task<Void, Never>?
    private var resting: Task<Void, Never>?
    private var granted: Int?

    /// One for each core. `refused` hears why the core could not come back to the front; the next `active` tries again.
    public convenience init(
        _ core: EMongolia, _ time: any BackgroundTime, refused: @escaping @MainActor @Sendable (CoreError) -> Void
    ) {
        self.init(core.lifeCycle, time, cameBack: { try core.networkAvailable() }, refused: refused)
    }

    init(
        _ lifeCycle: LifeCycle, _ time: any BackgroundTime, cameBack: @escaping @Sendable () throws -> Void,
        refused: @escaping @MainActor @Sendable (CoreError) -> Void
    ) {
        self.lifeCycle = lifeCycle
        self.time = time
        self.cameBack = cameBack
        self.refused = refused
        changed(to: time.phase)
    }

    /// Returns at once: iOS must have been asked for time when its own call returns.
    public func changed(to phase: Phase) {
        switch phase {
        case .inactive: return
        case .active: break
        case .background: askForTime()
        }
        resting?.cancel()
        next = phase
        if following == nil {
            following = Task { await follow() }
        }
    }

    /// Until the core is where the last phase wants it.
    func settled() async {
        await following?.value
        await resting?.value
    }

    private func follow() async {
        while let phase = next {
            next = nil
            await go(to: phase)
        }
        following = nil
        resting = Task {
            await lifeCycle.suspended()
            if !Task.isCancelled { giveBackTime() }
        }
    }

    private func go(to phase: Phase) async {
        do {
            switch phase {
            case .inactive: break
            case .active:
                try await lifeCycle.want(.running)
                try cameBack()
            case .background:
                try await lifeCycle.want(.suspended)
            }
        } catch {
            // A suspension past its deadline ends by itself.
            if phase == .active { refused(asCoreError(error)) }
        }
    }

    private func askForTime() {
        guard granted == nil else { return }
        granted = time.begin { [weak self] in self?.timeIsUp() }
    }

    /// iOS stops the process next: no file may be open then.
    private func timeIsUp() {
        guard let granted = takeTime() else { return }
        Task {
            await lifeCycle.cutShort()
            time.end(granted)
        }
    }

    private func giveBackTime() {
        if let granted = takeTime() { time.end(granted) }
    }

    private func takeTime() -> Int? {
        defer { granted = nil }
        return granted
    }
}
