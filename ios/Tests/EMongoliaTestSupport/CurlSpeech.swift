import EMongoliaCore
import Foundation

#if canImport(Glibc)
import Glibc
#endif

/// Sound to the sandbox over TLS, chunk by chunk as it comes, with `curl`: Foundation on Linux can be given neither an
/// authority nor pins.
public struct CurlSpeechTransport: SpeechTransport {
    private let url: String
    private let authority: String
    private let pins: [String]

    /// `pins`: base64 of SHA-256 of the server's SubjectPublicKeyInfo; none: the authority alone judges.
    public init(gateway: String, authority: String, pins: [String] = []) {
        url = "\(gateway)/v1/speech?language="
        self.authority = authority
        self.pins = pins
        signal(SIGPIPE, SIG_IGN)  // curl may end before all was said
    }

    public func recognise(language: String, audio: AsyncThrowingStream<Data, any Error>) async throws -> SpeechAnswer {
        let curl = Curl(arguments: arguments(language))
        try curl.start()
        do {
            try await withTaskCancellationHandler {
                for try await chunk in audio where !curl.write(chunk) { break }
                try Task.checkCancellation()
            } onCancel: {
                curl.stop()
            }
        } catch {
            curl.stop()
            throw error
        }
        return try await withTaskCancellationHandler { try await curl.answer() } onCancel: { curl.stop() }
    }

    private func arguments(_ language: String) -> [String] {
        var arguments = ["curl", "--silent", "--include", "--noproxy", "*", "--request", "POST", "--upload-file", "-"]
        arguments += ["--header", "Content-Type: audio/ogg; codecs=opus", "--header", "Expect:", "--no-progress-meter"]
        arguments += ["--cacert", authority, "--tlsv1.3", "--max-time", "60"]
        if !pins.isEmpty { arguments += ["--pinnedpubkey", pins.map { "sha256//\($0)" }.joined(separator: ";")] }
        return arguments + [url + language]
    }
}

/// Each call comes from one thread at a time; `stop` from any.
private final class Curl: @unchecked Sendable {
    /// What its manual says of the peer's identity: handshake, certificate, authority file, pin.
    private static let untrusted: Set<Int32> = [35, 51, 60, 77, 90]

    private let process = Process()
    private let (input, output) = (Pipe(), Pipe())

    init(arguments: [String]) {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
    }

    func start() throws {
        try process.run()
    }

    /// False: nobody reads any more, and why is told by its end.
    func write(_ chunk: Data) -> Bool {
        (try? input.fileHandleForWriting.write(contentsOf: chunk)) != nil
    }

    /// Not SIGTERM: what is started on a thread of the pool inherits that it is blocked there.
    func stop() {
        if process.isRunning { _ = kill(process.processIdentifier, SIGKILL) }
    }

    func answer() async throws -> SpeechAnswer {
        try? input.fileHandleForWriting.close()
        let said = await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: self.read()) }
        }
        try Task.checkCancellation()
        guard said.count <= SpeechAnswer.largest else { throw SpeechFailure.unavailable }
        guard process.terminationStatus == 0 else {
            throw Self.untrusted.contains(process.terminationStatus) ? SpeechFailure.untrusted : .offline
        }
        let answer = try Exchange(said: said)
        return SpeechAnswer(status: answer.status, body: answer.body)
    }

    private func read() -> Data {
        var said = Data()
        while said.count <= SpeechAnswer.largest,
            let more = try? output.fileHandleForReading.read(upToCount: SpeechAnswer.largest), !more.isEmpty
        {
            said.append(more)
        }
        if said.count > SpeechAnswer.largest { stop() }
        process.waitUntilExit()
        return said
    }
}
