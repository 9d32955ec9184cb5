// What the platform's biometry opens: sealed to a key pair whose private half asks for a finger or a face each time.
//
// Guarantees: sealing asks nobody; what was sealed before another finger or face was enrolled is told as invalidated;
// nothing but the prompt's end is waited for, and that at most a minute.

package mn.emongolia.core.platform

import java.security.KeyFactory
import java.security.KeyPair
import java.security.spec.MGF1ParameterSpec
import java.security.spec.X509EncodedKeySpec
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException
import javax.crypto.BadPaddingException
import javax.crypto.Cipher
import javax.crypto.spec.OAEPParameterSpec
import javax.crypto.spec.PSource
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import mn.emongolia.core.BiometricKey
import mn.emongolia.core.PortFailure

/** Not AES: a secret key that asks for a finger asks for it when it seals, too. */
private const val ALGORITHM = "RSA"

private const val TRANSFORMATION = "RSA/ECB/OAEPPadding"

/** MGF1 over SHA-1 is all that keystores before Android 14 know (RFC 8017 §A.2.1: no weakness of SHA-1 touches it). */
private val PADDING = OAEPParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA1, PSource.PSpecified.DEFAULT)

/** Stands first in what is sealed, for a later format. */
private const val FORMAT: Byte = 1

/** Longer is no citizen who still looks at the phone. */
private val PATIENCE: Duration = 1.minutes

/** Where the key pair is. */
public interface OpeningKey {
    /** Null: none was ever made, or it is gone. */
    public fun find(): KeyPair?

    /** Makes it, in place of one that is there. */
    public fun create(): KeyPair

    public fun delete()
}

/** The platform's prompt. */
public interface BiometricConsent {
    /** Shows it for this key; [told] hears once how it ended. From any thread. What comes back closes it. */
    public fun ask(cipher: Cipher, told: (Result<Cipher>) -> Unit): AutoCloseable
}

/** For a phone: `KeystoreBiometry.of(context, …)`. */
public class SealedBiometricKey internal constructor(
    private val key: OpeningKey,
    private val consent: BiometricConsent,
    private val patience: Duration,
) : BiometricKey {
    public constructor(key: OpeningKey, consent: BiometricConsent) : this(key, consent, PATIENCE)

    /** With a new pair each time: one that is worth nothing any more says so only when it is used. */
    override fun wrap(key: ByteArray): ByteArray = told {
        val made = this.key.create().public
        // Out of the keystore: in it the public half, too, is held to how the private one may be used.
        val public = KeyFactory.getInstance(ALGORITHM).generatePublic(X509EncodedKeySpec(made.encoded))
        val cipher = Cipher.getInstance(TRANSFORMATION)
        cipher.init(Cipher.ENCRYPT_MODE, public, PADDING)
        byteArrayOf(FORMAT) + cipher.doFinal(key)
    }

    override fun unwrap(wrapped: ByteArray): ByteArray = told {
        if (wrapped.size <= 1 || wrapped[0] != FORMAT) throw PortFailure.Failed("biometric_format")
        val private = (key.find() ?: throw PortFailure.Invalidated()).private
        val cipher = Cipher.getInstance(TRANSFORMATION)
        cipher.init(Cipher.DECRYPT_MODE, private, PADDING)
        val allowed = allowed(cipher)
        try {
            allowed.doFinal(wrapped, 1, wrapped.size - 1)
        } catch (other: BadPaddingException) {
            throw PortFailure.Invalidated(other) // sealed to another pair
        }
    }

    override fun delete(): Unit = told { key.delete() }

    private fun allowed(cipher: Cipher): Cipher {
        val end = CompletableFuture<Result<Cipher>>()
        return consent.ask(cipher) { end.complete(it) }.use {
            try {
                end.get(patience.inWholeMilliseconds, TimeUnit.MILLISECONDS).getOrThrow()
            } catch (nobody: TimeoutException) {
                throw PortFailure.Cancelled(nobody)
            }
        }
    }
}
