package mn.emongolia.core

import mn.emongolia.ffi.BankLink as FfiBankLink
import mn.emongolia.ffi.Invoice as FfiInvoice
import mn.emongolia.ffi.LocalisedText as FfiLocalisedText
import mn.emongolia.ffi.Payment as FfiPayment
import mn.emongolia.ffi.PaymentState as FfiPaymentState
import mn.emongolia.ffi.Receipt as FfiReceipt
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test

private const val FEE = 5_000L

/** A fee, through the library, against the real sandbox and its bank. */
class PaymentTest {
    @Test
    fun `a fee is paid at a bank and its receipt stays`() = signedIn { (core, sandbox) ->
        core.requests.form(CREDIT)
        val confirmation = core.requests.confirm(CREDIT, mapOf("forUsage" to "Өрнөх Үүр банканд"))
        sandbox.kill()
        val submitted = core.requests.submit(confirmation.id)
        val asked = core.requests.payOnArrival(submitted)
        assertEquals(asked, core.requests.payOnArrival(submitted))
        sandbox.restart()
        core.outbox.flush(PATIENCE)

        val id = core.requests.page().value.items.single().id!!
        val waiting = core.requests.payment(id)
        assertEquals(Triple(PaymentState.WAITING, FEE, FEE), waiting.run { Triple(state, amountMnt, missingMnt) })
        assertEquals("Төлбөр хүлээгдэж байна: 5,000₮.", waiting.title.mn)
        val toPay = core.requests.detail(id).value.summary.progress.toPay!!
        assertTrue(toPay.mn, toPay.mn.endsWith("хүртэл 5,000₮ төлнө үү."))
        val invoice = waiting.invoice!!
        assertEquals(FEE to "Өрнөх Үүр банк", invoice.amountMnt to invoice.links.first().title)
        core.outbox.settle(core.requests.requestPayment(id), PATIENCE)
        assertEquals("however often", invoice, core.requests.payment(id).invoice)

        sandbox.pay(invoice.id)
        core.requests.backFromBank(id)
        core.outbox.flush(PATIENCE)
        val paid = core.requests.payment(id)
        assertEquals(PaymentState.PAID to FEE, paid.state to paid.paidMnt)
        assertNull(paid.invoice)
        val receipts = core.requests.receipts()
        assertEquals(paid.receipts to null, receipts.items to receipts.next)
        assertEquals("Өрнөх Үүр банк" to false, receipts.items.single().run { wallet to refunded })
        assertEquals(paid.receipts, core.requests.checkPayment(id).receipts)
        assertEquals(CoreFailure.Invalid("payment", "payment.not_due"), failureOf { core.requests.requestPayment(id) })
        val personal = listOf(paid, invoice, invoice.links.first(), receipts.items.first())
        assertTrue("$personal", personal.all { "$it".endsWith("(***)") })
    }

    @Test
    fun `every state has a name of its own, and what is personal is masked`() {
        val text = FfiLocalisedText("Нууц", null)
        val link = FfiBankLink("Нууц", "Нууц", "Нууц")
        val invoice = FfiInvoice("Нууц", 1, "Нууц", listOf(link), 1)
        val receipt = FfiReceipt("Нууц", "Нууц", "Нууц", "Нууц", text, 1, true, "Нууц", 1)
        val payments = FfiPaymentState.entries.map {
            FfiPayment("Нууц", "Нууц", "Нууц", text, it, text, text, 1, 1, 0, invoice, listOf(receipt), 1, null)
        }

        assertEquals(PaymentState.entries.toSet(), payments.map { it.toCore().state }.toSet())
        for (value in payments + listOf(link, invoice, receipt)) assertTrue("$value", "$value".endsWith("(***)"))
        val reasons = listOf("payment.not_due", "payment.amount_not_whole", "invoice_over").map { ErrorTexts.ofReason(it, Language.MN) }
        assertEquals(3, reasons.toSet().size)
        assertNotEquals(ErrorTexts.ofReason("Өөр", Language.MN), reasons.first())
    }
}
