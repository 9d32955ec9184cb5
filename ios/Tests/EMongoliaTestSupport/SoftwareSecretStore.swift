import EMongoliaCore
import Foundation

/// A keystore in memory that fails when it is told to. Outlives restarts of the core, as a Keychain does.
public final class SoftwareSecretStore: SecretStore, @unchecked Sendable {
    private let lock = NSLock()
    private var kept: [String: Data] = [:]
    private var failure: (any Error)?
    /// The core holds its keystore as long as it is open, and so its files are there as long.
    private let folder: Folder?

    public init(beside folder: Folder? = nil) {
        self.folder = folder
    }

    /// From now on, until nil: any error, also one the core was never told of.
    public func fail(with error: (any Error)?) {
        lock.withLock { failure = error }
    }

    public var names: [String] { lock.withLock { kept.keys.sorted() } }

    public func get(name: String) throws -> Data? {
        try healthy { kept in kept[name] }
    }

    public func put(name: String, value: Data) throws {
        try healthy { kept in kept[name] = value }
    }

    public func delete(name: String) throws {
        try healthy { kept in kept[name] = nil }
    }

    private func healthy<T>(_ use: (inout [String: Data]) -> T) throws -> T {
        try lock.withLock {
            if let failure { throw failure }
            return use(&kept)
        }
    }
}

/// Keeps every line.
public final class SoftwareLog: LogSink, @unchecked Sendable {
    private let lock = NSLock()
    private var kept: [LogRecord] = []
    private var failure: (any Error)?

    public init() {}

    public func fail(with error: (any Error)?) {
        lock.withLock { failure = error }
    }

    public var records: [LogRecord] { lock.withLock { kept } }

    /// Returns once there is such a line: they arrive in batches, from a thread of the core's own.
    public func until(_ isSuch: (LogRecord) -> Bool) async throws {
        let late = ContinuousClock.now + patience
        while !records.contains(where: isSuch) {
            guard ContinuousClock.now < late else { throw Surprise("no such line in \(records)") }
            await Task.yield()
        }
    }

    public func write(batch: [LogRecord]) throws {
        try lock.withLock {
            if let failure { throw failure }
            kept += batch
        }
    }
}
