// The core's events: pulled by one pump, shared by all who listen.
//
// Guarantees: one pump however many listen, none while nobody does: events then wait, coalesced, in the core; every flow
// ends with the core; a pump that failed goes on.

package mn.emongolia.core

import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.filter
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.merge
import kotlinx.coroutines.flow.retryWhen
import kotlinx.coroutines.flow.shareIn
import kotlinx.coroutines.flow.transformWhile

/** A core that fails at once again must not be asked in a loop. */
private val PAUSE: Duration = 250.milliseconds

/** [next] gives null when the core is shut down, and [ended] is true then: also for flows that no pump serves any more. */
internal fun sharedEvents(scope: CoroutineScope, ended: StateFlow<Boolean>, next: suspend () -> Event?): Flow<Event> {
    val pump = flow<Event?> {
        do {
            val event = next()
            emit(event)
        } while (event != null)
    }
    val shared = pump
        .retryWhen { failure, _ ->
            val goesOn = failure is CoreFailure
            if (goesOn) delay(PAUSE)
            goesOn
        }
        .shareIn(scope, SharingStarted.WhileSubscribed())
    return merge(shared, ended.filter { it }.map { null }).transformWhile { event ->
        if (event != null) emit(event)
        event != null
    }
}
