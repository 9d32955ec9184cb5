// A phone of a test: an installation that outlives restarts of the core, with keys in this process's memory.

package mn.emongolia.core

import java.io.File
import java.nio.file.Files
import java.util.Base64
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import mn.emongolia.core.platform.FileSecretStore
import mn.emongolia.core.platform.SealedBiometricKey
import mn.emongolia.core.platform.SealedDeviceKey
import mn.emongolia.core.platform.SecretCipher
import org.junit.Assert.assertEquals

/** Longer than anything here takes on a busy machine; reached only when something hangs. */
val PATIENCE: Duration = 60.seconds

/** A test ends, whatever it waits for. */
fun test(block: suspend CoroutineScope.() -> Unit): Unit = runBlocking { withTimeout(PATIENCE * 3, block) }

class Phone(private val sandbox: Sandbox? = null, private val mode: ProcessMode = ProcessMode.APP) : AutoCloseable {
    val folder: File = Files.createTempDirectory("phone-").toFile()
    val log = mutableListOf<LogRecord>()
    val secrets: SecretStore = FileSecretStore(File(folder, "secrets"), SecretCipher(SoftwareSealingKey()))
    val deviceKey: DeviceKey = SealedDeviceKey(SoftwareSigningKey(), SecretCipher(SoftwareSealingKey()))
    val enrolment: SoftwareOpeningKey = SoftwareOpeningKey()
    val finger: Finger = Finger()

    fun settings(gateway: String = NOBODY): Settings = sandbox?.settings(folder)
        ?: Settings(
            stateDir = File(folder, "төлөв"),
            cacheDir = File(folder, "cache"),
            gateway = gateway,
            issuer = gateway,
            clientId = "mn.emongolia.app",
            redirectUri = "mn.emongolia:/callback",
            roots = listOf(AUTHORITY),
            documentKeys = DOCUMENT_KEYS,
            mode = mode,
        )

    fun platform(secrets: SecretStore = this.secrets, deviceKey: DeviceKey = this.deviceKey): Platform =
        Platform(secrets, deviceKey, SealedBiometricKey(enrolment, finger)) { batch -> synchronized(log) { log += batch } }

    suspend fun start(platform: Platform = platform(), settings: Settings = settings()): EMongolia =
        EMongolia.open(settings, platform)

    override fun close() {
        folder.deleteRecursively()
    }

    companion object {
        /** Nobody listens on port 1: what is asked there is refused at once. */
        const val NOBODY = "https://127.0.0.1:1"

        /** Keys that have signed nothing. */
        val DOCUMENT_KEYS: List<DocumentKey> = listOf(4, 5).map { DocumentKey("doc-$it", ByteArray(65) { _ -> it.toByte() }) }

        /** An authority that has certified nobody: the core does not start without one to trust. Its key is thrown away. */
        val AUTHORITY: ByteArray = Base64.getDecoder().decode(
            "MIIBejCCAR+gAwIBAgIUAVtZbTpcpSnLjXSM7IkdoXeOXA4wCgYIKoZIzj0EAwIwETEPMA0GA1UEAwwGTm9ib2R5MCAXDTI2MTEy" +
            "MzA0MDI0MloYDzIxMjYxMDMwMDQwMjQyWjARMQ8wDQYDVQQDDAZOb2JvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARVeJBk" +
            "OtpsQX1YT1VgIlKYWzBtV0uHByT6sRxETNM5T+An3HQno8yFhq2H+08aez0/KWdr+iFS8Cz/YlS0xnelo1MwUTAdBgNVHQ4EFgQU" +
            "O+opCZfvIDDkO5fRiHtCc5LgwzAwHwYDVR0jBBgwFoAUO+opCZfvIDDkO5fRiHtCc5LgwzAwDwYDVR0TAQH/BAUwAwEB/zAKBggq" +
            "hkjOPQQDAgNJADBGAiEA3ddSTJJdHGG02/6BLcKYsikLgL/XZ7IcotmIA4nhiFsCIQCwFu18P2QLoVZ35fczeuRQQ6jZxmJpun5X" +
            "NjAZGA6cWw==",
        )
    }
}

/** Starts, runs, stops: for tests that need one core. */
fun withCore(phone: Phone = Phone(), block: suspend CoroutineScope.(EMongolia) -> Unit): Unit = test {
    phone.use {
        val core = it.start()
        try {
            block(core)
        } finally {
            core.stop()
        }
    }
}

/** What a test of a citizen who is signed in has at hand. */
data class SignedIn(val core: EMongolia, val sandbox: Sandbox, val phone: Phone)

/** On a sandbox of its own; what a test leaves running is stopped, and no exchange was against the description. */
fun signedIn(published: Boolean = false, block: suspend CoroutineScope.(SignedIn) -> Unit): Unit = test {
    Sandbox().use { sandbox ->
        Phone(sandbox).use { phone ->
            val settings = phone.settings()
            val core = phone.start(
                settings = if (published) settings.copy(publishedApi = sandbox.publishedApi) else settings,
            )
            core.session.complete(sandbox.signInInBrowser(core.session.begin().url))
            block(SignedIn(core, sandbox, phone))
            core.stop()
            assertEquals(emptyList<Any>(), sandbox.violations())
        }
    }
}
