// What seals small secrets for this device, and the format of what it seals.
//
// Guarantees: what was sealed under one name does not open under another; a key that is gone or made useless is told
// apart from one that can't be had now.

package mn.emongolia.core.platform

import java.security.GeneralSecurityException
import java.security.UnrecoverableKeyException
import javax.crypto.AEADBadTagException
import javax.crypto.Cipher
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec
import mn.emongolia.core.PortFailure

private const val TRANSFORMATION = "AES/GCM/NoPadding"

/** The keystore makes the nonce itself; 96 bits (NIST SP 800-38D §8.2.2). */
private const val NONCE_BYTES = 12

private const val TAG_BITS = 128

/** Stands first in what is sealed, for a later format. */
private const val FORMAT: Byte = 1

/** Where the sealing key is. */
public interface SealingKey {
    /** Null: none was ever made, or it is gone. */
    public fun find(): SecretKey?

    /** Makes it. */
    public fun create(): SecretKey

    public fun delete()
}

/** AES-256-GCM with a key that stays where it is. */
public class SecretCipher(private val key: SealingKey) {
    public fun seal(plain: ByteArray, name: String): ByteArray = told {
        val cipher = Cipher.getInstance(TRANSFORMATION)
        cipher.init(Cipher.ENCRYPT_MODE, key.find() ?: key.create())
        cipher.updateAAD(name.encodeToByteArray())
        byteArrayOf(FORMAT) + cipher.iv + cipher.doFinal(plain)
    }

    /** A key that is gone made what is sealed useless: [PortFailure.Invalidated]. */
    public fun open(sealed: ByteArray, name: String): ByteArray = told {
        if (sealed.size <= 1 + NONCE_BYTES || sealed[0] != FORMAT) throw PortFailure.Failed("sealed_format")
        val cipher = Cipher.getInstance(TRANSFORMATION)
        val secret = key.find() ?: throw PortFailure.Invalidated()
        cipher.init(Cipher.DECRYPT_MODE, secret, GCMParameterSpec(TAG_BITS, sealed, 1, NONCE_BYTES))
        cipher.updateAAD(name.encodeToByteArray())
        try {
            cipher.doFinal(sealed, 1 + NONCE_BYTES, sealed.size - 1 - NONCE_BYTES)
        } catch (other: AEADBadTagException) {
            throw PortFailure.Invalidated(other) // sealed by another key: a restored backup, another phone
        }
    }

    /** What is sealed can't be opened any more. */
    public fun destroy(): Unit = told { key.delete() }
}

/**
 * The platform's exceptions as failures of a port. They are told by name: on the phone some are classes of the
 * keystore that no other Java has, and nothing of their text may pass.
 */
internal inline fun <T> told(call: () -> T): T = try {
    call()
} catch (failure: PortFailure) {
    throw failure
} catch (failure: GeneralSecurityException) {
    throw failure.told()
} catch (failure: RuntimeException) { // ProviderException, IllegalStateException of a keystore that is not ready
    throw failure.told()
}

/** Made useless for good: a new biometric, a removed screen lock. */
private const val INVALIDATED = "KeyPermanentlyInvalidatedException"

/** All that Android's `KeyStore.getKey` leaves of that one: its text, in an UnrecoverableKeyException without cause. */
private const val INVALIDATED_TEXT = "User changed or deleted their auth credentials"

/**
 * To be had later: the phone was not unlocked since it started, or the keystore is busy. Android's `KeyStore.getKey`
 * throws UnrecoverableKeyException for whatever went wrong but a key that is not there: it alone condemns no key.
 */
private val UNAVAILABLE = setOf(
    "UserNotAuthenticatedException",
    "SecureKeyImportUnavailableException",
    "BackendBusyException",
    "UnrecoverableKeyException",
)

internal fun Exception.told(): PortFailure {
    val chain = generateSequence<Throwable>(this) { it.cause }.toList()
    val names = chain.map { it.javaClass.simpleName }
    return when {
        INVALIDATED in names || chain.any { it.isInvalidation() } -> PortFailure.Invalidated(this)
        names.any { it in UNAVAILABLE } -> PortFailure.Unavailable(this)
        else -> PortFailure.Failed("keystore_${names.first()}", this)
    }
}

private fun Throwable.isInvalidation() = this is UnrecoverableKeyException && cause == null && message == INVALIDATED_TEXT
