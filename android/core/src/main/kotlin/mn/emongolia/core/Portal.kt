// Signing in to the portal in a browser, from the phone.

package mn.emongolia.core

import java.time.Instant
import mn.emongolia.ffi.Portal as FfiPortal

/** A browser that asks to be signed in, as the citizen is shown it. */
public data class WebSignIn(
    /** Names it. */
    val id: String,
    /** What the browser wants to be let into. */
    val service: LocalisedText,
    val askedAt: Instant,
    /** Three. One of them stands on the page; the citizen chooses it here. */
    val numbers: List<Int>,
)

/** The page shows a QR code and a number; the phone reads the one and the citizen compares the other. */
public class Portal internal constructor(private val portal: FfiPortal) {
    internal fun giveBack(): Unit = portal.close()

    /** What the code asks for. [CoreFailure.Invalid]: it is not our portal's, or the request is over. Abandonable. */
    public suspend fun preview(qr: String): WebSignIn = calling { portal.preview(qr, null) }.toCore()

    /**
     * Lets the browser in that shows this number; gives the outbox's id of that. A number of another page ends the
     * request. [CoreFailure.StepUpRequired]: the citizen proves first who they are. Committed.
     */
    public suspend fun approve(id: String, number: Int): String {
        require(number >= 0) { "a number of the page" }
        return calling { portal.answer(id, number.toUInt()) }
    }

    /** Keeps the browser out; gives the outbox's id of that. Committed. */
    public suspend fun refuse(id: String): String = calling { portal.answer(id, null) }

    /**
     * Puts away an answer that the outbox holds stuck and of which nothing can come any more, once the citizen has been told
     * why: a wrong number, a request that is over. `false`: it is none of those, and stays. Committed.
     */
    public suspend fun putAway(operation: String): Boolean = calling { portal.putAway(operation) }
}
