// Android's own recogniser.
//
// Guarantees: asked on the main thread, wherever it is called from; given back when the listening ends, however it ends.

package mn.emongolia.core.platform

import android.content.Context
import android.content.Intent
import android.os.Build
import android.os.Bundle
import android.os.Handler
import android.os.Looper
import android.speech.RecognitionListener
import android.speech.RecognitionSupport
import android.speech.RecognitionSupportCallback
import android.speech.RecognizerIntent
import android.speech.SpeechRecognizer
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicReference
import kotlin.coroutines.resume
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.SendChannel
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlinx.coroutines.withTimeoutOrNull
import mn.emongolia.core.SpeechEvent
import mn.emongolia.core.SpeechFailure
import mn.emongolia.core.SpeechRecogniser
import mn.emongolia.core.SpeechRequest
import mn.emongolia.core.SpeechSupport
import mn.emongolia.core.Transcript
import mn.emongolia.core.isSameLanguage

/** Some recognisers never say what they know. */
private val SUPPORT_WITHIN: Duration = 5.seconds

/** The call that tells languages, and the words that are likely, came with Android 13. */
private const val TELLS_LANGUAGES = Build.VERSION_CODES.TIRAMISU

/** The app asks for `RECORD_AUDIO` before; without it a listening ends as [SpeechFailure.PERMISSION]. */
public class AndroidSpeechRecogniser internal constructor(
    private val system: SystemSpeech,
    private val sdk: Int,
    private val supportWithin: Duration = SUPPORT_WITHIN,
) : SpeechRecogniser {
    public constructor(context: Context) : this(PhoneSpeech(context.applicationContext), Build.VERSION.SDK_INT)

    private val busy = AtomicBoolean()
    private val current = AtomicReference<SystemListening>()

    override suspend fun support(language: String): SpeechSupport = when {
        !system.isThere() -> SpeechSupport.UNAVAILABLE
        sdk < TELLS_LANGUAGES -> SpeechSupport.UNKNOWN
        else -> {
            val told = withTimeoutOrNull(supportWithin) { system.languages(intent(SpeechRequest(language), sdk)) }
            told?.support(language) ?: SpeechSupport.UNKNOWN
        }
    }

    override fun listen(request: SpeechRequest): Flow<SpeechEvent> = callbackFlow {
        if (!busy.compareAndSet(false, true)) {
            end(SpeechEvent.Failed(SpeechFailure.BUSY))
            awaitClose()
            return@callbackFlow
        }
        try {
            if (!system.isThere()) {
                end(SpeechEvent.Failed(SpeechFailure.UNAVAILABLE))
                awaitClose()
                return@callbackFlow
            }
            val listening = system.listen(intent(request, sdk), Ear(this))
            current.set(listening)
            awaitClose {
                current.set(null)
                listening.end()
            }
        } finally {
            busy.set(false)
        }
    }.buffer(Channel.UNLIMITED) // a partial that does not fit would push out the end

    override fun finish() {
        current.get()?.finish()
    }
}

/** The system's recognisers, without its classes that only a phone can run. */
internal interface SystemSpeech {
    fun isThere(): Boolean

    /** From now on the listener is called. */
    fun listen(intent: Intent, listener: RecognitionListener): SystemListening

    /** Null: it can't tell. From Android 13 on. */
    suspend fun languages(intent: Intent): SpeechLanguages?
}

internal interface SystemListening {
    fun finish()

    /** Cancels what is under way, and gives everything back. */
    fun end()
}

/** What a recogniser says it knows. */
internal data class SpeechLanguages(val installed: List<String>, val toFetch: List<String>, val online: List<String>) {
    fun support(language: String): SpeechSupport {
        fun List<String>.know() = any { isSameLanguage(it, language) }
        return when {
            installed.know() -> SpeechSupport.AVAILABLE
            online.know() -> SpeechSupport.ONLINE_ONLY
            toFetch.know() -> SpeechSupport.NEEDS_DOWNLOAD
            else -> SpeechSupport.UNAVAILABLE
        }
    }
}

internal fun intent(request: SpeechRequest, sdk: Int): Intent = Intent(RecognizerIntent.ACTION_RECOGNIZE_SPEECH).apply {
    putExtra(RecognizerIntent.EXTRA_LANGUAGE_MODEL, RecognizerIntent.LANGUAGE_MODEL_WEB_SEARCH) // short, and not dictated
    putExtra(RecognizerIntent.EXTRA_LANGUAGE, request.language)
    putExtra(RecognizerIntent.EXTRA_MAX_RESULTS, request.most)
    putExtra(RecognizerIntent.EXTRA_PREFER_OFFLINE, request.preferOffline)
    putExtra(RecognizerIntent.EXTRA_PARTIAL_RESULTS, true)
    if (sdk >= TELLS_LANGUAGES && request.likely.isNotEmpty()) {
        putStringArrayListExtra(RecognizerIntent.EXTRA_BIASING_STRINGS, ArrayList(request.likely))
    }
}

/** Every code of Android 14; null for one that came later. */
internal fun speechFailure(code: Int): SpeechFailure? = when (code) {
    SpeechRecognizer.ERROR_INSUFFICIENT_PERMISSIONS -> SpeechFailure.PERMISSION
    SpeechRecognizer.ERROR_NO_MATCH, SpeechRecognizer.ERROR_SPEECH_TIMEOUT -> SpeechFailure.NOTHING_HEARD
    SpeechRecognizer.ERROR_LANGUAGE_NOT_SUPPORTED -> SpeechFailure.LANGUAGE
    SpeechRecognizer.ERROR_LANGUAGE_UNAVAILABLE -> SpeechFailure.DOWNLOAD
    SpeechRecognizer.ERROR_NETWORK, SpeechRecognizer.ERROR_NETWORK_TIMEOUT -> SpeechFailure.OFFLINE
    SpeechRecognizer.ERROR_AUDIO -> SpeechFailure.MICROPHONE
    SpeechRecognizer.ERROR_RECOGNIZER_BUSY, SpeechRecognizer.ERROR_TOO_MANY_REQUESTS -> SpeechFailure.BUSY
    SpeechRecognizer.ERROR_CLIENT, SpeechRecognizer.ERROR_SERVER, SpeechRecognizer.ERROR_SERVER_DISCONNECTED,
    SpeechRecognizer.ERROR_CANNOT_CHECK_SUPPORT, SpeechRecognizer.ERROR_CANNOT_LISTEN_TO_DOWNLOAD_EVENTS,
    -> SpeechFailure.UNAVAILABLE
    else -> null
}

/** Scores may be missing, fewer or more, and −1 where the recogniser does not know. */
internal fun transcripts(results: Bundle?): List<Transcript> {
    val texts: List<String?> = results?.getStringArrayList(SpeechRecognizer.RESULTS_RECOGNITION).orEmpty()
    val scores = results?.getFloatArray(SpeechRecognizer.CONFIDENCE_SCORES)
    return texts.mapIndexedNotNull { index, text ->
        val score = scores?.getOrNull(index)?.takeIf { it in 0f..1f }
        text?.trim()?.takeIf(String::isNotEmpty)?.let { Transcript(it, score) }
    }
}

/** Hears what the system says, until the first word that ends it. */
private class Ear(private val events: SendChannel<SpeechEvent>) : RecognitionListener {
    override fun onReadyForSpeech(params: Bundle?) {
        events.trySend(SpeechEvent.Ready)
    }

    override fun onPartialResults(partialResults: Bundle?) {
        transcripts(partialResults).firstOrNull()?.let { events.trySend(SpeechEvent.Partial(it.text)) }
    }

    override fun onResults(results: Bundle?) {
        val heard = transcripts(results)
        events.end(if (heard.isEmpty()) SpeechEvent.Failed(SpeechFailure.NOTHING_HEARD) else SpeechEvent.Heard(heard))
    }

    override fun onError(error: Int) {
        events.end(SpeechEvent.Failed(speechFailure(error) ?: SpeechFailure.UNAVAILABLE))
    }

    override fun onBeginningOfSpeech() = Unit

    override fun onRmsChanged(rmsdB: Float) = Unit

    override fun onBufferReceived(buffer: ByteArray?) = Unit // audio is of no use here

    override fun onEndOfSpeech() = Unit

    override fun onEvent(eventType: Int, params: Bundle?) = Unit
}

private fun SendChannel<SpeechEvent>.end(event: SpeechEvent) {
    trySend(event)
    close()
}

/** On a phone. */
private class PhoneSpeech(private val context: Context) : SystemSpeech {
    override fun isThere(): Boolean = SpeechRecognizer.isRecognitionAvailable(context)

    override fun listen(intent: Intent, listener: RecognitionListener): SystemListening =
        PhoneListening(context).also { it.begin(intent, listener) }

    override suspend fun languages(intent: Intent): SpeechLanguages? = Android13.languages(context, intent)
}

/** What is posted to the main thread runs there in order: nothing comes before the beginning. */
private class PhoneListening(private val context: Context) : SystemListening {
    private val main = Handler(Looper.getMainLooper())
    private var recogniser: SpeechRecognizer? = null

    fun begin(intent: Intent, listener: RecognitionListener) {
        main.post {
            try {
                recogniser = SpeechRecognizer.createSpeechRecognizer(context).apply {
                    setRecognitionListener(listener)
                    startListening(intent)
                }
            } catch (_: SecurityException) {
                listener.onError(SpeechRecognizer.ERROR_INSUFFICIENT_PERMISSIONS)
            }
        }
    }

    override fun finish() {
        main.post { recogniser?.stopListening() }
    }

    override fun end() {
        main.post {
            recogniser?.destroy() // cancels, too
            recogniser = null
        }
    }
}

@RequiresApi(33)
private object Android13 {
    suspend fun languages(context: Context, intent: Intent): SpeechLanguages? = suspendCancellableCoroutine { waiting ->
        val main = Handler(Looper.getMainLooper())
        main.post {
            val recogniser = SpeechRecognizer.createSpeechRecognizer(context)
            waiting.invokeOnCancellation { main.post(recogniser::destroy) }
            recogniser.checkRecognitionSupport(intent, { main.post(it) }, Told(waiting, recogniser))
        }
    }

    @RequiresApi(33)
    private class Told(
        private val waiting: CancellableContinuation<SpeechLanguages?>,
        private val recogniser: SpeechRecognizer,
    ) : RecognitionSupportCallback {
        override fun onSupportResult(support: RecognitionSupport) {
            val toFetch = support.supportedOnDeviceLanguages + support.pendingOnDeviceLanguages
            end(SpeechLanguages(support.installedOnDeviceLanguages, toFetch, support.onlineLanguages))
        }

        override fun onError(error: Int) = end(null)

        private fun end(languages: SpeechLanguages?) {
            recogniser.destroy()
            if (waiting.isActive) waiting.resume(languages)
        }
    }
}
