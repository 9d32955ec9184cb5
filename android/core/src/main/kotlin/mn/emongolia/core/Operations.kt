// Writes on their way.

package mn.emongolia.core

import java.time.Instant

/** Where an operation stands. `New → Sending → Done | Wedged | Cancelled`. */
public enum class OperationState {
    /** On this phone only. */
    NEW,
    /** A byte may have left; whether it had its effect is known only with the answer. */
    SENDING,
    /** Had its effect, exactly once. */
    DONE,
    /** Can't go on without the citizen. */
    WEDGED,
    /** Called off before it had an effect. */
    CANCELLED,
}

/** A write on its way. */
public data class OutboxOperation(
    /** Names it here. */
    val id: String,
    /** What it does: `request.submit`, `inbox.read`, … */
    val kind: String,
    /** Where it stands. */
    val state: OperationState,
    /** When the citizen acted. */
    val createdAt: Instant,
    /** How often it was tried. */
    val attempts: Int,
    /** When it will be tried again by itself; only while it waits. */
    val nextTryAt: Instant?,
    /** Why it is wedged: a stable code. */
    val problem: String?,
    /** The form's name of the value that the problem is about. */
    val problemField: String?,
)

/** How an attempt to send everything ended. */
public enum class FlushOutcome {
    /** Nothing is due any more. */
    DRAINED,
    /** The gateway can't be reached. */
    OFFLINE,
    /** There is no session to send with. */
    SIGN_IN_REQUIRED,
    /** The core is suspended, or its store failed. */
    STOPPED,
}
