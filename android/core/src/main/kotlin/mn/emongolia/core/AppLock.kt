// The app lock: shuts what is personal without signing out, and opens it again.

package mn.emongolia.core

import kotlin.time.Duration
import mn.emongolia.ffi.AppLock as FfiAppLock

/** How the app lock stands. */
public data class LockStatus(
    /** A PIN is set. */
    val isSet: Boolean,
    /** What is personal can be read. */
    val isOpen: Boolean,
    /** The platform's biometry opens it too. */
    val biometric: Boolean,
    /** A fresh sign-in brings everything back should the PIN be forgotten. Else ten wrong ones wipe this phone: say so. */
    val recoverable: Boolean,
    /** PINs that may still be wrong. 0 where one is set: only a sign-in helps. */
    val triesLeft: Int,
    /** Until the next PIN is looked at. */
    val wait: Duration,
)

/**
 * Locks by itself after a while untouched or in the background. While it is locked, all that is personal is
 * [CoreFailure.Locked]; what is public goes on, and pushes are kept. No PIN may be logged.
 */
public class AppLock internal constructor(private val lock: FfiAppLock) {
    internal fun giveBack(): Unit = lock.close()

    /** From memory, at once: for the main thread too. `Changed(SESSION)` tells when to ask again. */
    public fun status(): LockStatus = calling { lock.status() }.toCore()

    /** Sets the first PIN; [CoreFailure.Invalid] if it is none or easily guessed. Only for a citizen. Committed. */
    public suspend fun setPin(pin: String): Unit = calling { lock.changePin(null, pin) }

    /** A wrong [current] counts as a try. Committed. */
    public suspend fun changePin(current: String, new: String): Unit = calling { lock.changePin(current, new) }

    /** From then on nothing locks; biometry goes as well. A wrong [current] counts as a try. Committed. */
    public suspend fun removePin(current: String): Unit = calling { lock.changePin(current, null) }

    /**
     * Opens by the PIN, without a request. [CoreFailure.Invalid]: a wrong one ([ErrorTexts.ofTries] tells what follows);
     * [CoreFailure.Busy]: not yet; [CoreFailure.SignInRequired]: only a sign-in helps. Committed.
     */
    public suspend fun unlock(pin: String): Unit = calling { lock.unlock(pin) }

    /**
     * Opens by the platform's prompt. [CoreFailure.Cancelled]: it was closed; [CoreFailure.Invalid]: it is not set up, or
     * others are enrolled. The PIN opens all the same. Committed.
     */
    public suspend fun unlockByBiometry(): Unit = calling { lock.unlock(null) }

    /** Lets the platform's biometry open it too, besides the PIN, or no longer. Committed. */
    public suspend fun setBiometric(on: Boolean): Unit = calling { lock.setBiometric(on) }

    /** Locks. [CoreFailure.NotAvailable]: no PIN is set. Committed. */
    public suspend fun lock(): Unit = calling { lock.lock() }

    /** The citizen does something: it stays open for a while from now on. From `onUserInteraction`. */
    public fun touch(): Unit = calling { lock.touch() }
}
