import EMongoliaBindings
import EMongoliaFFI
import EMongoliaTestSupport
import Foundation
import Testing

@testable import EMongoliaCore

/// What only shows after a while: ten thousand events, and memory that stays flat.
@Suite(.serialized) struct Endurance {
    @Test("Ten thousand events cross, one by one, and none is lost")
    func tenThousandEvents() async throws {
        let core = try await Phone(mode: .extension).startWithKeys()  // nobody sends
        var events = core.events().makeAsyncIterator()

        for round in 0..<10_000 {
            try await core.push.register(token: "token-of-round-\(round)")
            var event = await events.next()
            while let other = event, other != .changed(area: .outbox) {
                #expect(other == .changed(area: .session), "a registration tells of the session too, of nothing else")
                event = await events.next()
            }
            try #require(event != nil, "the stream ended in round \(round)")
        }

        try await core.lifeCycle.want(.closed)
        while await events.next() != nil {}
    }

    #if os(Linux)
    @Test("Memory stays flat over thousands of calls, errors, callbacks and cancellations, and a leak would be seen")
    func memoryStaysFlat() async throws {
        let phone = try Phone()
        let core = try await phone.startWithKeys()
        let round = {
            _ = try core.catalogue.search("үнэмлэх")
            _ = await refusal { try await core.auth.citizen() }
            _ = await refusal { try await core.inbox.message("m-Ө") }
            var stream: AsyncStream<Event>? = core.events()
            _ = stream
            stream = nil
            let cancelled = Task { try await core.sync(within: patience) }
            cancelled.cancel()
            _ = try? await cancelled.value
        }

        let grown = try await growth(over: 2000, of: round)
        let leaking = try await growth(over: 2000) {
            try await round()
            leak(bytes: 8192)
        }

        #expect(grown < Self.flat, "\(grown) bytes")
        #expect(leaking > 4 * Self.flat, "a leak of 16 MB shows as \(leaking) bytes")
        try await core.lifeCycle.want(.closed)
    }

    @Test("Memory stays flat over cores that are opened and closed")
    func coresLeaveNothing() async throws {
        let phone = try Phone()

        let grown = try await growth(over: 100) {
            let core = try await phone.start()
            _ = try core.catalogue.search("төрсний")
            try await core.lifeCycle.want(.closed)
        }

        #expect(grown < Self.flat, "\(grown) bytes")
    }

    /// Ten times what was measured (100 to 190 kB), in bytes; a leak of 1 kB in each of 2000 rounds is above.
    private static let flat = 2_000_000

    /// How much larger this process becomes by so many rounds, once it has settled: the least of three times as many. A leak
    /// is in each of them; that the allocator opens one more arena for a thread that had to wait is not.
    private func growth(over rounds: Int, of round: () async throws -> Void) async throws -> Int {
        for _ in 0..<max(rounds / 5, 20) { try await round() }
        var least = Int.max
        for _ in 0..<3 {
            let before = try residentBytes()
            for _ in 0..<rounds { try await round() }
            least = min(least, try residentBytes() - before)
        }
        return least
    }

    /// A buffer of Rust's that nobody frees, written so that it is really there.
    private func leak(bytes: Int) {
        var status = RustCallStatus()
        let buffer = ffi_emongolia_ffi_rustbuffer_alloc(UInt64(bytes), &status)
        buffer.data?.update(repeating: 1, count: bytes)
    }

    /// proc(5): the second number of statm, in pages.
    private func residentBytes() throws -> Int {
        let statm = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        guard let pages = statm.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw Surprise("statm: \(statm)")
        }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
    #endif
}
