import EMongoliaBindings

/// Services that belong to one occasion. Which of them fit is found on this phone; nobody is told.
public struct Bundles: Sendable {
    private let core: EMongoliaBindings.Bundles

    init(_ core: EMongoliaBindings.Bundles) {
        self.core = core
    }

    /// One page from the device: what fits the citizen first, and of that what is due first.
    public func page(_ filter: BundleFilter = .all, after: String? = nil) async throws -> BundlePage {
        try await calling { try await core.page(filter: filter, after: after) }
    }

    /// One bundle, from the device.
    public func bundle(_ code: String) async throws -> AgedBundle {
        try await calling { try await core.bundle(code: code) }
    }

    /// The citizen begins: requests count from here on. What is done begins anew. Also takes a dismissal back. Committed.
    public func start(_ code: String) async throws {
        try await calling { try await core.start(code: code) }
    }

    /// The citizen does not want to see it; what was done stays known. Committed.
    public func dismiss(_ code: String) async throws {
        try await calling { try await core.dismiss(code: code) }
    }

    /// The citizen says that an item is done, or takes that back. Begins the bundle. Committed.
    public func mark(_ item: String, of code: String, done: Bool = true) async throws {
        try await calling { try await core.mark(code: code, item: item, done: done) }
    }

    /// Asks for newer bundles and, when somebody is signed in, for what the registers say.
    public func refresh() async throws -> Refreshed {
        try await cancelling { try await core.refresh(cancellation: $0) }
    }
}
