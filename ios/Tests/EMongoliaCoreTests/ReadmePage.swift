import EMongoliaCore
import Foundation

/// At launch. On a phone: `KeychainSecretStore()`, `SecureEnclaveKey()`, `BiometricEnclaveKey { … }`, `PhoneNetwork()`,
/// `UnifiedLog()`.
func openCore(
    _ config: CoreConfig, _ secrets: any SecretStore, _ deviceKey: any DeviceKey, _ biometric: any BiometricKey,
    _ network: any NetworkPath, _ log: any LogSink, changed: @escaping @Sendable (Event) async -> Void
) async throws -> EMongolia {
    let core = try await EMongolia.open(
        config, secrets: secrets, deviceKey: deviceKey, biometric: biometric, network: network, log: log)
    let events = core.events()
    Task {
        for await event in events { await changed(event) }  // read that area again; ends with the core
    }
    return core
}

/// A screen reads its area again whenever it may have changed: `.task { await keepFresh(core) { … } }`.
@MainActor func keepFresh(
    _ core: EMongolia, _ area: Area, read: () async throws -> Void, tell: (ErrorText) -> Void
) async {
    for await _ in core.changes(of: area) {
        do { try await read() } catch { told(error).map(tell) }  // it is read again at the next change
    }
}

/// `browser` shows the address in an `ASWebAuthenticationSession` and gives the address it came back to.
@MainActor func signIn(_ core: EMongolia, browser: (URL) async throws -> URL) async throws -> String {
    let request = try await core.auth.beginSignIn()
    return try await cameBack(core, with: try await browser(URL(string: request.url)!)).name
}

/// The way back, of `onOpenURL` too: any process of this installation can go it. The core may be suspended on the way.
@discardableResult
@MainActor func cameBack(_ core: EMongolia, with callback: URL) async throws -> Citizen {
    try await core.lifeCycle.want(.running)
    return try await core.auth.completeSignIn(callback: callback.absoluteString)
}

/// The lock's screen, shown while it is not open; `changes(of: .session)` says when to look.
@MainActor func unlock(
    _ core: EMongolia, browser: (URL) async throws -> URL, typed: (_ hint: String?) async throws -> String
) async throws {
    var hint: String?
    while try !core.lock.status().open {
        do {
            try await core.lock.unlock(pin: try await typed(hint))  // or unlockByBiometry(), where status().biometric is true
        } catch CoreError.Invalid {
            hint = try core.lock.status().triesText(in: .mn)
        } catch CoreError.Busy(let seconds) {
            hint = CoreError.Busy(retryAfterS: seconds).text(in: .mn).message  // after a few wrong ones
        } catch CoreError.SignInRequired {
            _ = try await signIn(core, browser: browser)  // no PIN opens it any more
        }
    }
}

/// What says `StepUpRequired` is done again once the citizen has proven anew who they are.
@MainActor func proven<T: Sendable>(
    _ core: EMongolia, browser: (URL) async throws -> URL, _ work: () async throws -> T
) async throws -> T {
    do { return try await work() } catch CoreError.StepUpRequired(let maxAgeS, let acr) {
        let request = try await core.auth.stepUp(within: .seconds(maxAgeS), acr: acr)
        try await cameBack(core, with: try await browser(URL(string: request.url)!))
        return try await work()
    }
}

/// Finds a service, fills its form, shows what will be sent, and sends exactly that: now, or when there is a network.
@MainActor func apply(
    _ core: EMongolia, for words: String, filled: (FormState) -> [String: String],
    agreed: (Confirmation) async -> Bool
) async throws -> String? {
    guard let hit = try core.catalogue.search(words).items.first(where: { $0.service.online }) else { return nil }
    let form = try await core.requests.form(of: hit.service.id).value
    let confirmation = try await core.requests.confirm(filled(form), for: hit.service.id)
    guard await agreed(confirmation) else { return nil }
    return try await core.requests.submit(confirmation)
}

/// What a screen shows instead of a result. Nil: the screen has gone.
func told(_ error: any Error) -> ErrorText? {
    if error is CancellationError { return nil }
    let known = error as? CoreError ?? .Invalid(field: "attachment", reason: "attachment")  // what `attach` could not read
    return known.text(in: .mn)
}

/// Once, beside the core, however iOS started the process: the app says `phases.changed(to:)` whatever `scenePhase` says,
/// `.inactive` among it. On a phone, `time` is `ApplicationTime(.shared)`.
@MainActor func follow(
    _ core: EMongolia, _ time: any BackgroundTime, tell: @escaping @MainActor @Sendable (ErrorText) -> Void
) -> AppPhases {
    AppPhases(core, time) { refused in tell(refused.text(in: .mn)) }  // the next `.active` tries again
}

/// A push that woke the app in the background: the core is awake for it, and then suspended again.
func pushArrived(_ core: EMongolia, _ userInfo: [AnyHashable: Any]) async throws -> Bool {
    guard let payload = PushPayload.bytes(in: userInfo) else { return false }
    return try await core.handlePush(payload, within: .seconds(20)).changed
}
