import EMongoliaTestSupport
import Foundation
import Testing

@testable import EMongoliaCore

/// 20 ms of Opus; what it holds is nobody's business here.
private func packet(_ number: Int) -> Data { Data([0xf8, 0xff, UInt8(truncatingIfNeeded: number)]) }

/// Gives so many packets and then `failure`, the end, or, without an end, nothing more; tells when it is let go of.
private final class Microphone: AudioSource {
    enum End {
        case silence
        case none
        case failure(any Error & Sendable)
    }

    let stopped: AsyncStream<Void>
    private let letGo: AsyncStream<Void>.Continuation
    private let given: [Data]
    private let end: End

    init(_ packets: Int = 50, then end: End = .silence) {
        given = (0..<packets).map(packet)
        self.end = end
        (stopped, letGo) = AsyncStream.makeStream()
    }

    init(_ given: [Data]) {
        self.given = given
        end = .silence
        (stopped, letGo) = AsyncStream.makeStream()
    }

    func packets() -> AsyncThrowingStream<Data, any Error> {
        AsyncThrowingStream { packets in
            packets.onTermination = { _ in self.letGo.yield() }
            for packet in given { packets.yield(packet) }
            switch end {
            case .silence: packets.finish()
            case .none: break
            case .failure(let error): packets.finish(throwing: error)
            }
        }
    }

    func untilStopped() async {
        for await _ in stopped { return }
    }
}

/// Never answers; tells that it was asked.
private struct Silent: SpeechTransport {
    let asked: AsyncStream<Void>.Continuation

    func recognise(language: String, audio: AsyncThrowingStream<Data, any Error>) async throws -> SpeechAnswer {
        for try await _ in audio {}
        asked.yield()
        try await Task.sleep(for: .seconds(3600))
        throw SpeechFailure.offline
    }
}

/// What it is told to say; keeps the sound.
private actor Canned: SpeechTransport {
    private let answer: SpeechAnswer
    private(set) var sound = Data()

    init(_ status: Int, _ body: String) {
        answer = SpeechAnswer(status: status, body: Data(body.utf8))
    }

    func recognise(language: String, audio: AsyncThrowingStream<Data, any Error>) async throws -> SpeechAnswer {
        for try await chunk in audio { sound += chunk }
        return answer
    }
}

private func all(_ events: AsyncStream<SpeechEvent>) async -> [SpeechEvent] {
    var all: [SpeechEvent] = []
    for await event in events { all.append(event) }
    return all
}

private let words = [Transcript("ӨРГӨДӨЛ үлдээх", confidence: 0.75), Transcript("өргөдөл үлээх")]

/// Sound over TLS to the real sandbox.
@Suite(.serialized) struct ServerSpeechTests {
    private func transport(_ sandbox: Sandbox, pins: [String]? = nil) -> CurlSpeechTransport {
        let told = sandbox.config
        return CurlSpeechTransport(
            gateway: told.origin, authority: told.ca_pem, pins: pins ?? [base64(ofHex: told.spki_pins[0])])
    }

    @Test("What the server hears comes with its confidences, signed out")
    func heard() async throws {
        let sandbox = try await Sandbox()
        try await sandbox.say(words)
        let recogniser = ServerSpeechRecogniser(audio: Microphone(), transport: transport(sandbox))

        let events = await all(recogniser.listen(SpeechRequest()))

        #expect(events == [.ready, .heard(words)])
        #expect(try await sandbox.exchanges("recogniseSpeech") == 1)
        try await sandbox.say(words)
        #expect(await all(recogniser.listen(SpeechRequest(most: 1))).last == .heard([words[0]]))
        #expect(await all(recogniser.listen(SpeechRequest())).last == .failed(.nothingHeard), "nothing was said next")
        try await sandbox.stop()
    }

    @Test("Sound is sent while it is spoken, until the citizen is done or ten seconds are over")
    func streamed() async throws {
        let sandbox = try await Sandbox()
        try await sandbox.say([words[0]])
        try await sandbox.say([words[1]])
        let open = Microphone(3, then: .none)
        let recogniser = ServerSpeechRecogniser(audio: open, transport: transport(sandbox))
        var events = recogniser.listen(SpeechRequest()).makeAsyncIterator()
        #expect(await events.next() == .ready)

        recogniser.finish()

        #expect(await events.next() == .heard([words[0]]))
        #expect(await events.next() == nil)
        await open.untilStopped()
        let endless = Microphone(600, then: .none)
        let patient = ServerSpeechRecogniser(audio: endless, transport: transport(sandbox))
        #expect(await all(patient.listen(SpeechRequest())).last == .heard([words[1]]))
        await endless.untilStopped()
        try await sandbox.stop()
    }

    @Test("Whom the configuration does not name hears nothing")
    func untrusted() async throws {
        let sandbox = try await Sandbox()
        let other = try await Sandbox()
        let (gateway, authority) = (sandbox.config.origin, other.config.ca_pem)
        let anotherKey = Data(repeating: 7, count: 32).base64EncodedString()

        for wrong in [
            CurlSpeechTransport(gateway: gateway, authority: authority), transport(sandbox, pins: [anotherKey]),
        ] {
            let recogniser = ServerSpeechRecogniser(audio: Microphone(), transport: wrong)
            #expect(await all(recogniser.listen(SpeechRequest())).last == .failed(.untrusted))
        }

        #expect(try await sandbox.exchanges("recogniseSpeech") == 0)
        await other.kill()
        await sandbox.kill()
    }

    @Test("What goes wrong on the way and at the server has its reason")
    func faults() async throws {
        let sandbox = try await Sandbox()
        let recogniser = ServerSpeechRecogniser(audio: Microphone(), transport: transport(sandbox))
        let cases: [(String, [String: Int], SpeechFailure)] = [
            ("drop_reply", [:], .offline), ("cut", [:], .offline), ("status", ["status": 503], .busy),
            ("status", ["status": 429], .busy), ("status", ["status": 500], .unavailable), ("garbage", [:], .unavailable),
            ("flood", ["bytes": 10_000_000], .unavailable),
        ]

        for (fault, more, reason) in cases {
            try await sandbox.fault("recogniseSpeech", fault, more)
            #expect(await all(recogniser.listen(SpeechRequest())).last == .failed(reason), "\(fault) \(more)")
        }
        #expect(await all(recogniser.listen(SpeechRequest(language: "kk-KZ"))).last == .failed(.language))
        await sandbox.kill()
        #expect(await all(recogniser.listen(SpeechRequest())).last == .failed(.offline))
    }

    @Test("A certificate's key is found where the sandbox says that it is")
    func publicKey() async throws {
        let sandbox = try await Sandbox()
        let phone = try Phone(sandbox)
        let trust = PinnedTrust(phone.config)
        let authority = trust.roots[0]

        let key = try #require(PinnedTrust.publicKey(ofCertificate: authority))

        let authorityPin = Data(base64Encoded: base64(ofHex: sandbox.config.spki_pins[1]))!
        let sums = try await Programs.sha256(key)
        #expect(sums == authorityPin)
        // The one set is the configuration's, and the path is what was verified.
        let now = Date()
        #expect(trust.holds([authority], for: "LOCALHOST", at: now) { _ in authorityPin })
        #expect(!trust.holds([authority], for: "localhost", at: now) { _ in Data(repeating: 7, count: 32) })
        #expect(!trust.holds([], for: "localhost", at: now) { _ in authorityPin })
        #expect(trust.holds([authority], for: "gateway.example.mn", at: now) { _ in Data() }, "has no pins")
        let late = Date(timeIntervalSince1970: 4_294_967_296)
        #expect(trust.holds([authority], for: "localhost", at: late) { _ in Data() }, "all have expired")
        for broken in [Data(), authority.prefix(40), Data(authority.dropFirst()), Data("Өгөгдөл".utf8)] {
            #expect(PinnedTrust.publicKey(ofCertificate: broken) == nil)
        }
        await sandbox.kill()
    }
}

@Suite struct SpeechTests {
    private let transcripts = #"{"hypotheses":[{"text":"Үнэмлэх","confidence":0.5}]}"#

    @Test("Letting go of the stream stops microphone and line, and one may listen again")
    func cancelled() async throws {
        let (asked, tell) = AsyncStream<Void>.makeStream()
        let microphone = Microphone(3)
        let recogniser = ServerSpeechRecogniser(audio: microphone, transport: Silent(asked: tell))
        let listening = Task { await all(recogniser.listen(SpeechRequest())) }
        for await _ in asked { break }

        #expect(await all(recogniser.listen(SpeechRequest())) == [.failed(.busy)])
        listening.cancel()

        #expect(await listening.value.allSatisfy { $0 == .ready })
        await microphone.untilStopped()
        let again = Task { await all(recogniser.listen(SpeechRequest())) }
        await microphone.untilStopped()
        again.cancel()
        _ = await again.value
    }

    @Test("A microphone that fails fails the listening, and one that is silent does not hold the line")
    func microphones() async {
        struct Broken: Error {}
        let cases: [(Microphone, SpeechFailure)] = [
            (Microphone(0, then: .failure(SpeechFailure.permission)), .permission),
            (Microphone(0, then: .failure(Broken())), .microphone),
            (Microphone(3, then: .failure(Broken())), .microphone),
            (Microphone(0), .nothingHeard),
            (Microphone(0, then: .none), .nothingHeard),
            (Microphone([packet(1), Data(), packet(2)]), .microphone),
        ]

        for (microphone, reason) in cases {
            let recogniser = ServerSpeechRecogniser(
                audio: microphone, transport: Canned(200, transcripts), recordedWithin: .milliseconds(50))
            #expect(await all(recogniser.listen(SpeechRequest())).last == .failed(reason))
            await microphone.untilStopped()
        }
        let quiet = ServerSpeechRecogniser(
            audio: Microphone(3, then: .none), transport: Canned(200, transcripts), recordedWithin: .milliseconds(50))
        #expect(await all(quiet.listen(SpeechRequest())).last == .heard([Transcript("Үнэмлэх", confidence: 0.5)]))
    }

    @Test("Only confidences that are ones are taken, and what is no answer is none")
    func answers() async {
        func end(_ status: Int, _ body: String) async -> SpeechEvent? {
            await all(ServerSpeechRecogniser(audio: Microphone(1), transport: Canned(status, body)).listen(SpeechRequest())).last
        }

        let odd = #"{"hypotheses":[{"text":"Ө","confidence":-1},{"text":"Ү","confidence":null},{"text":"Х","confidence":2}]}"#
        #expect(await end(200, odd) == .heard([Transcript("Ө"), Transcript("Ү"), Transcript("Х")]))
        #expect(await end(200, "{}") == .failed(.unavailable))
        #expect(await end(422, #"{"code":"unsupported_language"}"#) == .failed(.language))
        #expect(await end(422, #"{"code":"audio_too_long"}"#) == .failed(.unavailable))
        #expect(await end(422, "Ү") == .failed(.unavailable))
        #expect(await end(401, "{}") == .failed(.unavailable))
    }

    @Test("What was said prints as nothing")
    func masked() {
        let said = "\(words) \(SpeechEvent.heard(words)) \(SpeechEvent.partial(words[0])) \(String(reflecting: words[1]))"

        #expect(!said.lowercased().contains("өргөдөл"))
        #expect(said.contains("Transcript(***)"))
    }

    @Test("A tag means the same language, whatever script or region it leaves out")
    func tags() async {
        for same in ["mn-MN", "mn", "mn_MN", "MN-mn", "mn-Cyrl-MN", "mn-Cyrl"] {
            #expect(isSameLanguage("mn-MN", same), "\(same)")
        }
        for other in ["mn-Mong-CN", "mni", "en-MN", ""] { #expect(!isSameLanguage("mn-MN", other), "\(other)") }
        let server = ServerSpeechRecogniser(audio: Microphone(1), transport: Canned(200, ""))
        #expect(await server.support(for: "mn") == .onlineOnly)
        #expect(await server.support(for: "kk-KZ") == .unavailable)
    }
}

private struct Scripted: SpeechRecogniser {
    let support: SpeechSupport
    let events: [SpeechEvent]

    init(_ support: SpeechSupport, _ events: SpeechEvent...) {
        self.support = support
        self.events = events
    }

    func support(for language: String) async -> SpeechSupport { support }

    func listen(_ request: SpeechRequest) -> AsyncStream<SpeechEvent> {
        AsyncStream { stream in
            events.forEach { stream.yield($0) }
            stream.finish()
        }
    }

    func finish() {}
}

@Suite struct SpeechInOrderTests {
    private let server = Scripted(.onlineOnly, .ready, .heard(words))

    @Test("One that lacks the language is passed over, whether it says so before or when it is asked")
    func passedOver() async {
        for phone in [
            Scripted(.unavailable), Scripted(.needsDownload), Scripted(.unknown, .failed(.language)),
            Scripted(.unknown, .failed(.download)), Scripted(.available, .failed(.unavailable)),
        ] {
            #expect(await all(SpeechInOrder(phone, server).listen(SpeechRequest())) == [.ready, .heard(words)])
        }
        #expect(await SpeechInOrder(Scripted(.unavailable), server).support(for: "mn-MN") == .onlineOnly)
    }

    @Test("What another recogniser can't mend, or comes after it was spoken, is told as it is")
    func toldAsItIs() async {
        for end: [SpeechEvent] in [[.failed(.permission)], [.failed(.nothingHeard)], [.ready, .failed(.unavailable)]] {
            let phone = Scripted(.unknown, events: end)
            #expect(await all(SpeechInOrder(phone, server).listen(SpeechRequest())) == end)
        }
    }

    @Test("Where nobody knows the language it is said why")
    func nobody() async {
        let (away, later) = (Scripted(.unavailable), Scripted(.needsDownload))

        #expect(await all(SpeechInOrder(away, away).listen(SpeechRequest())) == [.failed(.language)])
        #expect(await all(SpeechInOrder(later, away).listen(SpeechRequest())) == [.failed(.download)])
        #expect(await SpeechInOrder().support(for: "mn-MN") == .unavailable)
    }
}

extension Scripted {
    fileprivate init(_ support: SpeechSupport, events: [SpeechEvent]) {
        self.support = support
        self.events = events
    }
}

@Suite struct OggOpusTests {
    @Test("The checksum is that of the standard")
    func checksum() {
        #expect(OggOpus.checksum(Data("123456789".utf8)) == 0x89a1_897f)
    }

    @Test("A packet of any length is one, and its page says where it ends")
    func pages() throws {
        for size in [2, 254, 255, 256, 510, 1275] {
            var ogg = OggOpus(serial: 7)
            _ = ogg.begin()
            let packet = Data([0xf8]) + Data(repeating: 1, count: size - 1)

            #expect(try ogg.add(packet).isEmpty)
            let page = ogg.end()

            #expect(page.prefix(8) == Data("OggS".utf8) + [0, 4, 0xc0, 3])  // 960 samples
            #expect(Int(page[26]) == size / 255 + 1)
            #expect(page.suffix(size) == packet)
        }
    }

    @Test("Sound is measured by its packets, and what is none is refused")
    func lengths() throws {
        let lengths: [([UInt8], Duration)] = [
            ([0xf8, 1], .milliseconds(20)), ([0xe0, 1], .microseconds(2500)), ([0x18, 1], .milliseconds(60)),
            ([0xfb, 6, 1], .milliseconds(120)),
        ]
        for (bytes, length) in lengths { #expect(try OggOpus.length(of: Data(bytes)) == length) }
        for none: [UInt8] in [[], [0xfb], [0xfb, 7, 1]] {
            #expect(throws: OggOpus.NoPacket.self) { try OggOpus.length(of: Data(none)) }
        }
    }
}

private func base64(ofHex text: String) -> String {
    let digits = text.compactMap(\.hexDigitValue)
    return Data(stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }).base64EncodedString()
}

/// What iOS says, without iOS.
@Suite struct PhoneSpeechTests {
    @Test("Of a whole that is not known to be sure nothing is said, and an empty one is none")
    func confidences() {
        #expect(PhoneSpeech.transcript("Үнэмлэх сунгах", segments: [0.5, 1]) == Transcript("Үнэмлэх сунгах", confidence: 0.75))
        #expect(PhoneSpeech.transcript(" Өргөдөл\n", segments: [0]) == Transcript("Өргөдөл"))
        #expect(PhoneSpeech.transcript("Өргөдөл үлдээх", segments: [0.5, 0]) == Transcript("Өргөдөл үлдээх"))
        #expect(PhoneSpeech.transcript("Ү", segments: []) == Transcript("Ү"))
        #expect(PhoneSpeech.transcript(" ", segments: [1]) == nil)
    }

    @Test("The system's own languages decide, whatever way they are written")
    func languages() {
        let today = ["en-US", "ru-RU", "zh-CN"]

        #expect(PhoneSpeech.identifier(for: "mn-MN", among: today) == nil)
        #expect(PhoneSpeech.identifier(for: "mn-MN", among: today + ["mn_MN"]) == "mn_MN")
        #expect(PhoneSpeech.identifier(for: "en-US", among: today) == "en-US")
    }

    @Test(
        "What the system could not do has its reason",
        arguments: [
            ("kAFAssistantErrorDomain", 1110, SpeechFailure.nothingHeard), ("kLSRErrorDomain", 102, .download),
            ("kLSRErrorDomain", 201, .permission), ("NSURLErrorDomain", -1009, .offline),
            ("com.apple.coreaudio.avfaudio", -10868, .microphone), ("Өөр", 1, .unavailable),
        ])
    func failures(domain: String, code: Int, reason: SpeechFailure) {
        #expect(PhoneSpeech.failure(domain: domain, code: code) == reason)
    }
}
