package mn.emongolia.core.platform

import java.time.Instant
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.awaitCancellation
import mn.emongolia.core.Area
import mn.emongolia.core.CoreFailure
import mn.emongolia.core.LogLevel
import mn.emongolia.core.LogRecord
import mn.emongolia.core.StepOutcome
import mn.emongolia.core.SyncReport
import mn.emongolia.core.SyncStep
import mn.emongolia.core.test
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test

class BackgroundTest {
    private val scope = CoroutineScope(Job() + Dispatchers.Default)
    private val quiet = SyncStep(Area.INBOX, StepOutcome.Unchanged)

    private suspend fun endOf(sync: suspend () -> SyncReport): JobEnd {
        val end = CompletableDeferred<JobEnd>()
        SyncJob(scope) { sync() }.start { assertTrue("told once", end.complete(it)) }
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
        val job = SyncJob(scope) {
            begun.complete(Unit)
            try {
                awaitCancellation()
            } finally {
                stopped.complete(Unit)
            }
        }
        job.start { told++ }
        begun.await()

        assertTrue(job.stop())

        stopped.await()
        assertFalse(job.stop())
        assertEquals(0, told)
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
