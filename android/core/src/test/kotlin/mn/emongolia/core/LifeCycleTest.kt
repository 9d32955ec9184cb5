package mn.emongolia.core

import java.util.Collections
import kotlin.time.Duration
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test

class LifeCycleTest {
    private val scope = CoroutineScope(Job() + Dispatchers.Default)
    private val done: MutableList<String> = Collections.synchronizedList(mutableListOf())

    /** A core whose transitions take as long as the test wants. */
    private inner class Slow(private val gate: CompletableDeferred<Unit>, val begun: CompletableDeferred<Unit>) : Transitions {
        override suspend fun suspend(deadline: Duration) = slowly("suspend")

        override suspend fun resume() = slowly("resume")

        override suspend fun shutdown(deadline: Duration) = slowly("shutdown")

        private suspend fun slowly(what: String) {
            begun.complete(Unit)
            gate.await()
            done += what
        }
    }

    private val gate = CompletableDeferred<Unit>()
    private val begun = CompletableDeferred<Unit>()
    private val life = LifeCycle(Slow(gate, begun), scope)

    @After
    fun end() = scope.cancel()

    @Test
    fun `calls during a transition coalesce and the last one wins`() = test {
        life.want(LifeState.BACKGROUND)
        begun.await()
        repeat(50) {
            life.want(LifeState.FOREGROUND)
            life.want(LifeState.BACKGROUND)
        }
        life.want(LifeState.FOREGROUND)

        gate.complete(Unit)
        life.reach(LifeState.FOREGROUND)

        assertEquals(listOf("suspend", "resume"), done)
    }

    @Test
    fun `what is already so needs no transition`() = test {
        gate.complete(Unit)

        life.reach(LifeState.FOREGROUND)
        life.reach(LifeState.BACKGROUND)
        life.reach(LifeState.BACKGROUND)

        assertEquals(listOf("suspend"), done)
    }

    @Test
    fun `stopped is for good`() = test {
        life.want(LifeState.BACKGROUND)
        begun.await()
        life.want(LifeState.STOPPED)
        life.want(LifeState.FOREGROUND)

        gate.complete(Unit)
        life.reach(LifeState.FOREGROUND) // returns: nothing else can be wanted

        assertEquals(listOf("suspend", "shutdown"), done)
        assertEquals(LifeState.STOPPED, life.state)
    }

    @Test
    fun `a transition past its deadline is told and has taken place`() = test {
        val late = object : Transitions {
            override suspend fun suspend(deadline: Duration) = throw CoreFailure.Timeout()

            override suspend fun resume() = Unit

            override suspend fun shutdown(deadline: Duration) = Unit
        }
        val life = LifeCycle(late, scope)

        life.reach(LifeState.BACKGROUND)
        assertEquals(CoreFailure.Timeout(), life.lastProblem)
        life.reach(LifeState.FOREGROUND)

        assertNull(life.lastProblem)
    }

    /** A core that can't be resumed while it is locked. */
    private inner class Lockable(@Volatile var locked: Boolean = false) : Transitions {
        override suspend fun suspend(deadline: Duration) {
            done += "suspend"
        }

        override suspend fun resume() {
            done += "resume"
            if (locked) throw CoreFailure.Locked()
        }

        override suspend fun shutdown(deadline: Duration) {
            done += "shutdown"
        }
    }

    @Test
    fun `a resume that failed is told, has not taken place, and can be wanted again`() = test {
        val core = Lockable(locked = true)
        val life = LifeCycle(core, scope)
        life.reach(LifeState.BACKGROUND)

        assertEquals(CoreFailure.Locked(), failureOf { life.reach(LifeState.FOREGROUND) })
        assertEquals(LifeState.BACKGROUND, life.state)
        assertEquals(CoreFailure.Locked(), life.lastProblem)
        life.reach(LifeState.BACKGROUND) // is so
        core.locked = false
        life.reach(LifeState.FOREGROUND)

        assertEquals(LifeState.FOREGROUND, life.state)
        assertEquals(listOf("suspend", "resume", "resume"), done)
    }

    @Test
    fun `a suspended core is awake while there is work and suspended once all of it has ended`() = test {
        val life = LifeCycle(Lockable(), scope)
        life.reach(LifeState.BACKGROUND)
        val (first, second) = List(2) { CompletableDeferred<Unit>() }
        val (begun, alsoBegun) = List(2) { CompletableDeferred<Unit>() }
        val one = launch { life.during { begun.complete(Unit); first.await() } }
        val other = launch { life.during { alsoBegun.complete(Unit); second.await() } }
        begun.await()
        alsoBegun.await()

        first.complete(Unit)
        one.join()
        assertEquals(LifeState.FOREGROUND, life.state)
        other.cancelAndJoin()

        assertEquals(LifeState.BACKGROUND, life.state)
        assertEquals(listOf("suspend", "resume", "suspend"), done)
    }

    @Test
    fun `work during which the app comes to the front suspends nothing`() = test {
        val life = LifeCycle(Lockable(), scope)
        life.reach(LifeState.BACKGROUND)

        life.during { life.reach(LifeState.FOREGROUND) }

        assertEquals(LifeState.FOREGROUND, life.state)
        assertEquals(listOf("suspend", "resume"), done)
    }

    @Test
    fun `work for which the core can't be resumed is refused and not tried for ever`() = test {
        val life = LifeCycle(Lockable(locked = true), scope)
        life.reach(LifeState.BACKGROUND)

        assertEquals(CoreFailure.Locked(), failureOf { life.during { throw AssertionError("not awake") } })

        assertEquals(LifeState.BACKGROUND, life.state)
        assertEquals(listOf("suspend", "resume"), done)
    }

    @Test
    fun `the real core is suspended, resumed and stopped`() = withCore { core ->
        core.lifeCycle.reach(LifeState.BACKGROUND)
        assertEquals(CoreFailure.NotAvailable(), failureOf { core.catalogue.organisations() })
        core.lifeCycle.reach(LifeState.FOREGROUND)
        assertEquals(emptyList<Organisation>(), core.catalogue.organisations().value.items)

        core.stop()

        assertNull(core.lifeCycle.lastProblem)
        assertEquals(CoreFailure.NotAvailable(), failureOf { core.catalogue.organisations() })
        assertTrue(core.lifeCycle.state == LifeState.STOPPED)
    }
}

/** Which failure it ends with; none is a failed test. */
suspend fun failureOf(call: suspend () -> Any?): CoreFailure {
    val value = try {
        call()
    } catch (failure: CoreFailure) {
        return failure
    }
    throw AssertionError("it gave $value")
}
