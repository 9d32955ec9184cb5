// The job as Android sees it.

package mn.emongolia.core.platform

import android.app.job.JobInfo
import android.app.job.JobParameters
import android.app.job.JobScheduler
import android.app.job.JobService
import android.content.ComponentName
import android.content.Context
import android.util.Log
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import mn.emongolia.core.EMongolia
import mn.emongolia.core.SyncReport

private const val TAG = "emongolia"

/** The app's `Application` is one, so that the job and the screens have the same core. */
public interface CoreOwner {
    /** The one core of this process, opened if need be. */
    public suspend fun core(): EMongolia
}

/** With the core awake, wherever the app is: a suspended core would do nothing, and say that it is done. */
internal suspend fun CoreOwner.syncInBackground(budget: Duration): SyncReport {
    val core = core()
    return core.lifeCycle.during { core.sync(budget) }
}

/** One sync, within a budget. Declared in the library's manifest. */
public class SyncJobService : JobService() {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val job = SyncJob(
        scope,
        log = { surprise -> Log.e(TAG, "job failed: ${surprise.javaClass.simpleName}") }, // its text may hold anything
        sync = { budget -> (applicationContext as CoreOwner).syncInBackground(budget) },
    )

    /** True: it goes on, on another thread. */
    override fun onStartJob(parameters: JobParameters): Boolean {
        job.start(parameters.jobId) { end -> jobFinished(parameters, end == JobEnd.AGAIN) }
        return true
    }

    /** The system wants the job to end now. */
    override fun onStopJob(parameters: JobParameters): Boolean = job.stop(parameters.jobId)

    override fun onDestroy() {
        scope.cancel()
        super.onDestroy()
    }

    public companion object {
        /** Unique among the app's jobs. */
        private const val PERIODIC = 0x0E301
        private const val SOON = 0x0E302
        private val PERIOD = 6.hours
        private val BACKOFF = 1.minutes

        /** From time to time, with a network, also after a restart of the phone. Ask at every start of the app. */
        public fun schedule(context: Context): Boolean {
            val scheduler = context.getSystemService(JobScheduler::class.java)
            return askedOnce(waits = { scheduler.getPendingJob(PERIODIC) != null }) {
                val job = job(context, PERIODIC).setPeriodic(PERIOD.inWholeMilliseconds).setPersisted(true)
                scheduler.schedule(job.build()) == JobScheduler.RESULT_SUCCESS
            }
        }

        /** Asking again would stop the job that runs, which may be why the app was started. */
        internal fun askedOnce(waits: () -> Boolean, ask: () -> Boolean): Boolean = waits() || ask()

        /**
         * As soon as there is a network: something waits in the outbox. A job that runs is stopped for it, and begun anew: it
         * may be past the outbox already.
         */
        public fun soon(context: Context): Boolean {
            val job = job(context, SOON).setBackoffCriteria(BACKOFF.inWholeMilliseconds, JobInfo.BACKOFF_POLICY_EXPONENTIAL)
            return context.getSystemService(JobScheduler::class.java).schedule(job.build()) == JobScheduler.RESULT_SUCCESS
        }

        private fun job(context: Context, id: Int): JobInfo.Builder =
            JobInfo.Builder(id, ComponentName(context, SyncJobService::class.java))
                .setRequiredNetworkType(JobInfo.NETWORK_TYPE_ANY)
    }
}
