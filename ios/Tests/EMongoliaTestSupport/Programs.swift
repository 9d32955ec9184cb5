import Foundation

/// Something around a test did not do as it must.
public struct Surprise: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}

/// What the tests are told by whoever starts them.
public enum Told {
    /// The program `emongolia-sandbox`.
    public static let sandboxProgram = "EMONGOLIA_SANDBOX"
    /// Where sandboxes leave what they found about their contract.
    public static let contracts = "EMONGOLIA_CONTRACT_DIR"

    public static func variable(_ name: String) throws -> String {
        guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
            throw Surprise("\(name) is not set: run the tests with `cargo xtask swift`")
        }
        return value
    }
}

/// A folder of a test's own, gone with the test.
public final class Folder: Sendable {
    public let url: URL

    public init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("emongolia-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }
}

enum Programs {
    /// Runs a program of the path to its end, off the cooperative threads; throws what it complained when it failed.
    static func run(_ arguments: [String], input: Data = Data()) async throws -> Data {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try runBlocking(arguments, input: input) })
            }
        }
    }

    private static func runBlocking(_ arguments: [String], input: Data) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = stderr
        try process.run()
        try stdin.fileHandleForWriting.write(contentsOf: input)
        try stdin.fileHandleForWriting.close()
        let said = try stdout.fileHandleForReading.readToEnd() ?? Data()
        let complained = try stderr.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let why = String(decoding: complained, as: UTF8.self)
            throw Surprise("`\(arguments.first ?? "")` ended with \(process.terminationStatus): \(why)")
        }
        return said
    }
}
