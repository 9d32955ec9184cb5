// Drafts: what a citizen is filling in over days, with its files.

package mn.emongolia.core

import java.io.InputStream
import java.time.Instant
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.withContext

/** What is read of a file and kept at a time. */
private const val PIECE = 256 * 1024

/** No form takes a file of this size: one that does not end is not counted any further. */
private const val MOST_COUNTED = 64L * 1024 * 1024

/** What a citizen is filling in, as its page shows it. Prints as `Draft(***)`. */
public data class Draft(
    /** Names it on this phone. */
    val id: String,
    /** The form as it stands. The value of a file is its id. */
    val form: FormState,
    /** Answers that a new version of the form has no place for; show them until the citizen goes on. */
    val setAside: List<SetAside>,
    /** Questions, by name, that a new version of the form made necessary. */
    val newlyRequired: List<String>,
    /** What registers could fill in. Ask the citizen about each to which nothing was said. */
    val offers: List<PrefillOffer>,
    /** Put in or not, in the order in which they were begun. */
    val files: List<DraftFile>,
    val begunAt: Instant,
    val changedAt: Instant,
    /** It was submitted and has not arrived: it can't be changed until that is called off. */
    val underWay: Boolean,
    /** Whom it is for. Null: the citizen. */
    val person: Represented?,
    /** The request that it answers. Null: it becomes a new one. */
    val request: String?,
    /** What whoever asks has written. */
    val message: LocalisedText?,
    /** Questions, by name, that were asked and what their answers bring along; others stay as sent. Null: all are open. */
    val open: List<String>?,
) {
    override fun toString(): String = "Draft(***)"
}

/** What a register could fill in, and what the citizen said to that. */
public data class PrefillOffer(
    /** ХУР operation. */
    val operation: String,
    /** Whose register it is, and what it tells. */
    val title: LocalisedText,
    /** The questions that it may answer, by name. */
    val fields: List<String>,
    /** Whether the citizen agreed, in this form or another. Null: ask, once. */
    val agreed: Boolean?,
    /** Why something is still open, though the citizen agreed. */
    val missing: LocalisedText?,
)

/** An answer that the form has no place for any more. */
public data class SetAside(
    /** The question, as it was put. */
    val title: LocalisedText,
    /** In words; a file by its name. */
    val value: LocalisedText,
    /** Why it does not fit. */
    val message: LocalisedText,
) {
    override fun toString(): String = "SetAside(***)"
}

/** A draft as a list shows it. */
public data class DraftSummary(
    /** Names it on this phone. */
    val id: String,
    /** The service, by id. */
    val service: String,
    val begunAt: Instant,
    val changedAt: Instant,
    /** How many questions have an answer. */
    val answered: Int,
    /** Whom it is for. Null: the citizen. */
    val person: Represented?,
    /** The request that it answers. Null: it becomes a new one. */
    val request: String?,
) {
    override fun toString(): String = "DraftSummary(***)"
}

/** A file of a draft, and how far it is. */
public data class DraftFile(
    /** The answer to its question, once all of it is here. */
    val id: String,
    /** The question that it is meant for, by name. */
    val field: String?,
    /** As the citizen knows it. */
    val name: String,
    /** `application/pdf`, `image/jpeg` or `image/png`. */
    val mediaType: String,
    /** In bytes. */
    val size: Long,
    /** Bytes that are on this phone. */
    val stored: Long,
    /** Bytes that the gateway has. */
    val arrived: Long,
) {
    override fun toString(): String = "DraftFile(***)"
}

/**
 * A file as the platform's picker tells of it: of a `Uri`, what `OpenableColumns` and `ContentResolver.getType` say, and
 * [open] is `openInputStream`. It is called off the main thread, and what it gives is closed.
 */
public class PickedFile(
    internal val name: String,
    internal val mediaType: String,
    /** In bytes. Null or negative, where the provider does not know: the file is opened once more, to count them. */
    private val size: Long?,
    private val open: () -> InputStream,
) {
    internal suspend fun size(): Long =
        size?.takeIf { it >= 0 } ?: withContext(Dispatchers.IO) { open().use { it.length() } }

    /** One is read while the one before it is being kept, and no more: the file is never whole in memory. */
    internal fun pieces(reader: CoroutineDispatcher = Dispatchers.IO): Flow<ByteArray> = flow {
        open().use { stream ->
            val piece = ByteArray(PIECE)
            while (true) {
                val length = stream.fill(piece)
                if (length == 0) break
                emit(piece.copyOf(length))
            }
        }
    }.buffer(Channel.RENDEZVOUS).flowOn(reader)
}

private fun InputStream.length(): Long {
    val piece = ByteArray(PIECE)
    var length = 0L
    while (length < MOST_COUNTED) {
        val more = fill(piece)
        if (more == 0) break
        length += more
    }
    return length
}

/** As much as fits, or as there is: a stream may give less than it is asked for. */
private fun InputStream.fill(piece: ByteArray): Int {
    var length = 0
    while (length < piece.size) {
        val more = read(piece, length, piece.size - length)
        if (more < 0) break
        length += more
    }
    return length
}
