import EMongoliaCore

/// A network that comes back when a test says so. One core follows it.
public final class SoftwareNetwork: NetworkPath {
    private let stream: AsyncStream<Void>
    private let coming: AsyncStream<Void>.Continuation
    private let end: AsyncStream<Void>

    public init() {
        let (end, ending) = AsyncStream<Void>.makeStream()
        (stream, coming) = AsyncStream.makeStream()
        self.end = end
        coming.onTermination = { _ in ending.finish() }
    }

    public func comesBack() {
        coming.yield()
    }

    /// Returns once nobody follows it any more.
    public func untilLeft() async {
        for await _ in end {}
    }

    public func usable() -> AsyncStream<Void> { stream }
}
