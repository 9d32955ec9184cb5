package mn.emongolia.core.platform

import java.util.concurrent.atomic.AtomicInteger
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.first
import mn.emongolia.core.Area
import mn.emongolia.core.CoreFailure
import mn.emongolia.core.EMongolia
import mn.emongolia.core.FlushOutcome
import mn.emongolia.core.LifeState
import mn.emongolia.core.OperationState
import mn.emongolia.core.PATIENCE
import mn.emongolia.core.Phone
import mn.emongolia.core.Sandbox
import mn.emongolia.core.failureOf
import mn.emongolia.core.signedIn
import mn.emongolia.core.test
import org.junit.Assert.assertEquals
import org.junit.Assert.assertSame
import org.junit.Assert.assertTrue
import org.junit.Test

class OneCoreTest {
    private var networkArrives: () -> Unit = { throw AssertionError("nobody listens") }

    /** Where the core was at each time that it was told. */
    private val told = Channel<LifeState>(Channel.UNLIMITED)

    private fun one(open: suspend () -> EMongolia): OneCore {
        val tell: EMongolia.() -> Unit = {
            told.trySend(lifeCycle.state)
            networkAvailable()
        }
        return OneCore({ networkArrives = it }, tell, open)
    }

    @Test
    fun `however many ask it is opened once, and again only after it failed`() = test {
        Phone().use { phone ->
            val (asked, go) = AtomicInteger() to CompletableDeferred<Unit>()
            val one = one {
                go.await()
                if (asked.incrementAndGet() == 1) throw CoreFailure.Locked()
                phone.start()
            }
            val early = List(3) { async(start = CoroutineStart.UNDISPATCHED) { failureOf { one.core() } } }
            go.complete(Unit)
            assertEquals(List(3) { CoreFailure.Locked() }, early.awaitAll())

            val cores = List(3) { async { one.core() } }.awaitAll()

            assertEquals(2, asked.get())
            cores.forEach { assertSame(cores.first(), it) }
            cores.first().stop()
        }
    }

    @Test
    fun `an activity that goes away while it is being opened stops it for nobody else`() = test {
        Phone().use { phone ->
            val (begun, go) = CompletableDeferred<Unit>() to CompletableDeferred<Unit>()
            val one = one {
                check(begun.complete(Unit)) { "opened twice" }
                go.await()
                phone.start()
            }
            val rotated = async { one.core() }
            begun.await()
            val job = async(start = CoroutineStart.UNDISPATCHED) { one.core() }

            rotated.cancelAndJoin()
            go.complete(Unit)

            job.await().stop()
        }
    }

    @Test
    fun `a process that a job has started keeps no file open afterwards`() = test {
        Sandbox().use { sandbox ->
            Phone(sandbox).use { phone ->
                val one = one { phone.start() }

                one.syncInBackground(PATIENCE)

                val core = one.core()
                assertEquals(LifeState.BACKGROUND, core.lifeCycle.state)
                assertEquals(CoreFailure.NotAvailable(), failureOf { core.catalogue.services() })
                one.phases.onActivityStarted(activity())
                core.lifeCycle.settled()
                assertEquals(50, core.catalogue.services().value.items.size)
                core.stop()
            }
        }
    }

    @Test
    fun `the core goes where the app goes, and is told of each way to the front once it is there`() = test {
        Phone().use { phone ->
            val one = one { phone.start() }
            one.phases.onActivityStarted(activity())
            val core = one.core()

            assertEquals(LifeState.FOREGROUND, told.receive())
            one.phases.onActivityStarted(activity())
            one.phases.onActivityStopped(activity())
            core.lifeCycle.settled()
            assertEquals(LifeState.FOREGROUND, core.lifeCycle.state)
            one.phases.onActivityStopped(activity())
            core.lifeCycle.settled()
            assertEquals(LifeState.BACKGROUND, core.lifeCycle.state)
            networkArrives() // the way back tells of it
            one.phases.onActivityStarted(activity())
            assertEquals(LifeState.FOREGROUND, told.receive())
            core.stop()
            networkArrives()
            assertTrue("told of more than that", told.isEmpty)
        }
    }

    @Test
    fun `what waited without a network is sent when one comes, and nobody had to leave the app`() = signedIn { (core, sandbox) ->
        val one = one { core }
        one.phases.onActivityStarted(activity())
        one.core()
        sandbox.kill()
        val operation = core.push.register("fcm:another")
        assertEquals(FlushOutcome.OFFLINE, core.outbox.flush(PATIENCE)) // it sleeps now until it is told
        sandbox.restart()

        networkArrives()

        core.changes(Area.OUTBOX).first { core.outbox.operation(operation).state == OperationState.DONE }
    }
}
