// Why the core did not do what it was asked to do, by what the caller can do about it.

package mn.emongolia.core

import java.util.Objects
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import mn.emongolia.ffi.CoreException

/** Nothing in it is personal, and its message is for a log: for people there is [ErrorTexts]. */
public sealed class CoreFailure(message: String) : Exception(message) {
    /** There is no session, or it can no longer be renewed: offer to sign in. Outbox and documents are untouched. */
    public class SignInRequired : CoreFailure("sign-in required")

    /** Signed in, but for this the citizen proves anew who they are: [Session.stepUp] with this, then do it again. */
    public class StepUpRequired(
        /** How old the proof may be. */
        public val maxAge: Duration,
        /** The ways of proving it that are good enough, separated by spaces. Null: all are. */
        public val acr: String?,
    ) : CoreFailure("step-up required, at most $maxAge old, by $acr")

    /** The keys are not to be had until the citizen unlocks the phone or the app. */
    public class Locked : CoreFailure("locked")

    /** Signed in, but this citizen may not do this. */
    public class Forbidden : CoreFailure("forbidden")

    /** The gateway can't be reached. What was a write waits in the outbox. */
    public class Offline : CoreFailure("offline")

    /** The other side did not answer in time. */
    public class Timeout : CoreFailure("timed out")

    /** The other side asks for patience, and may say how long. */
    public class Busy(public val retryAfter: Duration?) : CoreFailure("busy, retry after $retryAfter")

    /** A value can't be accepted: the form's or the call's name of it, and a stable code. */
    public class Invalid(public val field: String, public val reason: String) : CoreFailure("invalid $field: $reason")

    /** There is no such thing. */
    public class NotFound : CoreFailure("not found")

    /** A change of the life cycle called the work off. A cancelled coroutine gets its own `CancellationException`. */
    public class Cancelled : CoreFailure("cancelled")

    /** The core is suspended or shut down, or the platform lacks the means. */
    public class NotAvailable : CoreFailure("not available")

    /** Nothing the caller can mend. The reference stands in the log; the citizen can read it out to whoever helps. */
    public class Unexpected(public val code: String, public val reference: String) :
        CoreFailure("unexpected $code (reference $reference)")

    override fun equals(other: Any?): Boolean = other is CoreFailure && message == other.message

    override fun hashCode(): Int = Objects.hashCode(message)
}

internal fun CoreException.toCore(): CoreFailure = when (this) {
    is CoreException.SignInRequired -> CoreFailure.SignInRequired()
    is CoreException.StepUpRequired -> CoreFailure.StepUpRequired(maxAgeS.toLong().seconds, acr)
    is CoreException.Locked -> CoreFailure.Locked()
    is CoreException.Forbidden -> CoreFailure.Forbidden()
    is CoreException.Offline -> CoreFailure.Offline()
    is CoreException.Timeout -> CoreFailure.Timeout()
    is CoreException.Busy -> CoreFailure.Busy(retryAfterS?.toLong()?.seconds)
    is CoreException.Invalid -> CoreFailure.Invalid(field, reason)
    is CoreException.NotFound -> CoreFailure.NotFound()
    is CoreException.Cancelled -> CoreFailure.Cancelled()
    is CoreException.NotAvailable -> CoreFailure.NotAvailable()
    is CoreException.Unexpected -> CoreFailure.Unexpected(code, reference)
}
