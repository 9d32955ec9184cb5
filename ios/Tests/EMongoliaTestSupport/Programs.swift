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
    /// The library that ships: the file that `cargo xtask size` weighs.
    public static let library = "EMONGOLIA_SHARED_LIBRARY"
    /// The folder of libraries that must be refused, each in a folder of its own.
    public static let otherLibraries = "EMONGOLIA_OTHER_LIBRARIES"

    /// The list of queries and what they find.
    public static let searches = "EMONGOLIA_SEARCHES"

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

public enum Programs {
    /// `EMongoliaChild` beside the tests, in a process of its own; gives the line it says.
    public static func child(_ argument: String, preloading library: URL? = nil) async throws -> String {
        guard let tests = Bundle.main.executableURL else { throw Surprise("the tests are nowhere") }
        var environment = ProcessInfo.processInfo.environment
        environment["LD_PRELOAD"] = library?.path
        let child = tests.deletingLastPathComponent().appendingPathComponent("EMongoliaChild")
        let said = try await run(child, [argument], environment: environment)
        return String(decoding: said, as: UTF8.self).trimmingCharacters(in: .newlines)
    }

    public static func sha256(_ bytes: Data) async throws -> Data {
        let said = String(decoding: try await run(["sha256sum"], input: bytes), as: UTF8.self)
        let digits = said.prefix(64).compactMap(\.hexDigitValue)
        return Data(stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
    }

    /// Runs a program of the path to its end, off the cooperative threads; throws what it complained when it failed.
    static func run(_ arguments: [String], input: Data = Data()) async throws -> Data {
        try await run(URL(fileURLWithPath: "/usr/bin/env"), arguments, input: input)
    }

    private static func run(
        _ program: URL, _ arguments: [String], input: Data = Data(), environment: [String: String]? = nil
    ) async throws -> Data {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        if let environment { process.environment = environment }
        let started = Started(process: process)
        return try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try started.end(input: input) })
            }
        }
    }

    /// Handed to the thread that waits for it, and to no other.
    private struct Started: @unchecked Sendable {
        let process: Process

        func end(input: Data) throws -> Data {
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
                let name = process.arguments?.first ?? ""
                let why = String(decoding: complained, as: UTF8.self)
                throw Surprise("`\(name)` ended with \(process.terminationStatus): \(why)")
            }
            return said
        }
    }
}
