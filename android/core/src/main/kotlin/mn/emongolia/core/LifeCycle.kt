// Where the app wants the core to be, and how it gets there.
//
// Guarantees: one transition at a time, in order; calls in between coalesce, and the last one wins; stopped is for good.

package mn.emongolia.core

import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.flow.updateAndGet
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
    private data class Standing(
        val actual: LifeState,
        val desired: LifeState,
        /** On its way there. Null: at rest. */
        val going: LifeState? = null,
        val problem: CoreFailure? = null,
    ) {
        val isThere get() = going == null && actual == desired
    }

    private val standing = MutableStateFlow(Standing(LifeState.FOREGROUND, LifeState.FOREGROUND))

    /** Where the core is; during a transition, where it comes from. */
    public val state: LifeState get() = standing.value.actual

    /** Why the last transition did not end cleanly. Null: it did. */
    public val lastProblem: CoreFailure? get() = standing.value.problem

    init {
        scope.launch {
            while (state != LifeState.STOPPED) {
                standing.first { !it.isThere }
                val goal = standing.updateAndGet { if (it.isThere) it else it.copy(going = it.desired) }.going
                if (goal != null) go(goal)
            }
        }
    }

    /** Returns at once. After [LifeState.STOPPED] nothing else can be wanted. */
    public fun want(state: LifeState) {
        standing.update { if (it.desired == LifeState.STOPPED) it else it.copy(desired = state) }
    }

    /** Wants it, and waits until the core is at rest where it was wanted last: here, or elsewhere. */
    public suspend fun reach(state: LifeState) {
        want(state)
        standing.first { it.isThere }
    }

    /** A transition that fails has still taken place: a suspend or shutdown past its deadline ends by itself. */
    private suspend fun go(goal: LifeState) {
        val problem = try {
            when (goal) {
                LifeState.FOREGROUND -> transitions.resume()
                LifeState.BACKGROUND -> transitions.suspend(SUSPEND_DEADLINE)
                LifeState.STOPPED -> transitions.shutdown(SHUTDOWN_DEADLINE)
            }
            null
        } catch (failure: CoreFailure) {
            failure
        }
        standing.update { it.copy(actual = goal, going = null, problem = problem) }
    }
}
