// What institutions sent.

package mn.emongolia.core

import java.time.Instant

/** What a message is about. */
public enum class MessageKind {
    /** One of the citizen's requests moved. */
    REQUEST_STATUS,
    /** Something to know. */
    NOTICE,
    /** A kind this build does not know: show it like a notice. */
    OTHER,
}

/** A message from an institution. */
public data class Message(
    /** Names it. */
    val id: String,
    /** What it is about. */
    val kind: MessageKind,
    /** One line. */
    val title: LocalisedText,
    /** All of it. */
    val body: LocalisedText,
    /** Who wrote. */
    val sender: LocalisedText?,
    val sentAt: Instant,
    /** The request it speaks of. */
    val requestId: String?,
    /** Whom it is about; null: the citizen. */
    val person: Represented?,
    /** The citizen has read it, here or elsewhere. */
    val read: Boolean,
    /** The citizen's last change to it has not reached the other side yet. */
    val pending: Boolean,
) {
    override fun toString(): String = "Message(***)"
}
