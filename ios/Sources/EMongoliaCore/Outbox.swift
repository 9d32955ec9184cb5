import EMongoliaBindings

/// Writes on their way: each has exactly one effect, however long it takes.
public struct Outbox: Sendable {
    private let core: EMongoliaBindings.Outbox

    init(_ core: EMongoliaBindings.Outbox) {
        self.core = core
    }

    /// What is on its way or stuck, newest first; with `all`, also what is done or called off.
    public func page(all: Bool = false, before: String? = nil) async throws -> OperationPage {
        try await calling { try await core.page(all: all, before: before) }
    }

    /// One operation.
    public func operation(_ id: String) async throws -> OutboxOperation {
        try await calling { try await core.operation(id: id) }
    }

    /// Tries a wedged operation again. Committed.
    public func retry(_ id: String) async throws {
        try await calling { try await core.retry(id: id) }
    }

    /// Calls an operation off: possible while no byte of it has left, or once the other side has refused it. Committed.
    public func callOff(_ id: String) async throws {
        try await calling { try await core.callOff(id: id) }
    }

    /// Waits until an operation was tried once, at most so long, and says how it stands. It goes on by itself.
    public func settle(_ id: String, within: Duration) async throws -> OutboxOperation {
        try await cancelling { try await core.settle(id: id, withinMs: within.milliseconds, cancellation: $0) }
    }

    /// Lets everything that waits be tried now, and waits for that, at most so long.
    public func flush(within: Duration) async throws -> FlushOutcome {
        try await cancelling { try await core.flush(withinMs: within.milliseconds, cancellation: $0) }
    }
}
