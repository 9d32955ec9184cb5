// Every call into the core goes through here.
//
// Guarantees: what comes out is a CoreFailure, a panic among them; a cancelled coroutine stops the core's work too.

package mn.emongolia.core

import java.nio.charset.CharacterCodingException
import java.util.concurrent.CancellationException
import mn.emongolia.ffi.CoreException
import mn.emongolia.ffi.InternalException

/** The code under which a panic of the core is told. */
internal const val PANIC = "panic"

/** What the generated code knows only as a text is logged by the core, redacted, under the reference that this carries. */
internal fun InternalException.toCore(): CoreFailure = try {
    mn.emongolia.ffi.defect(message.orEmpty()).toCore()
} catch (_: InternalException) {
    CoreFailure.Unexpected(PANIC, "") // not even that works any more
}

/**
 * A call, which may wait. A cancelled coroutine stops the waiting, and the generated code then drops the core's future: what
 * is abandonable ends with it, what is committed goes on. The handle that calls off (`Cancellation`) is for Swift.
 */
internal inline fun <T> calling(call: () -> T): T = try {
    call()
} catch (failure: CoreException) {
    throw failure.toCore().apply { initCause(failure) }
} catch (panic: InternalException) {
    throw panic.toCore() // without its cause, whose text may hold anything
} catch (malformed: CharacterCodingException) {
    throw CoreFailure.Invalid("text", "text.malformed").apply { initCause(malformed) } // half a surrogate pair
} catch (cancelled: CancellationException) {
    throw cancelled // an IllegalStateException, too
} catch (closed: IllegalStateException) {
    throw CoreFailure.NotAvailable().apply { initCause(closed) } // the handle was given back
}
