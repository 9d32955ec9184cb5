import EMongoliaCore
import EMongoliaTestSupport
import Foundation
import Testing

/// «Иргэний үнэмлэх дахин захиалах».
private let cardOrder = "d762ba0d0152646ba745997e"

/// In the order in which the form asks: a reason brings its own questions.
private let answers: KeyValuePairs = [
    "citizen/lastname": "Өлзийсайхан", "citizen/firstname": "Үүрийнтуяа", "reason": "changed",
    "changedWhat": "Өмнөх овгоо буцааж авсан", "delivery": "office",
]

private func png(_ size: Int) -> Data {
    Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) + Data((8..<size).map { UInt8($0 * 31 % 251) })
}

/// Pieces as a provider hands them over.
private func pieces(_ pieces: [Data]) -> AsyncStream<Data> {
    AsyncStream { continuation in
        pieces.forEach { continuation.yield($0) }
        continuation.finish()
    }
}

extension Draft {
    fileprivate func field(_ name: String) throws -> FieldState {
        try #require(form.fields.first { $0.name == name })
    }
}

/// What shows how far a file is.
@MainActor private final class Screen {
    var progress: [UInt64] = []
}

/// What a citizen fills in over days, through the real library, against the real sandbox; called as a screen calls it.
@MainActor @Suite(.serialized) struct DraftTests {
    @Test("A draft outlives the core and is sent once with its files")
    func outlives() async throws {
        let sandbox = try await Sandbox()
        let phone = try Phone(sandbox)
        var core = try await phone.start()
        try await signIn(core, sandbox)
        let id = try await core.requests.beginDraft(for: cardOrder)
        _ = try await core.requests.answer("regnum", with: sandbox.citizen.regnum, in: id)
        for (field, typed) in answers { _ = try await core.requests.answer(field, with: typed, in: id) }
        let photo = png(700_000)
        let screen = Screen()
        let attached = try await core.requests.attach(
            PickedFile(name: "Цээж зураг.png", mediaType: "image/png", size: 700_000),
            from: pieces([photo.prefix(100_000), photo.dropFirst(100_000)]), to: "photo", in: id
        ) { screen.progress.append($0) }
        #expect(screen.progress == [100_000, 362_144, 624_288, 700_000])
        #expect(try attached.field("photo").shown?.mn == "Цээж зураг.png")
        let drawn = FileManager.default.temporaryDirectory.appendingPathComponent("үсэг-\(UUID().uuidString).png")
        try png(2_000).write(to: drawn)
        defer { try? FileManager.default.removeItem(at: drawn) }
        let signature = PickedFile(name: "гарын үсэг.png", mediaType: "image/png", size: 2_000)
        let handle = try FileHandle(forReadingFrom: drawn)
        let signed = try await core.requests.attach(signature, from: handle, to: "signature", in: id)
        #expect(signed.form.complete && signed.files.count == 2)
        try await core.lifeCycle.want(.closed)

        core = try await phone.start()
        let draft = try await core.requests.draft(id)
        #expect(draft.form.complete && !draft.underWay && draft.setAside.isEmpty && draft.newlyRequired.isEmpty)
        #expect(try draft.field("citizen/firstname").value == "Үүрийнтуяа")
        let file = try #require(draft.files.first)
        #expect(try draft.field("photo").value == file.id && file.field == "photo" && file.stored == 700_000)
        var content = Data()
        for try await bytes in core.requests.content(of: file) { content += bytes }
        #expect(content == photo)
        let listed = try #require(try await core.requests.drafts().items.first)
        #expect(listed.id == id && listed.service == cardOrder && listed.answered == 8)
        let printed: [any CustomStringConvertible] = [draft, file, listed]
        for value in printed { #expect(value.description.hasSuffix("(***)")) }

        let confirmed = try await core.requests.confirmDraft(id).id
        try await core.lifeCycle.want(.closed)
        core = try await phone.start()
        let operation = try await core.requests.submit(confirmation: confirmed)
        #expect(try await settled(core, operation).state == .done)
        #expect(try await sandbox.requests().count == 1)
        #expect(try await core.requests.drafts().items.isEmpty)
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }

    @Test("What can't be taken is refused unread, and what stopped in the middle makes way")
    nonisolated func makesWay() async throws {
        struct WentAway: Error {}
        let sandbox = try await Sandbox()
        let core = try await Phone(sandbox).start()
        try await signIn(core, sandbox)
        let id = try await core.requests.beginDraft(for: cardOrder)
        let pdf = PickedFile(name: "Үг.pdf", mediaType: "application/pdf", size: 9)
        await #expect(throws: CoreError.Invalid(field: "attachment", reason: "attachment.media_type")) {
            try await core.requests.attach(pdf, from: pieces([]), to: "photo", in: id)
        }

        let large = PickedFile(name: "Төгсгөлгүй.png", mediaType: "image/png", size: 5_000_000)
        let broken = AsyncThrowingStream<Data, any Error> { continuation in
            continuation.yield(png(1_000_000))
            continuation.finish(throwing: WentAway())
        }
        await #expect(throws: WentAway.self) {
            try await core.requests.attach(large, from: broken, to: "photo", in: id)
        }
        let half = try #require(try await core.requests.draft(id).files.first)
        #expect(half.stored == 1_000_000 && half.size == 5_000_000)
        #expect(try await core.requests.draft(id).field("photo").value == nil)

        let other = PickedFile(name: "Өөр.png", mediaType: "image/png", size: 3_000)
        let whole = try await core.requests.attach(other, from: pieces([png(3_000)]), to: "photo", in: id)
        #expect(whole.files.map(\.name) == ["Өөр.png"])
        var content = core.requests.content(of: try #require(whole.files.first)).makeAsyncIterator()
        #expect(try await content.next() == png(3_000))
        #expect(try await core.requests.answer("photo", with: nil, in: id).files.isEmpty)
        #expect(await refusal { try await content.next() } == .NotFound, "nothing is read ahead of who asks")
        try await core.requests.discardDraft(id)
        await #expect(throws: CoreError.NotFound) { try await core.requests.draft(id) }
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }

    @Test("A file that keeps its readers waiting keeps nobody else waiting")
    func slowFiles() async throws {
        let sandbox = try await Sandbox()
        let core = try await Phone(sandbox).start()
        try await signIn(core, sandbox)
        let file = PickedFile(name: "Үүлэн дэх зураг.png", mediaType: "image/png", size: 3_000)
        var clouds: [(Pipe, Task<Draft, any Error>)] = []
        for _ in 0...ProcessInfo.processInfo.activeProcessorCount {  // one more than there are threads for tasks
            let (cloud, id) = (Pipe(), try await core.requests.beginDraft(for: cardOrder))
            let reading = cloud.fileHandleForReading
            clouds.append((cloud, Task { try await core.requests.attach(file, from: reading, to: "photo", in: id) }))
            while try await core.requests.draft(id).files.isEmpty { await Task.yield() }
        }

        #expect(try await core.requests.drafts().items.count == clouds.count)

        for (cloud, attaching) in clouds {
            try cloud.fileHandleForWriting.write(contentsOf: png(3_000))
            try cloud.fileHandleForWriting.close()
            #expect(try await attaching.value.files.first?.stored == 3_000)
        }
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }

    @Test("A register fills in what the citizen agreed to, until they take it back")
    func prefills() async throws {
        let sandbox = try await Sandbox()
        let core = try await Phone(sandbox).start()
        try await signIn(core, sandbox)
        let id = try await core.requests.beginDraft(for: cardOrder)
        _ = try await core.requests.answer("citizen/firstname", with: "Өөрийн бичсэн", in: id)
        let offer = try #require(try await core.requests.draft(id).offers.first)
        #expect(offer.agreed == nil && offer.missing == nil && offer.title.mn.contains("үнэмлэх"))
        #expect(offer.fields.contains("regnum") && !offer.fields.contains("citizen/firstname"))

        let filled = try await core.requests.prefill(id, from: offer.operation, agreed: true)
        let regnum = try filled.field("regnum")
        #expect(regnum.shown?.mn == sandbox.citizen.regnum && regnum.prefilledFrom == offer.operation)
        let typed = try filled.field("citizen/firstname")
        #expect(typed.value == "Өөрийн бичсэн" && typed.prefilledFrom == nil)
        let second = try await core.requests.beginDraft(for: cardOrder)
        let other = try await core.requests.draft(second)
        #expect(try other.offers.first?.agreed == true && other.field("regnum").prefilledFrom == offer.operation)
        let taken = try await core.requests.prefill(id, from: offer.operation, agreed: false)
        #expect(try taken.offers.first?.agreed == false && taken.field("regnum").value == nil)
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }

    @Test("An answer that a new form has no place for is set aside and shown")
    func setsAside() async throws {
        let sandbox = try await Sandbox()
        let phone = try Phone(sandbox)
        var core = try await phone.start()
        try await signIn(core, sandbox)
        try await sandbox.publish("service/\(cardOrder)", version: 101, service(101, ["name", "colour"]))
        let id = try await core.requests.beginDraft(for: cardOrder)
        _ = try await core.requests.answer("name", with: "Үүрийнтуяа", in: id)
        _ = try await core.requests.answer("colour", with: "Хөх өнгө", in: id)
        try await core.lifeCycle.want(.closed)
        try await sandbox.publish("service/\(cardOrder)", version: 102, service(102, ["name", "why"]))
        try FileManager.default.removeItem(atPath: phone.config.cacheDir)  // as the platform does that needs room

        core = try await phone.start()
        let draft = try await core.requests.draft(id)

        #expect(try draft.field("name").value == "Үүрийнтуяа")
        let aside = try #require(draft.setAside.first)
        #expect(aside.title.mn == "colour" && aside.value.mn == "Хөх өнгө" && !aside.message.mn.isEmpty)
        #expect("\(aside)" == "SetAside(***)" && draft.newlyRequired == ["why"])
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }
}

/// A service with a form of two short texts that must be answered.
private func service(_ version: Int, _ fields: [String]) -> [String: Any] {
    let text: [String: Any] = ["type": "string", "maxLength": 40]
    let schema: [String: Any] = [
        "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "additionalProperties": false,
        "required": fields, "properties": Dictionary(uniqueKeysWithValues: fields.map { ($0, text) }),
    ]
    let words: [String: Any] = ["sections": [["fields": fields]], "fields": [String: Any]()]
    return [
        "id": cardOrder, "organisation_id": "0123456789abcdef00000000", "name": ["mn": "Өгөөмөр үйлчилгээ"],
        "kind": "order", "fee": NSNull(), "duration": NSNull(), "online": true, "area_codes": [String](),
        "sample": true, "popularity": 0, "requirements": [String](),
        "form": ["version": version, "sample": true, "schema": schema, "presentation": words] as [String: Any],
    ]
}
