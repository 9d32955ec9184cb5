package mn.emongolia.core

import java.io.File
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.first
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test

/** Citizen identity card reference, and residence address reference: both free, both with one question. */
private const val IDENTITY_CARD = "ac8a53815d8d42a6acdb791f"
private const val ADDRESS = "b7a16b60dab000113be58e49"
private const val RECIPIENT = "Өрнөх Үүр банк, Өргөө салбар"
private const val SECOND_RECIPIENT = "Үлгэрийн Өлгий цэцэрлэг"
private const val NOTE = "Лавлагаа бэлэн боллоо, Өлзийт өдөр хүргэе."
/** A clerk's step is hinted at twice: in the requests and in the inbox. */
private const val HINTS = 2
private const val TOKEN = "fcm:errand-1"

/** The errand of `cargo demo`, from Kotlin, over TLS, against the real sandbox. */
class ErrandTest {
    @Test
    fun `a citizen's whole errand happens once and leaves nothing behind`() = test {
        Sandbox().use { sandbox ->
            Phone(sandbox).use { phone ->
                val core = phone.start()
                arrive(core, sandbox)
                val request = apply(core, sandbox)
                beTold(core, sandbox, request)
                sandbox.kill()
                readOffline(core, request)
                val second = queue(core)
                core.stop()
                sandbox.restart()
                val again = phone.start()
                exactlyOneOfEach(again, sandbox, second)
                leave(again, phone)
                assertEquals(emptyList<Any>(), sandbox.violations())
            }
        }
    }

    private suspend fun arrive(core: EMongolia, sandbox: Sandbox) {
        assertEquals(SessionState.SignedOut, core.session.state())
        val authorization = core.session.begin()
        assertTrue(core.session.state() is SessionState.SigningIn)
        val citizen = core.session.complete(sandbox.signInInBrowser(authorization.url))
        assertEquals("Эрдэнэбат" to REGNUM, citizen.givenName to citizen.registrationNumber)
        assertEquals("Ө.Эрдэнэбат", (core.session.state() as SessionState.Active).citizen.name)

        val report = core.sync(PATIENCE)
        assertTrue("$report", report.steps.none { it.outcome is StepOutcome.Failed })
        val hits = core.catalogue.search("ТӨРСНИЙ бүртгэл").value.items.map { it.service }
        assertTrue("${hits.map { it.name.mn }}", hits.any { it.name.mn == "Төрсний бүртгэлийн лавлагаа" })
        assertTrue(core.catalogue.search("ИРГЭНИЙ ҮНЭМЛЭХ").value.items.any { it.service.id == IDENTITY_CARD })
        val service = core.catalogue.service(IDENTITY_CARD)
        assertEquals("Иргэний үнэмлэхийн лавлагаа" to Fee.Free, service.value.service.name.mn to service.value.service.fee)
        assertNotNull(service.asOf)
    }

    /** The sandbox takes the request and drops its reply: the phone sends the same again, and it counts once. */
    private suspend fun apply(core: EMongolia, sandbox: Sandbox): String {
        val form = core.requests.form(IDENTITY_CARD).value
        core.requests.form(ADDRESS) // looked at while there is a network
        assertEquals(listOf("forUsage"), form.fields.map { it.name })
        assertEquals(FieldKind.Text(maxLength = 120, multiline = false), form.fields.single().kind)
        val confirmation = core.requests.confirm(IDENTITY_CARD, mapOf("forUsage" to RECIPIENT))
        assertEquals(listOf(RECIPIENT), confirmation.lines.map { it.value.mn })
        assertEquals(0, sandbox.requests().size)

        sandbox.fault("createRequest", "drop_reply")
        val operation = core.requests.submit(confirmation.id)
        assertEquals(operation, core.requests.submit(confirmation.id))
        core.outbox.settle(operation, PATIENCE)
        assertEquals(FlushOutcome.DRAINED, core.outbox.flush(PATIENCE))

        assertEquals("the reply was dropped", 0, sandbox.faultsWaiting())
        assertEquals("and the same was sent again", 2, sandbox.exchanges("createRequest"))
        assertEquals(OperationState.DONE, core.outbox.operation(operation).state)
        val there = sandbox.requests().single()
        core.requests.refresh()
        val here = core.requests.page().value.items.single()
        assertEquals(there.getString("number"), here.number)
        assertEquals(RequestStanding.At(RequestStatus.SUBMITTED), here.standing)
        return there.getString("id")
    }

    /** The clerk approves, the push comes to the phone as bytes, and the inbox has the outcome. */
    private suspend fun beTold(core: EMongolia, sandbox: Sandbox, request: String) = coroutineScope {
        core.outbox.settle(core.push.register(TOKEN), PATIENCE)
        sandbox.advance(request, "PROCESSING")
        core.sync(PATIENCE)
        assertEquals(RequestStatus.PROCESSING, core.requests.detail(request).value.history.last().status)
        repeat(HINTS) { core.handlePush(sandbox.pollPush(TOKEN)!!, PATIENCE) }
        val heard = async { core.events().first { it == Event.Changed(Area.INBOX) } }

        sandbox.advance(request, "GRANTED", mapOf("mn" to NOTE, "en" to "Ready."))
        val news = List(HINTS) { core.handlePush(sandbox.pollPush(TOKEN)!!, PATIENCE) }
        assertTrue("$news", true in news)

        heard.await()
        val unread = core.inbox.unread()
        val message = core.inbox.page(MessageFilter.UNREAD).value.items.first()
        assertTrue(message.body.mn, NOTE in message.body.mn)
        val operation = core.inbox.markRead(message.id)
        assertEquals(unread - 1, core.inbox.unread())
        assertEquals(OperationState.DONE, core.outbox.settle(operation, PATIENCE).state)
        assertFalse(core.inbox.message(message.id).value.pending)
        val detail = core.requests.detail(request).value
        assertEquals(RequestStanding.At(RequestStatus.GRANTED), detail.summary.standing)
        assertEquals(ActorKind.CLERK, detail.history.last().actor.kind)
        assertEquals(FieldValue.Text(RECIPIENT), detail.form["forUsage"])
        val progress = detail.summary.progress
        assertEquals("Хүсэлтийг зөвшөөрсөн.", progress.headline.mn)
        assertEquals(WhoActs.ORGANISATION to 2, progress.whoActs to progress.changedSinceSeen)
        core.requests.seen(detail)
        assertEquals(0, core.requests.detail(request).value.summary.progress.changedSinceSeen)
    }

    private suspend fun readOffline(core: EMongolia, request: String) {
        assertTrue(core.catalogue.search("төрсний бүртгэл").run { value.items.isNotEmpty() && asOf != null })
        assertNotNull(core.catalogue.service(IDENTITY_CARD).asOf)
        assertNotNull(core.requests.page().asOf)
        assertEquals(request, core.requests.detail(request).value.summary.id)
        assertTrue(core.inbox.page().run { value.items.isNotEmpty() && asOf != null })
        val steps = core.sync(5.seconds).steps
        assertTrue("$steps", steps.any { it.outcome == StepOutcome.Failed(CoreFailure.Offline()) })
    }

    private suspend fun queue(core: EMongolia): String {
        val confirmation = core.requests.confirm(ADDRESS, mapOf("forUsage" to SECOND_RECIPIENT))
        val operation = core.requests.submit(confirmation.id)
        core.outbox.settle(operation, 2.seconds)
        val listed = core.requests.page().value.items
        assertEquals(RequestStanding.Waiting(operation), listed.first().standing)
        assertEquals(2, listed.size)
        return operation
    }

    private suspend fun exactlyOneOfEach(core: EMongolia, sandbox: Sandbox, second: String) {
        assertEquals(FlushOutcome.DRAINED, core.outbox.flush(PATIENCE))
        assertEquals(OperationState.DONE, core.outbox.operation(second).state)
        core.sync(PATIENCE)
        assertEquals(setOf(IDENTITY_CARD, ADDRESS), sandbox.requests().map { it.getString("service_id") }.toSet())
        assertEquals(2, sandbox.requests().size)
        val here = core.requests.page().value.items
        assertEquals(sandbox.requests().map { it.getString("number") }.toSet(), here.map { it.number }.toSet())
        assertTrue(here.all { it.standing is RequestStanding.At })
    }

    private suspend fun leave(core: EMongolia, phone: Phone) {
        val personal = listOf(RECIPIENT, SECOND_RECIPIENT, NOTE, REGNUM, "Эрдэнэбат")
        assertEquals("sealed", emptyList<String>(), found(phone.folder, personal))
        assertTrue(core.signOut().revoked)
        assertEquals(SessionState.SignedOut, core.session.state())
        assertEquals(emptyList<RequestSummary>(), core.requests.page().value.items)
        assertNull(core.inbox.page().value.items.firstOrNull())
        core.stop()
        assertEquals(emptyList<String>(), found(phone.folder, personal))
        // The search can find: what is written as it is, it sees.
        File(phone.folder, "control").writeText(RECIPIENT)
        assertEquals(listOf(RECIPIENT), found(phone.folder, personal))
    }

    private fun found(folder: File, values: List<String>): List<String> {
        val files = folder.walk().filter(File::isFile).map { it.readBytes().toString(Charsets.ISO_8859_1) }.toList()
        return values.filter { value ->
            val bytes = value.toByteArray().toString(Charsets.ISO_8859_1)
            files.any { bytes in it }
        }
    }
}
