// A whole app, to be shrunk: it knows nothing of the tests but their keys.

package mn.emongolia.shrunk

import java.io.File
import java.util.Base64
import java.util.concurrent.ConcurrentHashMap
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import mn.emongolia.core.Area
import mn.emongolia.core.CoreFailure
import mn.emongolia.core.DocumentKey
import mn.emongolia.core.EMongolia
import mn.emongolia.core.Event
import mn.emongolia.core.Platform
import mn.emongolia.core.ProcessMode
import mn.emongolia.core.SecretStore
import mn.emongolia.core.Settings
import mn.emongolia.core.SoftwareSealingKey
import mn.emongolia.core.SoftwareSigningKey
import mn.emongolia.core.platform.SealedDeviceKey
import mn.emongolia.core.platform.SecretCipher

private class InMemory : SecretStore {
    val secrets = ConcurrentHashMap<String, ByteArray>()

    override fun get(name: String): ByteArray? = secrets[name]

    override fun put(name: String, value: ByteArray) {
        secrets[name] = value
    }

    override fun delete(name: String) {
        secrets.remove(name)
    }
}

/** Opens a core in this folder with this authority, and has something of each kind cross. */
fun main(arguments: Array<String>): Unit = runBlocking {
    val (folder, authority) = arguments
    val nobody = "https://127.0.0.1:1"
    val settings = Settings(
        stateDir = File(folder, "төлөв"),
        cacheDir = File(folder, "cache"),
        gateway = nobody,
        issuer = nobody,
        clientId = "mn.emongolia.app",
        redirectUri = "mn.emongolia:/callback",
        roots = listOf(Base64.getDecoder().decode(authority)),
        documentKeys = listOf(4, 5).map { DocumentKey("doc-$it", ByteArray(65) { _ -> it.toByte() }) },
        mode = ProcessMode.EXTENSION,
    )
    val secrets = InMemory()
    val deviceKey = SealedDeviceKey(SoftwareSigningKey(), SecretCipher(SoftwareSealingKey()))

    withTimeout(60.seconds) {
        val core = EMongolia.open(settings, Platform(secrets, deviceKey) { })
        val changed = async(start = CoroutineStart.UNDISPATCHED) {
            core.events().first { it is Event.Changed && it.area == Area.OUTBOX }
        }
        val refused = try {
            core.session.begin()
            false
        } catch (_: CoreFailure.Offline) {
            true
        }
        core.push.register("fcm:first")
        changed.await()
        val listed = core.outbox.page().items
        core.stop()
        println("listed ${listed.size}, refused $refused, kept ${secrets.secrets.isNotEmpty()}")
    }
}
