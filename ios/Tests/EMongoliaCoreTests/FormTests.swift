import EMongoliaCore
import EMongoliaTestSupport
import Testing

/// «Иргэний үнэмлэх дахин захиалах».
private let cardOrder = "d762ba0d0152646ba745997e"

/// Forms as the core tells them, through the real library, against the real sandbox.
@Suite(.serialized) struct FormTests {
    @Test("A form tells how it stands with what was typed")
    func howItStands() async throws {
        let sandbox = try await Sandbox()
        let core = try await Phone(sandbox).start()
        try await sync(core)
        let typed = [
            "reason": "lost", "lostOn": "2026.1.19", "delivery": "door", "deliveryAddress/soum": "Өлзийт",
        ]

        let form = try await core.requests.form(of: cardOrder, with: typed).value

        let fields = Dictionary(uniqueKeysWithValues: form.sections.flatMap(\.fields).map { ($0.name, $0) })
        #expect(form.sections.last?.title?.mn == "Хүлээн авах")
        #expect(fields["lostOn"]?.shown?.mn == "2026 оны 1 дүгээр сарын 19")
        #expect(fields["lostOn"]?.value == "2026.1.19")
        let door = try #require(fields["deliveryAddress/door"])
        #expect(door.title.mn == "Тоот" && door.required && door.problem?.code == "form.required")
        #expect(door.prefill == Prefill(operation: "WS100101_getCitizenIDCardInfo", path: "/addressDetail"))
        #expect(!form.complete)
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }
}
