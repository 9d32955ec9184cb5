import EMongoliaBindings

/// Requests to the state: form, drafts, confirmation, submission, status.
public struct Requests: Sendable {
    let core: EMongoliaBindings.Requests

    init(_ core: EMongoliaBindings.Requests) {
        self.core = core
    }

    /// What the service asks for, as it stands with what was typed so far, by the form's names. `NotFound`: it can't be
    /// applied for in the app; `form.not_understood`: not in this version of the app.
    public func form(of service: String, with values: [String: String] = [:]) async throws -> AgedForm {
        try await cancelling { try await core.form(service: service, values: values, cancellation: $0) }
    }

    /// Checks what was typed, by the form's names, and keeps it, sealed, as what the citizen is shown before anything
    /// is sent. `Invalid` names the first field that can't be, `form` tells all; `StepUpRequired`: the citizen proves first
    /// who they are. Committed.
    public func confirm(_ values: [String: String], for service: String) async throws -> Confirmation {
        try await calling { try await core.confirm(service: service, values: values) }
    }

    /// Puts what was confirmed into the outbox and gives its id there. The same confirmation again gives the same one.
    /// `StepUpRequired`: the proof has become too old since. Committed.
    public func submit(_ confirmation: Confirmation) async throws -> String {
        try await submit(confirmation: confirmation.id)
    }

    /// The same by the confirmation's id, which outlives the process that was shown it.
    public func submit(confirmation id: String) async throws -> String {
        try await calling { try await core.submit(confirmation: id) }
    }

    /// One page, newest first; what waits on this phone heads the first page.
    public func page(before: String? = nil) async throws -> RequestPage {
        try await calling { try await core.page(before: before) }
    }

    /// One request as it stands, from the device; fetched if it is not there.
    public func detail(_ id: String) async throws -> AgedRequestDetail {
        try await cancelling { try await core.detail(id: id, cancellation: $0) }
    }

    /// Those for whom the citizen may act, as the registers say; with a service, for whom that is too. From the device;
    /// fetched if it was never, which is waited for.
    public func people(for service: String? = nil) async throws -> AgedPeople {
        try await calling { try await core.people(service: service) }
    }

    /// As ``page(before:)``, of one person; `nil`: the citizen.
    public func page(of person: String?, before: String? = nil) async throws -> RequestPage {
        try await calling { try await core.pageOf(person: person, before: before) }
    }

    /// Begins to answer what a request asks: a draft, filled in with what was sent, or with a question for each document. One
    /// that was begun before is that one. `Invalid` `request.not_asked`: it asks nothing; `request.not_here`: what it asks
    /// can't be answered in the app; `request.under_way`: something of it is on its way. Committed.
    public func amend(_ id: String) async throws -> String {
        try await calling { try await core.amend(id: id) }
    }

    /// Takes a request back and gives the outbox's id of that. One that was not sent yet, named by its operation, is called
    /// off: `nil`. `Invalid` `request.already_decided`: nobody can take it back. Committed.
    public func withdraw(_ id: String, because reason: String? = nil) async throws -> String? {
        try await calling { try await core.withdraw(id: id, reason: reason) }
    }

    /// The citizen has looked at this: what comes after it is new. Committed.
    public func seen(_ request: RequestDetail) async throws {
        guard let id = request.summary.id else { return }
        try await calling { try await core.seen(id: id, steps: UInt32(request.history.count)) }
    }

    /// Asks the gateway for news. Each page pulled stays.
    public func refresh() async throws -> Refreshed {
        try await cancelling { try await core.refresh(cancellation: $0) }
    }
}

extension FormState {
    /// All fields, in the order in which they are shown.
    public var fields: [FieldState] { sections.flatMap(\.fields) }
}
