/// One sync while nobody looks, within a budget; the platform grants it, and may take it back.
///
/// Guarantees: the core is awake for it, wherever the app is, and back where it is wanted before the job ends; a job that is
/// cancelled stops the core's work; what waiting alone may mend is asked for again.
public struct SyncJob: Sendable {
    /// What a background refresh may take; iOS grants about half a minute.
    public static let budget: Duration = .seconds(25)

    public enum End: Sendable, Equatable {
        /// Everything was done, or nothing more can be done now.
        case done
        /// There is more to do, or the network failed: ask for another job soon.
        case again
    }

    private let sync: @Sendable (Duration) async throws -> SyncReport

    public init(_ core: EMongolia) {
        self.init { budget in try await core.lifeCycle.during { try await core.sync(within: budget) } }
    }

    init(sync: @escaping @Sendable (Duration) async throws -> SyncReport) {
        self.sync = sync
    }

    public func run(within budget: Duration = budget) async -> End {
        do {
            let report = try await sync(budget)
            return report.more || report.steps.contains(where: Self.mayPass) ? .again : .done
        } catch let error as CoreError {
            return Self.mayPass(error) ? .again : .done
        } catch {
            return .again  // taken back before its end
        }
    }

    private static func mayPass(_ step: SyncStep) -> Bool {
        switch step.outcome {
        case .failed(let error): mayPass(error)
        case .changed, .unchanged, .notTried: false
        }
    }

    /// Waiting alone may mend it.
    private static func mayPass(_ error: CoreError) -> Bool {
        switch error {
        case .Offline, .Timeout, .Busy, .Locked: true
        case .SignInRequired, .StepUpRequired, .Forbidden, .Invalid, .NotFound, .Cancelled, .NotAvailable, .Unexpected: false
        }
    }
}
