// Where the app wants the core to be, and how it gets there.
//
// Guarantees: one transition at a time, in order; calls in between coalesce, and the last one wins; stopped is for good.

package mn.emongolia.core

import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch

/** Where the app is. */
public enum class LifeState {
    /** Files are open, work is done. */
    FOREGROUND,

    /** Every file is closed; calls fail with [CoreFailure.NotAvailable]. */
    BACKGROUND,

    /** For good: threads have ended, and what was lent is given back. */
    STOPPED,
}

/** How long Android lets an app go on after it left the screen, with room to spare. */
private val SUSPEND_DEADLINE: Duration = 5.seconds

/** At the end of the process nobody waits longer. */
private val SHUTDOWN_DEADLINE: Duration = 5.seconds

internal interface Transitions {
    suspend fun suspend(deadline: Duration)

    suspend fun resume()

    suspend fun shutdown(deadline: Duration)
}

/** Say what is wanted, from any thread, as often as the platform says it; the rest follows. */
public class LifeCycle internal constructor(private val transitions: Transitions, scope: CoroutineScope) {
    private val desired = MutableStateFlow(LifeState.FOREGROUND)
    private val actual = MutableStateFlow(LifeState.FOREGROUND)
    private val problem = MutableStateFlow<CoreFailure?>(null)

    /** Where the core is. */
    public val state: StateFlow<LifeState> = actual.asStateFlow()

    /** Why the last transition did not end cleanly. Null: it did. */
    public val lastProblem: StateFlow<CoreFailure?> = problem.asStateFlow()

    init {
        scope.launch {
            while (actual.value != LifeState.STOPPED) {
                val wanted = desired.first { it != actual.value }
                go(wanted)
            }
        }
    }

    /** Returns at once. After [LifeState.STOPPED] nothing else can be wanted. */
    public fun want(state: LifeState) {
        desired.update { if (it == LifeState.STOPPED) it else state }
    }

    /** Wants it, and waits until the core is there, or is wanted somewhere else. */
    public suspend fun reach(state: LifeState) {
        want(state)
        actual.first { it == desired.value }
    }

    /** A transition that fails has still taken place: a suspend or shutdown past its deadline ends by itself. */
    private suspend fun go(wanted: LifeState) {
        problem.value = try {
            when (wanted) {
                LifeState.FOREGROUND -> transitions.resume()
                LifeState.BACKGROUND -> transitions.suspend(SUSPEND_DEADLINE)
                LifeState.STOPPED -> transitions.shutdown(SHUTDOWN_DEADLINE)
            }
            null
        } catch (failure: CoreFailure) {
            failure
        }
        actual.value = wanted
    }
}
