// Work while nobody looks: one sync within a budget, when the system grants a job.
//
// Guarantees: a job that is stopped stops the core's work; whoever asked for the job is told exactly once; a job that
// did not get through is asked for again.

package mn.emongolia.core.platform

import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
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
internal class SyncJob(private val scope: CoroutineScope, private val sync: suspend (Duration) -> SyncReport) {
    private var running: Job? = null

    fun start(finished: (JobEnd) -> Unit) {
        running = scope.launch { finished(end()) } // cancelled: the system has stopped it and asks for no word
    }

    /** True: the system should start another one later. */
    fun stop(): Boolean {
        val unfinished = running?.isActive == true
        running?.cancel()
        return unfinished
    }

    private suspend fun end(): JobEnd = try {
        val report = sync(SYNC_BUDGET)
        val failed = report.steps.any { (_, outcome) -> outcome is StepOutcome.Failed && mayPass(outcome.error) }
        if (report.more || failed) JobEnd.AGAIN else JobEnd.DONE
    } catch (failure: CoreFailure) {
        if (mayPass(failure)) JobEnd.AGAIN else JobEnd.DONE
    }

    /** Waiting alone may mend it. */
    private fun mayPass(failure: CoreFailure): Boolean = when (failure) {
        is CoreFailure.Offline, is CoreFailure.Timeout, is CoreFailure.Busy, is CoreFailure.Locked -> true
        is CoreFailure.SignInRequired, is CoreFailure.Forbidden, is CoreFailure.Invalid, is CoreFailure.NotFound,
        is CoreFailure.Cancelled, is CoreFailure.NotAvailable, is CoreFailure.Unexpected,
        -> false
    }
}
