package mn.emongolia.core

import java.io.File
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.first
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertTrue
import org.junit.Test

private const val PIN = "480251"
private const val OTHER_PIN = "112358"
private const val WRONG_PIN = "975310"

/** Real estate reference: the sandbox gives it to a proof of the last five minutes. */
private const val REAL_ESTATE = "b25ab0463e28fb55ee239ef3"

/** The app lock and the step-up, through the real library, against the real sandbox. */
class LockTest {
    private val wrong = CoreFailure.Invalid("pin", "lock.wrong")

    @Test
    fun `a PIN is set, shuts what is personal, opens it, is changed and removed`() = signedIn { (core, sandbox) ->
        val before = core.lock.status()
        assertEquals(listOf(false, true, false), before.run { listOf(isSet, isOpen, biometric) })
        assertEquals(CoreFailure.NotAvailable(), failureOf { core.lock.lock() })
        assertEquals(CoreFailure.Invalid("pin", "lock.weak"), failureOf { core.lock.setPin("123456") })
        assertEquals(CoreFailure.Invalid("pin", "lock.form"), failureOf { core.lock.setPin("нууцүг") })
        core.lock.setPin(PIN)
        assertEquals(CoreFailure.Invalid("pin", "lock.current"), failureOf { core.lock.setPin(OTHER_PIN) })
        core.lock.touch()

        coroutineScope {
            val told = async(start = CoroutineStart.UNDISPATCHED) { core.events().first { it == Event.Changed(Area.SESSION) } }
            core.lock.lock()
            told.await()
        }

        assertEquals(listOf(true, false), core.lock.status().run { listOf(isSet, isOpen) })
        assertEquals(SessionState.Locked, core.session.state())
        assertEquals(CoreFailure.Locked(), failureOf { core.session.citizen() })
        assertEquals(CoreFailure.Locked(), failureOf { core.requests.page() })
        assertEquals(CoreFailure.Locked(), failureOf { core.inbox.unread() })
        core.catalogue.refresh()
        assertTrue("public", core.catalogue.services().value.items.isNotEmpty())
        val tries = core.lock.status().triesLeft
        val asked = sandbox.exchanges("listRequests")
        assertEquals(wrong, failureOf { core.lock.unlock(WRONG_PIN) })
        assertEquals(tries - 1, core.lock.status().triesLeft)
        core.lock.unlock(PIN)
        assertTrue(core.lock.status().run { isOpen && triesLeft == tries && wait == Duration.ZERO })
        assertEquals("opening asks nobody", asked, sandbox.exchanges("listRequests"))
        assertEquals(REGNUM, core.session.citizen().registrationNumber)

        assertEquals(wrong, failureOf { core.lock.changePin(WRONG_PIN, OTHER_PIN) })
        core.lock.changePin(PIN, OTHER_PIN)
        core.lock.lock()
        assertEquals(wrong, failureOf { core.lock.unlock(PIN) })
        core.lock.unlock(OTHER_PIN)
        core.lock.removePin(OTHER_PIN)
        assertEquals(listOf(false, true), core.lock.status().run { listOf(isSet, isOpen) })
        assertEquals(CoreFailure.NotAvailable(), failureOf { core.lock.lock() })
        assertTrue(core.signOut().revoked)
    }

    @Test
    fun `a core that starts under a PIN is shut, a few wrong ones make it wait, and nothing is lost`() = signedIn { (core, _, phone) ->
        core.lock.setPin(PIN)
        core.catalogue.refresh()
        core.catalogue.rememberSearch("Өвлийн нүүрс")
        core.stop()

        val again = phone.start()
        assertFalse(again.lock.status().isOpen)
        assertEquals(CoreFailure.Locked(), failureOf { again.catalogue.recentSearches() })
        repeat(3) { assertEquals(wrong, failureOf { again.lock.unlock(WRONG_PIN) }) }
        val waiting = failureOf { again.lock.unlock(PIN) } as CoreFailure.Busy
        assertTrue("$waiting", waiting.retryAfter!! in 1.seconds..30.seconds && again.lock.status().wait > 0.seconds)
        again.stop()

        val recovered = phone.start() // the wait outlives the process
        assertTrue("${recovered.lock.status()}", failureOf { recovered.lock.unlock(PIN) } is CoreFailure.Busy)
        recovered.stop()
        assertFalse(phone.log.any { PIN in it.message || WRONG_PIN in it.message })
    }

    @Test
    fun `a finger opens besides the PIN, and no more once another one is enrolled`() = signedIn { (core, _, phone) ->
        val off = CoreFailure.Invalid("biometric", "lock.biometry_off")
        assertEquals(CoreFailure.Invalid("pin", "lock.not_set"), failureOf { core.lock.setBiometric(true) })
        core.lock.setPin(PIN)
        core.lock.lock()
        assertEquals(off, failureOf { core.lock.unlockByBiometry() })
        core.lock.unlock(PIN)
        core.lock.setBiometric(true)
        assertEquals("sealing asks nobody", 0, phone.finger.prompts)

        core.lock.lock()
        phone.finger.refusal = PortFailure.Cancelled()
        assertEquals(CoreFailure.Cancelled(), failureOf { core.lock.unlockByBiometry() })
        phone.finger.refusal = PortFailure.Unavailable()
        assertEquals(CoreFailure.NotAvailable(), failureOf { core.lock.unlockByBiometry() })
        phone.finger.refusal = null
        val tries = core.lock.status().triesLeft
        core.lock.unlockByBiometry()
        assertEquals(listOf(true, true), core.lock.status().run { listOf(isOpen, biometric) })
        assertEquals("a prompt is no try", tries, core.lock.status().triesLeft)
        assertEquals(REGNUM, core.session.citizen().registrationNumber)

        core.lock.lock()
        phone.enrolment.delete()
        assertEquals(CoreFailure.Invalid("biometric", "lock.biometry_changed"), failureOf { core.lock.unlockByBiometry() })
        assertFalse(core.lock.status().run { isOpen || biometric })
        core.lock.unlock(PIN)
        core.lock.setBiometric(true)
        core.lock.setBiometric(false)
        core.lock.lock()
        assertEquals(off, failureOf { core.lock.unlockByBiometry() })
        core.lock.unlock(PIN)
    }

    @Test
    fun `what is kept is shown to its citizen, and erased also by somebody who can't open it`() = signedIn { (core, _, phone) ->
        core.catalogue.rememberSearch("Өвлийн нүүрс")
        val told = core.export().decodeToString()
        assertTrue(told, REGNUM in told && "Өвлийн нүүрс" in told)
        core.lock.setPin(PIN)
        core.lock.lock()
        assertEquals(CoreFailure.Locked(), failureOf { core.export() })

        core.erase()

        assertFalse(core.lock.status().isSet)
        assertEquals(SessionState.SignedOut, core.session.state())
        assertEquals(emptyList<String>(), File(phone.folder, "secrets").list()!!.toList())
    }

    @Test
    fun `a request that wants a newer proof waits for it, and goes once the citizen has given it`() = signedIn { (core, sandbox) ->
        core.sync(PATIENCE)
        val form = core.requests.form(REAL_ESTATE).value
        val answers = form.fields.filter { it.required }.associate { it.name to "Өргөө" }
        val confirmation = core.requests.confirm(REAL_ESTATE, answers)
        sandbox.advanceClock(6.minutes)

        val operation = core.requests.submit(confirmation.id)
        val stuck = core.outbox.settle(operation, PATIENCE)
        assertEquals(OperationState.WEDGED to "step_up", stuck.state to stuck.problem)
        assertNotEquals(ErrorTexts.ofReason(null, Language.MN), ErrorTexts.ofReason(stuck.problem, Language.MN))
        val callback = sandbox.signInInBrowser(core.session.stepUp(CoreFailure.StepUpRequired(5.minutes, null)).url)
        assertEquals(REGNUM, core.session.complete(callback).registrationNumber)
        core.outbox.retry(operation)
        core.outbox.flush(PATIENCE)

        assertEquals(OperationState.DONE, core.outbox.operation(operation).state)
        assertEquals(REAL_ESTATE, sandbox.requests().single().getString("service_id"))
    }
}
