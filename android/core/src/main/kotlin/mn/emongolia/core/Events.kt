// The core's events: pulled by one pump, put into a mailbox for each who listens.
//
// Guarantees: one pump however many listen, none while nobody does: events then wait, coalesced, in the core; a slow
// listener holds nobody up and is told what it missed; every flow ends with the core; a pump that failed goes on.

package mn.emongolia.core

import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.collectLatest
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch

/** A core that fails at once again must not be asked in a loop. */
private val PAUSE: Duration = 250.milliseconds

/** As many as the core itself keeps: a listener that lags further behind reads everything again anyway. */
internal const val WAITING: Int = 64

/** [next] gives null when the core is shut down. */
internal class EventHub(scope: CoroutineScope, private val next: suspend () -> Event?) {
    private val mailboxes = MutableStateFlow(emptySet<Mailbox>())

    @Volatile
    private var ended = false

    init {
        scope.launch {
            mailboxes.map { it.isNotEmpty() }.distinctUntilChanged().collectLatest { somebodyListens ->
                if (somebodyListens) pump()
            }
        }
    }

    /** Hears everything from the moment that it is collected, and [first] before all else. */
    fun events(first: Event? = null): Flow<Event> = flow {
        val mailbox = Mailbox()
        if (first != null) mailbox.put(first)
        mailboxes.update { it + mailbox }
        try {
            if (ended) mailbox.end() // after it was registered: an end in between is not missed
            do {
                while (true) emit(mailbox.take() ?: break)
            } while (mailbox.hasMore())
        } finally {
            mailboxes.update { it - mailbox }
        }
    }

    /** Also for those whom no pump serves any more. */
    fun end() {
        ended = true
        mailboxes.value.forEach { it.end() }
    }

    private suspend fun pump() {
        while (!ended) {
            try {
                val event = next()
                if (event == null) end() else mailboxes.value.forEach { it.put(event) }
            } catch (_: CoreFailure) {
                delay(PAUSE)
            }
        }
    }
}

/** One listener's events. An event equal to one that waits is folded into it. */
private class Mailbox {
    private val queue = LinkedHashSet<Event>()
    private var missed = 0
    private val arrival = Channel<Unit>(Channel.CONFLATED)

    fun put(event: Event) {
        synchronized(queue) {
            if (queue.add(event) && queue.size > WAITING) {
                queue.remove(queue.first())
                missed++
            }
        }
        arrival.trySend(Unit)
    }

    /** What waits is still handed out. */
    fun end() {
        arrival.close()
    }

    fun take(): Event? = synchronized(queue) {
        if (missed > 0) {
            Event.Missed(missed).also { missed = 0 }
        } else {
            queue.firstOrNull()?.also { queue.remove(it) }
        }
    }

    /** Waits. False: nothing comes any more. */
    suspend fun hasMore(): Boolean = !arrival.receiveCatching().isClosed
}

/** Whoever shows this area has to read it again. */
internal fun Event.concerns(area: Area): Boolean = when (this) {
    is Event.Changed -> this.area == area
    is Event.SignInRequired, is Event.SessionEnding -> area == Area.SESSION
    is Event.OperationNeedsAttention -> area == Area.OUTBOX
    is Event.CacheRebuilt, is Event.StateSetAside, is Event.Missed -> true
    is Event.UpdateRequired -> false
}
