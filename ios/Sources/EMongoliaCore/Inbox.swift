import EMongoliaBindings

/// What institutions sent, and what the citizen did with it.
public struct Inbox: Sendable {
    private let core: EMongoliaBindings.Inbox

    init(_ core: EMongoliaBindings.Inbox) {
        self.core = core
    }

    /// One page, newest first, from the device. Of one person: `person`, one of ``Requests/people(for:)``, or (nil) the
    /// citizen.
    public func page(
        _ filter: MessageFilter = .all, before: String? = nil, person: String? = nil
    ) async throws -> MessagePage {
        try await calling { try await core.page(filter: filter, before: before, person: person) }
    }

    /// One message, from the device.
    public func message(_ id: String) async throws -> AgedMessage {
        try await calling { try await core.message(id: id) }
    }

    /// How many are unread, from the device.
    public func unread() async throws -> Int {
        try await calling { Int(try await core.unread()) }
    }

    /// Marks a message read here at once and there eventually; gives the outbox's id of that. Committed.
    @discardableResult
    public func markRead(_ id: String) async throws -> String {
        try await calling { try await core.markRead(id: id) }
    }

    /// Deletes a message here at once and there eventually; gives the outbox's id of that. Committed.
    @discardableResult
    public func delete(_ id: String) async throws -> String {
        try await calling { try await core.delete(id: id) }
    }

    /// Asks the gateway for news. Each page pulled stays.
    public func refresh() async throws -> Refreshed {
        try await cancelling { try await core.refresh(cancellation: $0) }
    }
}
