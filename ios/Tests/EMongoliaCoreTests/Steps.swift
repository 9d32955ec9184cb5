import EMongoliaCore
import EMongoliaTestSupport
import Foundation

/// What a citizen does in several tests.
func signIn(_ core: EMongolia, _ sandbox: Sandbox) async throws {
    let request = try await core.auth.beginSignIn()
    let callback = try await sandbox.approve(request.url)
    let citizen = try await core.auth.completeSignIn(callback: callback)
    guard citizen.registrationNumber == sandbox.citizen.regnum else { throw Surprise("somebody else is signed in") }
    guard case .active = try await core.auth.session() else { throw Surprise("not signed in") }
}

/// Until nothing is left to do; a failed step fails.
func sync(_ core: EMongolia) async throws {
    var report = try await core.sync(within: patience)
    while report.more { report = try await core.sync(within: patience) }
    for case .failed(let error) in report.steps.map(\.outcome) { throw error }
}

func confirm(_ core: EMongolia, _ service: String, _ recipient: String) async throws -> Confirmation {
    let form = try await core.requests.form(of: service).value
    var values: [String: String] = [:]
    for field in form.fields where field.required {
        switch field.kind {
        case .wholeNumber(let minimum, _), .year(let minimum, _), .money(let minimum, _):
            values[field.name] = String(minimum ?? 1)
        case .yesNo: values[field.name] = "true"
        case .oneOf(let options): values[field.name] = options[0].value
        case .text, .date, .registrationNumber, .civilId, .phone, .plate, .companyNumber, .file, .signature:
            values[field.name] = recipient
        }
    }
    return try await core.requests.confirm(values, for: service)
}

func settled(_ core: EMongolia, _ operation: String) async throws -> OutboxOperation {
    try await core.outbox.settle(operation, within: patience)
}

/// Everything one listener has heard.
actor Heard {
    private var events: [Event] = []
    private var finished = false
    private var waiters: [CheckedContinuation<Void, Never>] = []

    init(_ stream: AsyncStream<Event>) {
        Task {
            for await event in stream { await self.add(event) }
            await self.finish()
        }
    }

    var all: [Event] { events }

    /// Returns once it holds for what was heard; waits for more until then.
    func until(_ holds: ([Event]) -> Bool) async {
        while !holds(events), !finished { await more() }
    }

    func untilFinished() async {
        while !finished { await more() }
    }

    private func more() async {
        await withCheckedContinuation { waiters.append($0) }
    }

    private func add(_ event: Event) {
        events.append(event)
        wake()
    }

    private func finish() {
        finished = true
        wake()
    }

    private func wake() {
        let waiting = waiters
        waiters = []
        for waiter in waiting { waiter.resume() }
    }
}
