// Who the citizen is.

package mn.emongolia.core

import java.time.Instant

/** Where to send the citizen's browser. */
public data class AuthorizationRequest(
    /** Open it in the platform's browser, never in a web view. */
    val url: String,
    /** Comes back in the callback. */
    val state: String,
    /** After this the server no longer knows the request: begin anew. */
    val expiresAt: Instant,
) {
    override fun toString(): String = "AuthorizationRequest(***)"
}

/** Where the session stands. */
public sealed interface SessionState {
    /** Nobody is signed in. */
    public data object SignedOut : SessionState

    /** A browser has been sent off, and its callback is awaited. */
    public data class SigningIn(val until: Instant) : SessionState

    /** Signed in. */
    public data class Active(val citizen: CitizenSummary) : SessionState

    /** Signed in; new tokens are being asked for. */
    public data class Refreshing(val citizen: CitizenSummary) : SessionState

    /** Signed in, until then: offer to sign in again, and nothing is interrupted. */
    public data class ExpiringSoon(val citizen: CitizenSummary, val endsAt: Instant) : SessionState

    /** The session can't be renewed. What is stored stays, for this citizen. */
    public data class Expired(val citizen: CitizenSummary) : SessionState

    /** There is a session, and its keys are not at hand until the citizen unlocks the app or the phone. */
    public data object Locked : SessionState

    /** A sign-out has begun and is not through. */
    public data object Wiping : SessionState
}

/** Enough to greet somebody by. */
public data class CitizenSummary(
    /** As it is said: «Б.Эрдэнэбат». */
    val name: String,
    /** Регистрийн дугаар. Mask it on screens. */
    val registrationNumber: String?,
) {
    override fun toString(): String = "CitizenSummary(***)"
}

/** The citizen's own record, as the state knows it. */
public data class Citizen(
    /** The authorisation server's name for the citizen: opaque, not for show. */
    val subject: String,
    /** As it is said: «Б.Эрдэнэбат». */
    val name: String,
    /** Нэр. */
    val givenName: String?,
    /** Эцэг/эхийн нэр. */
    val familyName: String?,
    /** Ургийн овог. */
    val clanName: String?,
    /** Регистрийн дугаар. Mask it on screens. */
    val registrationNumber: String?,
    /** Иргэний бүртгэлийн дугаар. Mask it on screens. */
    val civilId: String?,
    /** `YYYY-MM-DD`. */
    val birthDate: String?,
    /** `+976XXXXXXXX`. */
    val phone: String?,
    /** Where the citizen is registered. */
    val address: RegisteredAddress?,
) {
    override fun toString(): String = "Citizen(***)"
}

/** Where a citizen is registered, in codes of administrative units. */
public data class RegisteredAddress(
    /** Code of the smallest unit that is known: 2, 4 or 6 digits. */
    val areaCode: String?,
    /** In one line. */
    val formatted: String?,
) {
    override fun toString(): String = "RegisteredAddress(***)"
}
