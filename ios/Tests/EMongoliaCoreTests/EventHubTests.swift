import Testing

@testable import EMongoliaCore

private let everyArea: [Area] = [.catalogue, .bundles, .requests, .inbox, .outbox, .session]

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

    @Test("What came before anybody listened is for the first who does, and what comes after the last one left for the next")
    func nobodyThere() async {
        let hub = EventHub()
        hub.send(.stateSetAside(file: "төлөв.1"))
        for number in 0..<3 { hub.send(.operationNeedsAttention(operation: "\(number / 2)")) }
        let screen = hub.changes(of: .inbox)

        var first: AsyncStream<Event>? = hub.stream()
        let later = hub.stream()
        var heard = first?.makeAsyncIterator()
        var events: [Event?] = []
        for _ in 0..<3 { events.append(await heard?.next()) }
        #expect(events == [
            .stateSetAside(file: "төлөв.1"), .operationNeedsAttention(operation: "0"), .operationNeedsAttention(operation: "1"),
        ])
        (first, heard) = (nil, nil)
        hub.send(.signInRequired)
        hub.end()

        #expect(await all(later) == [.signInRequired], "told once")
        for await _ in screen {}
    }

    @Test("What comes while only screens listen waits too, as bounded as all else")
    func onlyScreens() async {
        let hub = EventHub()
        let screen = hub.changes(of: .requests)

        for number in 0..<(EventHub.waiting + 6) { hub.send(.operationNeedsAttention(operation: "\(number)")) }
        let late = hub.stream()
        hub.end()

        let heard = await all(late)
        #expect(heard.count == EventHub.waiting + 1 && heard.first == .missed(count: 6))
        for await _ in screen {}
    }

    @Test("A core that failed is asked again; one that is closed, or let go, is not")
    func failures() async {
        let hub = EventHub()
        let stream = hub.stream()
        var answers: [Result<Event?, CoreError>] = [
            .failure(.Unexpected(code: "panic", reference: "Ү1")), .success(.cacheRebuilt), .failure(.NotAvailable),
            .success(.signInRequired), .success(nil), .success(.updateRequired),
        ]

        await hub.pump(pause: .zero) { try answers.removeFirst().get() }

        #expect(await all(stream) == [.cacheRebuilt, .signInRequired])
        #expect(answers.count == 1)
        let pumping = Task { await EventHub().pump(pause: .seconds(3600)) { throw CoreError.NotAvailable } }
        pumping.cancel()
        await pumping.value
    }

    @Test("A screen reads at once, then at each change of its area, and at nothing else")
    func changes() async {
        let hub = EventHub()
        let screen = hub.changes(of: .inbox)
        var reads = screen.makeAsyncIterator()

        #expect(await reads.next() != nil, "at once")
        for event: Event in [.changed(area: .requests), .changed(area: .inbox), .updateRequired, .changed(area: .inbox)] {
            hub.send(event)  // one change waits already
        }
        hub.end()

        #expect(await reads.next() != nil)
        #expect(await reads.next() == nil)
    }

    @Test("An event concerns those who show what it may have changed", arguments: [
        (Event.changed(area: .bundles), [Area.bundles]), (.signInRequired, [.session]), (.sessionEnding(endsAtMs: 1), [.session]),
        (.operationNeedsAttention(operation: "Ө"), [.outbox]), (.updateRequired, []),
        (.cacheRebuilt, everyArea), (.stateSetAside(file: "Ү"), everyArea), (.missed(count: 1), everyArea),
    ])
    func concerns(event: Event, areas: [Area]) {
        #expect(everyArea.filter(event.concerns) == areas)
    }

    private func all(_ stream: AsyncStream<Event>) async -> [Event] {
        var events: [Event] = []
        for await event in stream { events.append(event) }
        return events
    }
}
