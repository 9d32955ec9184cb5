use serde::{Deserialize, Serialize};

use crate::{
    country::{LocalisedText, Mnt},
    services::ServiceId,
};

/// Names an organisation: opaque, minted once.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrganisationId(pub(super) String);

impl OrganisationId {
    pub fn parse(text: &str) -> Option<Self> {
        crate::gateway::is_id(text).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A state organisation that answers for services.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Organisation {
    pub id: OrganisationId,
    pub name: LocalisedText,
    /// As people say it: «УБЕГ».
    pub abbreviation: Option<String>,
    pub service_count: u32,
}

/// What kind of thing a citizen gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    #[default]
    Other,
}

/// What it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fee {
    /// The catalogue does not say. Not the same as free.
    Unknown,
    Free,
    Amount(Mnt),
}

/// How long it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duration {
    /// The catalogue does not say.
    Unknown,
    /// Шууд
    Immediate,
    WorkingDays(u32),
}

/// A service as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Service {
    pub id: ServiceId,
    pub name: LocalisedText,
    pub organisation: LocalisedText,
    pub kind: ServiceKind,
    pub fee: Fee,
    pub duration: Duration,
    /// Can be applied for in the app today.
    pub online: bool,
    /// Not a real service: a plausible one, invented for development.
    pub sample: bool,
    /// The citizen keeps it among the favourites.
    pub favourite: bool,
}

/// A service as its own page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceDetail {
    pub service: Service,
    pub description: Option<LocalisedText>,
    /// What to have at hand. Empty: the catalogue does not say.
    pub requirements: Vec<LocalisedText>,
    /// Codes of the units it is offered in. Empty: everywhere.
    pub area_codes: Vec<String>,
}

/// A service that a search found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    pub service: Service,
    /// Pieces of the Mongolian name that were meant, in order, none twice.
    pub highlights: Vec<Highlight>,
    /// What each word of the query was taken for.
    pub why: Vec<Why>,
}

/// A piece of a text, in UTF-16 code units: what an index means in Kotlin, and in an `NSRange` in Swift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Highlight {
    pub start: u32,
    pub length: u32,
}

/// A word of a query, and what it was taken for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    pub asked: String,
    pub found: String,
    pub how: How,
}

/// How a word of a query meets a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
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

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct SearchPage {
    /// Best first, at most [`PAGE`](crate::offline::PAGE).
    pub items: Vec<Hit>,
    /// Hand this back with the same query and filter to get the next page. `None`: this was the last.
    pub next: Option<String>,
    /// The query as it was probably meant, when words of it were spelt otherwise.
    pub did_you_mean: Option<String>,
    /// Nothing in the whole catalogue is meant: what to offer instead.
    pub refusal: Option<Refusal>,
    /// Something answers, but nothing that the filter lets through.
    pub hidden_by_filter: bool,
    /// The catalogue is just being made searchable: an event tells when, ask again then.
    pub preparing: bool,
}

/// What to offer whose query nothing answers. Who says so in which words is the shell's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Those whose services come nearest, at most 3.
    pub organisations: Vec<Organisation>,
    /// The government's enquiry line.
    pub help_line: &'static str,
}

/// What was asked for aloud. Nothing is ever started by it: the citizen opens what is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SpokenResults {
    /// What was probably said, for the citizen to see and to mend.
    pub heard: String,
    pub outcome: SpokenOutcome,
    /// As in [`SearchPage`].
    pub hidden_by_filter: bool,
    /// As in [`SearchPage`].
    pub preparing: bool,
}

/// What to show for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SpokenOutcome {
    /// One service is clearly meant.
    One(Box<Hit>),
    /// One of these, at most 3, best first.
    Choices(Vec<Hit>),
    /// No service, and what to offer instead, as in [`SearchPage`].
    Nothing(Option<Refusal>),
}

/// Which services a list shows. Everything that is set must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    pub organisation: Option<OrganisationId>,
    pub kind: Option<ServiceKind>,
    /// Only what is known to cost nothing.
    pub free: bool,
    /// Only what can be applied for in the app.
    pub online: bool,
    /// Only what is offered in this unit (2, 4 or 6 digits) or everywhere.
    pub area: Option<String>,
}

/// What kind of administrative unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AreaKind {
    Country,
    Capital,
    Aimag,
    Soum,
    District,
    Bag,
    Khoroo,
}

/// An administrative unit. Soum names repeat: show the parent beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Area {
    /// 2, 4 or 6 digits, or `MN`.
    pub code: String,
    pub kind: AreaKind,
    pub name: LocalisedText,
    pub parent: Option<String>,
    pub postal_code: Option<String>,
}
