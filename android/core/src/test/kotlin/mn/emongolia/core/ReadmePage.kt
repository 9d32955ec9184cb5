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

/** From onStart to onStop: a screen reads, and reads again what changed. */
fun CoroutineScope.keepFresh(core: EMongolia, show: (Aged<Page<RequestSummary>>) -> Unit, tell: (CoreFailure) -> Unit) = launch {
    try {
        core.lifeCycle.reach(LifeState.FOREGROUND) // it may still be on its way back
    } catch (failure: CoreFailure) {
        tell(failure)
    }
    core.changes(Area.REQUESTS).collect {
        try {
            show(core.requests.page())
        } catch (failure: CoreFailure) {
            tell(failure) // it is read again at the next change
        }
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
