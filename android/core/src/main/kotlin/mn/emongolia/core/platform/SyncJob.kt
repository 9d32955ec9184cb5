// Work while nobody looks: one sync within a budget, when the system grants a job.
//
// Guarantees: a job that is stopped stops the core's work, and no other job's; whoever asked for the job is told exactly
// once, whatever went wrong; a job that did not get through is asked for again.

package mn.emongolia.core.platform

import java.util.concurrent.ConcurrentHashMap
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.launch
import mn.emongolia.core.CoreFailure
import mn.emongolia.core.StepOutcome
import mn.emongolia.core.SyncReport

/** A job may take ten minutes; a citizen's battery should not. */
internal val SYNC_BUDGET: Duration = 60.seconds

/** What the job came to. */
internal enum class JobEnd {
    /** Everything was done, or nothing more can be done now. */
    DONE,

    /** There is more to do, or the network failed: ask for another job. */
    AGAIN,
}

/** The job without Android's classes. */
internal class SyncJob(
    private val scope: CoroutineScope,
    private val log: (Exception) -> Unit,
    private val sync: suspend (Duration) -> SyncReport,
) {
    /** By the system's number: the periodic one and one that is due soon may run at once. */
    private val running = ConcurrentHashMap<Int, Job>()

    fun start(id: Int, finished: (JobEnd) -> Unit) {
        // Cancelled: the system has stopped it and asks for no word.
        val job = scope.launch(start = CoroutineStart.LAZY) { finished(end()) }
        running[id] = job
        job.invokeOnCompletion { running.remove(id, job) }
        job.start()
    }

    /** True: the system should start another one later. */
    fun stop(id: Int): Boolean {
        val job = running.remove(id) ?: return false
        val unfinished = job.isActive
        job.cancel()
        return unfinished
    }

    private suspend fun end(): JobEnd = try {
        val report = sync(SYNC_BUDGET)
        val failed = report.steps.any { (_, outcome) -> outcome is StepOutcome.Failed && mayPass(outcome.error) }
        if (report.more || failed) JobEnd.AGAIN else JobEnd.DONE
    } catch (failure: CoreFailure) {
        if (mayPass(failure)) JobEnd.AGAIN else JobEnd.DONE
    } catch (surprise: Exception) {
        currentCoroutineContext().ensureActive() // stopped by the system, and not somebody else's cancellation
        log(surprise)
        JobEnd.DONE
    }

    /** Waiting alone may mend it. */
    private fun mayPass(failure: CoreFailure): Boolean = when (failure) {
        is CoreFailure.Offline, is CoreFailure.Timeout, is CoreFailure.Busy, is CoreFailure.Locked -> true
        is CoreFailure.SignInRequired, is CoreFailure.StepUpRequired, is CoreFailure.Forbidden, is CoreFailure.Invalid,
        is CoreFailure.NotFound, is CoreFailure.Cancelled, is CoreFailure.NotAvailable, is CoreFailure.Unexpected,
        -> false
    }
}
