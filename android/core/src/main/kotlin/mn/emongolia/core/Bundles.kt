// Services that belong to one occasion, made for this citizen on this phone.

package mn.emongolia.core

import java.time.Instant
import java.time.LocalDate

/** What holds the services together. */
public enum class BundleKind {
    /** One of the home screen's. */
    BUNDLE,
    /** An event of a life. */
    LIFE_EVENT,
    /** An event of a business. */
    BUSINESS_EVENT,
    /** A kind this build does not know: show it like a bundle. */
    OTHER,
}

/** How far the citizen is with a bundle. Kept on this phone only. */
public enum class BundleStanding {
    /** Begun. */
    STARTED,
    /** Not begun. */
    OFFERED,
    /** Everything that is offered where the citizen lives is done. */
    DONE,
    /** The citizen does not want to see it. */
    DISMISSED,
}

/** How far one item is. */
public enum class BundleItemState {
    /** To be done. */
    TODO,
    /** A request for it is on its way. */
    UNDER_WAY,
    /** Marked so by the citizen, or a request for it is completed. */
    DONE,
    /** Offered in other units of the country only. */
    NOT_AVAILABLE_HERE,
}

/** Which bundles a list shows. */
public enum class BundleFilter {
    ALL,
    /** What fits the citizen now. */
    SUGGESTED,
}

/** Why something is shown, in words. */
public data class BundleReason(
    val text: LocalisedText,
    /** What it rests on: operations of the registers. Empty: a general reason, the same for everybody. */
    val sources: List<String>,
    /** How old the oldest of that is. */
    val asOf: Instant?,
) {
    override fun toString(): String = "BundleReason(***)"
}

/** One service of a bundle. */
public data class BundleItem(
    /** Names it within its bundle. */
    val code: String,
    /** The service, by id. */
    val service: String,
    /** The service's name. */
    val name: LocalisedText,
    /** Why it is there. */
    val reason: BundleReason,
    val state: BundleItemState,
    /** What the service costs. */
    val fee: Fee,
    /** The day by which it should be done. */
    val due: LocalDate?,
    /** Can be applied for in the app today. */
    val online: Boolean,
    /** Not a real service but a plausible one, invented for development: say so. */
    val sample: Boolean,
    /** Codes of the items that come first. */
    val after: List<String>,
    /** Codes of what to have at hand. */
    val needs: List<String>,
) {
    override fun toString(): String = "BundleItem(***)"
}

/** Something to have at hand. */
public data class BundlePrerequisite(
    val code: String,
    val name: LocalisedText,
    /** What it costs to get. */
    val fee: Fee,
    /** Whether the citizen has it already. Null: not known. */
    val atHand: Boolean?,
    /** The fee is invented for development: say so. */
    val sample: Boolean,
) {
    override fun toString(): String = "BundlePrerequisite(***)"
}

/** Services that belong to one occasion, as they stand for this citizen today. */
public data class ServiceBundle(
    val code: String,
    val kind: BundleKind,
    val name: LocalisedText,
    /** What is known of the citizen speaks for it. */
    val suggested: Boolean,
    val standing: BundleStanding,
    /** Why it is shown. */
    val reason: BundleReason,
    /** In the order in which they can be done. */
    val items: List<BundleItem>,
    /** Everything that the items to be done ask for, each once: without those that are under way. */
    val prerequisites: List<BundlePrerequisite>,
    /**
     * What the items to be done cost, as far as it is known, each fee once. What is still owed for one under way, its
     * request says. Whole төгрөг.
     */
    val knownCostMnt: Long,
    /** So many fees are not known, and come on top. */
    val unknownCosts: Int,
    /** The first day by which something of it should be done. */
    val due: LocalDate?,
    /** Items that are done. */
    val done: Int,
    /** Items, without what is not offered where the citizen lives. */
    val total: Int,
) {
    override fun toString(): String = "ServiceBundle(***)"
}
