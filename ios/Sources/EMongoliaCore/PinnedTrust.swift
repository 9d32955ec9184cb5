import Foundation

/// Whom the shell's own connections trust: exactly whom the core trusts.
///
/// Guarantees: the configured authorities alone; a pin is looked for in the path that was verified, not among what was sent.
/// Pins that have all expired leave the authorities to judge, as in the core.
public struct PinnedTrust: Sendable {
    /// DER certificates: nobody else vouches for anybody.
    public let roots: [Data]
    private let pins: [PinSet]

    public init(_ config: CoreConfig) {
        roots = config.roots
        pins = config.pins
    }

    /// `path`: the DER certificates from the host's own to the authority, as verified against ``roots`` alone.
    func holds(_ path: [Data], for host: String, at now: Date, sha256: (Data) -> Data) -> Bool {
        let milliseconds = Int64(now.timeIntervalSince1970 * 1000)
        let valid = pins.filter { $0.host.lowercased() == host.lowercased() && $0.expiresMs > milliseconds }
        guard !valid.isEmpty else { return !path.isEmpty }
        let keys = path.compactMap(Self.publicKey(ofCertificate:)).map(sha256)
        return valid.contains { $0.spkiSha256.contains(where: keys.contains) }
    }

    /// The SubjectPublicKeyInfo in a certificate (RFC 5280 §4.1), as it stands there; nil: it is no certificate.
    static func publicKey(ofCertificate der: Data) -> Data? {
        guard let certificate = Der(der).first(0x30), let content = Der(certificate.content).first(0x30) else { return nil }
        var fields = Der(content.content)
        let version: UInt8 = 0xa0
        // serialNumber, signature, issuer, validity, subject
        for tag: UInt8 in [0x02, 0x30, 0x30, 0x30, 0x30] {
            guard var field = fields.next() else { return nil }
            if field.tag == version, tag == 0x02 {
                guard let serial = fields.next() else { return nil }
                field = serial
            }
            guard field.tag == tag else { return nil }
        }
        guard let key = fields.next(), key.tag == 0x30 else { return nil }
        return key.whole
    }
}

/// What DER says, element by element (X.690 §8.1, §10.1).
private struct Der {
    struct Element {
        let tag: UInt8
        let content: Data
        let whole: Data
    }

    private var rest: Data

    init(_ bytes: Data) {
        rest = bytes
    }

    func first(_ tag: UInt8) -> Element? {
        var copy = self
        return copy.next().flatMap { $0.tag == tag ? $0 : nil }
    }

    mutating func next() -> Element? {
        let bytes = rest
        guard bytes.count >= 2 else { return nil }
        let at = { (offset: Int) in bytes[bytes.startIndex + offset] }
        var (header, length) = (2, Int(at(1)))
        if length >= 0x80 {
            let digits = length & 0x7f
            // More than four would be more than 4 GB; none is the indefinite length, which DER has not.
            guard (1...4).contains(digits), bytes.count >= 2 + digits else { return nil }
            header += digits
            length = (2..<header).reduce(0) { $0 << 8 | Int(at($1)) }
        }
        guard bytes.count - header >= length else { return nil }
        let whole = bytes.prefix(header + length)
        rest = bytes.dropFirst(header + length)
        return Element(tag: at(0), content: whole.dropFirst(header), whole: Data(whole))
    }
}
