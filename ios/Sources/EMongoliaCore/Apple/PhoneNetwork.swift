#if canImport(Network)
import Dispatch
import Network

/// ``NetworkPath`` as `NWPathMonitor` tells.
public struct PhoneNetwork: NetworkPath {
    public init() {}

    public func usable() -> AsyncStream<Void> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let watching = Watching(monitor: NWPathMonitor())
            watching.monitor.pathUpdateHandler = { path in
                if path.status == .satisfied { continuation.yield() }
            }
            continuation.onTermination = { _ in watching.monitor.cancel() }
            watching.monitor.start(queue: DispatchQueue(label: "mn.emongolia.network"))
        }
    }

    /// Set up before it starts, and only cancelled after that.
    private struct Watching: @unchecked Sendable {
        let monitor: NWPathMonitor
    }
}
#endif
