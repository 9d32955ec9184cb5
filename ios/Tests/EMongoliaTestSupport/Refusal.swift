import EMongoliaCore

/// The error that the work ends with; nil when it ends well.
public func refusal<T>(_ work: () async throws -> T) async -> CoreError? {
    do {
        _ = try await work()
        return nil
    } catch {
        return error as? CoreError
    }
}
