// What goes into the core, and the shapes that everything out of it comes in.

package mn.emongolia.core

import java.io.File
import java.time.Instant

/** The language of texts that the other side writes for people. */
public enum class Language { MN, EN }

/** What kind of process this is. */
public enum class ProcessMode {
    /** The app. */
    APP,

    /** A notification extension: little memory, and it sends nothing. */
    EXTENSION,
}

/** Keys that a host's certificate chain must contain one of. */
public data class PinSet(
    /** Host name or address, without a port. */
    val host: String,
    /** SHA-256 of each SubjectPublicKeyInfo, 32 bytes; at least two, one of them in reserve. */
    val spkiSha256: List<ByteArray>,
    /** After this the set no longer binds and only the roots do. */
    val expires: Instant,
)

/** A key that signs configuration, catalogue and forms. None of them is a key of TLS. */
public data class DocumentKey(
    /** Its name in signatures. */
    val kid: String,
    /** P-256, uncompressed: 65 bytes. */
    val point: ByteArray,
)

/** Everything an installation is told. Nothing in it is secret. */
public data class Settings(
    /** Folder of `state.db`: `noBackupFilesDir`, so that no backup carries it. */
    val stateDir: File,
    /** Folder of `cache.db`: `cacheDir`, which the platform may empty at any time. */
    val cacheDir: File,
    /** Base address of the gateway, `https://…`, without a trailing slash. */
    val gateway: String,
    /** The authorisation server's issuer identifier (RFC 8414). */
    val issuer: String,
    /** As registered with the authorisation server. */
    val clientId: String,
    /** Where the browser brings the citizen back to. */
    val redirectUri: String,
    /** DER certificates of the authorities to trust. The platform's own are not asked. */
    val roots: List<ByteArray>,
    /** At least two: one in use, one in reserve. */
    val documentKeys: List<DocumentKey>,
    /** Keys to hold the other side to. */
    val pins: List<PinSet> = emptyList(),
    /** What the gateway is asked to write in. */
    val language: Language = Language.MN,
    val mode: ProcessMode = ProcessMode.APP,
    /** Base address of the mobile API of 2021, if requests to the state go over that: `https://…/mobile-api/api`. */
    val publishedApi: String? = null,
)

/** A text as the other side wrote it. */
public data class LocalisedText(
    /** Монголоор. Always there. */
    val mn: String,
    /** Never blank. */
    val en: String?,
) {
    /** Where there is no English, the Mongolian. */
    public fun inLanguage(language: Language): String = when (language) {
        Language.MN -> mn
        Language.EN -> en ?: mn
    }
}

/** A value, and how old it is. */
public data class Aged<out T>(
    val value: T,
    /** When the gateway last confirmed this. Null: never pulled. */
    val asOf: Instant?,
    /** Older than it should be: what it says may have changed. */
    val stale: Boolean,
)

/** At most 50 rows. */
public data class Page<out T>(
    val items: List<T>,
    /** Hand this back for the next page. Null: this was the last. */
    val next: String?,
)

/** Which services a list shows. Everything that is set must hold. */
public data class ServiceFilter(
    /** Only this organisation's, by id. */
    val organisation: String? = null,
    val kind: ServiceKind? = null,
    /** Only what is known to cost nothing. */
    val free: Boolean = false,
    /** Only what can be applied for in the app. */
    val online: Boolean = false,
    /** Only what is offered in this unit (2, 4 or 6 digits) or everywhere. */
    val area: String? = null,
)

/** Which messages a list shows. */
public enum class MessageFilter { ALL, UNREAD, OF_PERSON }
