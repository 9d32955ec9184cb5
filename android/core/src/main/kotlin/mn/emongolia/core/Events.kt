// The core's events: pulled by one pump, put into a mailbox for each who listens.
//
// Guarantees: one pump however many listen; while nobody does, events wait, coalesced, in the core, and the one that was
// being taken waits here; a slow listener holds nobody up and is told what it missed; every flow ends with the core; a pump
// that failed goes on.

package mn.emongolia.core

import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.launch

/** A core that fails at once again must not be asked in a loop. */
private val PAUSE: Duration = 250.milliseconds

/** As many as the core itself keeps: a listener that lags further behind reads everything again anyway. */
internal const val WAITING: Int = 64

/** [next] gives null when the core is shut down. */
internal class EventHub(scope: CoroutineScope, private val next: suspend () -> Event?) {
    private val mailboxes = MutableStateFlow(emptySet<Mailbox>())

    /** What nobody has heard: what the last listener left unread, and what was being taken for them as they left. */
    private var unheard = Mailbox()

    @Volatile
    private var ended = false

    init {
        scope.launch { pump() }
    }

    /** Hears everything from the moment that it is collected, what nobody has heard yet, and [first] in any case. */
    fun events(first: Event? = null): Flow<Event> = flow {
        val mailbox = come()
        try {
            if (first != null) mailbox.put(first)
            if (ended) mailbox.end() // after it was registered: an end in between is not missed
            do {
                while (true) emit(mailbox.take() ?: break)
            } while (mailbox.hasMore())
        } finally {
            go(mailbox)
        }
    }

    /** Also for those whom no pump serves any more. */
    fun end() {
        ended = true
        mailboxes.value.forEach { it.end() }
    }

    @Synchronized
    private fun come(): Mailbox {
        val mailbox = if (mailboxes.value.isEmpty()) unheard else Mailbox()
        mailboxes.value += mailbox
        return mailbox
    }

    @Synchronized
    private fun go(mailbox: Mailbox) {
        mailboxes.value -= mailbox
        if (mailboxes.value.isEmpty()) unheard = mailbox
    }

    @Synchronized
    private fun deliver(event: Event) = mailboxes.value.ifEmpty { setOf(unheard) }.forEach { it.put(event) }

    private suspend fun pump() {
        while (!ended) {
            mailboxes.first { it.isNotEmpty() }
            try {
                val event = next() // not called off when nobody listens any more: an event that was just taken would be lost
                if (event == null) end() else deliver(event)
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
