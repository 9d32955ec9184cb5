@testable import EMongoliaCore

/// A core whose transitions take until somebody lets them go on.
actor Gated: Suspendable {
    private(set) var steps: [String] = []
    private var held: [CheckedContinuation<Void, Never>] = []
    private var arrivals: [CheckedContinuation<Void, Never>] = []
    private var isOpen = false
    private var failure: (any Error)?

    func suspend() async throws { try await step("suspend") }
    func resume() async throws { try await step("resume") }
    func shutdown() async throws { try await step("shutdown") }

    /// Returns when a transition waits.
    func arrived() async {
        if held.isEmpty { await withCheckedContinuation { arrivals.append($0) } }
    }

    func open() {
        isOpen = true
        for waiting in held { waiting.resume() }
        held = []
    }

    func failNext(with error: any Error) {
        failure = error
    }

    private func step(_ name: String) async throws {
        steps.append(name)
        if !isOpen {
            await withCheckedContinuation { continuation in
                held.append(continuation)
                for waiting in arrivals { waiting.resume() }
                arrivals = []
            }
        }
        if let failure {
            self.failure = nil
            throw failure
        }
    }
}

/// Somebody comes to it and waits until it is opened.
actor Door {
    private var isOpen = false
    private var waiting: CheckedContinuation<Void, Never>?
    private var arrivals: [CheckedContinuation<Void, Never>] = []

    func pass() async {
        guard !isOpen else { return }
        await withCheckedContinuation { continuation in
            waiting = continuation
            for arrival in arrivals { arrival.resume() }
            arrivals = []
        }
    }

    func reached() async {
        if waiting == nil { await withCheckedContinuation { arrivals.append($0) } }
    }

    func open() {
        isOpen = true
        waiting?.resume()
        waiting = nil
    }
}
