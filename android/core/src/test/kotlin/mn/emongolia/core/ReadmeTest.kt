package mn.emongolia.core

import java.io.File
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.launch
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test

/** `ReadmePage.kt` is compiled here; the README shows exactly that. */
class ReadmeTest {
    private val page = File("src/test/kotlin/mn/emongolia/core/ReadmePage.kt").readText()
        .substringAfter("// README: from here\n").substringBefore("// README: to here")

    @Test
    fun `the page in the README is the one that compiles`() {
        val shown = File("../README.md").readText().substringAfter("```kotlin\n", "").substringBefore("```")

        assertEquals(page, shown)
    }

    @Test
    fun `whoever signs in, locks and proves themselves is waited for, wherever the app was meanwhile`() = test {
        Sandbox().use { sandbox ->
            Phone(sandbox).use { phone ->
                val died = phone.start()
                lateinit var callback: String
                signIn(died) { callback = sandbox.signInInBrowser(it) }
                died.stop()
                val core = phone.start()
                core.lifeCycle.reach(LifeState.BACKGROUND)
                val citizen = backFromBrowser(core, callback)
                assertEquals("Эрдэнэбат" to LifeState.BACKGROUND, citizen.givenName to core.lifeCycle.state)

                core.lifeCycle.reach(LifeState.FOREGROUND)
                var asked = 0
                val browse: suspend (String) -> Unit = { url ->
                    core.lifeCycle.reach(LifeState.BACKGROUND)
                    backFromBrowser(core, sandbox.signInInBrowser(url))
                }
                val proven = proven(core, browse) {
                    if (asked++ == 0) throw CoreFailure.StepUpRequired(60.seconds, null)
                    core.session.citizen()
                }
                assertEquals(citizen to 2, proven to asked)

                core.lifeCycle.reach(LifeState.FOREGROUND)
                core.lock.setPin("480251")
                core.lock.lock()
                core.lifeCycle.reach(LifeState.BACKGROUND)
                val hints = mutableListOf<String?>()
                assertTrue(unlock(core, Language.MN) { hint, _ -> listOf("975310", "480251")[hints.size].also { hints += hint } })
                assertTrue("$hints", core.lock.status().isOpen && hints[0] == null && "9" in hints[1]!!)
                core.stop()
            }
        }
    }

    @Test
    fun `who has typed too many wrong PINs is told when to go on`() = signedIn { (core) ->
        core.lock.setPin("480251")
        core.lock.lock()
        val asked = Channel<Pair<String?, Duration>>(Channel.UNLIMITED)
        val screen = launch {
            var tries = 0
            unlock(core, Language.MN) { hint, after ->
                asked.send(hint to after)
                if (tries++ < 4) "975310" else awaitCancellation()
            }
        }

        val told = List(5) { asked.receive() }

        assertTrue("$told", told.take(3).all { (_, after) -> after == Duration.ZERO } && told[3].second > Duration.ZERO)
        assertTrue("$told", "секундын дараа" in told[4].first!!)
        screen.cancelAndJoin()
    }

    @Test
    fun `what is filled in survives the app, is sent once, and its fee is paid`() = signedIn { (core, sandbox, phone) ->
        core.sync(PATIENCE)
        val draft = core.requests.beginDraft(CREDIT)
        val pages = mutableListOf<Draft>()
        fill(core, draft, flowOf("forUsage" to "Өрнөх Үүр банканд"), pages::add)
        assertEquals(listOf(false, true), pages.map { it.form.complete })
        core.stop()

        val again = phone.start()
        assertNull(submit(again, draft) { false })
        val sent = submit(again, draft) { true }!!
        again.outbox.flush(PATIENCE)
        assertEquals(OperationState.DONE, again.outbox.operation(sent.id).state)
        val request = again.requests.page().value.items.single().id!!
        lateinit var invoice: String
        pay(again, request, choose = { it.also { invoice = it.id }.links.first() }) {
            sandbox.pay(invoice)
            again.lifeCycle.want(LifeState.BACKGROUND)
        }
        again.lifeCycle.settled()
        backFromBank(again, request)
        again.lifeCycle.reach(LifeState.FOREGROUND)
        again.changes(Area.REQUESTS).first { again.requests.payment(request).state == PaymentState.PAID }
        assertEquals(1, sandbox.requests().size)
        again.stop()
    }

    @Test
    fun `what could not be done is told`() = signedIn { (core) ->
        val shown = mutableListOf<ErrorText>()

        told(Language.MN, shown::add) { submit(core, core.requests.beginDraft(CREDIT)) { true } }

        assertEquals(listOf(Remedy.MEND_FIELD), shown.map { it.remedy })
    }

    @Test
    fun `a screen that comes back to the front reads, reads again what changed, and survives what fails`() = signedIn { (core) ->
        core.sync(PATIENCE)
        val draft = core.requests.beginDraft(CREDIT)
        fill(core, draft, flowOf("forUsage" to "Өргөө")) {}
        core.lifeCycle.want(LifeState.BACKGROUND)
        core.lifeCycle.want(LifeState.FOREGROUND)
        val (shown, told) = Channel<Int>(Channel.UNLIMITED) to Channel<CoreFailure>(Channel.UNLIMITED)

        val screen = keepFresh(core, { page -> shown.trySend(page.value.items.size) }, { told.trySend(it) })
        assertEquals(0, shown.receive())
        submit(core, draft) { true }
        while (shown.receive() != 1) Unit
        assertTrue(told.tryReceive().isFailure)
        screen.cancelAndJoin()
        core.stop()
        keepFresh(core, { shown.trySend(-1) }, { told.trySend(it) }).join()

        // Nothing can be read any more, and the screen lives to tell it.
        assertEquals(CoreFailure.NotAvailable(), told.receive())
    }

    /** Only the adapters know the generated names, and the platform's part none of them. */
    @Test
    fun `generated types stay in the adapters`() {
        val importing = File("src/main/kotlin").walk().filter { it.isFile && "mn.emongolia.ffi" in it.readText() }.map { it.name }.toSet()

        val calls = setOf("AppLock.kt", "Areas.kt", "Calls.kt", "CoreFailure.kt", "CoreLibrary.kt", "EMongolia.kt", "Lent.kt", "Portal.kt")
        assertEquals(calls + setOf("FromCore.kt", "ToCore.kt"), importing)
    }
}
