// The whole core, for one process and folder.
//
// Guarantees: opened and closed off the main thread; after the life cycle stopped it, every call says NotAvailable and
// nothing native is held.

package mn.emongolia.core

import java.util.concurrent.CancellationException
import kotlin.time.Duration
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.filter
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.withContext
import mn.emongolia.ffi.Emongolia as FfiEmongolia

/**
 * Work is *abandonable* (a cancelled coroutine stops it) or *committed* (it runs to its end whether anybody waits or
 * not); each call says which. Every call throws a [CoreFailure].
 */
public class EMongolia private constructor(private val core: FfiEmongolia) {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

    /** Signing in, and who is signed in. */
    public val session: Session = Session(calling { core.auth() })

    /** The app lock. */
    public val lock: AppLock = AppLock(calling { core.lock() })

    /** The catalogue of public services: found, listed and explained with no network, for everybody. */
    public val catalogue: Catalogue = Catalogue(calling { core.catalogue() })

    /** Services that belong to one occasion, made for this citizen. */
    public val bundles: Bundles = Bundles(calling { core.bundles() })

    /** Requests to the state: form, confirmation, submission, status. */
    public val requests: Requests = Requests(calling { core.requests() })

    /** The portal in a browser, which the phone lets in. */
    public val portal: Portal = Portal(calling { core.portal() })

    /** What institutions sent, and what the citizen did with it. */
    public val inbox: Inbox = Inbox(calling { core.inbox() })

    /** Writes on their way: each has exactly one effect, however long it takes. */
    public val outbox: Outbox = Outbox(calling { core.outbox() })

    /** Where pushes reach this phone. */
    public val push: Push = Push(calling { core.push() })

    /** Foreground, background, stopped. */
    public val lifeCycle: LifeCycle = LifeCycle(CoreTransitions(), scope)

    private val hub = EventHub(scope) { calling { core.nextEvent(null) }?.toCore() }

    /**
     * What to look at next, for everybody who listens, from the moment of collecting; ends when the core is stopped. A
     * listener that lags behind is told [Event.Missed]. What changed before is not told: screens use [changes].
     */
    public fun events(): Flow<Event> = hub.events()

    /** Says when to read this area: at once, then whenever it may have changed. No change falls in between. */
    public fun changes(area: Area): Flow<Unit> =
        hub.events(first = Event.Changed(area)).filter { it.concerns(area) }.map { }

    /** Sends what waits and pulls what changed, within the budget; says what is left. Abandonable: what was done stays. */
    public suspend fun sync(budget: Duration): SyncReport = calling { core.sync(budget.toFfiMs(), null) }.toCore()

    /** A push arrived: pulls what it hints at, in the background too. True: there is something new to read. Abandonable. */
    public suspend fun handlePush(payload: ByteArray, budget: Duration): Boolean =
        lifeCycle.during { calling { core.handlePush(payload, budget.toFfiMs(), null) } }.changed

    /** The network came back, or the app came to the front: what waits is tried now. */
    public fun networkAvailable(): Unit = calling { core.networkAvailable() }

    /** Ends the session and wipes this phone. Committed; an error means that it goes on at the next start. */
    public suspend fun signOut(): SignedOut = calling { core.signOut() }.toCore()

    /**
     * As [signOut], also with nobody signed in and while the app is locked: all that is kept on this phone is destroyed.
     * Committed.
     */
    public suspend fun erase(): SignedOut = calling { core.erase() }.toCore()

    /**
     * Everything personal that is kept here, and why, as JSON; secrets are named and not shown. The citizen's own: hand it
     * to nobody else. [CoreFailure.StepUpRequired]: the citizen proves first who they are. Abandonable.
     */
    public suspend fun export(): ByteArray = calling { core.export(null) }

    private inner class CoreTransitions : Transitions {
        override suspend fun suspend(deadline: Duration) = calling { core.suspend(deadline.toFfiMs()) }

        override suspend fun resume() = calling { core.resume() }

        override suspend fun shutdown(deadline: Duration) = try {
            calling { core.shutdown(deadline.toFfiMs()) }
        } finally {
            giveBack()
            hub.end()
        }
    }

    /** A handle is freed once the last call in it has ended. */
    private fun giveBack() {
        session.giveBack()
        lock.giveBack()
        catalogue.giveBack()
        bundles.giveBack()
        requests.giveBack()
        portal.giveBack()
        inbox.giveBack()
        outbox.giveBack()
        push.giveBack()
        core.close()
    }

    /** Stops, and waits for that; then nothing of this core is left in the process. */
    public suspend fun stop() {
        lifeCycle.reach(LifeState.STOPPED)
        scope.cancel()
    }

    public companion object {
        /** Opens everything; finishes a sign-out that was cut short. Throws a [LibraryFailure] or a [CoreFailure]. */
        public suspend fun open(settings: Settings, platform: Platform): EMongolia {
            // Not cancelled half-way. In two steps: withContext looks at the caller's job when it changes the thread back.
            val opened = withContext(NonCancellable) {
                withContext(Dispatchers.IO) {
                    CoreLibrary.shipped.load()
                    val (secrets, key) = LentSecrets(platform.secrets) to LentDeviceKey(platform.deviceKey)
                    val (finger, log) = platform.biometric?.let(::LentBiometricKey) to platform.log?.let(::LentLog)
                    EMongolia(calling { FfiEmongolia.open(settings.toFfi(), secrets, key, finger, log) })
                }
            }
            try {
                currentCoroutineContext().ensureActive()
            } catch (cancelled: CancellationException) {
                withContext(NonCancellable) { opened.stop() } // nobody else ever would
                throw cancelled
            }
            return opened
        }
    }
}
