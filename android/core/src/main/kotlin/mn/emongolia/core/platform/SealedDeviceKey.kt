// The device's signing key and what seals keys for the device, wherever both are kept.

package mn.emongolia.core.platform

import java.math.BigInteger
import java.security.KeyPair
import java.security.Signature
import java.security.interfaces.ECPublicKey
import mn.emongolia.core.DeviceKey

private const val SIGNATURE = "SHA256withECDSA"

/** Of P-256. */
private const val COORDINATE_BYTES = 32

/** SEC 1 §2.3.3: no compression. */
private const val UNCOMPRESSED: Byte = 4

/** Binds what is wrapped to its purpose. */
private const val WRAPPED = "device-key.wrap"

/** Where the P-256 key pair is. */
public interface SigningKey {
    /** Null: none was ever made, or it is gone. */
    public fun find(): KeyPair?

    /** Makes it. */
    public fun create(): KeyPair

    public fun delete()
}

/** For a phone: `SealedDeviceKey(KeystoreSigningKey(), SecretCipher(KeystoreSealingKey("emongolia.device.wrap")))`. */
public class SealedDeviceKey(private val signing: SigningKey, private val cipher: SecretCipher) : DeviceKey {
    override fun publicKey(): ByteArray = told { uncompressed(pair().public as ECPublicKey) }

    override fun signEs256(message: ByteArray): ByteArray = told {
        val signature = Signature.getInstance(SIGNATURE)
        signature.initSign(pair().private)
        signature.update(message)
        signature.sign()
    }

    override fun wrap(key: ByteArray): ByteArray = cipher.seal(key, WRAPPED)

    override fun unwrap(wrapped: ByteArray): ByteArray = cipher.open(wrapped, WRAPPED)

    override fun delete() {
        told { signing.delete() }
        cipher.destroy()
    }

    /** Two threads must not make two. */
    @Synchronized
    private fun pair(): KeyPair = signing.find() ?: signing.create()
}

internal fun uncompressed(key: ECPublicKey): ByteArray =
    byteArrayOf(UNCOMPRESSED) + coordinate(key.w.affineX) + coordinate(key.w.affineY)

/** Big-endian, with zeros in front and without a sign byte. */
private fun coordinate(value: BigInteger): ByteArray {
    val bytes = value.toByteArray().takeLast(COORDINATE_BYTES).toByteArray()
    return ByteArray(COORDINATE_BYTES - bytes.size) + bytes
}
