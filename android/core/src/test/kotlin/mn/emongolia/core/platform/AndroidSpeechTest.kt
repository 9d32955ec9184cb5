package mn.emongolia.core.platform

import android.content.Intent
import android.os.Bundle
import android.speech.RecognitionListener
import android.speech.RecognizerIntent
import android.speech.SpeechRecognizer
import java.lang.reflect.Modifier
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import mn.emongolia.core.SpeechEvent
import mn.emongolia.core.SpeechFailure
import mn.emongolia.core.SpeechRequest
import mn.emongolia.core.SpeechSupport
import mn.emongolia.core.Transcript
import mn.emongolia.core.test
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test

private const val ANDROID_12 = 31
private const val ANDROID_13 = 33

/** A phone's recogniser that says what a test tells it to say, with Android's own bundles and intents. */
private class ScriptedSpeech(
    private val there: Boolean = true,
    private val known: suspend () -> SpeechLanguages? = { null },
    private val script: RecognitionListener.() -> Unit = {},
) : SystemSpeech {
    val asked = mutableListOf<Intent>()
    val begun = Channel<RecognitionListener>(Channel.UNLIMITED)
    var finished = 0
    var ended = 0

    override fun isThere() = there

    override fun listen(intent: Intent, listener: RecognitionListener): SystemListening {
        asked += intent
        listener.script()
        begun.trySend(listener)
        return object : SystemListening {
            override fun finish() {
                finished++
            }

            override fun end() {
                ended++
            }
        }
    }

    override suspend fun languages(intent: Intent): SpeechLanguages? {
        asked += intent
        return known()
    }
}

private fun results(texts: List<String?>?, vararg scores: Float) = Bundle().apply {
    texts?.let { putStringArrayList(SpeechRecognizer.RESULTS_RECOGNITION, ArrayList(it)) }
    if (scores.isNotEmpty()) putFloatArray(SpeechRecognizer.CONFIDENCE_SCORES, scores)
}

class AndroidSpeechTest {
    private fun recogniser(system: SystemSpeech, sdk: Int = ANDROID_13) =
        AndroidSpeechRecogniser(system, sdk, supportWithin = 50.milliseconds)

    @Test
    fun `what is said is told as it is understood, and ends with what was heard`() = test {
        val system = ScriptedSpeech {
            onReadyForSpeech(null)
            onBeginningOfSpeech()
            onPartialResults(results(listOf("өрг")))
            onPartialResults(results(emptyList()))
            onPartialResults(results(listOf("өргөдөл")))
            onEndOfSpeech()
            onResults(results(listOf("Өргөдөл үлдээх", "өргөө дөл"), 0.9f, 0.25f))
            onResults(results(listOf("too late")))
            onError(SpeechRecognizer.ERROR_CLIENT)
        }

        val events = recogniser(system).listen().toList()

        val heard = listOf(Transcript("Өргөдөл үлдээх", 0.9f), Transcript("өргөө дөл", 0.25f))
        val expected = listOf(SpeechEvent.Ready, SpeechEvent.Partial("өрг"), SpeechEvent.Partial("өргөдөл"), SpeechEvent.Heard(heard))
        assertEquals(expected, events)
        assertEquals(1, system.ended)
        assertFalse("$events", "рг" in "$events")
    }

    @Test
    fun `more partials than anybody reads push out no end`() = test {
        val system = ScriptedSpeech {
            repeat(1000) { onPartialResults(results(listOf("ү$it"))) }
            onResults(results(listOf("Үнэмлэх")))
        }

        assertEquals(SpeechEvent.Heard(listOf(Transcript("Үнэмлэх"))), recogniser(system).listen().toList().last())
    }

    @Test
    fun `texts keep their own scores, whatever scores there are`() {
        fun of(texts: List<String?>?, vararg scores: Float) = transcripts(results(texts, *scores))
        val both = listOf("Өвөл", "Үүл")

        assertEquals(listOf(Transcript("Өвөл"), Transcript("Үүл")), of(both))
        assertEquals(listOf(Transcript("Өвөл", 0.5f), Transcript("Үүл")), of(both, 0.5f))
        assertEquals(listOf(Transcript("Өвөл", 1f), Transcript("Үүл", 0f)), of(both, 1f, 0f, 0.7f))
        assertEquals(listOf(Transcript("Өвөл"), Transcript("Үүл")), of(both, -1f, -1f))
        assertEquals(listOf(Transcript("Өвөл"), Transcript("Үүл", 0.1f)), of(both, Float.NaN, 0.1f))
        assertEquals(listOf(Transcript("Үүл", 0.2f)), of(listOf(null, " ", " Үүл "), 0.9f, 0.8f, 0.2f))
        assertEquals(emptyList<Transcript>(), of(emptyList()))
        assertEquals(emptyList<Transcript>(), of(null, 0.5f))
        assertEquals(emptyList<Transcript>(), transcripts(null))
    }

    @Test
    fun `results without a text are nothing heard`() = test {
        for (empty in listOf(null, results(null), results(listOf("", " ")))) {
            val events = recogniser(ScriptedSpeech { onResults(empty) }).listen().toList()

            assertEquals(listOf(SpeechEvent.Failed(SpeechFailure.NOTHING_HEARD)), events)
        }
    }

    @Test
    fun `every error that Android 14 knows has its reason, and a later one is no crash`() = test {
        val codes = SpeechRecognizer::class.java.fields
            .filter { it.name.startsWith("ERROR_") && Modifier.isStatic(it.modifiers) }.associate { it.name to it.getInt(null) }

        assertTrue("$codes", codes.size >= 15)
        assertEquals(emptySet<String>(), codes.filterValues { speechFailure(it) == null }.keys)
        assertEquals(SpeechFailure.DOWNLOAD, speechFailure(SpeechRecognizer.ERROR_LANGUAGE_UNAVAILABLE))
        assertEquals(SpeechFailure.LANGUAGE, speechFailure(SpeechRecognizer.ERROR_LANGUAGE_NOT_SUPPORTED))
        assertNull(speechFailure(99))
        val events = recogniser(ScriptedSpeech { onError(99) }).listen().toList()
        assertEquals(listOf(SpeechEvent.Failed(SpeechFailure.UNAVAILABLE)), events)
    }

    @Test
    fun `who stops collecting stops the microphone, and may listen again`() = test {
        val system = ScriptedSpeech()
        val recogniser = recogniser(system)
        val listening = launch { recogniser.listen().toList() }
        val listener = system.begun.receive()

        listening.cancelAndJoin()
        listener.onResults(results(listOf("хожуу")))

        assertEquals(1, system.ended)
        val again = async(start = CoroutineStart.UNDISPATCHED) { recogniser.listen().toList() }
        system.begun.receive().onResults(results(listOf("Дахин")))
        assertEquals(listOf(SpeechEvent.Heard(listOf(Transcript("Дахин")))), again.await())
        assertEquals(2, system.ended)
    }

    @Test
    fun `a second listening is told to wait and does not disturb the first`() = test {
        val system = ScriptedSpeech()
        val recogniser = recogniser(system)
        val first = async { recogniser.listen().toList() }
        val listener = system.begun.receive()

        val second = recogniser.listen().toList()
        recogniser.finish()
        listener.onResults(results(listOf("Ө")))

        assertEquals(listOf(SpeechEvent.Failed(SpeechFailure.BUSY)), second)
        assertEquals(listOf(SpeechEvent.Heard(listOf(Transcript("Ө")))), first.await())
        assertEquals(1 to 1, system.finished to system.ended)
        recogniser.finish() // nobody listens any more
        assertEquals(1, system.finished)
    }

    @Test
    fun `Mongolian is asked for, as often and as much as is wanted`() = test {
        val request = SpeechRequest(most = 3, preferOffline = true, likely = listOf("Өргөдөл", "Үнэмлэх"))
        val system = ScriptedSpeech { onError(SpeechRecognizer.ERROR_NO_MATCH) }

        recogniser(system).listen(request).toList()
        recogniser(system, ANDROID_12).listen(request).toList()

        val (newer, older) = system.asked
        for (intent in system.asked) {
            assertEquals(RecognizerIntent.ACTION_RECOGNIZE_SPEECH, intent.action)
            assertEquals("mn-MN", intent.getStringExtra(RecognizerIntent.EXTRA_LANGUAGE))
            assertEquals(3, intent.getIntExtra(RecognizerIntent.EXTRA_MAX_RESULTS, 0))
            assertTrue(intent.getBooleanExtra(RecognizerIntent.EXTRA_PREFER_OFFLINE, false))
        }
        assertEquals(request.likely, newer.getStringArrayListExtra(RecognizerIntent.EXTRA_BIASING_STRINGS))
        assertNull(older.getStringArrayListExtra(RecognizerIntent.EXTRA_BIASING_STRINGS))
    }

    private suspend fun support(installed: List<String>, toFetch: List<String>, online: List<String>) =
        recogniser(ScriptedSpeech(known = { SpeechLanguages(installed, toFetch, online) })).support("mn-MN")

    @Test
    fun `what the phone knows of a language is told apart`() = test {
        assertEquals(SpeechSupport.AVAILABLE, support(listOf("mn-MN"), emptyList(), listOf("mn-MN")))
        assertEquals(SpeechSupport.ONLINE_ONLY, support(listOf("en-US"), listOf("mn-MN"), listOf("mn_MN")))
        assertEquals(SpeechSupport.NEEDS_DOWNLOAD, support(listOf("en-US"), listOf("mn"), emptyList()))
        assertEquals(SpeechSupport.AVAILABLE, support(listOf("mn-Cyrl-MN"), emptyList(), emptyList()))
        assertEquals(SpeechSupport.UNAVAILABLE, support(listOf("mn-Mong-CN", "mni", "en-MN", ""), emptyList(), emptyList()))
    }

    @Test
    fun `a phone that can't tell what it knows is tried, and one without a recogniser is not`() = test {
        val silent = ScriptedSpeech(known = { awaitCancellation() })

        assertEquals(SpeechSupport.UNKNOWN, recogniser(ScriptedSpeech()).support("mn-MN"))
        assertEquals(SpeechSupport.UNKNOWN, recogniser(silent).support("mn-MN"))
        assertEquals(SpeechSupport.UNKNOWN, recogniser(silent, ANDROID_12).support("mn-MN"))
        assertEquals("nothing is asked that Android 12 has not", 1, silent.asked.size)
        val none = recogniser(ScriptedSpeech(there = false))
        assertEquals(SpeechSupport.UNAVAILABLE, none.support("mn-MN"))
        assertEquals(listOf(SpeechEvent.Failed(SpeechFailure.UNAVAILABLE)), none.listen().toList())
    }
}
