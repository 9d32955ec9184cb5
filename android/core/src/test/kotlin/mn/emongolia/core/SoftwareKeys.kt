// Keys in this process's memory, where a phone has its keystore.

package mn.emongolia.core

import java.security.KeyPair
import java.security.KeyPairGenerator
import java.security.spec.ECGenParameterSpec
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import mn.emongolia.core.platform.BiometricConsent
import mn.emongolia.core.platform.OpeningKey
import mn.emongolia.core.platform.SealingKey
import mn.emongolia.core.platform.SigningKey

/** AES in memory: as the keystore's, but it can be lost on purpose. */
class SoftwareSealingKey : SealingKey {
    private var key: SecretKey? = null

    override fun find(): SecretKey? = key

    override fun create(): SecretKey = KeyGenerator.getInstance("AES").apply { init(256) }.generateKey().also { key = it }

    override fun delete() {
        key = null
    }
}

class SoftwareSigningKey : SigningKey {
    private var pair: KeyPair? = null

    override fun find(): KeyPair? = pair

    override fun create(): KeyPair {
        val generator = KeyPairGenerator.getInstance("EC").apply { initialize(ECGenParameterSpec("secp256r1")) }
        return generator.generateKeyPair().also { pair = it }
    }

    override fun delete() {
        pair = null
    }
}

/** RSA in memory. Whoever changes the enrolment takes it away. */
class SoftwareOpeningKey : OpeningKey {
    private var pair: KeyPair? = null

    override fun find(): KeyPair? = pair

    override fun create(): KeyPair =
        KeyPairGenerator.getInstance("RSA").apply { initialize(2048) }.generateKeyPair().also { pair = it }

    override fun delete() {
        pair = null
    }
}

/** A finger that is right until [refusal] says otherwise. */
class Finger : BiometricConsent {
    @Volatile
    var refusal: PortFailure? = null

    @Volatile
    var prompts: Int = 0
        private set

    override fun ask(cipher: Cipher, told: (Result<Cipher>) -> Unit): AutoCloseable {
        prompts++
        told(refusal?.let { Result.failure(it) } ?: Result.success(cipher))
        return AutoCloseable { }
    }
}
