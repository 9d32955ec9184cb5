package mn.emongolia.core.platform

import java.time.Instant
import java.util.concurrent.CancellationException
import java.util.concurrent.atomic.AtomicInteger
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.channels.Channel
import mn.emongolia.core.Area
import mn.emongolia.core.CoreFailure
import mn.emongolia.core.EMongolia
import mn.emongolia.core.LifeState
import mn.emongolia.core.LogLevel
import mn.emongolia.core.LogRecord
import mn.emongolia.core.PATIENCE
import mn.emongolia.core.Phone
import mn.emongolia.core.Sandbox
import mn.emongolia.core.StepOutcome
import mn.emongolia.core.SyncReport
import mn.emongolia.core.SyncStep
import mn.emongolia.core.failureOf
import mn.emongolia.core.test
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test

class BackgroundTest {
    private val scope = CoroutineScope(Job() + Dispatchers.Default)
    private val logged = mutableListOf<Exception>()
    private val quiet = SyncStep(Area.INBOX, StepOutcome.Unchanged)

    private suspend fun endOf(sync: suspend () -> SyncReport): JobEnd {
        val end = CompletableDeferred<JobEnd>()
        SyncJob(scope, log = { logged += it }) { sync() }.start(1) { assertTrue("told once", end.complete(it)) }
        return end.await()
    }

    @Test
    fun `a job that got through is done`() = test {
        assertEquals(JobEnd.DONE, endOf { SyncReport(listOf(quiet), more = false) })
    }

    @Test
    fun `more to do and a network that failed ask for another job`() = test {
        val offline = SyncStep(Area.CATALOGUE, StepOutcome.Failed(CoreFailure.Offline()))

        assertEquals(JobEnd.AGAIN, endOf { SyncReport(listOf(quiet), more = true) })
        assertEquals(JobEnd.AGAIN, endOf { SyncReport(listOf(offline, quiet), more = false) })
        assertEquals(JobEnd.AGAIN, endOf { throw CoreFailure.Timeout() })
    }

    @Test
    fun `what waiting does not mend asks for none`() = test {
        val refused = SyncStep(Area.REQUESTS, StepOutcome.Failed(CoreFailure.SignInRequired()))

        assertEquals(JobEnd.DONE, endOf { SyncReport(listOf(refused), more = false) })
        assertEquals(JobEnd.DONE, endOf { throw CoreFailure.NotAvailable() })
    }

    @Test
    fun `a stopped job stops the work, says nothing, and wants another`() = test {
        val (begun, stopped) = CompletableDeferred<Unit>() to CompletableDeferred<Unit>()
        var told = 0
        val job = SyncJob(scope, log = { logged += it }) {
            begun.complete(Unit)
            try {
                awaitCancellation()
            } finally {
                stopped.complete(Unit)
            }
        }
        job.start(1) { told++ }
        begun.await()

        assertTrue(job.stop(1))

        stopped.await()
        assertFalse(job.stop(1))
        assertEquals(0, told)
        assertEquals(emptyList<Exception>(), logged)
    }

    @Test
    fun `two jobs at once are two, and each is stopped by its own number`() = test {
        val stopped = Channel<Int>(Channel.UNLIMITED)
        val begun = Channel<Unit>(Channel.UNLIMITED)
        val (go, end) = CompletableDeferred<Unit>() to CompletableDeferred<JobEnd>()
        val numbers = AtomicInteger()
        val job = SyncJob(scope, log = { logged += it }) {
            val number = numbers.incrementAndGet()
            begun.send(Unit)
            try {
                go.await()
            } catch (cancelled: CancellationException) {
                stopped.trySend(number)
                throw cancelled
            }
            SyncReport(listOf(quiet), more = false)
        }
        job.start(1) { throw AssertionError("told") }
        begun.receive()
        job.start(2) { end.complete(it) }
        begun.receive()

        assertTrue(job.stop(1))
        assertEquals(1, stopped.receive())
        go.complete(Unit)

        assertEquals(JobEnd.DONE, end.await())
        assertTrue(stopped.tryReceive().isFailure)
    }

    @Test
    fun `a surprise ends the job and is logged, another's cancellation too`() = test {
        val surprises = listOf(IllegalStateException("Өө"), CancellationException("not this job's"))

        for (surprise in surprises) assertEquals(JobEnd.DONE, endOf { throw surprise })

        assertEquals(surprises, logged)
    }

    @Test
    fun `a job on a suspended core does its work and leaves the core suspended`() = test {
        Sandbox().use { sandbox ->
            Phone(sandbox).use { phone ->
                val core = phone.start()
                core.lifeCycle.reach(LifeState.BACKGROUND)
                val owner = object : CoreOwner {
                    override suspend fun core(): EMongolia = core
                }

                val end = endOf { owner.syncInBackground(PATIENCE) }

                assertEquals(JobEnd.DONE to LifeState.BACKGROUND, end to core.lifeCycle.state)
                assertEquals(CoreFailure.NotAvailable(), failureOf { core.catalogue.services() })
                core.lifeCycle.reach(LifeState.FOREGROUND)
                assertEquals(50, core.catalogue.services().value.items.size)
                core.stop()
            }
        }
    }

    @Test
    fun `the periodic job is asked for once however often the app starts`() {
        var asked = 0
        var waits = false

        fun start(accepted: Boolean) = SyncJobService.askedOnce({ waits }) {
            asked++
            waits = accepted
            accepted
        }

        assertEquals(listOf(false, true, true, true), listOf(start(false), start(true), start(true), start(true)))
        assertEquals(2, asked)
    }

    @Test
    fun `a log line reaches the platform with its level, and a platform that throws is survived`() {
        val printed = mutableListOf<String>()
        val sink = LogcatSink { priority, tag, message ->
            if (message == "Үхэл") throw UnsatisfiedLinkError()
            printed += "$priority $tag $message"
        }
        fun line(level: LogLevel, message: String) = LogRecord(level, "emongolia_core::offline::outbox", message, Instant.EPOCH)

        sink.write(listOf(line(LogLevel.ERROR, "Үхэл"), line(LogLevel.INFO, "Өдөр"), line(LogLevel.DEBUG, "Үе")))

        assertEquals(listOf("4 emongolia_core::offline Өдөр", "3 emongolia_core::offline Үе"), printed.map { it })
        LogcatSink().write(listOf(line(LogLevel.WARN, "Энд Logcat алга"))) // its native half is not in this Java
    }
}
