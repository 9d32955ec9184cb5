// The gateway's recogniser, for phones whose own knows no Mongolian: sound is sent while it is spoken, and kept nowhere.
//
// Guarantees: ten seconds at most; whom the core does not trust hears nothing; it needs no sign-in, and sends no token.

package mn.emongolia.core.platform

import android.os.Build
import java.io.IOException
import java.io.InputStream
import java.net.URI
import java.net.URLEncoder
import java.security.SecureRandom
import java.time.Instant
import java.util.concurrent.CancellationException
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicReference
import javax.net.ssl.HttpsURLConnection
import javax.net.ssl.SSLHandshakeException
import javax.net.ssl.SSLPeerUnverifiedException
import javax.net.ssl.SSLSocketFactory
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.ClosedSendChannelException
import kotlinx.coroutines.channels.ReceiveChannel
import kotlinx.coroutines.channels.SendChannel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.channelFlow
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import mn.emongolia.core.MONGOLIAN
import mn.emongolia.core.Settings
import mn.emongolia.core.SpeechEvent
import mn.emongolia.core.SpeechFailure
import mn.emongolia.core.SpeechRecogniser
import mn.emongolia.core.SpeechRequest
import mn.emongolia.core.SpeechSupport
import mn.emongolia.core.Transcript
import mn.emongolia.core.isSameLanguage
import org.json.JSONException
import org.json.JSONObject

/** What the gateway takes; who looks for a service says a few words. */
internal val LONGEST_SPEECH: Duration = 10.seconds

/** A microphone that gives less than it should must not hold the line. */
private val RECORDED_WITHIN: Duration = LONGEST_SPEECH + 2.seconds

private val CONNECT_WITHIN: Duration = 10.seconds

/** Recognisers answer within a second or two of the last word. */
private val ANSWER_WITHIN: Duration = 15.seconds

/** All of it at 20 ms a packet: a line that is slow to come about must not make the microphone skip. */
private const val WAITING_PACKETS = 500

/** Ten hypotheses of three hundred letters are a tenth of it. */
private const val LARGEST_ANSWER = 64 * 1024

/** From here on every Android has an Opus encoder, and the TLS 1.3 that the gateway asks for. */
private const val FIRST_ANDROID = Build.VERSION_CODES.Q

/** Where sound comes from. */
public fun interface AudioSource {
    /**
     * Opus packets of one channel, as they are recorded, from collecting until the citizen is silent or it is cancelled.
     * Throws [SecurityException] when the microphone is not allowed.
     */
    public fun packets(): Flow<ByteArray>
}

/** Takes roots, pins and address of the gateway from the core's own settings. */
public class ServerSpeechRecogniser internal constructor(
    private val settings: Settings,
    private val audio: AudioSource,
    private val sdk: Int,
    private val now: () -> Instant,
) : SpeechRecogniser {
    public constructor(settings: Settings, audio: AudioSource) : this(settings, audio, Build.VERSION.SDK_INT, Instant::now)

    private val busy = AtomicBoolean()
    private val said = AtomicReference<SendChannel<ByteArray>>()
    private val sockets: SSLSocketFactory by lazy {
        pinnedSockets(settings.roots, settings.pins, URI(settings.gateway).host, now)
    }

    override suspend fun support(language: String): SpeechSupport =
        if (sdk >= FIRST_ANDROID && isSameLanguage(language, MONGOLIAN)) SpeechSupport.ONLINE_ONLY else SpeechSupport.UNAVAILABLE

    override fun listen(request: SpeechRequest): Flow<SpeechEvent> = channelFlow {
        if (!busy.compareAndSet(false, true)) {
            send(SpeechEvent.Failed(SpeechFailure.BUSY))
            return@channelFlow
        }
        try {
            send(heard(request) { send(SpeechEvent.Ready) })
        } catch (failed: Unheard) {
            send(SpeechEvent.Failed(failed.reason))
        } finally {
            busy.set(false)
        }
    }

    override fun finish() {
        said.get()?.close()
    }

    private suspend fun heard(request: SpeechRequest, ready: suspend () -> Unit): SpeechEvent = coroutineScope {
        val packets = Channel<ByteArray>(WAITING_PACKETS)
        said.set(packets)
        val recording = launch { record(packets, ready) }
        try {
            val first = packets.receiveCatching()
            first.exceptionOrNull()?.let { throw it }
            val answer = first.getOrNull()?.let { upload(request.language, it, packets) }
            val transcripts = answer.orEmpty().take(request.most)
            if (transcripts.isEmpty()) SpeechEvent.Failed(SpeechFailure.NOTHING_HEARD) else SpeechEvent.Heard(transcripts)
        } finally {
            said.set(null)
            recording.cancelAndJoin()
        }
    }

    /** Until it ends, is finished, or goes on for too long. What goes wrong reaches who reads the packets. */
    private suspend fun record(into: Channel<ByteArray>, ready: suspend () -> Unit) {
        try {
            var begun = false
            withTimeoutOrNull(RECORDED_WITHIN) {
                audio.packets().collect { packet ->
                    if (!begun) ready()
                    begun = true
                    into.send(packet)
                }
            }
            into.close()
        } catch (_: ClosedSendChannelException) {
            // finished
        } catch (cancelled: CancellationException) {
            throw cancelled
        } catch (_: SecurityException) {
            into.close(Unheard(SpeechFailure.PERMISSION))
        } catch (_: Exception) {
            into.close(Unheard(SpeechFailure.MICROPHONE))
        }
    }

    private suspend fun upload(language: String, first: ByteArray, rest: ReceiveChannel<ByteArray>): List<Transcript> {
        val asked = "${settings.gateway}/v1/speech?language=${URLEncoder.encode(language, "UTF-8")}"
        val connection = URI(asked).toURL().openConnection() as? HttpsURLConnection ?: throw Unheard(SpeechFailure.UNTRUSTED)
        return withContext(Dispatchers.IO) {
            val disconnecting = disconnectWhenCancelled(connection)
            try {
                connection.sslSocketFactory = sockets
                connection.dress()
                connection.outputStream.use { out ->
                    val ogg = OggOpus(SecureRandom().nextInt())
                    fun write(pages: ByteArray) {
                        out.write(pages)
                        out.flush()
                    }
                    write(ogg.begin() + ogg.add(first))
                    for (packet in rest) {
                        if (ogg.length + OggOpus.lengthOf(packet) > LONGEST_SPEECH) break
                        write(ogg.add(packet))
                    }
                    rest.cancel() // the microphone, too
                    write(ogg.end())
                }
                answer(connection)
            } catch (failure: IOException) {
                currentCoroutineContext().ensureActive() // called off, and not the network's fault
                throw Unheard(failure.reason())
            } catch (_: IllegalArgumentException) {
                throw Unheard(SpeechFailure.MICROPHONE) // no Opus
            } finally {
                disconnecting.cancel()
            }
        }
    }

    /** Blocking calls do not hear of a cancellation; a closed line they do. */
    private fun CoroutineScope.disconnectWhenCancelled(connection: HttpsURLConnection) =
        launch(start = CoroutineStart.UNDISPATCHED) { // and off the main thread, where no line may be closed
            try {
                awaitCancellation()
            } finally {
                connection.disconnect()
            }
        }
}

/** Taken back where it is thrown from: it ends no coroutine but its own. */
private class Unheard(val reason: SpeechFailure) : Exception(reason.name)

private fun HttpsURLConnection.dress() {
    requestMethod = "POST"
    doOutput = true
    useCaches = false
    instanceFollowRedirects = false // nobody else is to hear it
    setChunkedStreamingMode(0)
    connectTimeout = CONNECT_WITHIN.inWholeMilliseconds.toInt()
    readTimeout = ANSWER_WITHIN.inWholeMilliseconds.toInt()
    setRequestProperty("Content-Type", "audio/ogg; codecs=opus")
    setRequestProperty("Accept", "application/json")
    setRequestProperty("User-Agent", "emongolia") // the phone's model is nobody's business
}

private fun answer(connection: HttpsURLConnection): List<Transcript> = when (connection.responseCode) {
    200 -> transcripts(connection.inputStream.use(::limited))
    422 -> throw Unheard(refusal(connection.errorStream?.use(::limited)))
    429, 503 -> throw Unheard(SpeechFailure.BUSY)
    else -> throw Unheard(SpeechFailure.UNAVAILABLE)
}

private fun refusal(problem: String?): SpeechFailure = try {
    val language = JSONObject(problem.orEmpty()).optString("code") == "unsupported_language"
    if (language) SpeechFailure.LANGUAGE else SpeechFailure.UNAVAILABLE
} catch (_: JSONException) {
    SpeechFailure.UNAVAILABLE
}

private fun transcripts(json: String): List<Transcript> = try {
    val hypotheses = JSONObject(json).getJSONArray("hypotheses")
    (0 until hypotheses.length()).map(hypotheses::getJSONObject).map { heard ->
        val confidence = if (heard.has("confidence")) heard.getDouble("confidence").toFloat() else null
        Transcript(heard.getString("text"), confidence?.takeIf { it in 0f..1f })
    }
} catch (_: JSONException) {
    throw Unheard(SpeechFailure.UNAVAILABLE)
}

private fun limited(answer: InputStream): String {
    val bytes = ByteArray(LARGEST_ANSWER + 1)
    var size = 0
    while (size < bytes.size) {
        val read = answer.read(bytes, size, bytes.size - size)
        if (read < 0) return String(bytes, 0, size, Charsets.UTF_8)
        size += read
    }
    throw Unheard(SpeechFailure.UNAVAILABLE)
}

private fun IOException.reason(): SpeechFailure = when (this) {
    is SSLHandshakeException, is SSLPeerUnverifiedException -> SpeechFailure.UNTRUSTED
    else -> SpeechFailure.OFFLINE
}
