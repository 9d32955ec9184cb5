//! The catalogue of public services.

use emongolia_core::{
    offline::{Aged, Page},
    services::catalogue,
};

use super::{LocalisedText, Result, aged, all, id, masked, page};

/// What kind of thing a citizen gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum ServiceKind {
    /// Лавлагаа
    Reference,
    /// Тодорхойлолт
    Certificate,
    /// Хүсэлт, өргөдөл
    Application,
    /// Захиалга
    Order,
    /// Төлбөр
    Payment,
    /// Бүртгэл
    Registration,
    /// Мэдээлэл
    Information,
    /// A kind this build does not know, or none.
    Other,
}

/// What it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Fee {
    /// The catalogue does not say. Not the same as free.
    Unknown,
    /// Nothing.
    Free,
    /// So much.
    Amount {
        /// Whole төгрөг.
        mnt: i64,
    },
}

/// How long it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum ServiceDuration {
    /// The catalogue does not say.
    Unknown,
    /// Шууд
    Immediate,
    /// Ажлын өдөр
    WorkingDays {
        /// At most so many.
        days: u32,
    },
}

/// A service as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Service {
    /// Names it.
    pub id: String,
    /// Its name.
    pub name: LocalisedText,
    /// Who answers for it.
    pub organisation: LocalisedText,
    /// What a citizen gets.
    pub kind: ServiceKind,
    /// What it costs.
    pub fee: Fee,
    /// How long it takes.
    pub duration: ServiceDuration,
    /// Can be applied for in the app today.
    pub online: bool,
    /// Not a real service but a plausible one, invented for development: say so.
    pub sample: bool,
    /// The citizen keeps it among the favourites.
    pub favourite: bool,
}

/// A service as its own page shows it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ServiceDetail {
    /// As in lists.
    pub service: Service,
    /// What it is.
    pub description: Option<LocalisedText>,
    /// What to have at hand. Empty: the catalogue does not say.
    pub requirements: Vec<LocalisedText>,
    /// Codes of the units it is offered in. Empty: everywhere.
    pub area_codes: Vec<String>,
}

/// A service's page, and how old it is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AgedServiceDetail {
    /// The page.
    pub value: ServiceDetail,
    /// When the gateway last confirmed this, Unix milliseconds. Null: never pulled.
    pub as_of_ms: Option<i64>,
    /// Older than it should be: what it says may have changed.
    pub stale: bool,
}

/// Which services a list shows. Everything that is set must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, uniffi::Record)]
pub struct ServiceFilter {
    /// Only this organisation's, by id.
    #[uniffi(default = None)]
    pub organisation: Option<String>,
    /// Only this kind.
    #[uniffi(default = None)]
    pub kind: Option<ServiceKind>,
    /// Only what is known to cost nothing.
    #[uniffi(default = false)]
    pub free: bool,
    /// Only what can be applied for in the app.
    #[uniffi(default = false)]
    pub online: bool,
    /// Only what is offered in this unit (2, 4 or 6 digits) or everywhere.
    #[uniffi(default = None)]
    pub area: Option<String>,
}

/// At most 50 services by the Mongolian alphabet.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ServicePage {
    /// The rows.
    pub items: Vec<Service>,
    /// Hand this back for the next page. Null: this was the last.
    pub next: Option<String>,
    /// When the gateway last confirmed this, Unix milliseconds. Null: never pulled.
    pub as_of_ms: Option<i64>,
    /// Older than it should be: what it says may have changed.
    pub stale: bool,
}

/// A service that a search found.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SearchHit {
    /// As in lists.
    pub service: Service,
    /// Pieces of the Mongolian name that were meant, in order, none twice.
    pub highlights: Vec<Highlight>,
    /// What each word of the query was taken for.
    pub why: Vec<MatchReason>,
}

/// A piece of a text, counted in UTF-16 code units: indices of a string in Kotlin, an `NSRange` in Swift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct Highlight {
    /// Units before it.
    pub start: u32,
    /// Units of it.
    pub length: u32,
}

/// A word of a query, and what it was taken for.
/// Prints as `MatchReason(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct MatchReason {
    /// As it was asked.
    pub asked: String,
    /// As the catalogue has it.
    pub found: String,
    /// How the two meet.
    pub how: MatchKind,
}

/// How a word of a query meets a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum MatchKind {
    /// The word itself, in whatever form.
    Word,
    /// A word that sounds the same.
    Sound,
    /// A word that begins so.
    Beginning,
    /// A word spelt nearly so.
    Spelling,
    /// Another word for the same, in any language.
    Synonym,
}

/// At most 50 hits, best first.
/// Prints as `SearchPage(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct SearchPage {
    /// The rows.
    pub items: Vec<SearchHit>,
    /// Hand this back with the same query and filter for the next page. Null: this was the last.
    pub next: Option<String>,
    /// The query as it was probably meant, when words of it were spelt otherwise.
    pub did_you_mean: Option<String>,
    /// Nothing in the whole catalogue is meant: what to offer instead.
    pub refusal: Option<Refusal>,
    /// Something answers, but nothing that the filter lets through.
    pub hidden_by_filter: bool,
    /// The catalogue is just being made searchable: search again after the next `Changed(Catalogue)`.
    pub preparing: bool,
    /// When the gateway last confirmed this, Unix milliseconds. Null: never pulled.
    pub as_of_ms: Option<i64>,
    /// Older than it should be: what it says may have changed.
    pub stale: bool,
}

/// What to offer whose query nothing answers.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Refusal {
    /// Those whose services come nearest, at most 3.
    pub organisations: Vec<Organisation>,
    /// The government's enquiry line.
    pub help_line: String,
}

/// What a recogniser may have heard.
/// Prints as `Hypothesis(***)`.
#[derive(Clone, PartialEq, uniffi::Record)]
pub struct Hypothesis {
    /// In words.
    pub text: String,
    /// 0 to 1, if it says.
    #[uniffi(default = None)]
    pub confidence: Option<f32>,
}

/// What was asked for aloud. Nothing is started by it: the citizen opens what is shown.
/// Prints as `SpokenResults(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct SpokenResults {
    /// What was probably said, for the citizen to see and to mend.
    pub heard: String,
    /// What to show for it.
    pub outcome: SpokenOutcome,
    /// Something answers, but nothing that the filter lets through.
    pub hidden_by_filter: bool,
    /// The catalogue is just being made searchable: search again after the next `Changed(Catalogue)`.
    pub preparing: bool,
    /// When the gateway last confirmed this, Unix milliseconds. Null: never pulled.
    pub as_of_ms: Option<i64>,
    /// Older than it should be: what it says may have changed.
    pub stale: bool,
}

/// What to show for what was said.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum SpokenOutcome {
    /// One service is clearly meant.
    One {
        /// That one.
        hit: SearchHit,
    },
    /// One of these.
    Choices {
        /// At most 3, best first.
        hits: Vec<SearchHit>,
    },
    /// No service.
    Nothing {
        /// What to offer instead, as in [`SearchPage`].
        refusal: Option<Refusal>,
    },
}

masked!(MatchReason, SearchPage, Hypothesis, SpokenResults);

/// A state organisation that answers for services.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Organisation {
    /// Names it.
    pub id: String,
    /// Its name.
    pub name: LocalisedText,
    /// As people say it: «УБЕГ».
    pub abbreviation: Option<String>,
    /// How many services it answers for.
    pub service_count: u32,
}

/// At most 50 organisations by the Mongolian alphabet.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct OrganisationPage {
    /// The rows.
    pub items: Vec<Organisation>,
    /// Hand this back for the next page. Null: this was the last.
    pub next: Option<String>,
    /// When the gateway last confirmed this, Unix milliseconds. Null: never pulled.
    pub as_of_ms: Option<i64>,
    /// Older than it should be: what it says may have changed.
    pub stale: bool,
}

/// What kind of administrative unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum AdministrativeUnitKind {
    /// Улс
    Country,
    /// Нийслэл
    Capital,
    /// Аймаг
    Aimag,
    /// Сум
    Soum,
    /// Дүүрэг
    District,
    /// Баг
    Bag,
    /// Хороо
    Khoroo,
}

/// An administrative unit. Names of soums repeat: show the parent beside it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AdministrativeUnit {
    /// 2, 4 or 6 digits, or `MN`.
    pub code: String,
    /// What kind.
    pub kind: AdministrativeUnitKind,
    /// Its name.
    pub name: LocalisedText,
    /// Code of the unit it lies in.
    pub parent: Option<String>,
    /// Five digits.
    pub postal_code: Option<String>,
}

/// At most 50 administrative units, by code.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AdministrativeUnitPage {
    /// The rows.
    pub items: Vec<AdministrativeUnit>,
    /// Hand this back for the next page. Null: this was the last.
    pub next: Option<String>,
    /// When the gateway last confirmed this, Unix milliseconds. Null: never pulled.
    pub as_of_ms: Option<i64>,
    /// Older than it should be: what it says may have changed.
    pub stale: bool,
}

impl From<catalogue::ServiceKind> for ServiceKind {
    fn from(kind: catalogue::ServiceKind) -> Self {
        match kind {
            catalogue::ServiceKind::Reference => Self::Reference,
            catalogue::ServiceKind::Certificate => Self::Certificate,
            catalogue::ServiceKind::Application => Self::Application,
            catalogue::ServiceKind::Order => Self::Order,
            catalogue::ServiceKind::Payment => Self::Payment,
            catalogue::ServiceKind::Registration => Self::Registration,
            catalogue::ServiceKind::Information => Self::Information,
            catalogue::ServiceKind::Other => Self::Other,
        }
    }
}

impl From<ServiceKind> for catalogue::ServiceKind {
    fn from(kind: ServiceKind) -> Self {
        match kind {
            ServiceKind::Reference => Self::Reference,
            ServiceKind::Certificate => Self::Certificate,
            ServiceKind::Application => Self::Application,
            ServiceKind::Order => Self::Order,
            ServiceKind::Payment => Self::Payment,
            ServiceKind::Registration => Self::Registration,
            ServiceKind::Information => Self::Information,
            ServiceKind::Other => Self::Other,
        }
    }
}

impl From<catalogue::Fee> for Fee {
    fn from(fee: catalogue::Fee) -> Self {
        match fee {
            catalogue::Fee::Unknown => Self::Unknown,
            catalogue::Fee::Free => Self::Free,
            catalogue::Fee::Amount(amount) => Self::Amount { mnt: amount.amount() },
        }
    }
}

impl From<catalogue::ServiceDuration> for ServiceDuration {
    fn from(duration: catalogue::ServiceDuration) -> Self {
        match duration {
            catalogue::ServiceDuration::Unknown => Self::Unknown,
            catalogue::ServiceDuration::Immediate => Self::Immediate,
            catalogue::ServiceDuration::WorkingDays(days) => Self::WorkingDays { days },
        }
    }
}

impl From<catalogue::Service> for Service {
    fn from(service: catalogue::Service) -> Self {
        let catalogue::Service { id, name, organisation, kind, fee, duration, online, sample, favourite } = service;
        Self {
            id: id.to_string(),
            name: name.into(),
            organisation: organisation.into(),
            kind: kind.into(),
            fee: fee.into(),
            duration: duration.into(),
            online,
            sample,
            favourite,
        }
    }
}

impl From<Aged<catalogue::ServiceDetail>> for AgedServiceDetail {
    fn from(detail: Aged<catalogue::ServiceDetail>) -> Self {
        let (detail, as_of_ms, stale) = aged(detail);
        let catalogue::ServiceDetail { service, description, requirements, area_codes } = detail;
        let value = ServiceDetail {
            service: service.into(),
            description: description.map(Into::into),
            requirements: all(requirements),
            area_codes,
        };
        Self { value, as_of_ms, stale }
    }
}

impl TryFrom<ServiceFilter> for catalogue::Filter {
    type Error = super::CoreError;

    fn try_from(filter: ServiceFilter) -> Result<Self> {
        let ServiceFilter { organisation, kind, free, online, area } = filter;
        let organisation = organisation.map(|text| id("organisation", &text, catalogue::OrganisationId::parse));
        Ok(Self { organisation: organisation.transpose()?, kind: kind.map(Into::into), free, online, area })
    }
}

impl From<Aged<Page<catalogue::Service>>> for ServicePage {
    fn from(services: Aged<Page<catalogue::Service>>) -> Self {
        let (services, as_of_ms, stale) = aged(services);
        let (items, next) = page(services);
        Self { items, next, as_of_ms, stale }
    }
}

impl From<catalogue::Hit> for SearchHit {
    fn from(hit: catalogue::Hit) -> Self {
        let catalogue::Hit { service, highlights, why } = hit;
        Self { service: service.into(), highlights: all(highlights), why: all(why) }
    }
}

impl From<catalogue::Highlight> for Highlight {
    fn from(highlight: catalogue::Highlight) -> Self {
        let catalogue::Highlight { start, length } = highlight;
        Self { start, length }
    }
}

impl From<catalogue::Why> for MatchReason {
    fn from(why: catalogue::Why) -> Self {
        let catalogue::Why { asked, found, how } = why;
        Self { asked, found, how: how.into() }
    }
}

impl From<catalogue::How> for MatchKind {
    fn from(how: catalogue::How) -> Self {
        match how {
            catalogue::How::Word => Self::Word,
            catalogue::How::Sound => Self::Sound,
            catalogue::How::Beginning => Self::Beginning,
            catalogue::How::Spelling => Self::Spelling,
            catalogue::How::Synonym => Self::Synonym,
        }
    }
}

impl From<Aged<catalogue::SearchPage>> for SearchPage {
    fn from(page: Aged<catalogue::SearchPage>) -> Self {
        let (page, as_of_ms, stale) = aged(page);
        let catalogue::SearchPage { items, next, did_you_mean, refusal, hidden_by_filter, preparing } = page;
        let (items, refusal) = (all(items), refusal.map(Into::into));
        Self { items, next, did_you_mean, refusal, hidden_by_filter, preparing, as_of_ms, stale }
    }
}

impl From<catalogue::Refusal> for Refusal {
    fn from(refusal: catalogue::Refusal) -> Self {
        let catalogue::Refusal { organisations, help_line } = refusal;
        Self { organisations: all(organisations), help_line: help_line.to_owned() }
    }
}

impl From<Hypothesis> for catalogue::Hypothesis {
    fn from(hypothesis: Hypothesis) -> Self {
        let Hypothesis { text, confidence } = hypothesis;
        Self { text, confidence }
    }
}

impl From<Aged<catalogue::SpokenResults>> for SpokenResults {
    fn from(results: Aged<catalogue::SpokenResults>) -> Self {
        let (results, as_of_ms, stale) = aged(results);
        let catalogue::SpokenResults { heard, outcome, hidden_by_filter, preparing } = results;
        Self { heard, outcome: outcome.into(), hidden_by_filter, preparing, as_of_ms, stale }
    }
}

impl From<catalogue::SpokenOutcome> for SpokenOutcome {
    fn from(outcome: catalogue::SpokenOutcome) -> Self {
        match outcome {
            catalogue::SpokenOutcome::One(hit) => Self::One { hit: (*hit).into() },
            catalogue::SpokenOutcome::Choices(hits) => Self::Choices { hits: all(hits) },
            catalogue::SpokenOutcome::Nothing(refusal) => Self::Nothing { refusal: refusal.map(Into::into) },
        }
    }
}

impl From<catalogue::Organisation> for Organisation {
    fn from(organisation: catalogue::Organisation) -> Self {
        let catalogue::Organisation { id, name, abbreviation, service_count } = organisation;
        Self { id: id.as_str().to_owned(), name: name.into(), abbreviation, service_count }
    }
}

impl From<Aged<Page<catalogue::Organisation>>> for OrganisationPage {
    fn from(organisations: Aged<Page<catalogue::Organisation>>) -> Self {
        let (organisations, as_of_ms, stale) = aged(organisations);
        let (items, next) = page(organisations);
        Self { items, next, as_of_ms, stale }
    }
}

impl From<catalogue::AreaKind> for AdministrativeUnitKind {
    fn from(kind: catalogue::AreaKind) -> Self {
        match kind {
            catalogue::AreaKind::Country => Self::Country,
            catalogue::AreaKind::Capital => Self::Capital,
            catalogue::AreaKind::Aimag => Self::Aimag,
            catalogue::AreaKind::Soum => Self::Soum,
            catalogue::AreaKind::District => Self::District,
            catalogue::AreaKind::Bag => Self::Bag,
            catalogue::AreaKind::Khoroo => Self::Khoroo,
        }
    }
}

impl From<catalogue::Area> for AdministrativeUnit {
    fn from(area: catalogue::Area) -> Self {
        let catalogue::Area { code, kind, name, parent, postal_code } = area;
        Self { code, kind: kind.into(), name: name.into(), parent, postal_code }
    }
}

impl From<Aged<Page<catalogue::Area>>> for AdministrativeUnitPage {
    fn from(areas: Aged<Page<catalogue::Area>>) -> Self {
        let (areas, as_of_ms, stale) = aged(areas);
        let (items, next) = page(areas);
        Self { items, next, as_of_ms, stale }
    }
}
