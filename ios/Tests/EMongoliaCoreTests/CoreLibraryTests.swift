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

    @Test("A library of another version, of another contract, or that can't say, is refused by a typed error")
    func another() {
        #expect(throws: LoadError.anotherVersion(expected: CoreLibrary.expectedVersion, found: "0.0.9-Ө")) {
            try CoreLibrary.check(contract: CoreLibrary.expectedContract, version: "0.0.9-Ө")
        }
        #expect(throws: LoadError.anotherContract(found: 29)) {
            try CoreLibrary.check(contract: 29, version: CoreLibrary.expectedVersion)
        }
        #expect(throws: LoadError.broken) {
            try CoreLibrary.check(contract: CoreLibrary.expectedContract, version: nil)
        }
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
