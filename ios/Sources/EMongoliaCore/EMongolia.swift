import EMongoliaBindings
import Foundation

/// The whole core. One for each process and installation; keep it as long as the app lives.
///
/// Guarantees: nothing here blocks the caller's thread; a call that may wait for the network ends with its work when its
/// task is cancelled, unless it says that it is committed or is waited for; no event is lost on who listens, until
/// ``LifeCycle/State/closed`` ends the streams.
public final class EMongolia: Sendable {
    /// Signing in, and who is signed in.
    public let auth: Auth
    /// The app lock.
    public let lock: AppLock
    /// The catalogue of public services.
    public let catalogue: Catalogue
    /// Services that belong to one occasion, made for this citizen.
    public let bundles: Bundles
    /// The citizen's requests.
    public let requests: Requests
    /// The portal in a browser, which the phone lets in.
    public let portal: Portal
    /// What institutions sent.
    public let inbox: Inbox
    /// Writes on their way.
    public let outbox: Outbox
    /// Where pushes reach this phone.
    public let push: Push
    /// Running, suspended, closed: say what is wanted, in any order, from anywhere.
    public let lifeCycle: LifeCycle

    private let core: Emongolia
    private let hub: EventHub
    private let pumping: Task<Void, Never>
    private let followingNetwork: Task<Void, Never>?

    /// Opens everything, off this thread; finishes a sign-out that was cut short. Without a biometric key only a PIN opens
    /// the app lock; without a network to follow, what waits is tried when the app comes to the front. Throws ``LoadError``,
    /// ``CoreError``.
    public static func open(
        _ config: CoreConfig,
        secrets: any SecretStore,
        deviceKey: any DeviceKey,
        biometric: (any BiometricKey)? = nil,
        network: (any NetworkPath)? = nil,
        log: (any LogSink)? = nil
    ) async throws -> EMongolia {
        try CoreLibrary.check()
        let core = try await calling {
            try await blocking {
                try Emongolia.open(
                    config: config, secrets: secrets, deviceKey: deviceKey, biometric: biometric, log: log)
            }
        }
        return try EMongolia(core, network)
    }

    private init(_ core: Emongolia, _ network: (any NetworkPath)?) throws {
        self.core = core
        auth = Auth(try core.auth())
        lock = AppLock(try core.lock())
        catalogue = Catalogue(try core.catalogue())
        bundles = Bundles(try core.bundles())
        requests = Requests(try core.requests())
        portal = Portal(try core.portal())
        inbox = Inbox(try core.inbox())
        outbox = Outbox(try core.outbox())
        push = Push(try core.push())
        lifeCycle = LifeCycle(Life(core: core))
        hub = EventHub()
        pumping = Self.pump(core, into: hub)
        followingNetwork = network.map { Self.follow($0, core) }
    }

    deinit {
        followingNetwork?.cancel()
        pumping.cancel()
    }

    /// Every event; finishes when the core is closed. Each call gives a stream for one listener, the first one also what
    /// came before somebody listened.
    public func events() -> AsyncStream<Event> {
        hub.stream()
    }

    /// For who shows this area: read it at each element. The first is there at once, the others whenever it may have
    /// changed; no change falls in between.
    public func changes(of area: Area) -> AsyncStream<Void> {
        hub.changes(of: area)
    }

    /// Sends what waits and pulls what changed. Resumable: the report says what is left.
    public func sync(within budget: Duration) async throws -> SyncReport {
        try await cancelling { try await core.sync(budgetMs: budget.milliseconds, cancellation: $0) }
    }

    /// A push arrived: pulls what it hints at, with the core awake for it wherever the app is. ``PushPayload`` finds the
    /// bytes in what APNs delivers.
    public func handlePush(_ payload: Data, within budget: Duration) async throws -> PushOutcome {
        try await lifeCycle.during { [core] in
            try await cancelling {
                try await core.handlePush(payload: payload, budgetMs: budget.milliseconds, cancellation: $0)
            }
        }
    }

    /// The network came back, or the app came to the front: what waits is tried now. Whoever gave ``open`` a network and
    /// has ``AppPhases`` need not say it.
    public func networkAvailable() throws {
        do { try core.networkAvailable() } catch { throw asCoreError(error) }
    }

    /// Ends the session and wipes this phone. Committed; an error means that it goes on at the next start.
    public func signOut() async throws -> SignedOut {
        try await calling { try await core.signOut() }
    }

    /// As ``signOut()``, also with nobody signed in and while the app is locked: all that is kept on this phone is destroyed.
    /// Committed.
    public func erase() async throws -> SignedOut {
        try await calling { try await core.erase() }
    }

    /// Everything personal that is kept here, and why, as JSON; secrets are named and not shown. The citizen's own: hand it
    /// to nobody else. `StepUpRequired`: the citizen proves first who they are.
    public func export() async throws -> Data {
        try await cancelling { try await core.export(cancellation: $0) }
    }

    /// Ends with us. Holds the core, not us.
    private static func follow(_ network: any NetworkPath, _ core: Emongolia) -> Task<Void, Never> {
        Task.detached(priority: .utility) {
            for await _ in network.usable() { try? core.networkAvailable() }  // a closed core has nothing to send
        }
    }

    /// The one that asks the core; all listeners hang on it. Ends with us. Holds the core, not us.
    private static func pump(_ core: Emongolia, into hub: EventHub) -> Task<Void, Never> {
        Task.detached(priority: .utility) {
            await hub.pump { try await cancelling { try await core.nextEvent(cancellation: $0) } }
        }
    }
}

/// The core's own transitions, with their deadlines.
struct Life: Suspendable {
    /// iOS gives some five seconds after `didEnterBackground`.
    static let suspendWithin: Duration = .seconds(4)
    static let shutdownWithin: Duration = .seconds(4)

    let core: Emongolia

    func suspend() async throws {
        try await calling { try await core.suspend(deadlineMs: Self.suspendWithin.milliseconds) }
    }

    func resume() async throws {
        try await calling { try await core.resume() }
    }

    func shutdown() async throws {
        try await calling { try await core.shutdown(deadlineMs: Self.shutdownWithin.milliseconds) }
    }
}
