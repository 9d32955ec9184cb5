import Foundation

/// What a notification extension does with one push: opens the core small, pulls what the push hints at, and says what
/// to show.
///
/// Guarantees: a message is shown by the push that brought it and by no other; the core is closed when it returns, so that
/// the app finds its files free; a push that is none of ours, that brought no message, or that can't be pulled now, leaves
/// the notification as APNs brought it.
public struct NotificationWork: Sendable {
    /// iOS gives an extension some thirty seconds, and takes it back without asking.
    public static let budget: Duration = .seconds(20)

    /// What replaces the notification's own words.
    public struct Shown: Sendable, Equatable {
        public let title: String
        public let body: String
        /// For the app's badge.
        public let unread: Int
    }

    private let open: @Sendable () async throws -> EMongolia
    private let language: Language

    /// `config` as the app's own, but for the mode, which must be `.extension`.
    public init(_ config: CoreConfig, secrets: any SecretStore, deviceKey: any DeviceKey, log: (any LogSink)? = nil) {
        language = config.language
        open = { @Sendable in try await EMongolia.open(config, secrets: secrets, deviceKey: deviceKey, log: log) }
    }

    /// Nil: show what there is. Of several new messages, the newest is what is shown.
    public func show(_ userInfo: [AnyHashable: Any], within budget: Duration = budget) async -> Shown? {
        guard let payload = PushPayload.bytes(in: userInfo) else { return nil }
        return await show(payload: payload, within: budget)
    }

    func show(payload: Data, within budget: Duration) async -> Shown? {
        guard let core = try? await open() else { return nil }
        let shown = try? await newest(core, payload, within: budget)
        try? await core.lifeCycle.want(.closed)
        return shown ?? nil
    }

    private func newest(_ core: EMongolia, _ payload: Data, within budget: Duration) async throws -> Shown? {
        let known = try? await core.inbox.page()  // locked: what the push hints at is kept for later all the same
        _ = try await core.handlePush(payload, within: budget)
        guard let known, let message = try await core.inbox.page(.unread).items.first,
            message.isNewer(than: known.items)
        else { return nil }
        let unread = try await core.inbox.unread()
        return Shown(title: said(message.title), body: said(message.body), unread: unread)
    }

    private func said(_ text: LocalisedText) -> String {
        switch language {
        case .mn: text.mn
        case .en: text.en ?? text.mn
        }
    }
}

extension Message {
    /// Than the newest of them, which come first. Another one becomes the newest unread when the newest is read elsewhere.
    fileprivate func isNewer(than known: [Message]) -> Bool {
        guard let newest = known.first else { return true }
        return sentAtMs >= newest.sentAtMs && !known.contains { $0.id == id }
    }
}
