package mn.emongolia.core.platform

import java.security.InvalidKeyException
import java.security.KeyPair
import javax.crypto.Cipher
import kotlin.time.Duration.Companion.milliseconds
import mn.emongolia.core.Finger
import mn.emongolia.core.PATIENCE
import mn.emongolia.core.PortFailure
import mn.emongolia.core.SoftwareOpeningKey
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

class BiometryTest {
    private val secret = ByteArray(32) { it.toByte() }
    private val key = SoftwareOpeningKey()
    private val finger = Finger()
    private val biometric = SealedBiometricKey(key, finger)

    @Test
    fun `what is sealed without a prompt opens after one`() {
        val sealed = biometric.wrap(secret)
        assertEquals(0, finger.prompts)

        assertArrayEquals(secret, biometric.unwrap(sealed))

        assertEquals(1, finger.prompts)
        assertFalse(sealed.toList().windowed(secret.size).any { it == secret.toList() })
        assertFalse(sealed.contentEquals(biometric.wrap(secret)))
    }

    @Test
    fun `what was sealed to a pair that is gone, or to another one, is invalidated`() {
        val sealed = biometric.wrap(secret)

        biometric.wrap(secret) // makes another pair
        assertThrows(PortFailure.Invalidated::class.java) { biometric.unwrap(sealed) }
        biometric.delete()
        biometric.delete()
        assertThrows(PortFailure.Invalidated::class.java) { biometric.unwrap(sealed) }

        val refused = assertThrows(PortFailure.Failed::class.java) { biometric.unwrap(byteArrayOf(9) + sealed) }
        assertEquals("biometric_format", refused.code)
    }

    private class KeyPermanentlyInvalidatedException : InvalidKeyException("УӨ88052317")

    @Test
    fun `a keystore that condemns the key is believed, and sealing makes a new one`() {
        val condemned = object : OpeningKey by key {
            override fun find(): KeyPair? = throw KeyPermanentlyInvalidatedException()
        }
        val again = SealedBiometricKey(condemned, finger)

        assertThrows(PortFailure.Invalidated::class.java) { again.unwrap(again.wrap(secret)) }
        assertEquals("nobody is asked for a key that is dead", 0, finger.prompts)
    }

    @Test
    fun `a prompt that was closed opens nothing, and each end of it has its meaning`() {
        val sealed = biometric.wrap(secret)
        val ends = mapOf(
            listOf(3, 5, 10) to PortFailure.Cancelled::class.java,
            listOf(11, 14) to PortFailure.Invalidated::class.java,
            listOf(1, 2, 4, 7, 9, 12) to PortFailure.Unavailable::class.java,
            listOf(8, 15, 1_001) to PortFailure.Failed::class.java,
        )
        for ((codes, meaning) in ends) for (code in codes) {
            finger.refusal = endOfPrompt(code)

            assertThrows("$code", meaning) { biometric.unwrap(sealed) }
        }
    }

    /** Told of by nobody. */
    private class Forgotten : BiometricConsent {
        var closed = false

        override fun ask(cipher: Cipher, told: (Result<Cipher>) -> Unit) = AutoCloseable { closed = true }
    }

    @Test
    fun `a prompt that nobody looks at is closed in the end`() {
        val (sealed, forgotten) = biometric.wrap(secret) to Forgotten()

        assertThrows(PortFailure.Cancelled::class.java) { SealedBiometricKey(key, forgotten, 1.milliseconds).unwrap(sealed) }

        assertTrue(forgotten.closed)
        assertArrayEquals("the finger comes later", secret, SealedBiometricKey(key, finger, PATIENCE).unwrap(sealed))
    }
}
