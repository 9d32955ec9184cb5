import Testing

@testable import EMongoliaCore

@Suite struct EventHubTests {
    @Test("Every listener hears every event, in order, until the end")
    func everybodyHears() async {
        let hub = EventHub()
        let (one, other) = (hub.stream(), hub.stream())

        hub.send(.changed(area: .inbox))
        hub.send(.operationNeedsAttention(operation: "Ү-1"))
        hub.end()

        let wanted: [Event] = [.changed(area: .inbox), .operationNeedsAttention(operation: "Ү-1")]
        #expect(await all(one) == wanted)
        #expect(await all(other) == wanted)
        #expect(await all(hub.stream()).isEmpty, "whoever comes later hears the end")
    }

    @Test("An event equal to one that waits is folded into it; one that was taken comes again")
    func folded() async {
        let hub = EventHub()
        let stream = hub.stream()
        var events = stream.makeAsyncIterator()

        for _ in 0..<3 { hub.send(.changed(area: .outbox)) }
        #expect(await events.next() == .changed(area: .outbox))
        hub.send(.changed(area: .outbox))
        hub.end()

        #expect(await events.next() == .changed(area: .outbox))
        #expect(await events.next() == nil)
    }

    @Test("Whoever lags too far behind is told how much was dropped")
    func missed() async {
        let hub = EventHub()
        let stream = hub.stream()

        for number in 0..<(EventHub.waiting + 6) { hub.send(.operationNeedsAttention(operation: "\(number)")) }
        hub.end()

        let heard = await all(stream)
        #expect(heard.first == .missed(count: 6))
        #expect(heard.dropFirst().first == .operationNeedsAttention(operation: "6"))
        #expect(heard.count == EventHub.waiting + 1)
    }

    @Test("A listener that goes away is forgotten, and its waiting ends")
    func forgotten() async {
        let hub = EventHub()
        let waiting = Task { await all(hub.stream()) }
        while hub.listeners == 0 { await Task.yield() }

        waiting.cancel()

        #expect(await waiting.value.isEmpty)
        #expect(hub.listeners == 0)
    }

    private func all(_ stream: AsyncStream<Event>) async -> [Event] {
        var events: [Event] = []
        for await event in stream { events.append(event) }
        return events
    }
}
