import EMongoliaCore
import EMongoliaTestSupport
import Testing

/// «Зээлийн мэдээллийн сангийн лавлагаа», with the sandbox's own fee.
private let credit = "223abc561181cd4ab6b55626"

/// A fee, through the real library, against the real sandbox and its bank.
@Suite(.serialized) struct PaymentTests {
    @Test("A fee is paid at a bank and its receipt stays")
    func paid() async throws {
        let sandbox = try await Sandbox()
        let core = try await Phone(sandbox).start()
        try await signIn(core, sandbox)
        let confirmation = try await confirm(core, credit, "Өрнөх Үүр банканд")
        try await sandbox.fault("createRequest", "drop_reply")
        let submitted = try await core.requests.submit(confirmation)
        let asked = try await core.requests.payOnArrival(submitted)
        for _ in 0..<3 { _ = try await core.outbox.flush(within: patience) }
        #expect(try await core.outbox.operation(asked).state == .done)

        let id = try #require(try await core.requests.page().items.first?.id)
        let waiting = try await core.requests.payment(id)
        #expect(waiting.state == .waiting && waiting.amountMnt == 5_000 && waiting.missingMnt == 5_000)
        #expect(waiting.title.mn == "Төлбөр хүлээгдэж байна: 5,000₮.")
        let toPay = try #require(try await core.requests.detail(id).value.summary.progress.toPay)
        #expect(toPay.mn.hasSuffix("хүртэл 5,000₮ төлнө үү."))
        let invoice = try #require(waiting.invoice)
        #expect(invoice.amountMnt == 5_000 && invoice.links.first?.title == "Өрнөх Үүр банк")
        _ = try await settled(core, try await core.requests.requestPayment(id))
        #expect(try await core.requests.payment(id).invoice == invoice, "however often")

        try await sandbox.pay(invoice.id)
        try await core.requests.backFromBank(id)
        _ = try await core.outbox.flush(within: patience)
        let paid = try await core.requests.payment(id)
        #expect(paid.state == .paid && paid.paidMnt == 5_000 && paid.invoice == nil)
        let receipts = try await core.requests.receipts()
        #expect(receipts.items == paid.receipts && receipts.next == nil)
        let receipt = try #require(receipts.items.first)
        #expect(receipt.wallet == "Өрнөх Үүр банк" && !receipt.refunded)
        #expect(try await core.requests.checkPayment(id).receipts == paid.receipts)
        await #expect(throws: CoreError.Invalid(field: "payment", reason: "payment.not_due")) {
            try await core.requests.requestPayment(id)
        }
        let personal: [any CustomStringConvertible] = [paid, invoice, invoice.links[0], receipt]
        for value in personal { #expect(value.description.hasSuffix("(***)")) }
        try await core.lifeCycle.want(.closed)
        try await sandbox.stop()
    }
}
