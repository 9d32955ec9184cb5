// Biometry of the Android Keystore and the framework's prompt, from Android 9 on: before, only the PIN opens.
//
// Holds no rule but what an end of the prompt means: what is done with the key is in SealedBiometricKey.

package mn.emongolia.core.platform

import android.content.Context
import android.hardware.biometrics.BiometricPrompt
import android.os.Build
import android.os.CancellationSignal
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import java.security.InvalidAlgorithmParameterException
import java.security.KeyPair
import java.security.KeyPairGenerator
import javax.crypto.Cipher
import mn.emongolia.core.BiometricKey
import mn.emongolia.core.PortFailure

private const val MODULUS_BITS = 2048

/** What the citizen reads on the prompt, in the app's language. */
public data class PromptWords(val title: String, val usePin: String)

public object KeystoreBiometry {
    /** For `Platform.biometric`. Null: this Android has no prompt that releases a key. */
    public fun of(context: Context, words: () -> PromptWords): BiometricKey? =
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.P) null else make(context.applicationContext, words)

    @RequiresApi(28)
    private fun make(context: Context, words: () -> PromptWords): BiometricKey =
        SealedBiometricKey(KeystoreOpeningKey(), FrameworkPrompt(context, words))
}

/** RSA-2048 that a strong biometric opens, once for each prompt, until the enrolment changes. */
public class KeystoreOpeningKey(private val alias: String = "emongolia.biometric") : OpeningKey {
    override fun find(): KeyPair? = pairUnder(alias)

    override fun create(): KeyPair = inStrongBoxIfThereIsOne { strongBox ->
        val spec = KeyGenParameterSpec.Builder(alias, KeyProperties.PURPOSE_DECRYPT)
            .setKeySize(MODULUS_BITS)
            .setDigests(KeyProperties.DIGEST_SHA256, KeyProperties.DIGEST_SHA1)
            .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_RSA_OAEP)
            .setUserAuthenticationRequired(true) // no validity: each use asks
            .setInvalidatedByBiometricEnrollment(true)
        val generator = KeyPairGenerator.getInstance(KeyProperties.KEY_ALGORITHM_RSA, PROVIDER)
        try {
            generator.initialize(spec.strongBoxBacked(strongBox).build())
        } catch (nobody: InvalidAlgorithmParameterException) {
            throw PortFailure.Unavailable(nobody) // no finger or face is enrolled
        }
        generator.generateKeyPair()
    }

    override fun delete(): Unit = keystore().deleteEntry(alias)
}

/** The system draws it: no activity is needed, but the app has to be in front. */
@RequiresApi(28)
internal class FrameworkPrompt(private val context: Context, private val words: () -> PromptWords) : BiometricConsent {
    override fun ask(cipher: Cipher, told: (Result<Cipher>) -> Unit): AutoCloseable {
        val (title, usePin) = words()
        val executor = context.mainExecutor
        val closed = CancellationSignal()
        val prompt = BiometricPrompt.Builder(context)
            .setTitle(title)
            .setNegativeButton(usePin, executor) { _, _ -> told(Result.failure(PortFailure.Cancelled())) }
            .build()
        prompt.authenticate(BiometricPrompt.CryptoObject(cipher), closed, executor, EndOfPrompt(told))
        return AutoCloseable { closed.cancel() }
    }
}

/** A finger that was not known is no end: the prompt says so, and goes on. */
@RequiresApi(28)
private class EndOfPrompt(private val told: (Result<Cipher>) -> Unit) : BiometricPrompt.AuthenticationCallback() {
    override fun onAuthenticationSucceeded(result: BiometricPrompt.AuthenticationResult) {
        told(Result.success(result.cryptoObject.cipher))
    }

    override fun onAuthenticationError(code: Int, text: CharSequence?) {
        told(Result.failure(endOfPrompt(code)))
    }
}

/** `BiometricPrompt.BIOMETRIC_ERROR_…`; what is not among them is a vendor's own. */
internal fun endOfPrompt(code: Int): PortFailure = when (code) {
    BiometricPrompt.BIOMETRIC_ERROR_USER_CANCELED,
    BiometricPrompt.BIOMETRIC_ERROR_CANCELED,
    BiometricPrompt.BIOMETRIC_ERROR_TIMEOUT,
    -> PortFailure.Cancelled()
    BiometricPrompt.BIOMETRIC_ERROR_NO_BIOMETRICS, // none is enrolled any more: the key went with the last
    BiometricPrompt.BIOMETRIC_ERROR_NO_DEVICE_CREDENTIAL,
    -> PortFailure.Invalidated()
    BiometricPrompt.BIOMETRIC_ERROR_LOCKOUT,
    BiometricPrompt.BIOMETRIC_ERROR_LOCKOUT_PERMANENT,
    BiometricPrompt.BIOMETRIC_ERROR_HW_UNAVAILABLE,
    BiometricPrompt.BIOMETRIC_ERROR_HW_NOT_PRESENT,
    BiometricPrompt.BIOMETRIC_ERROR_UNABLE_TO_PROCESS,
    BiometricPrompt.BIOMETRIC_ERROR_NO_SPACE,
    -> PortFailure.Unavailable()
    else -> PortFailure.Failed("biometric_$code")
}
