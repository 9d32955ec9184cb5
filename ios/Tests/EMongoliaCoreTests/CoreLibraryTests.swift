import EMongoliaTestSupport
import Foundation
import Testing

@testable import EMongoliaCore

@Suite struct CoreLibraryTests {
    @Test("The library beside us is the one the adapters were written for, asked in two ways")
    func theRealOne() throws {
        try CoreLibrary.check()

        #expect(try CoreLibrary.version() == CoreLibrary.expectedVersion)
    }

    #if os(Linux)
    @Test("The library that is loaded is the very file that is weighed, and no other of its name")
    func theVeryFile() throws {
        try CoreLibrary.check()
        let shipped = URL(fileURLWithPath: try Told.variable(Told.library)).resolvingSymlinksInPath()

        // To its end: the kernel gives a page of it at a time.
        let maps = try #require(try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/maps")).readToEnd())
        let loaded = String(decoding: maps, as: UTF8.self).split(separator: "\n").filter { $0.contains("emongolia_ffi") }.compactMap { line in
            line.firstIndex(of: "/").map { String(line[$0...]) }
        }

        #expect(Set(loaded) == [shipped.path])
    }

    @Test("A library that answers otherwise than the bindings expect is refused by a typed error, and nothing crashes", arguments: [
        ("another-contract", LoadError.anotherContract(found: CoreLibrary.expectedContract ^ 1)),
        ("another-interface", .anotherInterface),
    ])
    func reallyAnother(kind: String, refused: LoadError) async throws {
        let others = URL(fileURLWithPath: try Told.variable(Told.otherLibraries)).appendingPathComponent(kind)
        let name = URL(fileURLWithPath: try Told.variable(Told.library)).lastPathComponent

        let said = try await Programs.child("load", preloading: others.appendingPathComponent(name))

        #expect(said == "\(refused)")
        #expect(try await Programs.child("load") == "taken", "it is the library that is refused")
    }
    #endif

    @Test("A library of another version, interface or contract, or that can't say, is refused by a typed error")
    func another() throws {
        let (contract, version) = (CoreLibrary.expectedContract, CoreLibrary.expectedVersion)
        let ours = "\(version)+\(CoreLibrary.expectedInterface)"
        try CoreLibrary.check(contract: contract, said: ours)

        #expect(throws: LoadError.anotherVersion(expected: version, found: "0.0.9-Ө")) {
            try CoreLibrary.check(contract: contract, said: "0.0.9-Ө+\(CoreLibrary.expectedInterface)")
        }
        for other in [version, "\(version)+", "\(version)+2b6f7f0347a27c0Ө", "\(ours)0"] {
            #expect(throws: LoadError.anotherInterface) { try CoreLibrary.check(contract: contract, said: other) }
        }
        #expect(throws: LoadError.anotherContract(found: 29)) { try CoreLibrary.check(contract: 29, said: ours) }
        #expect(throws: LoadError.broken) { try CoreLibrary.check(contract: contract, said: nil) }
    }

    @Test("A length of time is whole milliseconds, as many as fit")
    func milliseconds() {
        #expect(Duration.milliseconds(1500).milliseconds == 1500)
        #expect(Duration.microseconds(1999).milliseconds == 1)
        #expect(Duration.seconds(-1).milliseconds == 0)
        #expect(Duration.seconds(1 << 40).milliseconds == .max)
        #expect(Duration.seconds(Int64.max).milliseconds == .max)
    }
}

@Suite struct SoftwarePortsTests {
    @Test("What a device key wrapped only that key unwraps")
    func wrapping() throws {
        let key = SoftwareDeviceKey()
        let secret = Data("Өлзийт".utf8)
        let wrapped = try key.wrap(key: secret)
        #expect(try key.unwrap(wrapped: wrapped) == secret && wrapped.range(of: secret) == nil)

        try key.delete()

        #expect(!key.exists)
        #expect(throws: PortError.Invalidated) { try key.unwrap(wrapped: wrapped) }
        #expect(try key.publicKey().count == 65)
    }
}
