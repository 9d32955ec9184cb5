package mn.emongolia.core.platform

import android.os.ServiceSpecificException
import android.security.KeyStore2
import android.security.keystore2.AndroidKeyStoreSpi
import android.system.keystore2.IKeystoreService
import android.system.keystore2.KeyDescriptor
import android.system.keystore2.KeyEntryResponse
import android.system.keystore2.ResponseCode
import java.security.KeyStore
import java.security.Provider
import java.security.Security
import mn.emongolia.core.PortFailure
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test

/** What the keystore's daemon answers whoever asks for a key. */
private var answer = ResponseCode.KEY_NOT_FOUND

private class Daemon : IKeystoreService.Default() {
    override fun getKeyEntry(key: KeyDescriptor): KeyEntryResponse = throw ServiceSpecificException(answer, "УХ99112233")
}

/** Android 14's own, with a daemon that is not there to be had on this Java. */
class KeystoreOfAndroid14 : AndroidKeyStoreSpi() {
    override fun engineLoad(parameter: KeyStore.LoadStoreParameter?) {
        val client = KeyStore2.getInstance()
        KeyStore2::class.java.getDeclaredField("mBinder").apply { isAccessible = true }.set(client, Daemon())
        AndroidKeyStoreSpi::class.java.getDeclaredField("mKeyStore").apply { isAccessible = true }.set(this, client)
    }
}

/** The adapters above the code that a phone with Android 14 runs. */
class KeystoreTest {
    private val provider = object : Provider("AndroidKeyStore", "1", "for tests") {}

    @Before
    fun begin() {
        provider["KeyStore.AndroidKeyStore"] = KeystoreOfAndroid14::class.java.name
        Security.addProvider(provider)
    }

    @After
    fun end() {
        Security.removeProvider(provider.name)
    }

    @Test
    fun `a key that was never made is absent`() {
        answer = ResponseCode.KEY_NOT_FOUND

        assertNull(KeystoreSealingKey().find())
        assertNull(KeystoreSigningKey().find())
    }

    @Test
    fun `a key that was made useless for good is invalidated, for secrets and for the device`() {
        answer = ResponseCode.KEY_PERMANENTLY_INVALIDATED
        val (cipher, device) = cipherAndDevice()

        assertThrows(PortFailure.Invalidated::class.java) { cipher.seal("Өгөгдөл".encodeToByteArray(), "нууц") }
        assertThrows(PortFailure.Invalidated::class.java) { cipher.open(ByteArray(64) { 1 }, "нууц") }
        assertThrows(PortFailure.Invalidated::class.java) { device.publicKey() }
        assertThrows(PortFailure.Invalidated::class.java) { device.signEs256("Үг".encodeToByteArray()) }
    }

    @Test
    fun `a key that can't be had now condemns nothing`() {
        val later = listOf(ResponseCode.LOCKED, ResponseCode.BACKEND_BUSY, ResponseCode.SYSTEM_ERROR, ResponseCode.UNINITIALIZED)
        for (code in later) {
            answer = code
            val (cipher, device) = cipherAndDevice()

            val failures = listOf<() -> Any>({ cipher.seal(ByteArray(1), "Ө") }, { cipher.open(ByteArray(64) { 1 }, "Ө") }, device::publicKey)
                .map { call -> assertThrows(PortFailure::class.java) { call() } }

            assertTrue("$code: $failures", failures.all { it is PortFailure.Unavailable })
            assertEquals("not available now", failures.map { it.message }.distinct().single())
        }
    }

    private fun cipherAndDevice(): Pair<SecretCipher, SealedDeviceKey> {
        val cipher = SecretCipher(KeystoreSealingKey())
        return cipher to SealedDeviceKey(KeystoreSigningKey(), cipher)
    }
}
