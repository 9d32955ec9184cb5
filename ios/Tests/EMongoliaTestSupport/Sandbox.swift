import EMongoliaCore
import Foundation

#if canImport(Glibc)
import Glibc
#endif

/// The program `emongolia-sandbox` on data of its own: started, killed, restarted.
///
/// Guarantees: it never outlives the tests, since it ends when its standard input does.
public actor Sandbox {
    /// `sandbox.json`.
    public struct Config: Decodable, Sendable {
        public let origin: String
        public let published_api: String
        public let issuer: String
        public let client_id: String
        public let redirect_uri: String
        public let ca_pem: String
        public let ca_der_base64: String
        public let spki_pins: [String]
        public let document_keys: [PublishedKey]
        public let control: String
        public let control_token: String
        public let citizens: [Citizen]
    }

    /// Of those who sign documents.
    public struct PublishedKey: Decodable, Sendable {
        public let kid: String
        public let point_base64: String
    }

    /// An invented citizen.
    public struct Citizen: Decodable, Sendable {
        public let regnum: String
        public let name: String
        public let code: String
    }

    private struct Ready: Decodable {
        let ready: Bool
        let config: String
    }

    public nonisolated let config: Config
    private let folder: Folder
    private var running: (process: Process, input: Pipe)?

    public init() async throws {
        folder = try Folder()
        let (process, input, ready) = try await Self.spawn(folder.url)
        running = (process, input)
        config = try JSONDecoder().decode(Config.self, from: Data(contentsOf: URL(fileURLWithPath: ready.config)))
    }

    deinit {
        if let running { Self.kill(running.process) }
    }

    /// SIGKILL, at whatever it is doing.
    public func kill() {
        guard let running else { return }
        Self.kill(running.process)
        self.running = nil
    }

    /// On the same data and the same ports.
    public func restart() async throws {
        kill()
        let (process, input, _) = try await Self.spawn(folder.url)
        running = (process, input)
    }

    /// The citizen whose name has the most letters that other people's software gets wrong.
    public nonisolated var citizen: Citizen {
        let hard = { (citizen: Citizen) in citizen.name.filter { "ӨөҮү".contains($0) }.count }
        return config.citizens.max { hard($0) < hard($1) }!
    }

    /// Ends it, holds every exchange it saw against its description, and leaves the record where it is wanted.
    public func stop() async throws {
        let found: Exchanges = try await control("GET", "/control/exchanges")
        kill()
        guard found.violations.isEmpty, !found.hit.isEmpty else { throw Surprise("contract: \(found.violations)") }
        guard let kept = try? Told.variable(Told.contracts) else { return }
        let record = URL(fileURLWithPath: kept).appendingPathComponent("swift-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: record, withIntermediateDirectories: true)
        let file = "contract.jsonl"
        try FileManager.default.copyItem(
            at: folder.url.appendingPathComponent(file), to: record.appendingPathComponent(file))
    }

    private struct Exchanges: Decodable {
        struct Violation: Decodable {}
        let violations: [Violation]
        let hit: [String: Int]
    }

    private static func kill(_ process: Process) {
        guard process.isRunning else { return }
        _ = unsafeKill(process.processIdentifier)
        process.waitUntilExit()
    }

    private static func spawn(_ data: URL) async throws -> (Process, Pipe, Ready) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try Told.variable(Told.sandboxProgram))
        process.arguments = ["--data", data.path, "--until-stdin-closes"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let line = try await firstLine(of: output.fileHandleForReading)
        guard let ready = try? JSONDecoder().decode(Ready.self, from: line), ready.ready else {
            throw Surprise("the sandbox said \(String(decoding: line, as: UTF8.self))")
        }
        return (process, input, ready)
    }

    /// Empty when it ended without one.
    private static func firstLine(of handle: FileHandle) async throws -> Data {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result {
                    var line = Data()
                    while let byte = try handle.read(upToCount: 1), !byte.isEmpty, byte != Data("\n".utf8) {
                        line.append(byte)
                    }
                    return line
                })
            }
        }
    }
}

private func unsafeKill(_ pid: Int32) -> Int32 {
    kill(pid, SIGKILL)
}

/// What a clerk does, and the faults a test asks for: plain HTTP on the loopback.
extension Sandbox {
    public struct Request: Decodable, Sendable {
        public let id: String
        public let number: String
        public let regnum: String
        public let service_id: String
        public let status: String
    }

    public func requests() async throws -> [Request] {
        try await control("GET", "/control/requests")
    }

    @discardableResult
    public func advance(_ request: String, to status: String, note: String? = nil) async throws -> Request {
        var body: [String: Any] = ["status": status]
        if let note { body["note"] = ["mn": note] }
        return try await control("POST", "/control/requests/\(request)/advance", body)
    }

    /// Hands a request back: questions to correct, by name.
    public func ask(_ request: String, to correct: [String], note: String) async throws {
        let body: [String: Any] = ["status": "EDIT", "fields": correct, "note": ["mn": note]]
        let _: Request = try await control("POST", "/control/requests/\(request)/advance", body)
    }

    public func notice(to regnum: String, title: String, body: String) async throws {
        let name = regnum.addingPercentEncoding(withAllowedCharacters: CharacterSet(charactersIn: "0123456789"))!
        let path = "/control/citizens/\(name)/notices"
        let _: Ignored = try await control("POST", path, ["title": ["mn": title], "body": ["mn": body]])
    }

    /// Is heard next, whatever is said.
    public func say(_ transcripts: [Transcript]) async throws {
        let hypotheses = transcripts.map { transcript in
            var hypothesis: [String: Any] = ["text": transcript.text]
            if let confidence = transcript.confidence { hypothesis["confidence"] = Double(confidence) }
            return hypothesis
        }
        let _: Ignored = try await control("POST", "/control/speech", ["hypotheses": hypotheses])
    }

    /// How often an operation was asked for since the sandbox started.
    public func exchanges(_ operation: String) async throws -> Int {
        let found: Exchanges = try await control("GET", "/control/exchanges")
        return found.hit[operation] ?? 0
    }

    /// A fault by the control's own names: `fault("createRequest", "drop_reply", after: 1)`.
    public func fault(
        _ operation: String, _ kind: String, times: Int = 1, after: Int = 0, _ more: [String: Int] = [:]
    ) async throws {
        var fault: [String: Any] = ["operation": operation, "kind": kind, "times": times, "after": after]
        fault.merge(more) { _, new in new }
        let _: Ignored = try await control("POST", "/control/faults", ["faults": [fault]])
    }

    /// How many kinds of fault have not happened yet.
    public func faultsWaiting() async throws -> Int {
        struct Pending: Decodable {
            let faults: [Ignored]
        }
        let pending: Pending = try await control("GET", "/control/faults")
        return pending.faults.count
    }

    public func clearFaults() async throws {
        let _: Ignored = try await control("DELETE", "/control/faults")
    }

    /// From now on this is the signed document of that name (`service/<id>`).
    public func publish(_ document: String, version: Int, _ body: [String: Any]) async throws {
        let publication: [String: Any] = ["document": document, "version": version, "body": body]
        let _: Ignored = try await control("POST", "/control/documents", publication)
    }

    /// At a bank: so much of the invoice, or all that is left of it.
    public func pay(_ invoice: String, _ amountMnt: Int? = nil) async throws {
        var payment: [String: Any] = ["invoice": invoice]
        if let amountMnt { payment["amount_mnt"] = amountMnt }
        let _: Ignored = try await control("POST", "/control/pay", payment)
    }

    /// Ends every session of every citizen.
    public func revokeSessions() async throws {
        let _: Ignored = try await control("POST", "/control/sessions/revoke", [:])
    }

    /// Every session ends by itself so soon; phones hear of it at their next call.
    public func shortenSessions(to seconds: Int) async throws {
        let _: Ignored = try await control("POST", "/control/sessions/shorten", ["lasts_s": seconds])
    }

    public func expireTokens() async throws {
        let _: Ignored = try await control("POST", "/control/tokens/expire", [:])
    }

    /// For everything there; a phone follows what its answers say of the time.
    public func advanceClock(by seconds: Int) async throws {
        let _: Ignored = try await control("POST", "/control/clock", ["advance_ms": seconds * 1000])
    }

    private struct Ignored: Decodable {}

    private func control<Answer: Decodable>(
        _ method: String, _ path: String, _ body: [String: Any]? = nil
    ) async throws -> Answer {
        var call = Call(url: URL(string: config.control + path)!, method: method)
        call.headers = ["X-Sandbox-Control": config.control_token]
        if let body {
            call.headers["Content-Type"] = "application/json"
            call.body = try JSONSerialization.data(withJSONObject: body)
        }
        let answer = try await call.send()
        guard answer.status == 200 else { throw Surprise("\(method) \(path): \(answer.status) \(answer.text)") }
        return try JSONDecoder().decode(Answer.self, from: answer.body)
    }
}
