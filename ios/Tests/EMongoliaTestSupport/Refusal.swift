import EMongoliaCore

/// The error that the work ends with, where the caller is; nil when it ends well.
public func refusal<T: Sendable>(
    isolation: isolated (any Actor)? = #isolation, _ work: () async throws -> T
) async -> CoreError? {
    do {
        _ = try await work()
        return nil
    } catch {
        return error as? CoreError
    }
}
