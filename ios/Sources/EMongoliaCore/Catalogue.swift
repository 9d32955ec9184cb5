import EMongoliaBindings

/// The catalogue of public services: found, listed and explained with no network, for everybody.
public struct Catalogue: Sendable {
    private let core: EMongoliaBindings.Catalogue

    init(_ core: EMongoliaBindings.Catalogue) {
        self.core = core
    }

    /// One page of services by the Mongolian alphabet; `after` is the page before's `next`.
    public func services(
        _ filter: ServiceFilter = ServiceFilter(), after: String? = nil
    ) async throws -> ServicePage {
        try await calling { try await core.services(filter: filter, after: after) }
    }

    /// One page of services that answer the query, in whatever form, script or spelling, best first. From memory, at
    /// once: for the main actor too. While that is being filled the page says so, and `.changed(.catalogue)` tells when
    /// to ask again. Highlights are counted as `NSRange` counts.
    public func search(
        _ query: String, _ filter: ServiceFilter = ServiceFilter(), after: String? = nil
    ) throws -> SearchPage {
        try answering { try core.search(query: query, filter: filter, after: after) }
    }

    /// What was probably asked for aloud: the recogniser's hypotheses, in its order. No service is started. From memory.
    public func search(
        spoken hypotheses: [Hypothesis], _ filter: ServiceFilter = ServiceFilter()
    ) throws -> SpokenResults {
        try answering { try core.searchSpoken(hypotheses: hypotheses, filter: filter) }
    }

    /// Waits until searches are answered from what is stored now, also when the task is cancelled.
    public func searchable() async throws {
        try await calling { try await core.searchable() }
    }

    /// The citizen's favourites, newest first; none when nobody is signed in.
    public func favourites(after: String? = nil) async throws -> ServicePage {
        try await calling { try await core.favourites(after: after) }
    }

    /// Keeps a service on this phone until sign-out. `SignInRequired` when nobody is signed in.
    public func addFavourite(_ id: String) async throws {
        try await calling { try await core.addFavourite(id: id) }
    }

    /// Lets go of a favourite, if it is one.
    public func removeFavourite(_ id: String) async throws {
        try await calling { try await core.removeFavourite(id: id) }
    }

    /// What the citizen searched for, newest first, at most 20; nothing when nobody is signed in. Personal: never log it.
    public func recentSearches() async throws -> [String] {
        try await calling { try await core.recentSearches() }
    }

    /// Keeps what was searched for: once a hit is opened or the query is sent, not at every letter.
    public func rememberSearch(_ query: String) async throws {
        try await calling { try await core.rememberSearch(query: query) }
    }

    /// Forgets one recent search, if it is one.
    public func forgetSearch(_ query: String) async throws {
        try await calling { try await core.forgetSearch(query: query) }
    }

    /// Forgets all recent searches.
    public func forgetSearches() async throws {
        try await calling { try await core.forgetSearches() }
    }

    /// What is known of one service; fetched once if the network allows, then kept.
    public func service(_ id: String) async throws -> AgedServiceDetail {
        try await cancelling { try await core.service(id: id, cancellation: $0) }
    }

    /// One page of organisations by the Mongolian alphabet.
    public func organisations(after: String? = nil) async throws -> OrganisationPage {
        try await calling { try await core.organisations(after: after) }
    }

    /// One page of the units inside another, by code. `MN` holds the aimags and the capital.
    public func administrativeUnits(
        in parent: String = "MN", after: String? = nil
    ) async throws -> AdministrativeUnitPage {
        try await calling { try await core.administrativeUnits(parent: parent, after: after) }
    }

    /// Asks the gateway for newer services. What was stored stays.
    public func refresh() async throws -> Refreshed {
        try await cancelling { try await core.refresh(cancellation: $0) }
    }
}
