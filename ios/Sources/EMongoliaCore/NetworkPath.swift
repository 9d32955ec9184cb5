/// Whether the phone has a network, as the platform tells.
public protocol NetworkPath: Sendable {
    /// An element for a network that is there now, and for each that comes or takes the place of another. The platform is
    /// asked until the stream ends.
    func usable() -> AsyncStream<Void>
}
