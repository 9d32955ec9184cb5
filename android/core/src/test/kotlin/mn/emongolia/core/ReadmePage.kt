package mn.emongolia.core

import android.content.Context
import java.io.File
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.launch
import mn.emongolia.core.platform.FileSecretStore
import mn.emongolia.core.platform.KeystoreSealingKey
import mn.emongolia.core.platform.KeystoreSigningKey
import mn.emongolia.core.platform.LogcatSink
import mn.emongolia.core.platform.SealedDeviceKey
import mn.emongolia.core.platform.SecretCipher

// README: from here
/** Once for each process: the Application keeps it, and is a CoreOwner. */
suspend fun open(context: Context, settings: Settings): EMongolia {
    val secrets = FileSecretStore(File(context.noBackupFilesDir, "secrets"), SecretCipher(KeystoreSealingKey()))
    val deviceKey = SealedDeviceKey(KeystoreSigningKey(), SecretCipher(KeystoreSealingKey("emongolia.device.wrap")))
    return EMongolia.open(settings, Platform(secrets, deviceKey, LogcatSink()))
}

/** A screen reads again what changed, for as long as it is there. */
fun CoroutineScope.keepFresh(core: EMongolia, show: (Aged<Page<RequestSummary>>) -> Unit) = launch {
    show(core.requests.page())
    core.events().collect { event ->
        if (event == Event.Changed(Area.REQUESTS)) show(core.requests.page())
    }
}

/** The browser comes back with an address; then everything comes to the phone. */
suspend fun signIn(core: EMongolia, browse: suspend (String) -> String): Citizen {
    val citizen = core.session.complete(browse(core.session.begin().url))
    core.sync(budget = 30.seconds)
    return citizen
}

/** What the citizen confirmed is sent once, now or when there is a network. */
suspend fun apply(core: EMongolia, service: String, answers: Map<String, String>, agreed: suspend (Confirmation) -> Boolean) {
    val confirmation = core.requests.confirm(service, answers)
    if (agreed(confirmation)) core.outbox.settle(core.requests.submit(confirmation.id), within = 5.seconds)
}

/** What could not be done is told in words, with what to do. */
suspend fun told(language: Language, tell: (ErrorText) -> Unit, work: suspend () -> Unit) = try {
    work()
} catch (failure: CoreFailure) {
    tell(ErrorTexts.of(failure, language))
}
// README: to here
