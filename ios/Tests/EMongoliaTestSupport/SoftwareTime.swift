import EMongoliaCore

/// Time for the background that runs out when a test says so.
@MainActor public final class SoftwareTime: BackgroundTime {
    /// Asked for so often, and given back so often.
    public private(set) var asked = 0
    public private(set) var givenBack: [Int] = []
    private var expired: (@MainActor @Sendable () -> Void)?

    public let phase: AppPhases.Phase

    /// `phase`: where the app is found.
    public nonisolated init(_ phase: AppPhases.Phase = .inactive) {
        self.phase = phase
    }

    public var isHeld: Bool { asked > givenBack.count }

    public func expire() {
        expired?()
    }

    public func untilGivenBack() async {
        while isHeld { await Task.yield() }
    }

    public func begin(expired: @escaping @MainActor @Sendable () -> Void) -> Int {
        asked += 1
        self.expired = expired
        return asked
    }

    public func end(_ granted: Int) {
        givenBack.append(granted)
    }
}
