// Keys in the Android Keystore: they never leave it, and stay in StrongBox where the phone has one.
//
// Holds no rule: what is done with the keys is in SecretCipher and SealedDeviceKey, which tests run with other keys.

package mn.emongolia.core.platform

import android.os.Build
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import java.security.KeyPair
import java.security.KeyPairGenerator
import java.security.KeyStore
import java.security.PrivateKey
import java.security.ProviderException
import java.security.cert.Certificate
import java.security.spec.ECGenParameterSpec
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import mn.emongolia.core.PortFailure

internal const val PROVIDER = "AndroidKeyStore"
private const val SEALING_KEY_BITS = 256

/** AES-256 for [SecretCipher]. */
public class KeystoreSealingKey(private val alias: String = "emongolia.secrets") : SealingKey {
    override fun find(): SecretKey? = keystore().getKey(alias, null) as SecretKey?

    override fun create(): SecretKey = inStrongBoxIfThereIsOne { strongBox ->
        val purposes = KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT
        val spec = KeyGenParameterSpec.Builder(alias, purposes)
            .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
            .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
            .setKeySize(SEALING_KEY_BITS)
        val generator = KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, PROVIDER)
        generator.init(spec.strongBoxBacked(strongBox).build())
        generator.generateKey()
    }

    override fun delete(): Unit = keystore().deleteEntry(alias)
}

/** P-256 for [SealedDeviceKey]. */
public class KeystoreSigningKey(private val alias: String = "emongolia.device") : SigningKey {
    override fun find(): KeyPair? = pairUnder(alias)

    override fun create(): KeyPair = inStrongBoxIfThereIsOne { strongBox ->
        val spec = KeyGenParameterSpec.Builder(alias, KeyProperties.PURPOSE_SIGN)
            .setAlgorithmParameterSpec(ECGenParameterSpec("secp256r1"))
            .setDigests(KeyProperties.DIGEST_SHA256)
        val generator = KeyPairGenerator.getInstance(KeyProperties.KEY_ALGORITHM_EC, PROVIDER)
        generator.initialize(spec.strongBoxBacked(strongBox).build())
        generator.generateKeyPair()
    }

    override fun delete(): Unit = keystore().deleteEntry(alias)
}

/** Null: none was ever made, or it is gone. */
internal fun pairUnder(alias: String): KeyPair? {
    val keystore = keystore()
    val private = keystore.getKey(alias, null) as PrivateKey? ?: return null
    return pairOf(private, keystore.getCertificate(alias))
}

/** The keystore gives no certificate when it can't be reached either; to make a new pair then would overwrite this one. */
internal fun pairOf(private: PrivateKey, certificate: Certificate?): KeyPair =
    KeyPair((certificate ?: throw PortFailure.Unavailable()).publicKey, private)

internal fun keystore(): KeyStore = KeyStore.getInstance(PROVIDER).apply { load(null) }

/** StrongBoxUnavailableException is a ProviderException; a phone before API 28 has no StrongBox to ask for. */
internal inline fun <T> inStrongBoxIfThereIsOne(create: (strongBox: Boolean) -> T): T {
    if (Build.VERSION.SDK_INT < Build.VERSION_CODES.P) return create(false)
    return try {
        create(true)
    } catch (_: ProviderException) {
        create(false)
    }
}

internal fun KeyGenParameterSpec.Builder.strongBoxBacked(strongBox: Boolean): KeyGenParameterSpec.Builder =
    if (strongBox) StrongBox.ask(this) else this

private object StrongBox {
    @RequiresApi(28)
    fun ask(spec: KeyGenParameterSpec.Builder): KeyGenParameterSpec.Builder = spec.setIsStrongBoxBacked(true)
}
