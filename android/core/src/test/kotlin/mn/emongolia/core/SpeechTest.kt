package mn.emongolia.core

import kotlinx.coroutines.async
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.consumeAsFlow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.toList
import org.junit.Assert.assertEquals
import org.junit.Test

private class Scripted(private val support: SpeechSupport, private vararg val events: SpeechEvent) : SpeechRecogniser {
    var listened = 0

    override suspend fun support(language: String) = support

    override fun listen(request: SpeechRequest): Flow<SpeechEvent> = flowOf(*events).also { listened++ }

    override fun finish() = Unit
}

class SpeechTest {
    private val heard = SpeechEvent.Heard(listOf(Transcript("Өргөдөл", 0.5f)))
    private val server = Scripted(SpeechSupport.ONLINE_ONLY, SpeechEvent.Ready, heard)

    private fun failed(reason: SpeechFailure) = SpeechEvent.Failed(reason)

    @Test
    fun `the first recogniser that knows the language listens, alone`() = test {
        val phone = Scripted(SpeechSupport.AVAILABLE, SpeechEvent.Ready, heard)
        val both = SpeechInOrder(phone, server)

        assertEquals(listOf(SpeechEvent.Ready, heard), both.listen().toList())
        assertEquals(SpeechSupport.AVAILABLE to 0, both.support() to server.listened)
    }

    @Test
    fun `one that lacks the language is passed over, whether it says so before or when it is asked`() = test {
        for (phone in listOf(
            Scripted(SpeechSupport.UNAVAILABLE),
            Scripted(SpeechSupport.NEEDS_DOWNLOAD),
            Scripted(SpeechSupport.UNKNOWN, failed(SpeechFailure.LANGUAGE)),
            Scripted(SpeechSupport.UNKNOWN, failed(SpeechFailure.DOWNLOAD)),
            Scripted(SpeechSupport.AVAILABLE, failed(SpeechFailure.UNAVAILABLE)),
        )) {
            assertEquals(listOf(SpeechEvent.Ready, heard), SpeechInOrder(phone, server).listen().toList())
        }
    }

    @Test
    fun `what another recogniser can't mend, or comes after it was spoken, is told as it is`() = test {
        for (end in listOf(
            listOf(failed(SpeechFailure.PERMISSION)),
            listOf(failed(SpeechFailure.NOTHING_HEARD)),
            listOf(SpeechEvent.Ready, failed(SpeechFailure.UNAVAILABLE)),
        )) {
            val phone = Scripted(SpeechSupport.UNKNOWN, *end.toTypedArray())

            assertEquals(end, SpeechInOrder(phone, server).listen().toList())
        }
        assertEquals(0, server.listened)
    }

    @Test
    fun `where nobody knows the language it is said why`() = test {
        val away = Scripted(SpeechSupport.UNAVAILABLE)
        val later = Scripted(SpeechSupport.NEEDS_DOWNLOAD)
        val broken = Scripted(SpeechSupport.UNKNOWN, failed(SpeechFailure.UNAVAILABLE))

        assertEquals(listOf(failed(SpeechFailure.LANGUAGE)), SpeechInOrder(away, away).listen().toList())
        assertEquals(listOf(failed(SpeechFailure.DOWNLOAD)), SpeechInOrder(later, away).listen().toList())
        assertEquals(listOf(failed(SpeechFailure.UNAVAILABLE)), SpeechInOrder(away, broken).listen().toList())
        assertEquals(SpeechSupport.NEEDS_DOWNLOAD, SpeechInOrder(away, later).support())
        assertEquals(SpeechSupport.UNAVAILABLE, SpeechInOrder().support())
    }

    @Test
    fun `who says that it is enough says it to the one that listens`() = test {
        val events = Channel<SpeechEvent>(Channel.UNLIMITED)
        val finished = Channel<Unit>(Channel.UNLIMITED)
        val phone = object : SpeechRecogniser {
            override suspend fun support(language: String) = SpeechSupport.UNKNOWN
            override fun listen(request: SpeechRequest) = events.consumeAsFlow()
            override fun finish() {
                finished.trySend(Unit)
            }
        }
        val both = SpeechInOrder(Scripted(SpeechSupport.UNAVAILABLE), phone)
        both.finish() // nobody listens yet
        val seen = Channel<SpeechEvent>(Channel.UNLIMITED)
        val listening = async { both.listen().collect { seen.send(it) } }
        events.send(SpeechEvent.Ready)
        assertEquals(SpeechEvent.Ready, seen.receive())

        both.finish()
        finished.receive()
        events.send(heard)
        events.close()
        listening.await()

        assertEquals(heard, seen.receive())
    }
}
