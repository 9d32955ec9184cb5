import Foundation

/// What was sealed to a biometric key, beside the name of the fingers or faces that were enrolled then: the enclave itself
/// answers a finger that is not known and a key that is gone with the same number.
struct EnrolledSeal {
    /// Stands first, for a later format.
    private static let format: UInt8 = 1

    private let enrolment: Data
    let sealed: Data

    /// 32 bytes name an enrolment on every phone that is known; of a longer name its beginning does.
    init(enrolment: Data, sealed: Data) {
        self.enrolment = Self.name(enrolment)
        self.sealed = sealed
    }

    /// `format ‖ length of the name ‖ name ‖ sealed`.
    init(_ bytes: Data) throws {
        let bytes = [UInt8](bytes)
        guard bytes.count > 2, bytes[0] == Self.format, bytes.count > 2 + Int(bytes[1]) else {
            throw PortError.Failed(code: "biometry.format")
        }
        let end = 2 + Int(bytes[1])
        self.init(enrolment: Data(bytes[2..<end]), sealed: Data(bytes[end...]))
    }

    var bytes: Data {
        Data([Self.format, UInt8(enrolment.count)]) + enrolment + sealed
    }

    /// Whether these are the fingers or faces that were enrolled then.
    func wasSealed(by enrolment: Data) -> Bool {
        self.enrolment == Self.name(enrolment)
    }

    private static func name(_ enrolment: Data) -> Data {
        Data(enrolment.prefix(Int(UInt8.max)))
    }
}
