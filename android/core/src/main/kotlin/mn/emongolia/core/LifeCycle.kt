// Where the app wants the core to be, and how it gets there.
//
// Guarantees: one transition at a time, in order; calls in between coalesce, and the last one wins; stopped is for good;
// a resume that failed has not taken place; while background work goes on, the core is not suspended.

package mn.emongolia.core

import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.flow.updateAndGet
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

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
    /** Somebody works whether the app is in front or not. Each is one of its own. */
    private class Lease

    private data class Standing(
        val actual: LifeState,
        val desired: LifeState,
        val leases: Set<Lease> = emptySet(),
        /** On its way there. Null: at rest. */
        val going: LifeState? = null,
        val problem: CoreFailure? = null,
        /** Why the last resume failed; gone as soon as another is wanted. */
        val refused: CoreFailure? = null,
    ) {
        val goal get() = if (desired == LifeState.BACKGROUND && leases.isNotEmpty()) LifeState.FOREGROUND else desired

        val isThere get() = going == null && actual == goal

        fun wanting(state: LifeState) = if (desired == LifeState.STOPPED) this else copy(desired = state, refused = null)

        /** A suspend or shutdown past its deadline ends by itself: it has taken place all the same. */
        fun arrived(goal: LifeState, problem: CoreFailure?) = if (problem == null || goal != LifeState.FOREGROUND) {
            copy(actual = goal, going = null, problem = problem, refused = null)
        } else {
            // Not tried again by itself: whoever wanted it hears why, and may want it again.
            val back = if (desired == LifeState.FOREGROUND) actual else desired
            copy(desired = back, leases = emptySet(), going = null, problem = problem, refused = problem)
        }
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
                val goal = standing.updateAndGet { if (it.isThere) it else it.copy(going = it.goal) }.going
                if (goal != null) go(goal)
            }
        }
    }

    /** Returns at once. After [LifeState.STOPPED] nothing else can be wanted. */
    public fun want(state: LifeState) {
        standing.update { it.wanting(state) }
    }

    /**
     * Wants it, and waits until the core is at rest where it was wanted last: here, or elsewhere. Throws why a resume
     * failed: the core is still in the background then, and is wanted there until somebody wants it back again.
     */
    public suspend fun reach(state: LifeState) {
        want(state)
        val refused = settled()
        if (state == LifeState.FOREGROUND) refused?.let { throw it }
    }

    /** Waits until the core is at rest where it was wanted last, and gives why it is not where that was at first. */
    internal suspend fun settled(): CoreFailure? = standing.first { it.isThere }.refused

    /**
     * Does [work] with the core awake, also when the app is in the background; then the core is brought back to where it
     * is wanted. For jobs and pushes. Throws why the core could not be resumed.
     */
    public suspend fun <T> during(work: suspend () -> T): T {
        val lease = Lease()
        standing.update { it.copy(leases = it.leases + lease, refused = null) }
        try {
            val there = standing.first { it.isThere || lease !in it.leases }
            if (lease !in there.leases) throw there.refused ?: CoreFailure.NotAvailable()
            return work()
        } finally {
            standing.update { it.copy(leases = it.leases - lease) }
            // Android may stop the process as soon as its job has ended: no file may be open then.
            withContext(NonCancellable) { standing.first { it.isThere } }
        }
    }

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
        standing.update { it.arrived(goal, problem) }
    }
}
