// What the platform lends the core. Implementations: in `platform` for phones, in memory for tests.

package mn.emongolia.core

import java.time.Instant

/** Why the platform did not do as asked. */
public sealed class PortFailure(message: String, cause: Throwable? = null) : Exception(message, cause) {
    /** Not now: the phone has not been unlocked since it started, or the keystore is busy. Nothing is wiped. */
    public class Unavailable(cause: Throwable? = null) : PortFailure("not available now", cause)

    /** The key or secret was made useless for good: a new biometric, a restored backup. */
    public class Invalidated(cause: Throwable? = null) : PortFailure("permanently invalidated", cause)

    /** The citizen closed the platform's prompt, or it closed by itself. */
    public class Cancelled(cause: Throwable? = null) : PortFailure("cancelled", cause)

    /** Anything else. The code reaches the log: nothing personal, no message text. */
    public class Failed(public val code: String, cause: Throwable? = null) : PortFailure("failed ($code)", cause)
}

/** Small secrets, on this device only. Called from threads of the core's own, never from the main thread. */
public interface SecretStore {
    /** Null if there is none: not an error. */
    public fun get(name: String): ByteArray?

    /** Durable before it returns. Replaces what is there. */
    public fun put(name: String, value: ByteArray)

    /** Deleting what is not there is not an error. */
    public fun delete(name: String)
}

/** One P-256 key that never leaves the device, made on first use, and what seals keys for this device. */
public interface DeviceKey {
    /** Uncompressed: `0x04 ‖ X ‖ Y`, 65 bytes (SEC 1 §2.3.3). */
    public fun publicKey(): ByteArray

    /** ECDSA with SHA-256 over the message, DER (RFC 3279 §2.2.3). */
    public fun signEs256(message: ByteArray): ByteArray

    /** Seals a small key so that only this device opens it. */
    public fun wrap(key: ByteArray): ByteArray

    /** Opens what [wrap] sealed. */
    public fun unwrap(wrapped: ByteArray): ByteArray

    /** Destroys the key; the next use makes a new one. */
    public fun delete()
}

/** A key that works only after the platform's biometric prompt, and no more once the enrolment has changed. */
public interface BiometricKey {
    /** Seals a small key, without a prompt; makes the platform's key, anew if that is worth nothing any more. */
    public fun wrap(key: ByteArray): ByteArray

    /** Opens what [wrap] sealed, after the prompt: may block for a minute. [PortFailure.Invalidated]: others are enrolled. */
    public fun unwrap(wrapped: ByteArray): ByteArray

    /** Destroys the key, without a prompt. What is not there is not an error. */
    public fun delete()
}

/** How serious a line is. */
public enum class LogLevel {
    /** A defect, or a broken other side. */
    ERROR,

    /** Something to look at later. */
    WARN,

    /** What happened. */
    INFO,

    /** For whoever is looking for something. */
    DEBUG,
}

/** One redacted line of the core's log. */
public data class LogRecord(val level: LogLevel, val target: String, val message: String, val at: Instant)

/** Where the core's log goes, in batches, oldest first, from a thread of its own. What it logs itself is lost. */
public fun interface LogSink {
    public fun write(batch: List<LogRecord>)
}

/** All that is lent. */
public class Platform(
    public val secrets: SecretStore,
    public val deviceKey: DeviceKey,
    /** Null: only a PIN opens the app lock. */
    public val biometric: BiometricKey? = null,
    public val log: LogSink? = null,
)
