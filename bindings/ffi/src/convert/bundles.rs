//! Services that belong together, made for this citizen on this phone.

use emongolia_core::{
    country::{CivilDate, Mnt},
    foundation::clock::Timestamp,
    offline::{Aged, Page},
    services::bundles,
};

use super::{Fee, LocalisedText, Result, aged, all, id, masked, page};

/// What holds the services together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum BundleKind {
    /// One of the home screen's.
    Bundle,
    /// An event of a life.
    LifeEvent,
    /// An event of a business.
    BusinessEvent,
    /// A kind this build does not know: show it like a bundle.
    Other,
}

/// How far the citizen is with a bundle. Kept on this phone only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum BundleStanding {
    /// Begun.
    Started,
    /// Not begun.
    Offered,
    /// Everything that is offered where the citizen lives is done.
    Done,
    /// The citizen does not want to see it.
    Dismissed,
}

/// How far one item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum BundleItemState {
    /// To be done.
    Todo,
    /// A request for it is on its way.
    UnderWay,
    /// Marked so by the citizen, or a request for it is completed.
    Done,
    /// Offered in other units of the country only.
    NotAvailableHere,
}

/// Which bundles a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum BundleFilter {
    /// All of them.
    All,
    /// What fits the citizen now.
    Suggested,
}

/// Why something is shown, in words.
/// Prints as `BundleReason(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct BundleReason {
    /// The reason.
    pub text: LocalisedText,
    /// What it rests on: operations of the registers. Empty: a general reason, the same for everybody.
    pub sources: Vec<String>,
    /// How old the oldest of that is, Unix milliseconds.
    pub as_of_ms: Option<i64>,
}

/// One service of a bundle.
/// Prints as `BundleItem(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct BundleItem {
    /// Names it within its bundle.
    pub code: String,
    /// The service, by id.
    pub service: String,
    /// The service's name.
    pub name: LocalisedText,
    /// Why it is there.
    pub reason: BundleReason,
    /// How far it is.
    pub state: BundleItemState,
    /// What the service costs.
    pub fee: Fee,
    /// The day by which it should be done: `2026-12-18`.
    pub due: Option<String>,
    /// Can be applied for in the app today.
    pub online: bool,
    /// Not a real service but a plausible one, invented for development: say so.
    pub sample: bool,
    /// Codes of the items that come first.
    pub after: Vec<String>,
    /// Codes of what to have at hand.
    pub needs: Vec<String>,
}

/// Something to have at hand.
/// Prints as `BundlePrerequisite(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct BundlePrerequisite {
    /// Names it.
    pub code: String,
    /// What it is.
    pub name: LocalisedText,
    /// What it costs to get.
    pub fee: Fee,
    /// Whether the citizen has it already. Null: not known.
    pub at_hand: Option<bool>,
    /// The fee is invented for development: say so.
    pub sample: bool,
}

/// Services that belong to one occasion, as they stand for this citizen today.
/// Prints as `ServiceBundle(***)`.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct ServiceBundle {
    /// Names it.
    pub code: String,
    /// What holds it together.
    pub kind: BundleKind,
    /// Its name.
    pub name: LocalisedText,
    /// What is known of the citizen speaks for it.
    pub suggested: bool,
    /// How far the citizen is.
    pub standing: BundleStanding,
    /// Why it is shown.
    pub reason: BundleReason,
    /// In the order in which they can be done.
    pub items: Vec<BundleItem>,
    /// Everything that the items to be done ask for, each once: without those that are under way.
    pub prerequisites: Vec<BundlePrerequisite>,
    /// What the items to be done cost, as far as it is known, each fee once. What is still owed for one under way, its
    /// request says. Whole төгрөг.
    pub known_cost_mnt: i64,
    /// So many fees are not known, and come on top.
    pub unknown_costs: u32,
    /// The first day by which something of it should be done: `2026-12-18`.
    pub due: Option<String>,
    /// Items that are done.
    pub done: u32,
    /// Items, without what is not offered where the citizen lives.
    pub total: u32,
}

masked!(BundleItem, BundlePrerequisite, BundleReason, ServiceBundle);

/// At most 50 bundles: what fits the citizen first.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct BundlePage {
    /// The rows.
    pub items: Vec<ServiceBundle>,
    /// Hand this back for the next page. Null: this was the last.
    pub next: Option<String>,
    /// When the gateway last confirmed this, Unix milliseconds. Null: never pulled.
    pub as_of_ms: Option<i64>,
    /// Older than it should be: what it says may have changed.
    pub stale: bool,
}

/// A bundle, and how old it is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AgedBundle {
    /// The bundle.
    pub value: ServiceBundle,
    /// When the gateway last confirmed this, Unix milliseconds. Null: never pulled.
    pub as_of_ms: Option<i64>,
    /// Older than it should be: what it says may have changed.
    pub stale: bool,
}

impl From<bundles::BundleKind> for BundleKind {
    fn from(kind: bundles::BundleKind) -> Self {
        match kind {
            bundles::BundleKind::Bundle => Self::Bundle,
            bundles::BundleKind::LifeEvent => Self::LifeEvent,
            bundles::BundleKind::BusinessEvent => Self::BusinessEvent,
            bundles::BundleKind::Other => Self::Other,
        }
    }
}

impl From<bundles::Standing> for BundleStanding {
    fn from(standing: bundles::Standing) -> Self {
        match standing {
            bundles::Standing::Started => Self::Started,
            bundles::Standing::Offered => Self::Offered,
            bundles::Standing::Done => Self::Done,
            bundles::Standing::Dismissed => Self::Dismissed,
        }
    }
}

impl From<bundles::ItemState> for BundleItemState {
    fn from(state: bundles::ItemState) -> Self {
        match state {
            bundles::ItemState::Todo => Self::Todo,
            bundles::ItemState::UnderWay => Self::UnderWay,
            bundles::ItemState::Done => Self::Done,
            bundles::ItemState::NotAvailableHere => Self::NotAvailableHere,
        }
    }
}

impl From<BundleFilter> for bundles::Filter {
    fn from(filter: BundleFilter) -> Self {
        match filter {
            BundleFilter::All => Self::All,
            BundleFilter::Suggested => Self::Suggested,
        }
    }
}

impl From<bundles::Reason> for BundleReason {
    fn from(reason: bundles::Reason) -> Self {
        let bundles::Reason { text, sources, as_of } = reason;
        Self { text: text.into(), sources, as_of_ms: as_of.map(Timestamp::unix_ms) }
    }
}

impl From<bundles::BundleItem> for BundleItem {
    fn from(item: bundles::BundleItem) -> Self {
        let bundles::BundleItem { code, service, name, reason, state, fee, due, online, sample, after, needs } = item;
        Self {
            code: text(code),
            service: service.as_str().to_owned(),
            name: name.into(),
            reason: reason.into(),
            state: state.into(),
            fee: fee_of(fee),
            due: day(due),
            online,
            sample,
            after: texts(after),
            needs: texts(needs),
        }
    }
}

impl From<bundles::Prerequisite> for BundlePrerequisite {
    fn from(prerequisite: bundles::Prerequisite) -> Self {
        let bundles::Prerequisite { code, name, fee, at_hand, sample } = prerequisite;
        Self { code: text(code), name: name.into(), fee: fee_of(fee), at_hand, sample }
    }
}

impl From<bundles::Bundle> for ServiceBundle {
    fn from(bundle: bundles::Bundle) -> Self {
        let bundles::Bundle {
            code,
            kind,
            name,
            suggested,
            standing,
            reason,
            items,
            prerequisites,
            cost,
            due,
            done,
            total,
        } = bundle;
        let bundles::Cost { known, unknown } = cost;
        Self {
            code: text(code),
            kind: kind.into(),
            name: name.into(),
            suggested,
            standing: standing.into(),
            reason: reason.into(),
            items: all(items),
            prerequisites: all(prerequisites),
            known_cost_mnt: known.amount(),
            unknown_costs: unknown,
            due: day(due),
            done,
            total,
        }
    }
}

impl From<Aged<Page<bundles::Bundle>>> for BundlePage {
    fn from(bundles: Aged<Page<bundles::Bundle>>) -> Self {
        let (bundles, as_of_ms, stale) = aged(bundles);
        let (items, next) = page(bundles);
        Self { items, next, as_of_ms, stale }
    }
}

impl From<Aged<bundles::Bundle>> for AgedBundle {
    fn from(bundle: Aged<bundles::Bundle>) -> Self {
        let (value, as_of_ms, stale) = aged(bundle);
        Self { value: value.into(), as_of_ms, stale }
    }
}

fn fee_of(fee: Option<Mnt>) -> Fee {
    match fee {
        None => Fee::Unknown,
        Some(Mnt::ZERO) => Fee::Free,
        Some(amount) => Fee::Amount { mnt: amount.amount() },
    }
}

fn day(day: Option<CivilDate>) -> Option<String> {
    day.map(|day| day.to_string())
}

fn text(code: bundles::Code) -> String {
    code.as_str().to_owned()
}

fn texts(codes: Vec<bundles::Code>) -> Vec<String> {
    codes.into_iter().map(text).collect()
}

pub(crate) fn bundle_code(text: &str) -> Result<bundles::Code> {
    id("bundle", text, bundles::Code::parse)
}

pub(crate) fn item_code(text: &str) -> Result<bundles::Code> {
    id("item", text, bundles::Code::parse)
}
