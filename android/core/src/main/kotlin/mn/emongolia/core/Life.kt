// The life of the core: events, syncs, sign-out.

package mn.emongolia.core

import java.time.Instant

/** A part of the citizen's world. */
public enum class Area {
    /** Services, organisations, administrative units. */
    CATALOGUE,
    /** Services that belong together, made for this citizen. They also follow [REQUESTS] and [CATALOGUE]. */
    BUNDLES,
    /** What the citizen has applied for. */
    REQUESTS,
    /** What institutions sent. */
    INBOX,
    /** What is on its way. */
    OUTBOX,
    /** Who is signed in. */
    SESSION,
}

/** Something to look at. */
public sealed interface Event {
    /** Read this area again. */
    public data class Changed(val area: Area) : Event

    /** The session is over and can't be renewed; outbox and documents are untouched. */
    public data object SignInRequired : Event

    /** The session will end then by itself: offer to sign in again before. Told once for each end. */
    public data class SessionEnding(val endsAt: Instant) : Event

    /** An operation can't go on without the citizen. */
    public data class OperationNeedsAttention(val operation: String) : Event

    /** `cache.db` was damaged and has been started anew; the next sync fills it. */
    public data object CacheRebuilt : Event

    /** `state.db` could not be read, and a new one was started. */
    public data class StateSetAside(val file: String) : Event

    /** The state no longer serves builds as old as this one: the citizen needs a newer app. Told at every start. */
    public data object UpdateRequired : Event

    /** More came than was waited for, and the oldest were dropped: read everything again. */
    public data class Missed(val count: Int) : Event
}

/** What a sync did. */
public data class SyncReport(
    /** Area by area, in the order in which it went. */
    val steps: List<SyncStep>,
    /** There is more to do: call again. */
    val more: Boolean,
)

/** What a sync did in one area. */
public data class SyncStep(
    /** Which. */
    val area: Area,
    /** How it ended. */
    val outcome: StepOutcome,
)

/** How a step ended. */
public sealed interface StepOutcome {
    /** Something new. */
    public data object Changed : StepOutcome

    /** Nothing new. */
    public data object Unchanged : StepOutcome

    /** The budget ran out, the network is gone, or nobody is signed in. */
    public data object NotTried : StepOutcome

    /** It could not be done. */
    public data class Failed(val error: CoreFailure) : StepOutcome
}

/** What asking for news brought. */
public data class Refreshed(
    /** Something new. */
    val changed: Boolean,
    /** There is more than was pulled in this turn. */
    val more: Boolean,
)

/** How far a sign-out got on the other side. On this phone it is always complete. */
public data class SignedOut(
    /**
     * The authorisation server has confirmed that the session is over. False: it could not be reached; without this
     * phone's key the tokens are useless, and they expire.
     */
    val revoked: Boolean,
)
