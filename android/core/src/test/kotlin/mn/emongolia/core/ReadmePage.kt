package mn.emongolia.core

import android.app.Application
import android.content.Context
import java.io.File
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.launch
import mn.emongolia.core.platform.CoreOwner
import mn.emongolia.core.platform.FileSecretStore
import mn.emongolia.core.platform.KeystoreBiometry
import mn.emongolia.core.platform.KeystoreSealingKey
import mn.emongolia.core.platform.KeystoreSigningKey
import mn.emongolia.core.platform.LogcatSink
import mn.emongolia.core.platform.OneCore
import mn.emongolia.core.platform.PromptWords
import mn.emongolia.core.platform.SealedDeviceKey
import mn.emongolia.core.platform.SecretCipher
import mn.emongolia.core.platform.SyncJobService

// README: from here
/** Screens, jobs and pushes of a process have one core: it is in front while the app is. */
abstract class CitizensApp : Application(), CoreOwner {
    abstract val settings: Settings
    abstract fun words(): PromptWords
    private lateinit var one: OneCore

    override fun onCreate() {
        super.onCreate()
        one = OneCore(this) { open(this, settings, ::words) }
        SyncJobService.schedule(this)
    }

    override suspend fun core(): EMongolia = one.core()
}

suspend fun open(context: Context, settings: Settings, words: () -> PromptWords): EMongolia {
    val secrets = FileSecretStore(File(context.noBackupFilesDir, "secrets"), SecretCipher(KeystoreSealingKey()))
    val deviceKey = SealedDeviceKey(KeystoreSigningKey(), SecretCipher(KeystoreSealingKey("emongolia.device.wrap")))
    val biometric = KeystoreBiometry.of(context, words)
    return EMongolia.open(settings, Platform(secrets, deviceKey, biometric, LogcatSink()))
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

/** The lock's screen, shown while it is not open; `changes(SESSION)` says when to look. */
suspend fun unlock(core: EMongolia, language: Language, typed: suspend (hint: String?) -> String) {
    var hint: String? = null
    while (!core.lock.status().isOpen) {
        try {
            core.lock.unlock(typed(hint)) // or unlockByBiometry(), where status().biometric is true
        } catch (wrong: CoreFailure.Invalid) {
            hint = ErrorTexts.ofTries(core.lock.status(), language)
        }
    }
}

/** What says StepUpRequired is done again once the citizen has proven anew who they are. */
suspend fun <T> proven(core: EMongolia, browse: suspend (String) -> String, work: suspend () -> T): T = try {
    work()
} catch (asked: CoreFailure.StepUpRequired) {
    core.session.complete(browse(core.session.stepUp(asked).url))
    work()
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
