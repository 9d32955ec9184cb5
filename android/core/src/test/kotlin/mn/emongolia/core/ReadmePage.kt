package mn.emongolia.core

import android.app.Application
import android.content.Context
import java.io.File
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.Flow
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

/** Nothing is kept for the way back: the process may have died meanwhile, and any other can complete it. */
suspend fun signIn(core: EMongolia, openBrowser: (url: String) -> Unit) = openBrowser(core.session.begin().url)

/** From `onCreate` and `onNewIntent`, with the address; the core is still on its way back, and stays awake until this has ended. */
suspend fun backFromBrowser(core: EMongolia, callback: String): Citizen = core.lifeCycle.during {
    core.session.complete(callback).also { core.sync(budget = 30.seconds) }
}

/** What says StepUpRequired is done again once [backFromBrowser] has ended; a citizen whose app died meanwhile asks again. */
suspend fun <T> proven(core: EMongolia, browse: suspend (url: String) -> Unit, work: suspend () -> T): T = try {
    work()
} catch (asked: CoreFailure.StepUpRequired) {
    browse(core.session.stepUp(asked).url)
    core.lifeCycle.during(work)
}

/** The lock's screen, shown while it is not open. False: no PIN opens it any more, offer [signIn]. */
suspend fun unlock(core: EMongolia, language: Language, typed: suspend (hint: String?, after: Duration) -> String): Boolean {
    var hint: String? = null
    while (!core.lock.status().isOpen) {
        val pin = typed(hint, core.lock.status().wait) // or unlockByBiometry(), where status().biometric is true
        try {
            core.lifeCycle.during { core.lock.unlock(pin) }
        } catch (wrong: CoreFailure.Invalid) {
            hint = ErrorTexts.ofTries(core.lock.status(), language)
        } catch (early: CoreFailure.Busy) {
            hint = ErrorTexts.of(early, language).message
        } catch (void: CoreFailure.SignInRequired) {
            return false
        }
    }
    return true
}

/** A form's screen keeps the draft's id and opens it again with that, days later too: each answer is on disk when it returns. */
suspend fun fill(core: EMongolia, draft: String, typed: Flow<Pair<String, String?>>, show: (Draft) -> Unit) {
    show(core.requests.draft(draft))
    typed.collect { (field, answer) -> show(core.requests.answer(draft, field, answer)) }
}

/** What the citizen confirmed is sent once, now or when there is a network. Null: they did not, and the draft stays. */
suspend fun submit(core: EMongolia, draft: String, agreed: suspend (Confirmation) -> Boolean): OutboxOperation? {
    val confirmation = core.requests.confirmDraft(draft)
    val fee = core.catalogue.service(confirmation.service).value.service.fee
    if (!agreed(confirmation)) return null
    val submission = core.requests.submit(confirmation.id)
    if (fee is Fee.Amount) core.requests.payOnArrival(submission) // its invoice, right behind it
    return core.outbox.settle(submission, within = 5.seconds)
}

/** The request's screen; where an invoice is wanted and there is none, `requestPayment` asks for it. */
suspend fun pay(core: EMongolia, request: String, choose: suspend (Invoice) -> BankLink, openBank: (link: String) -> Unit) {
    val invoice = core.requests.payment(request).invoice ?: return
    openBank(choose(invoice).link)
}

/** In the next `onStart`. The gateway asks the bank, whatever the bank's app has said; `changes(REQUESTS)` tells what came of it. */
suspend fun backFromBank(core: EMongolia, request: String) = core.lifeCycle.during { core.requests.backFromBank(request) }

/** What could not be done is told in words, with what to do. */
suspend fun told(language: Language, tell: (ErrorText) -> Unit, work: suspend () -> Unit) = try {
    work()
} catch (failure: CoreFailure) {
    tell(ErrorTexts.of(failure, language))
}
// README: to here
