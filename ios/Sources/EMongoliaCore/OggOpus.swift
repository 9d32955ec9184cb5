import Foundation

/// Opus packets of one channel as one Ogg stream, page by page while they come (RFC 3533, RFC 7845).
///
/// Guarantees: every page is whole by itself; the last one says that it is the last; a malformed packet is refused. A packet
/// waits for the next one, since the last has to be marked.
struct OggOpus {
    struct NoPacket: Error {}

    /// Opus counts at 48 kHz whatever it was recorded at.
    private static let samplesPerMillisecond = 48
    private static let longestPacket = 120 * samplesPerMillisecond
    /// What the encoder adds in front: libopus' own.
    private static let preSkip: UInt16 = 312
    /// Speech needs no more; only told.
    private static let recordedAt: UInt32 = 16_000
    /// A segment of this length goes on in the next; a page has no more segments either.
    private static let whole = 255
    private static let checksumAt = 22

    private struct Flags {
        static let none: UInt8 = 0
        static let first: UInt8 = 2
        static let last: UInt8 = 4
    }

    private let serial: UInt32
    private var number: UInt32 = 0
    private var samples = 0
    private var waiting: Data?

    init(serial: UInt32) {
        self.serial = serial
    }

    /// How much sound was taken.
    var length: Duration { .microseconds(samples * 1000 / Self.samplesPerMillisecond) }

    /// What goes before all sound.
    mutating func begin() -> Data {
        var head = Data("OpusHead".utf8) + [1, 1]
        head.append(little: Self.preSkip)
        head.append(little: Self.recordedAt)
        head.append(little: UInt16(0))
        head.append(0)
        let tags = Data("OpusTags".utf8) + Data(count: 8)
        return page(Flags.first, 0, head) + page(Flags.none, 0, tags)
    }

    /// The page of the packet before.
    mutating func add(_ packet: Data) throws(NoPacket) -> Data {
        let taken = try Self.samples(of: packet)
        let page = waiting.map { self.page(Flags.none, samples, $0) } ?? Data()
        waiting = packet
        samples += taken
        return page
    }

    /// The last page.
    mutating func end() -> Data {
        page(Flags.last, samples, waiting ?? Data())
    }

    /// How much sound is in a packet.
    static func length(of packet: Data) throws(NoPacket) -> Duration {
        .microseconds(try samples(of: packet) * 1000 / samplesPerMillisecond)
    }

    private mutating func page(_ flags: UInt8, _ position: Int, _ packet: Data) -> Data {
        let segments = packet.count / Self.whole + 1
        var page = Data("OggS".utf8) + [0, flags]
        page.append(little: UInt64(position))
        page.append(little: serial)
        page.append(little: number)
        page.append(little: UInt32(0))
        page.append(UInt8(segments))
        page.append(contentsOf: repeatElement(UInt8(Self.whole), count: segments - 1))
        page.append(UInt8(packet.count % Self.whole))
        page.append(packet)
        number += 1
        var sum = Data()
        sum.append(little: Self.checksum(page))
        page.replaceSubrange(Self.checksumAt..<Self.checksumAt + 4, with: sum)
        return page
    }

    /// CRC-32 with the polynomial 0x04c11db7, neither reflected nor inverted.
    static func checksum(_ bytes: Data) -> UInt32 {
        bytes.reduce(0) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte) << 24) { crc, _ in
                crc & 0x8000_0000 == 0 ? crc << 1 : crc << 1 ^ 0x04c1_1db7
            }
        }
    }

    /// From the first bytes (RFC 6716 §3.1, §3.2).
    private static func samples(of packet: Data) throws(NoPacket) -> Int {
        guard let toc = packet.first, packet.count < (whole - 1) * whole else { throw NoPacket() }
        let frames =
            switch toc & 3 {
            case 0: 1
            case 1, 2: 2
            default: Int((packet.dropFirst().first ?? 0) & 0x3f)
            }
        let kind = Int(toc >> 3)
        let tenths =  // of a millisecond
            switch kind {
            case ..<12: [100, 200, 400, 600][kind & 3]  // SILK
            case ..<16: [100, 200][kind & 1]  // hybrid
            default: [25, 50, 100, 200][kind & 3]  // CELT
            }
        let samples = frames * tenths * samplesPerMillisecond / 10
        guard (1...longestPacket).contains(samples) else { throw NoPacket() }
        return samples
    }
}

extension Data {
    fileprivate mutating func append<Number: FixedWidthInteger>(little number: Number) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}
