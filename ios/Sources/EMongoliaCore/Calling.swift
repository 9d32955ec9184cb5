import Dispatch
import EMongoliaBindings
import Foundation

/// What every call throws: a ``CoreError``, or `CancellationError` where the caller's own task was cancelled.
func calling<T>(_ work: () async throws -> T) async throws -> T {
    do {
        return try await work()
    } catch {
        throw asCoreError(error)
    }
}

/// As ``calling(_:)``, for what answers from memory.
func answering<T>(_ work: () throws -> T) throws -> T {
    do {
        return try work()
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

/// Work that keeps its thread: on one of its own, since those that carry tasks are no more than the processor has cores.
func blocking<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global(qos: .userInitiated).async { continuation.resume(with: Result { try work() }) }
    }
}

/// What the generated code could not type, a panic in Rust among it, is logged by the core under a reference.
func asCoreError(_ error: any Error) -> CoreError {
    if let known = error as? CoreError { return known }
    // Of an error that is none of the generated code's nobody knows what is in its text.
    let text = (error as? any LocalizedError)?.errorDescription ?? "\(type(of: error))"
    return (try? defect(text: text)) ?? .Unexpected(code: "panic", reference: "")
}

extension Duration {
    /// Whole seconds, as the core counts; what is too long is as long as it can be.
    var seconds: UInt32 {
        UInt32(clamping: components.seconds)
    }

    /// Whole milliseconds, as the core counts; what is too long is as long as it can be.
    var milliseconds: UInt32 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return UInt32(clamping: seconds.multipliedReportingOverflow(by: 1000).overflow
            ? Int64.max : seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }
}
