package mn.emongolia.core

import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test

/** A browser is let in, kept out, and told from others, through the real library, against the real sandbox. */
class PortalTest {
    @Test
    fun `a browser is let in by its number, another is kept out, and a code of nobody's is not looked at`() = signedIn { (core, sandbox) ->
        val browser = sandbox.PortalBrowser()
        val (address, number, _) = browser.look()
        assertEquals(CoreFailure.Invalid("qr", "portal.not_ours"), failureOf { core.portal.preview("$address?Ө") })

        val asked = core.portal.preview(address!!)
        assertTrue("$asked", asked.numbers.size == 3 && number!! in asked.numbers && asked.service.mn.isNotEmpty())
        val approved = core.outbox.settle(core.portal.approve(asked.id, number!!), PATIENCE)
        assertEquals(OperationState.DONE, approved.state)
        assertTrue("та нэвтэрлээ" in browser.look().third)

        val other = sandbox.PortalBrowser()
        val refused = core.portal.preview(other.look().first!!)
        assertEquals(OperationState.DONE, core.outbox.settle(core.portal.refuse(refused.id), PATIENCE).state)
        assertFalse("та нэвтэрлээ" in other.look().third)
        val late = core.outbox.settle(core.portal.approve(refused.id, refused.numbers[0]), PATIENCE)
        assertEquals(OperationState.WEDGED to "sign_in_answered", late.state to late.problem)
        assertTrue(core.portal.putAway(late.id))
        assertEquals(OperationState.CANCELLED, core.outbox.operation(late.id).state)
        assertFalse(core.portal.putAway(approved.id))
        assertEquals(CoreFailure.Invalid("web_sign_in", "id.malformed"), failureOf { core.portal.refuse("../Ү") })
    }
}
