package mn.emongolia.core.platform

import java.io.File
import java.math.BigInteger
import java.nio.file.Files
import java.security.Signature
import java.security.InvalidKeyException
import java.security.KeyFactory
import java.security.KeyPair
import java.security.ProviderException
import java.security.UnrecoverableKeyException
import java.security.interfaces.ECPublicKey
import java.security.spec.ECPoint
import java.security.spec.ECPublicKeySpec
import javax.crypto.SecretKey
import mn.emongolia.core.PortFailure
import mn.emongolia.core.SoftwareSealingKey
import mn.emongolia.core.SoftwareSigningKey
import org.junit.After
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

class KeysTest {
    private val folder: File = Files.createTempDirectory("secrets-").toFile()
    private val key = SoftwareSealingKey()
    private val store = FileSecretStore(File(folder, "нууц"), SecretCipher(key))
    private val secret = "Өгөгдөл Үүр".encodeToByteArray()

    @After
    fun end() {
        folder.deleteRecursively()
    }

    @Test
    fun `what is put is got, after a restart too, and what is deleted is absent`() {
        store.put("state.key/Ө", secret)
        store.put("state.key/Ө", secret.reversedArray())

        val restarted = FileSecretStore(File(folder, "нууц"), SecretCipher(key))
        assertArrayEquals(secret.reversedArray(), restarted.get("state.key/Ө"))
        assertNull(restarted.get("state.key"))
        restarted.delete("state.key/Ө")
        restarted.delete("state.key/Ө")

        assertNull(store.get("state.key/Ө"))
    }

    @Test
    fun `no file holds a secret as it is`() {
        store.put("token", secret)

        val written = folder.walk().filter(File::isFile).map { it.readBytes().toList() }.toList()

        assertEquals(1, written.size)
        assertFalse(written.single().windowed(secret.size).any { it == secret.toList() })
    }

    @Test
    fun `a key that was lost is no absence`() {
        store.put("token", secret)

        key.delete()

        assertThrows(PortFailure.Invalidated::class.java) { store.get("token") }
        key.create()
        assertThrows(PortFailure.Invalidated::class.java) { store.get("token") }
    }

    @Test
    fun `a file under another name, cut, or of another format does not open`() {
        store.put("a", secret)
        val (file) = File(folder, "нууц").listFiles()!!.toList()
        val sealed = file.readBytes()
        val other = File(file.parentFile, "62")

        other.writeBytes(sealed)
        assertThrows(PortFailure.Invalidated::class.java) { store.get("b") }
        other.writeBytes(sealed.copyOf(sealed.size - 1))
        assertThrows(PortFailure.Invalidated::class.java) { store.get("b") }
        other.writeBytes(byteArrayOf(9) + sealed.drop(1))
        assertThrows(PortFailure.Failed::class.java) { store.get("b") }
    }

    /** A folder where the file should be: as every other reason but absence, it must not be taken for it. */
    @Test
    fun `a secret that can't be read is no absence`() {
        File(folder, "нууц/746f6b656e").mkdirs()

        val failure = assertThrows(PortFailure.Failed::class.java) { store.get("token") }

        assertTrue(failure.code, failure.code.startsWith("files_"))
    }

    @Test
    fun `what was put or deleted is durable with its name`() {
        val synced = mutableListOf<Pair<File, Set<String>>>()
        val inside = File(folder, "нууц")
        val store = FileSecretStore(inside, SecretCipher(key)) { synced += it to it.list()!!.toSet() }

        store.put("a", secret)
        store.put("b", secret)
        store.delete("a")
        store.delete("a")

        val wanted = listOf(folder to setOf("нууц"), inside to setOf("61"), inside to setOf("61", "62"), inside to setOf("62"))
        assertEquals(wanted, synced)
    }

    /** The platform's own classes are known by name: this Java has none of them. */
    private class UserNotAuthenticatedException : InvalidKeyException("УӨ88052317")

    private class KeyPermanentlyInvalidatedException : InvalidKeyException("УӨ88052317")

    @Test
    fun `a keystore that can't now, that never can again, and that failed are told apart, without their text`() {
        fun throwing(failure: Exception) = SecretCipher(object : SealingKey {
            override fun find(): SecretKey = throw failure

            override fun create(): SecretKey = throw failure

            override fun delete(): Unit = throw failure
        })
        fun told(failure: Exception) =
            assertThrows(PortFailure::class.java) { throwing(failure).seal(secret, "name") }

        assertTrue(told(UserNotAuthenticatedException()) is PortFailure.Unavailable)
        assertTrue(told(ProviderException(UserNotAuthenticatedException())) is PortFailure.Unavailable)
        assertTrue(told(KeyPermanentlyInvalidatedException()) is PortFailure.Invalidated)
        assertTrue(told(UnrecoverableKeyException("УӨ88052317")) is PortFailure.Unavailable)
        assertTrue(told(unrecoverable(ProviderException("busy"))) is PortFailure.Unavailable)
        assertTrue(told(unrecoverable(KeyPermanentlyInvalidatedException())) is PortFailure.Invalidated)
        val text = "User changed or deleted their auth credentials" // as Android 14's own code throws it: KeystoreTest
        assertTrue(told(UnrecoverableKeyException(text)) is PortFailure.Invalidated)
        assertTrue(told(UnrecoverableKeyException(text).apply { initCause(ProviderException("busy")) }) is PortFailure.Unavailable)
        val failed = told(ProviderException("УӨ88052317")) as PortFailure.Failed
        assertEquals("keystore_ProviderException", failed.code)
        assertFalse("УӨ88052317" in failed.message!!)
    }

    private fun unrecoverable(cause: Exception) = UnrecoverableKeyException().apply { initCause(cause) }

    @Test
    fun `a private key without its certificate is not to be had now and is never made anew`() {
        val made = SoftwareSigningKey().create()
        val device = SealedDeviceKey(
            object : SigningKey {
                override fun find(): KeyPair? = pairOf(made.private, null)

                override fun create(): KeyPair = throw AssertionError("overwritten")

                override fun delete() = Unit
            },
            SecretCipher(SoftwareSealingKey()),
        )

        assertThrows(PortFailure.Unavailable::class.java) { device.publicKey() }
        assertThrows(PortFailure.Unavailable::class.java) { device.signEs256(secret) }
    }

    @Test
    fun `the device key signs what its public point verifies, and is another one after a delete`() {
        val device = SealedDeviceKey(SoftwareSigningKey(), SecretCipher(SoftwareSealingKey()))
        val point = device.publicKey()

        val signature = device.signEs256(secret)

        assertEquals(65 to 4.toByte(), point.size to point[0])
        assertTrue(verifies(point, secret, signature))
        assertFalse(verifies(point, secret + 0, signature))
        assertArrayEquals(point, device.publicKey())
        device.delete()
        assertFalse(point.contentEquals(device.publicKey()))
    }

    @Test
    fun `what was wrapped opens until the key is deleted`() {
        val device = SealedDeviceKey(SoftwareSigningKey(), SecretCipher(SoftwareSealingKey()))

        val wrapped = device.wrap(secret)

        assertArrayEquals(secret, device.unwrap(wrapped))
        device.delete()
        assertThrows(PortFailure.Invalidated::class.java) { device.unwrap(wrapped) }
    }

    @Test
    fun `a coordinate with zeros in front keeps its length`() {
        val parameters = (SoftwareSigningKey().create().public as ECPublicKey).params
        val small = object : ECPublicKey by (SoftwareSigningKey().create().public as ECPublicKey) {
            override fun getW() = ECPoint(BigInteger.ONE, BigInteger.TWO.pow(255))
        }

        val point = uncompressed(small)

        assertEquals(65, point.size)
        assertEquals(1.toByte() to 0x80.toByte(), point[32] to point[33])
        assertEquals(256, parameters.curve.field.fieldSize)
    }

    private fun verifies(point: ByteArray, message: ByteArray, signature: ByteArray): Boolean {
        val parameters = (SoftwareSigningKey().create().public as ECPublicKey).params
        val (x, y) = listOf(point.sliceArray(1..32), point.sliceArray(33..64)).map { BigInteger(1, it) }
        val public = KeyFactory.getInstance("EC").generatePublic(ECPublicKeySpec(ECPoint(x, y), parameters))
        return Signature.getInstance("SHA256withECDSA").run {
            initVerify(public)
            update(message)
            verify(signature)
        }
    }
}
