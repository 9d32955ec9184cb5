// The one core of a process, for its screens, its jobs and its pushes.
//
// Guarantees: opened once, however many ask at the same time, and anew only where that failed; in front while the app is, and
// suspended otherwise, also in a process that a job or a push has started; told when the app comes to the front and when a
// network comes.

package mn.emongolia.core.platform

import android.app.Application
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.launch
import mn.emongolia.core.CoreFailure
import mn.emongolia.core.EMongolia
import mn.emongolia.core.LifeState

/** The `Application` makes it in `onCreate`, before there is an activity, and keeps it. */
public class OneCore internal constructor(
    private val watchNetwork: (arrived: () -> Unit) -> Unit,
    private val tell: EMongolia.() -> Unit,
    private val open: suspend () -> EMongolia,
) : CoreOwner {
    public constructor(application: Application, open: suspend () -> EMongolia) :
        this({ arrived -> NetworkArrivals.watch(application, arrived) }, EMongolia::networkAvailable, open) {
        application.registerActivityLifecycleCallbacks(phases)
    }

    internal val phases: AppPhases = AppPhases(::moved)
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private var opening: Deferred<EMongolia>? = null
    private var opened: EMongolia? = null

    /** Who goes away while it is being opened stops it for nobody else. Throws what `open` throws; the next call tries again. */
    override suspend fun core(): EMongolia = opening().await()

    @Synchronized
    private fun opening(): Deferred<EMongolia> =
        opening?.takeUnless { it.isCancelled } ?: scope.async { open().also(::follow) }.also { opening = it }

    @Synchronized
    private fun follow(core: EMongolia) {
        opened = core
        core.move(phases.inFront)
        watchNetwork { core.tryAgain() }
    }

    @Synchronized
    private fun moved(inFront: Boolean) {
        opened?.move(inFront)
    }

    private fun EMongolia.move(inFront: Boolean) {
        lifeCycle.want(if (inFront) LifeState.FOREGROUND else LifeState.BACKGROUND)
        if (inFront) {
            scope.launch {
                lifeCycle.settled()
                tryAgain()
            }
        }
    }

    /** A suspended core does so on its way back. */
    private fun EMongolia.tryAgain() {
        if (lifeCycle.state != LifeState.FOREGROUND) return
        try {
            tell()
        } catch (_: CoreFailure) {
            // It was stopped just now; there is nobody here to tell.
        }
    }
}
