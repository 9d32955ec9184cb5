// What a search asks and gives.

package mn.emongolia.core

/** A page of what a search found. */
public data class SearchPage(
    /** At most 50, best first. */
    val items: List<SearchHit>,
    /** Hand this back with the same query and filter for the next page. Null: this was the last. */
    val next: String?,
    /** The query as it was probably meant, when words of it were spelt otherwise. */
    val didYouMean: String?,
    /** Nothing in the whole catalogue is meant: what to offer instead. */
    val refusal: Refusal?,
    /** Something answers, but nothing that the filter lets through. */
    val hiddenByFilter: Boolean,
    /** The catalogue is just being made searchable: search again after the next `Changed(CATALOGUE)`. */
    val preparing: Boolean,
) {
    override fun toString(): String = "SearchPage(***)"
}

/** A service that a search found. */
public data class SearchHit(
    /** As in lists. */
    val service: Service,
    /** Pieces of the Mongolian name that were meant, as `substring` takes them. */
    val highlights: List<IntRange>,
    /** What each word of the query was taken for. */
    val why: List<MatchReason>,
)

/** A word of a query, and what it was taken for. */
public data class MatchReason(
    /** As it was asked. */
    val asked: String,
    /** As the catalogue has it. */
    val found: String,
    /** How the two meet. */
    val how: MatchKind,
) {
    override fun toString(): String = "MatchReason(***)"
}

/** How a word of a query meets a service. */
public enum class MatchKind {
    /** The word itself, in whatever form. */
    WORD,
    /** A word that sounds the same. */
    SOUND,
    /** A word that begins so. */
    BEGINNING,
    /** A word spelt nearly so. */
    SPELLING,
    /** Another word for the same, in any language. */
    SYNONYM,
}

/** What to offer whose query nothing answers. */
public data class Refusal(
    /** Those whose services come nearest, at most 3. */
    val organisations: List<Organisation>,
    /** The government's enquiry line. */
    val helpLine: String,
)

/** What a recogniser may have heard. */
public data class Hypothesis(
    /** In words. */
    val text: String,
    /** 0 to 1, if it says. */
    val confidence: Float? = null,
) {
    override fun toString(): String = "Hypothesis(***)"
}

/** What was asked for aloud. Nothing is started by it: the citizen opens what is shown. */
public data class SpokenResults(
    /** What was probably said, for the citizen to see and to mend. */
    val heard: String,
    /** What to show for it. */
    val outcome: SpokenOutcome,
    /** As in [SearchPage]. */
    val hiddenByFilter: Boolean,
    /** As in [SearchPage]. */
    val preparing: Boolean,
) {
    override fun toString(): String = "SpokenResults(***)"
}

/** What to show for what was said. */
public sealed interface SpokenOutcome {
    /** One service is clearly meant. */
    public data class One(val hit: SearchHit) : SpokenOutcome

    /** One of these, at most 3, best first. */
    public data class Choices(val hits: List<SearchHit>) : SpokenOutcome

    /** No service, and what to offer instead, as in [SearchPage]. */
    public data class Nothing(val refusal: Refusal?) : SpokenOutcome
}
