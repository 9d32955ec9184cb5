package mn.emongolia.core

import java.io.File
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import org.junit.Assert.assertEquals
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
    fun `and it does what it says`() = test {
        Sandbox().use { sandbox ->
            Phone(sandbox).use { phone ->
                val core = phone.start()
                val citizen = signIn(core) { sandbox.signInInBrowser(it) }
                assertEquals("Эрдэнэбат", citizen.givenName)
                val service = core.catalogue.search("иргэний үнэмлэхийн лавлагаа").value.items.first { it.service.online }.service.id

                val shown = mutableListOf<ErrorText>()
                told(Language.MN, shown::add) { apply(core, service, mapOf("forUsage" to "Өргөө")) { true } }
                told(Language.MN, shown::add) { apply(core, service, emptyMap()) { true } }

                assertEquals(1, sandbox.requests().size)
                assertEquals(listOf(Remedy.MEND_FIELD), shown.map { it.remedy })
                core.lock.setPin("480251")
                core.lock.lock()
                val hints = mutableListOf<String?>()
                unlock(core, Language.MN) { hint -> listOf("975310", "480251")[hints.size].also { hints += hint } }
                assertTrue("$hints", core.lock.status().isOpen && hints[0] == null && "9" in hints[1]!!)
                var asked = 0
                val made = proven(core, { sandbox.signInInBrowser(it) }) {
                    if (asked++ == 0) throw CoreFailure.StepUpRequired(60.seconds, null)
                    core.session.citizen()
                }
                assertEquals(citizen to 2, made to asked)
                core.stop()
            }
        }
    }

    @Test
    fun `a screen that comes back to the front reads, reads again what changed, and survives what fails`() = test {
        Sandbox().use { sandbox ->
            Phone(sandbox).use { phone ->
                val core = phone.start()
                signIn(core) { sandbox.signInInBrowser(it) }
                val service = core.catalogue.search("иргэний үнэмлэхийн лавлагаа").value.items.first { it.service.online }.service.id
                core.lifeCycle.want(LifeState.BACKGROUND)
                core.lifeCycle.want(LifeState.FOREGROUND)
                val (shown, told) = Channel<Int>(Channel.UNLIMITED) to Channel<CoreFailure>(Channel.UNLIMITED)

                val screen = keepFresh(core, { page -> shown.trySend(page.value.items.size) }, { told.trySend(it) })
                assertEquals(0, shown.receive())
                apply(core, service, mapOf("forUsage" to "Өргөө")) { true }
                while (shown.receive() != 1) Unit
                assertTrue(told.tryReceive().isFailure)
                screen.cancelAndJoin()
                core.stop()
                keepFresh(core, { shown.trySend(-1) }, { told.trySend(it) }).join()

                // Nothing can be read any more, and the screen lives to tell it.
                assertEquals(CoreFailure.NotAvailable(), told.receive())
            }
        }
    }

    /** Only the adapters know the generated names, and the platform's part none of them. */
    @Test
    fun `generated types stay in the adapters`() {
        val importing = File("src/main/kotlin").walk().filter { it.isFile && "mn.emongolia.ffi" in it.readText() }.map { it.name }.toSet()

        val calls = setOf("AppLock.kt", "Areas.kt", "Calls.kt", "CoreFailure.kt", "CoreLibrary.kt", "EMongolia.kt", "Lent.kt", "Portal.kt")
        assertEquals(calls + setOf("FromCore.kt", "ToCore.kt"), importing)
    }
}
