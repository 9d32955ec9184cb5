package mn.emongolia.core

import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.yield
import org.junit.Assert.assertEquals
import org.junit.Test

class EventsTest {
    private val events = Channel<Event?>(Channel.UNLIMITED)
    private val pumps = AtomicInteger()
    private val scope = CoroutineScope(Job() + Dispatchers.Default)

    /** Counts who waits at once. */
    private suspend fun next(): Event? {
        pumps.incrementAndGet()
        try {
            return events.receive()
        } finally {
            pumps.decrementAndGet()
        }
    }

    @Test
    fun `all who listen hear the same from one pump`() = test {
        val shared = EventHub(scope, ::next).events()
        val (first, second) = List(2) { async(start = CoroutineStart.UNDISPATCHED) { shared.take(2).toList() } }
        waitUntil { pumps.get() == 1 }

        val said = listOf(Event.Changed(Area.INBOX), Event.SignInRequired)
        said.forEach { events.send(it) }

        assertEquals(listOf(said, said), listOf(first.await(), second.await()))
        scope.cancel()
    }

    @Test
    fun `nobody pumps while nobody listens and no event is lost meanwhile`() = test {
        val shared = EventHub(scope, ::next).events()
        events.send(Event.CacheRebuilt)
        assertEquals(Event.CacheRebuilt, shared.first())
        val later = listOf(Event.SignInRequired, Event.Changed(Area.INBOX), Event.Changed(Area.OUTBOX))

        later.forEach { events.send(it) }
        waitUntil { pumps.get() == 0 }

        assertEquals(later, shared.take(3).toList())
        scope.cancel()
    }

    @Test
    fun `an event that is being taken for a listener who leaves is heard by the next`() = test {
        val (taken, go) = CompletableDeferred<Unit>() to CompletableDeferred<Unit>()
        val hub = EventHub(scope) {
            next().also {
                taken.complete(Unit)
                go.await()
            }
        }
        events.send(Event.CacheRebuilt)
        val leaving = launch(start = CoroutineStart.UNDISPATCHED) { hub.events().collect() }
        taken.await()

        leaving.cancelAndJoin()
        go.complete(Unit)

        assertEquals(Event.CacheRebuilt, hub.events().first())
        scope.cancel()
    }

    @Test
    fun `what the last listener left unread is heard by the next`() = test {
        val begun = AtomicInteger()
        val hub = EventHub(scope) {
            begun.incrementAndGet()
            next()
        }
        val reading = CompletableDeferred<Event>()
        val leaving = launch(start = CoroutineStart.UNDISPATCHED) {
            hub.events().collect {
                reading.complete(it)
                awaitCancellation()
            }
        }
        events.send(Event.CacheRebuilt)
        assertEquals(Event.CacheRebuilt, reading.await())
        events.send(Event.StateSetAside("state.db"))
        waitUntil { begun.get() == 3 } // it was put into the mailbox

        leaving.cancelAndJoin()

        assertEquals(Event.StateSetAside("state.db"), hub.events().first())
        scope.cancel()
    }

    @Test
    fun `the end of the core ends who listens and who listens later`() = test {
        val shared = EventHub(scope) { null }.events()

        assertEquals(emptyList<Event>(), shared.toList())
        assertEquals(emptyList<Event>(), shared.toList())
        scope.cancel()
    }

    @Test
    fun `who listens hears the end even when the pump was stopped before it could say so`() = test {
        val hub = EventHub(scope, ::next)
        val listening = async(start = CoroutineStart.UNDISPATCHED) { hub.events().toList() }

        scope.cancel()
        hub.end()

        assertEquals(emptyList<Event>(), listening.await())
        assertEquals(emptyList<Event>(), hub.events().toList())
    }

    @Test
    fun `a pump that failed goes on`() = test {
        val tries = AtomicInteger()
        val shared = EventHub(scope) {
            if (tries.incrementAndGet() < 3) throw CoreFailure.NotAvailable() else Event.CacheRebuilt
        }.events()

        assertEquals(Event.CacheRebuilt, shared.first())
        scope.cancel()
    }

    @Test
    fun `what changes while the first is being read is heard afterwards`() = test {
        val hub = EventHub(scope, ::next)
        val first = Event.Changed(Area.REQUESTS)
        val witness = Channel<Event>(Channel.UNLIMITED)
        val listening = launch(start = CoroutineStart.UNDISPATCHED) { hub.events().collect { witness.send(it) } }
        val heard = mutableListOf<Event>()

        hub.events(first).take(2).collect { event ->
            if (heard.isEmpty()) {
                events.send(Event.Changed(Area.REQUESTS))
                witness.receive() // whoever listens has it now
            }
            heard += event
        }

        assertEquals(listOf<Event>(first, first), heard)
        listening.cancel()
        scope.cancel()
    }

    @Test
    fun `a slow listener holds nobody up and is told how much it missed`() = test {
        val hub = EventHub(scope, ::next)
        val all = List(WAITING + 6) { Event.OperationNeedsAttention("Ү-$it") }
        val go = CompletableDeferred<Unit>()
        val slow = async(start = CoroutineStart.UNDISPATCHED) {
            hub.events(Event.CacheRebuilt).onEach { go.await() }.take(2 + WAITING).toList()
        }
        val quick = Channel<Event>(Channel.UNLIMITED)
        val listening = launch(start = CoroutineStart.UNDISPATCHED) { hub.events().collect { quick.send(it) } }

        val heard = all.map { event ->
            events.send(event)
            quick.receive()
        }
        go.complete(Unit)

        assertEquals(all, heard)
        assertEquals(listOf(Event.CacheRebuilt, Event.Missed(6)) + all.drop(6), slow.await())
        listening.cancel()
        scope.cancel()
    }

    @Test
    fun `an event equal to one that waits is folded into it`() = test {
        val hub = EventHub(scope, ::next)
        val (changed, last) = Event.Changed(Area.OUTBOX) to Event.SignInRequired
        val witness = Channel<Event>(Channel.UNLIMITED)
        val listening = launch(start = CoroutineStart.UNDISPATCHED) { hub.events().collect { witness.send(it) } }
        val heard = mutableListOf<Event>()

        hub.events(Event.CacheRebuilt).take(3).collect { event ->
            if (heard.isEmpty()) {
                listOf(changed, changed, changed, last).forEach {
                    events.send(it)
                    witness.receive()
                }
            }
            heard += event
        }

        assertEquals(listOf(Event.CacheRebuilt, changed, last), heard)
        listening.cancel()
        scope.cancel()
    }

    @Test
    fun `a screen hears of its own area and of everything that may touch it`() {
        val all = listOf(
            Event.Changed(Area.OUTBOX), Event.Changed(Area.INBOX), Event.SignInRequired,
            Event.OperationNeedsAttention("Ө"), Event.CacheRebuilt, Event.StateSetAside("state.db"), Event.Missed(1),
        )

        assertEquals(all.filter { it != Event.Changed(Area.INBOX) && it != Event.SignInRequired }, all.filter { it.concerns(Area.OUTBOX) })
        assertEquals(listOf(Event.SignInRequired) + all.drop(4), all.filter { it.concerns(Area.SESSION) })
        assertEquals(emptyList<Area>(), Area.entries.filter { Event.UpdateRequired.concerns(it) })
    }

    @Test
    fun `the core's own flow ends with the core`() = withCore { core ->
        val listening = async { core.events().toList() }
        core.signOut()

        core.stop()

        val heard = withTimeout(10.seconds) { listening.await() }
        assertEquals(heard, heard.distinct())
    }

    private suspend fun waitUntil(condition: () -> Boolean) = withTimeout(PATIENCE) {
        while (!condition()) yield()
    }
}
