// Paying for a request: its invoice, how it stands, receipts.

package mn.emongolia.core

import java.time.Instant

/**
 * The payment of one request. Show [title] and [next] as they are: nothing here is paid because somebody says so. Prints as
 * `Payment(***)`.
 */
public data class Payment(
    /** The request, by id. */
    val request: String,
    /** As the citizen quotes the request. */
    val number: String?,
    /** The service, by id. */
    val service: String,
    /** The service, by name; null where it is not known. */
    val serviceName: LocalisedText?,
    /** Where it stands. */
    val state: PaymentState,
    /** What is. */
    val title: LocalisedText,
    /** What to do next. */
    val next: LocalisedText,
    /** What the request costs, in ₮. */
    val amountMnt: Long,
    /** As the last check found, in ₮, without what was given back. */
    val paidMnt: Long,
    /** In ₮. */
    val missingMnt: Long,
    /** While something can be paid on it. */
    val invoice: Invoice?,
    /** Each payment, oldest first; one that was made twice is there twice. */
    val receipts: List<Receipt>,
    /** When the gateway last asked QPay for this phone. Null: never yet. */
    val checkedAt: Instant?,
    /** What asks for the invoice, in the outbox. */
    val operation: String?,
) {
    override fun toString(): String = "Payment(***)"
}

/** Where a payment stands, seen from this phone. */
public enum class PaymentState {
    /** To be paid; nobody has asked for an invoice on this phone. */
    DUE,

    /** The invoice is asked for. */
    ASKING,

    /** The invoice could not be had: the outbox knows why. */
    HELD,

    /** There is an invoice to pay. */
    WAITING,

    /** It is not known, and being asked. It may be paid already. */
    CHECKING,

    /** Something is missing. */
    PARTIAL,

    /** Paid. */
    PAID,

    /** More was paid than is due. A payment too many is given back by itself; what is too much of one is not. */
    OVERPAID,

    /** The last try failed, and nothing is paid. */
    FAILED,

    /** It is being given back. */
    REFUNDING,

    /** It was given back, and the request is closed; before that it is [DUE] again. */
    REFUNDED,

    /** The invoice can't be paid any more; ask for another. */
    EXPIRED,
}

/** What to pay, and where. Prints as `Invoice(***)`. */
public data class Invoice(
    /** Names it. */
    val id: String,
    /** In ₮. */
    val amountMnt: Long,
    /** Draw this as a QR code. */
    val qrText: String,
    /** Banks' apps on this phone. */
    val links: List<BankLink>,
    /** Until when it can be paid. */
    val expiresAt: Instant,
) {
    override fun toString(): String = "Invoice(***)"
}

/** A bank's app, and the address that opens it with the invoice. Prints as `BankLink(***)`. */
public data class BankLink(
    /** Names the bank. */
    val bank: String,
    /** Show this. */
    val title: String,
    /** Open this. */
    val link: String,
) {
    override fun toString(): String = "BankLink(***)"
}

/** One payment, kept until sign-out. Prints as `Receipt(***)`. */
public data class Receipt(
    /** QPay's number of it. */
    val id: String,
    /** The request, by id. */
    val request: String,
    /** As the citizen quotes the request. */
    val number: String?,
    /** The service, by id. */
    val service: String,
    /** The service, by name; null where it is not known. */
    val serviceName: LocalisedText?,
    /** In ₮. */
    val amountMnt: Long,
    /** It was given back. */
    val refunded: Boolean,
    /** Whose app paid. */
    val wallet: String,
    /** When. */
    val paidAt: Instant,
) {
    override fun toString(): String = "Receipt(***)"
}
