#if canImport(os)
import os

/// The core's redacted lines in the platform's own log.
public final class UnifiedLog: LogSink {
    private let logger: Logger

    public init(subsystem: String = "mn.emongolia", category: String = "core") {
        logger = Logger(subsystem: subsystem, category: category)
    }

    public func write(batch: [LogRecord]) throws {
        for line in batch {
            // Public: the core has taken out what is personal, and without this every line would read "<private>".
            logger.log(
                level: Self.level(line.level), "\(line.target, privacy: .public): \(line.message, privacy: .public)")
        }
    }

    private static func level(_ level: LogLevel) -> OSLogType {
        switch level {
        case .error: .error
        case .warn: .default
        case .info: .info
        case .debug: .debug
        }
    }
}
#endif
