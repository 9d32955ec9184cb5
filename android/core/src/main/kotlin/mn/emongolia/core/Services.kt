// The catalogue of public services.

package mn.emongolia.core

/** What kind of thing a citizen gets. */
public enum class ServiceKind {
    /** Лавлагаа */
    REFERENCE,
    /** Тодорхойлолт */
    CERTIFICATE,
    /** Хүсэлт, өргөдөл */
    APPLICATION,
    /** Захиалга */
    ORDER,
    /** Төлбөр */
    PAYMENT,
    /** Бүртгэл */
    REGISTRATION,
    /** Мэдээлэл */
    INFORMATION,
    /** A kind this build does not know, or none. */
    OTHER,
}

/** What it costs. */
public sealed interface Fee {
    /** The catalogue does not say. Not the same as free. */
    public data object Unknown : Fee

    /** Nothing. */
    public data object Free : Fee

    /** So much. */
    public data class Amount(val mnt: Long) : Fee
}

/** How long it takes. */
public sealed interface ServiceDuration {
    /** The catalogue does not say. */
    public data object Unknown : ServiceDuration

    /** Шууд */
    public data object Immediate : ServiceDuration

    /** Ажлын өдөр */
    public data class WorkingDays(val days: Int) : ServiceDuration
}

/** A service as a list shows it. */
public data class Service(
    /** Names it. */
    val id: String,
    /** Its name. */
    val name: LocalisedText,
    /** Who answers for it. */
    val organisation: LocalisedText,
    /** What a citizen gets. */
    val kind: ServiceKind,
    /** What it costs. */
    val fee: Fee,
    /** How long it takes. */
    val duration: ServiceDuration,
    /** Can be applied for in the app today. */
    val online: Boolean,
    /** Not a real service but a plausible one, invented for development: say so. */
    val sample: Boolean,
    /** The citizen keeps it among the favourites. */
    val favourite: Boolean,
)

/** A service as its own page shows it. */
public data class ServiceDetail(
    /** As in lists. */
    val service: Service,
    /** What it is. */
    val description: LocalisedText?,
    /** What to have at hand. Empty: the catalogue does not say. */
    val requirements: List<LocalisedText>,
    /** Codes of the units it is offered in. Empty: everywhere. */
    val areaCodes: List<String>,
)

/** A state organisation that answers for services. */
public data class Organisation(
    /** Names it. */
    val id: String,
    /** Its name. */
    val name: LocalisedText,
    /** As people say it: «УБЕГ». */
    val abbreviation: String?,
    /** How many services it answers for. */
    val serviceCount: Int,
)

/** What kind of administrative unit. */
public enum class AdministrativeUnitKind {
    /** Улс */
    COUNTRY,
    /** Нийслэл */
    CAPITAL,
    /** Аймаг */
    AIMAG,
    /** Сум */
    SOUM,
    /** Дүүрэг */
    DISTRICT,
    /** Баг */
    BAG,
    /** Хороо */
    KHOROO,
}

/** An administrative unit. Names of soums repeat: show the parent beside it. */
public data class AdministrativeUnit(
    /** 2, 4 or 6 digits, or `MN`. */
    val code: String,
    /** What kind. */
    val kind: AdministrativeUnitKind,
    /** Its name. */
    val name: LocalisedText,
    /** Code of the unit it lies in. */
    val parent: String?,
    /** Five digits. */
    val postalCode: String?,
)
