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

    /// Services whose name or organisation holds every word, best first.
    public func search(_ query: String) async throws -> SearchResults {
        try await calling { try await core.search(query: query) }
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
