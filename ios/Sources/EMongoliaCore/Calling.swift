import EMongoliaBindings

/// Code of a failure inside the library that it could not name itself. A panic in Rust arrives here.
let panicCode = "core.panic"

/// What every call throws: a ``CoreError``, or `CancellationError` where the caller's own task was cancelled.
func calling<T>(_ work: () async throws -> T) async throws -> T {
    do {
        return try await work()
    } catch {
        throw asCoreError(error)
    }
}

/// As ``calling(_:)``, where the work is abandonable and long: a cancelled task takes its call with it. Swift itself
/// would leave the call running.
func cancelling<T>(_ work: (Cancellation) async throws -> T) async throws -> T {
    try Task.checkCancellation()
    do {
        let cancellation = try Cancellation()
        return try await withTaskCancellationHandler {
            try await work(cancellation)
        } onCancel: {
            try? cancellation.cancel()
        }
    } catch CoreError.Cancelled where Task.isCancelled {
        throw CancellationError()
    } catch {
        throw asCoreError(error)
    }
}

func asCoreError(_ error: any Error) -> CoreError {
    (error as? CoreError) ?? .Unexpected(code: panicCode, reference: "")
}

extension Duration {
    /// Whole milliseconds, as the core counts; what is too long is as long as it can be.
    var milliseconds: UInt32 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return UInt32(clamping: seconds.multipliedReportingOverflow(by: 1000).overflow
            ? Int64.max : seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }
}
