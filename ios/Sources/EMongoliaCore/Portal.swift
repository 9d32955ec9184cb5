import EMongoliaBindings

/// Signing in to the portal in a browser, from the phone: the page shows a QR code and a number; the phone reads the one and
/// the citizen compares the other.
public struct Portal: Sendable {
    private let core: EMongoliaBindings.Portal

    init(_ core: EMongoliaBindings.Portal) {
        self.core = core
    }

    /// What the code asks for. `Invalid`: it is not our portal's, or the request is over.
    public func preview(_ qr: String) async throws -> WebSignIn {
        try await cancelling { try await core.preview(qr: qr, cancellation: $0) }
    }

    /// Lets the browser in that shows this number; gives the outbox's id of that. A number of another page ends the request.
    /// `StepUpRequired`: the citizen proves first who they are. Committed.
    @discardableResult
    public func approve(_ id: String, number: UInt32) async throws -> String {
        try await calling { try await core.answer(id: id, number: number) }
    }

    /// Keeps the browser out; gives the outbox's id of that. Committed.
    @discardableResult
    public func refuse(_ id: String) async throws -> String {
        try await calling { try await core.answer(id: id, number: nil) }
    }

    /// Puts away an answer that the outbox holds stuck and of which nothing can come any more, once the citizen has been told
    /// why: a wrong number, a request that is over. `false`: it is none of those, and stays. Committed.
    @discardableResult
    public func putAway(_ operation: String) async throws -> Bool {
        try await calling { try await core.putAway(operation: operation) }
    }
}
