package mn.emongolia.core

import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.cancel
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.yield
import org.junit.Assert.assertEquals
import org.junit.Test

class EventsTest {
    private val events = Channel<Event?>(Channel.UNLIMITED)
    private val pumps = AtomicInteger()
    private val ended = MutableStateFlow(false)
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
        val shared = sharedEvents(scope, ended, ::next)
        val (first, second) = List(2) { async(start = CoroutineStart.UNDISPATCHED) { shared.take(2).toList() } }
        waitUntil { pumps.get() == 1 }

        val said = listOf(Event.Changed(Area.INBOX), Event.SignInRequired)
        said.forEach { events.send(it) }

        assertEquals(listOf(said, said), listOf(first.await(), second.await()))
        scope.cancel()
    }

    @Test
    fun `nobody pumps while nobody listens and no event is lost meanwhile`() = test {
        val shared = sharedEvents(scope, ended, ::next)
        events.send(Event.CacheRebuilt)
        assertEquals(Event.CacheRebuilt, shared.first())
        waitUntil { pumps.get() == 0 }

        events.send(Event.SignInRequired)

        assertEquals(Event.SignInRequired, shared.first())
        scope.cancel()
    }

    @Test
    fun `the end of the core ends who listens and who listens later`() = test {
        val shared = sharedEvents(scope, ended) { null }

        assertEquals(emptyList<Event>(), shared.toList())
        assertEquals(emptyList<Event>(), shared.toList())
        scope.cancel()
    }

    @Test
    fun `who listens hears the end even when the pump was stopped before it could say so`() = test {
        val listening = async(start = CoroutineStart.UNDISPATCHED) { sharedEvents(scope, ended, ::next).toList() }

        scope.cancel()
        ended.value = true

        assertEquals(emptyList<Event>(), listening.await())
    }

    @Test
    fun `a pump that failed goes on`() = test {
        val tries = AtomicInteger()
        val shared = sharedEvents(scope, ended) {
            if (tries.incrementAndGet() < 3) throw CoreFailure.NotAvailable() else Event.CacheRebuilt
        }

        assertEquals(Event.CacheRebuilt, shared.first())
        scope.cancel()
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
