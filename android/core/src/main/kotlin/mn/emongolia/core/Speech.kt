// What a citizen says aloud, as text. Recognisers are the shell's: audio never enters the core, what was heard does.
//
// Guarantees: a listening ends with exactly one Heard or Failed; who stops collecting stops the microphone.

package mn.emongolia.core

import java.util.Locale
import java.util.concurrent.atomic.AtomicReference
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/** Mongolian as it is spoken in Mongolia (BCP 47). */
public const val MONGOLIAN: String = "mn-MN"

/** Whether a recogniser knows a language; the better first. */
public enum class SpeechSupport {
    /** Without a network, too. */
    AVAILABLE,

    /** While there is a network. */
    ONLINE_ONLY,

    /** It can't be asked: [SpeechRecogniser.listen] tells. */
    UNKNOWN,

    /** Once the system has fetched the language. */
    NEEDS_DOWNLOAD,

    /** Not here. */
    UNAVAILABLE,
}

/** One way to understand what was said. Prints without it: it may be personal. */
public data class Transcript(
    val text: String,
    /** From 0 to 1. Null: the recogniser does not know. */
    val confidence: Float? = null,
) {
    override fun toString(): String = "Transcript(***)"
}

/** Why nothing was heard, by what can be done about it. */
public enum class SpeechFailure {
    /** The citizen has not allowed the microphone: ask. */
    PERMISSION,

    /** Nothing was said, or nothing that could be understood: offer to say it again. */
    NOTHING_HEARD,

    /** The language is not known here: let it be typed. */
    LANGUAGE,

    /** The language has to be fetched by the system first. */
    DOWNLOAD,

    /** There is no network, or it is too slow. */
    OFFLINE,

    /** Somebody else answered in the gateway's place. */
    UNTRUSTED,

    /** The microphone gave nothing to hear. */
    MICROPHONE,

    /** Something is being listened to already, or too much was: later. */
    BUSY,

    /** There is no recogniser, or it does not work. */
    UNAVAILABLE,
}

/** What happens while listening. */
public sealed interface SpeechEvent {
    /** From now on it is listened to: say so. */
    public data object Ready : SpeechEvent

    /** Understood so far; may still change. Prints without it. */
    public data class Partial(val text: String) : SpeechEvent {
        override fun toString(): String = "Partial(***)"
    }

    /** The end: best first, at least one. They go to the catalogue's search as they are. */
    public data class Heard(val transcripts: List<Transcript>) : SpeechEvent

    /** The end. */
    public data class Failed(val reason: SpeechFailure) : SpeechEvent
}

/** How to listen. */
public data class SpeechRequest(
    /** BCP 47. */
    val language: String = MONGOLIAN,
    /** How many transcripts are wanted at most. */
    val most: Int = 5,
    /** Without the network, where the recogniser can. */
    val preferOffline: Boolean = false,
    /** Words that are likely: names of services. Not every recogniser heeds them. */
    val likely: List<String> = emptyList(),
)

/** Turns speech into text, once at a time: a second listening at the same time ends as [SpeechFailure.BUSY]. */
public interface SpeechRecogniser {
    /** Asked anew each time: languages come and go. */
    public suspend fun support(language: String = MONGOLIAN): SpeechSupport

    /** Listens from the moment of collecting until what was said ends; cancelled by no longer collecting. */
    public fun listen(request: SpeechRequest = SpeechRequest()): Flow<SpeechEvent>

    /** The citizen is done: what was said until now is recognised. Nothing if nobody listens. */
    public fun finish()
}

/** The first of several that knows the language; the next one where that turns out not to be so before it listens. */
public class SpeechInOrder(private vararg val recognisers: SpeechRecogniser) : SpeechRecogniser {
    private val listening = AtomicReference<SpeechRecogniser>()

    override suspend fun support(language: String): SpeechSupport =
        recognisers.map { it.support(language) }.minOrNull() ?: SpeechSupport.UNAVAILABLE

    override fun listen(request: SpeechRequest): Flow<SpeechEvent> = flow {
        var failed = SpeechEvent.Failed(SpeechFailure.LANGUAGE)
        for (recogniser in recognisers) {
            when (recogniser.support(request.language)) {
                SpeechSupport.AVAILABLE, SpeechSupport.ONLINE_ONLY, SpeechSupport.UNKNOWN -> Unit
                SpeechSupport.NEEDS_DOWNLOAD -> {
                    failed = SpeechEvent.Failed(SpeechFailure.DOWNLOAD)
                    continue
                }
                SpeechSupport.UNAVAILABLE -> continue
            }
            var missing: SpeechEvent.Failed? = null
            var begun = false
            listening.set(recogniser)
            try {
                recogniser.listen(request).collect { event ->
                    if (event is SpeechEvent.Failed && !begun && event.reason.isAbsence) missing = event else emit(event)
                    begun = true
                }
            } finally {
                listening.compareAndSet(recogniser, null)
            }
            failed = missing ?: return@flow
        }
        emit(failed)
    }

    override fun finish() {
        listening.get()?.finish()
    }
}

/** Another recogniser may do better. */
private val SpeechFailure.isAbsence: Boolean
    get() = when (this) {
        SpeechFailure.LANGUAGE, SpeechFailure.DOWNLOAD, SpeechFailure.UNAVAILABLE -> true
        SpeechFailure.PERMISSION, SpeechFailure.NOTHING_HEARD, SpeechFailure.OFFLINE, SpeechFailure.UNTRUSTED,
        SpeechFailure.MICROPHONE, SpeechFailure.BUSY,
        -> false
    }

/** Whether a tag that a recogniser lists, such as `mn` or `mn_MN`, means the one that is asked for. */
internal fun isSameLanguage(one: String, other: String): Boolean {
    fun locale(tag: String) = Locale.forLanguageTag(tag.replace('_', '-'))
    val (first, second) = locale(one) to locale(other)
    fun agree(part: (Locale) -> String) = part(first) == part(second) || part(first).isEmpty() || part(second).isEmpty()
    return first.language.isNotEmpty() && first.language == second.language &&
        agree(Locale::getScript) && agree(Locale::getCountry)
}
