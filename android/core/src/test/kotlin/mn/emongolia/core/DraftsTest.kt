package mn.emongolia.core

import java.io.ByteArrayInputStream
import java.io.InputStream
import java.util.concurrent.Executors
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import org.json.JSONObject
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertTrue
import org.junit.Test

/** «Иргэний үнэмлэх дахин захиалах». */
private const val CARD_ORDER = "d762ba0d0152646ba745997e"

private val ANSWERS = mapOf(
    "citizen/lastname" to "Өлзийсайхан",
    "citizen/firstname" to "Үүрийнтуяа",
    "regnum" to REGNUM,
    "reason" to "changed",
    "changedWhat" to "Өмнөх овгоо буцааж авсан",
    "delivery" to "office",
)

private fun png(size: Int): ByteArray =
    byteArrayOf(0x89.toByte(), 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a) + ByteArray(size - 8) { (it * 31 % 251).toByte() }

/** Gives little at a time, as a content provider may. */
private class Drip(bytes: ByteArray) : ByteArrayInputStream(bytes) {
    override fun read(into: ByteArray, offset: Int, length: Int): Int = super.read(into, offset, minOf(length, 1000))
}

private fun image(name: String, bytes: ByteArray): PickedFile = PickedFile(name, "image/png", bytes.size.toLong()) { Drip(bytes) }

private fun Draft.field(name: String): FieldState = form.fields.single { it.name == name }

/** What a citizen fills in over days, through the library, against the real sandbox. */
class DraftsTest {
    @Test
    fun `a draft outlives the core and is sent once with its files`() = signedIn { (core, sandbox, phone) ->
        val id = core.requests.beginDraft(CARD_ORDER)
        for ((field, typed) in ANSWERS) core.requests.answer(id, field, typed)
        val photo = png(700_000)
        val progress = mutableListOf<Long>()
        val attached = core.requests.attach(id, "photo", image("Цээж зураг.png", photo)) { progress += it }
        assertEquals(listOf(262_144L, 524_288L, 700_000L), progress)
        assertEquals("Цээж зураг.png", attached.field("photo").shown?.mn)
        core.requests.attach(id, "signature", image("гарын үсэг.png", png(2_000)))
        core.stop()

        val again = phone.start()
        val draft = again.requests.draft(id)
        assertTrue(draft.form.complete && !draft.underWay && draft.setAside.isEmpty() && draft.newlyRequired.isEmpty())
        assertEquals("Үүрийнтуяа", draft.field("citizen/firstname").value)
        val file = draft.files.first()
        assertEquals(draft.field("photo").value to "photo", file.id to file.field)
        assertEquals(listOf(700_000L, 700_000L, 0L), listOf(file.size, file.stored, file.arrived))
        val content = again.requests.content(file).toList()
        assertArrayEquals(photo, content.reduce(ByteArray::plus))
        val listed = again.requests.drafts().items.single()
        assertEquals(Triple(id, CARD_ORDER, 8), Triple(listed.id, listed.service, listed.answered))
        assertTrue(listOf(draft, file, listed).all { "$it".endsWith("(***)") })

        val operation = again.requests.submit(again.requests.confirmDraft(id).id)
        assertEquals(OperationState.DONE, again.outbox.settle(operation, PATIENCE).state)
        assertEquals(1, sandbox.requests().size)
        assertEquals(emptyList<DraftSummary>(), again.requests.drafts().items)
        again.stop()
    }

    @Test
    fun `what can't be taken is refused unread, and what stopped in the middle makes way`() = signedIn { (core) ->
        val id = core.requests.beginDraft(CARD_ORDER)
        val unopened = PickedFile("Үг.pdf", "application/pdf", 9) { throw AssertionError("it was opened") }
        assertEquals(CoreFailure.Invalid("attachment", "attachment.media_type"), failureOf { core.requests.attach(id, "photo", unopened) })

        val endless = object : InputStream() {
            override fun read(): Int = 0x50
        }
        val reading = launch {
            core.requests.attach(id, "photo", PickedFile("Төгсгөлгүй.png", "image/png", 5_000_000) { endless }) {
                if (it > 1_000_000) throw CancellationException("the citizen went away")
            }
        }
        reading.join()
        reading.cancelAndJoin()
        val half = core.requests.draft(id).files.single()
        assertTrue(half.stored in 1_000_000 until half.size)
        assertEquals(null, core.requests.draft(id).field("photo").value)

        val whole = core.requests.attach(id, "photo", image("Өөр.png", png(3_000)))
        assertEquals(listOf("Өөр.png"), whole.files.map { it.name })
        assertFalse(core.requests.answer(id, "photo", null).files.any())
        core.requests.discardDraft(id)
        assertEquals(CoreFailure.NotFound(), failureOf { core.requests.draft(id) })
    }

    @Test
    fun `a file whose size nobody knows is counted before it is read in`() = signedIn { (core) ->
        val id = core.requests.beginDraft(CARD_ORDER)
        val endless = object : InputStream() {
            override fun read(): Int = 0x50

            override fun read(into: ByteArray, offset: Int, length: Int): Int = length
        }
        for (unknown in listOf(null, -1L)) {
            var opened = 0
            val file = PickedFile("Хэмжээгүй.png", "image/png", unknown) {
                opened++
                Drip(png(300_000))
            }
            assertEquals(300_000L, core.requests.attach(id, "photo", file).files.single { it.field == "photo" }.size)
            assertEquals(2, opened)
        }

        val failure = failureOf { core.requests.attach(id, "photo", PickedFile("Төгсгөлгүй.png", "image/png", null) { endless }) }

        assertEquals(CoreFailure.Invalid("attachment", "attachment.too_large"), failure)
    }

    @Test
    fun `a file is read one piece ahead of what is kept, however slowly that goes`() = test {
        Executors.newSingleThreadExecutor().asCoroutineDispatcher().use { reader ->
            var read = 0
            val counted = object : ByteArrayInputStream(png(3_000_000)) {
                override fun read(into: ByteArray, offset: Int, length: Int): Int =
                    super.read(into, offset, length).also { read += maxOf(it, 0) }
            }
            var kept = 0
            var ahead = 0

            PickedFile("Өргөн.png", "image/png", 3_000_000) { counted }.pieces(reader).collect { piece ->
                kept += piece.size
                ahead = maxOf(ahead, withContext(reader) { read } - kept) // runs when the reader can do no more
            }

            assertEquals(3_000_000 to 256 * 1024, kept to ahead)
        }
    }

    @Test
    fun `a file that is not as long as it was said is told as one that changed`() = signedIn { (core) ->
        val id = core.requests.beginDraft(CARD_ORDER)
        suspend fun refused(said: Long): String? {
            val file = PickedFile("Өөрчлөгдсөн.png", "image/png", said) { Drip(png(3_000)) }
            return (failureOf { core.requests.attach(id, "photo", file) } as CoreFailure.Invalid).reason
        }

        val reasons = listOf(refused(said = 2_000), refused(said = 4_000))

        assertEquals(listOf("attachment.larger_than_said", "attachment.incomplete"), reasons)
        for (language in Language.entries) {
            val words = reasons.map { ErrorTexts.ofReason(it, language) }.toSet()
            assertEquals(1, words.size)
            assertNotEquals(ErrorTexts.ofReason("attachment", language), words.single())
        }
    }

    @Test
    fun `a register fills in what the citizen agreed to, until they take it back`() = signedIn { (core) ->
        val id = core.requests.beginDraft(CARD_ORDER)
        core.requests.answer(id, "citizen/firstname", "Өөрийн бичсэн")
        val offer = core.requests.draft(id).offers.single()
        assertEquals(null to null, offer.agreed to offer.missing)
        assertTrue("regnum" in offer.fields && "citizen/firstname" !in offer.fields && "үнэмлэх" in offer.title.mn)

        val filled = core.requests.prefill(id, offer.operation, agreed = true)
        assertEquals(REGNUM to offer.operation, filled.field("regnum").let { it.shown?.mn to it.prefilledFrom })
        assertEquals("Өөрийн бичсэн" to null, filled.field("citizen/firstname").let { it.value to it.prefilledFrom })
        val other = core.requests.draft(core.requests.beginDraft(CARD_ORDER))
        assertEquals(true to offer.operation, other.offers.single().agreed to other.field("regnum").prefilledFrom)
        val taken = core.requests.prefill(id, offer.operation, agreed = false)
        assertEquals(false to null, taken.offers.single().agreed to taken.field("regnum").value)
    }

    @Test
    fun `an answer that a new form has no place for is set aside and shown`() = signedIn { (core, sandbox, phone) ->
        sandbox.publish("service/$CARD_ORDER", 101, service(101, "name", "colour"))
        val id = core.requests.beginDraft(CARD_ORDER)
        core.requests.answer(id, "name", "Үүрийнтуяа")
        core.requests.answer(id, "colour", "Хөх өнгө")
        core.stop()
        sandbox.publish("service/$CARD_ORDER", 102, service(102, "name", "why"))
        phone.settings().cacheDir.deleteRecursively() // as the platform does that needs room

        val again = phone.start()
        val draft = again.requests.draft(id)

        assertEquals("Үүрийнтуяа", draft.field("name").value)
        val aside = draft.setAside.single()
        assertEquals("colour" to "Хөх өнгө", aside.title.mn to aside.value.mn)
        assertTrue(aside.message.mn.isNotBlank() && "$aside" == "SetAside(***)")
        assertEquals(listOf("why"), draft.newlyRequired)
        again.stop()
    }
}

/** A service with a form of two short texts that must be answered. */
private fun service(version: Int, vararg fields: String): JSONObject {
    val properties = fields.joinToString { """"$it": { "type": "string", "maxLength": 40 }""" }
    val names = fields.joinToString { "\"$it\"" }
    return JSONObject(
        """
        {
          "id": "$CARD_ORDER", "organisation_id": "0123456789abcdef00000000", "name": { "mn": "Өгөөмөр үйлчилгээ" },
          "kind": "order", "fee": null, "duration": null, "online": true, "area_codes": [], "sample": true,
          "popularity": 0, "requirements": [],
          "form": {
            "version": $version, "sample": true,
            "schema": {
              "${'$'}schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
              "additionalProperties": false, "required": [$names], "properties": { $properties }
            },
            "presentation": { "sections": [{ "fields": [$names] }], "fields": {} }
          }
        }
        """,
    )
}
