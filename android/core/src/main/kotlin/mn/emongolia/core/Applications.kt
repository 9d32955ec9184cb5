// Requests to the state: form, confirmation, status, detail.

package mn.emongolia.core

import java.time.Instant
import java.time.LocalDate

/** A form as it stands with what has been put in so far. Render it as it is: what is not here is not shown. */
public data class FormState(
    /** The service, by id. */
    val service: String,
    /** The gateway refuses a form filled to another version. */
    val version: Int,
    /** In the order in which they are shown. */
    val sections: List<FormSection>,
    /** Nothing is missing and nothing is wrong: it can be confirmed. */
    val complete: Boolean,
) {
    /** All fields, in the order in which they are shown. */
    val fields: List<FieldState> get() = sections.flatMap { it.fields }
}

/** Questions that belong together. */
public data class FormSection(
    /** Show this above them. */
    val title: LocalisedText?,
    /** In the order in which they are shown; never empty. */
    val fields: List<FieldState>,
)

/** One question, and how it stands. Another answer may bring or take some. Prints as `FieldState(***)`. */
public data class FieldState(
    /** Names it in values and errors. */
    val name: String,
    /** The question. */
    val title: LocalisedText,
    /** What it is a part of, where it is one: the address over its street. */
    val group: LocalisedText?,
    /** More about what is asked. */
    val help: LocalisedText?,
    /** What fits. */
    val kind: FieldKind,
    /** Must be answered. */
    val required: Boolean,
    /** As typed; null until it was answered. */
    val value: String?,
    /** As it is going to be sent, in words; null while it is empty or wrong. */
    val shown: LocalisedText?,
    /** What is in the way of confirming. A question that waits for its first answer has one too: `form.required`. */
    val problem: FieldProblem?,
    /** Who may know the answer. */
    val prefill: Prefill?,
    /** The ХУР operation that gave the answer as it stands; show that it did. */
    val prefilledFrom: String?,
) {
    override fun toString(): String = "FieldState(***)"
}

/** What fits into a field. */
public sealed interface FieldKind {
    /** Any text, of at most so many characters. */
    public data class Text(val maxLength: Int?, val multiline: Boolean) : FieldKind

    /** A whole number. */
    public data class WholeNumber(val minimum: Long?, val maximum: Long?) : FieldKind

    /** A year. */
    public data class Year(val minimum: Long?, val maximum: Long?) : FieldKind

    /** Whole төгрөг. */
    public data class Money(val minimum: Long?, val maximum: Long?) : FieldKind

    /** Yes or no: `true` or `false` as a value. */
    public data object YesNo : FieldKind

    /** One of these. */
    public data class OneOf(val options: List<Choice>) : FieldKind

    /** A day, as `2026-11-23`. */
    public data object Date : FieldKind

    /** Of a citizen. */
    public data object RegistrationNumber : FieldKind

    /** Of a citizen, twelve digits. */
    public data object CivilId : FieldKind

    /** Of Mongolia. */
    public data object Phone : FieldKind

    /** Of a vehicle. */
    public data object Plate : FieldKind

    /** Of a legal entity, seven digits. */
    public data object CompanyNumber : FieldKind

    /** A file of one of these media types (none named: any). */
    public data class File(val accept: List<String>, val maxBytes: Long?) : FieldKind

    /** Drawn with a finger, as PNG. */
    public data class Signature(val maxBytes: Long?) : FieldKind
}

/** What is wrong with an answer. */
public data class FieldProblem(
    /** Stable, such as `form.too_long`. */
    val code: String,
    /** Show this: it says how to mend it. */
    val message: LocalisedText,
)

/** A register that knows the answer. */
public data class Prefill(
    /** ХУР operation. */
    val operation: String,
    /** Where in its answer (RFC 6901). */
    val path: String,
)

/** One of several answers. */
public data class Choice(
    /** Hand this back as the value. */
    val value: String,
    /** Show this. */
    val title: LocalisedText,
)

/** What the citizen is shown before anything is sent. What is submitted is exactly this. */
public data class Confirmation(
    /** Hand this back to submit. */
    val id: String,
    /** The service, by id. */
    val service: String,
    /** The form's. */
    val formVersion: Int,
    /** What to show. */
    val lines: List<ConfirmationLine>,
    /** SHA-256, in hex, of what will be sent. */
    val digest: String,
    val confirmedAt: Instant,
) {
    override fun toString(): String = "Confirmation(***)"
}

/** One line of what is shown. */
public data class ConfirmationLine(
    /** The question. */
    val title: LocalisedText,
    /** The answer. */
    val value: LocalisedText,
) {
    override fun toString(): String = "ConfirmationLine(***)"
}

/** The ten published states of a request. */
public enum class RequestStatus {
    /** Handed in. */
    SUBMITTED,
    /** Being worked on. */
    PROCESSING,
    /** Handed back: something in the form must be corrected. */
    EDIT,
    /** Handed back: a file is asked for. */
    FILE_REQUESTED,
    /** Being printed. */
    PRINTING,
    /** Done. */
    COMPLETED,
    /** Printed. */
    PRINTED,
    /** Turned down. */
    REJECTED,
    /** Ran out of time. */
    EXPIRED,
    /** Granted. */
    GRANTED,
    /** A state that this build does not know: "being worked on, update the app". */
    UNKNOWN,
}

/** Where a request stands, seen from this phone. */
public sealed interface RequestStanding {
    /** Kept on this phone until the gateway has acknowledged it. It will be sent, once. */
    public data class Waiting(val operation: String) : RequestStanding

    /**
     * It was sent, and no answer came: whether it has arrived is being found out. It is not sent again before that is
     * known.
     */
    public data class BeingChecked(val operation: String) : RequestStanding

    /** The gateway would not take it as it is; the outbox knows why. */
    public data class NeedsAttention(val operation: String) : RequestStanding

    /** The gateway has it. */
    public data class At(val status: RequestStatus) : RequestStanding
}

/** A request as a list shows it. */
public data class RequestSummary(
    /** Names it. Null while it waits on this phone. */
    val id: String?,
    /** As the citizen quotes it: `26-000123`. */
    val number: String?,
    /** The service, by id. */
    val service: String,
    /** The service's name when it was applied for. */
    val serviceName: LocalisedText?,
    /** Where it stands. */
    val standing: RequestStanding,
    val submittedAt: Instant,
    val updatedAt: Instant,
    /** Whom it is for; null: the citizen. */
    val person: Represented?,
    /** The same in plain words. */
    val progress: RequestProgress,
) {
    override fun toString(): String = "RequestSummary(***)"
}

/** Somebody a citizen acts for, as a register names them. */
public data class Represented(
    /** Hand this back to act for them: a registration number, or a company's. */
    val id: String,
    /** What they are to the citizen. */
    val relation: Relation,
    /** Show this. */
    val name: String,
) {
    override fun toString(): String = "Represented(***)"
}

/** What somebody is to the citizen who acts for them. */
public enum class Relation {
    /** Under age. */
    CHILD,
    /** Mother or father. */
    PARENT,
    /** A legal entity. */
    COMPANY,
}

/** How a request stands, in plain words. Show it as it is. */
public data class RequestProgress(
    /** What happens now. */
    val headline: LocalisedText,
    /** What comes then. */
    val next: LocalisedText?,
    /** Whose turn it is. */
    val whoActs: WhoActs,
    /** By when, in words; also where nobody has published it. Null: nobody has to act, or [toPay] says it. */
    val due: LocalisedText?,
    /** The day in Ulaanbaatar. */
    val by: LocalDate?,
    /** That day is over. */
    val overdue: Boolean,
    /** What whoever acted last has written. */
    val message: LocalisedText?,
    /** What the citizen is to do. */
    val tasks: List<RequestTask>,
    /** And to pay, and by when, in words: lead to the payment. Null: nothing, or nothing now. */
    val toPay: LocalisedText?,
    /** How many steps of others there are that the citizen has not looked at. */
    val changedSinceSeen: Int,
    /** What the citizen did to it is on its way: its id in the outbox. */
    val underWay: String?,
    /** The citizen can still take it back. */
    val mayBeWithdrawn: Boolean,
) {
    override fun toString(): String = "RequestProgress(***)"
}

/** Whose turn it is. */
public enum class WhoActs {
    /** The citizen. */
    CITIZEN,
    /** The organisation. */
    ORGANISATION,
    /** Nobody: it is over, or waits to be sent. */
    NOBODY,
    /** A newer build knows. */
    UNKNOWN,
}

/** One thing for the citizen to do. */
public data class RequestTask(
    /** What to do with it. */
    val kind: RequestTaskKind,
    /** The question of the form, or the document, by name: lead there. Null: it was not named. */
    val name: String?,
    /** Show this. */
    val title: LocalisedText,
) {
    override fun toString(): String = "RequestTask(***)"
}

/** What there is to do. */
public enum class RequestTaskKind {
    /** Answer it anew. */
    CORRECT,
    /** Bring it. */
    ATTACH,
}

/** A request as its own page shows it. */
public data class RequestDetail(
    /** As in lists. */
    val summary: RequestSummary,
    /** What was sent, by the form's names. */
    val form: Map<String, FieldValue>,
    /** Oldest first. */
    val history: List<RequestStep>,
    /** What came of it, in the words of whoever decided. */
    val outcome: LocalisedText?,
) {
    override fun toString(): String = "RequestDetail(***)"
}

/** What was put into a field. */
public sealed interface FieldValue {
    /** A text, or the value of a choice. */
    public data class Text(val text: String) : FieldValue {
        override fun toString(): String = "FieldValue(***)"
    }

    /** A whole number. */
    public data class WholeNumber(val number: Long) : FieldValue {
        override fun toString(): String = "FieldValue(***)"
    }

    /** Yes or no. */
    public data class YesNo(val yes: Boolean) : FieldValue {
        override fun toString(): String = "FieldValue(***)"
    }

    /** Something this build's forms do not have. */
    public data class Other(val json: String) : FieldValue {
        override fun toString(): String = "FieldValue(***)"
    }
}

/** One step of a request's history. */
public data class RequestStep(
    /** What it came to. */
    val status: RequestStatus,
    /** When. */
    val at: Instant,
    /** In plain words. */
    val text: LocalisedText,
    /** Through whom. */
    val actor: Actor,
    /** In their words. */
    val note: LocalisedText?,
) {
    override fun toString(): String = "RequestStep(***)"
}

/** Who acted. */
public data class Actor(
    /** In what capacity. */
    val kind: ActorKind,
    /** Under what name, if they are named. */
    val name: String?,
) {
    override fun toString(): String = "Actor(***)"
}

/** In what capacity somebody acted. */
public enum class ActorKind {
    /** The citizen. */
    CITIZEN,
    /** A state employee. */
    CLERK,
    /** A machine. */
    SYSTEM,
    /** A kind this build does not know. */
    UNKNOWN,
}
