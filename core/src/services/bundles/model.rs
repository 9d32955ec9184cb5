use serde::Serialize;

use crate::{
    country::{CivilDate, LocalisedText, Mnt},
    foundation::clock::Timestamp,
    services::ServiceId,
};

/// Names a bundle, an item of one, or a prerequisite: a short word of whoever wrote the bundles.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Code(String);

impl Code {
    pub fn parse(text: &str) -> Option<Self> {
        crate::gateway::is_id(text).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What holds the services together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BundleKind {
    /// «Ажил бүтээхэд тань тусалъя»
    Bundle,
    LifeEvent,
    BusinessEvent,
    /// A kind this build does not know.
    Other,
}

/// How far the citizen is with a bundle. Kept on this phone only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Started,
    Offered,
    Done,
    /// The citizen does not want to see it.
    Dismissed,
}

/// Services that belong to one occasion, as they stand for this citizen today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bundle {
    pub code: Code,
    pub kind: BundleKind,
    pub name: LocalisedText,
    /// What is known of the citizen speaks for it, and it is neither done nor dismissed.
    pub suggested: bool,
    pub standing: Standing,
    pub reason: Reason,
    /// In the order in which they can be done.
    pub items: Vec<BundleItem>,
    /// Everything that the items to be done ask for, each once: without those that are under way.
    pub prerequisites: Vec<Prerequisite>,
    pub cost: Cost,
    /// The first day by which something of it should be done.
    pub due: Option<CivilDate>,
    pub done: u32,
    /// Without what is not offered where the citizen lives.
    pub total: u32,
}

/// Why something is shown, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    pub text: LocalisedText,
    /// ХУР operations, or other sources on this phone, that the reason rests on. Empty: a general reason, the same for everybody.
    pub sources: Vec<String>,
    /// How old the oldest of what it rests on is, where the source says so.
    pub as_of: Option<Timestamp>,
}

/// One service of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BundleItem {
    pub code: Code,
    pub service: ServiceId,
    pub name: LocalisedText,
    pub reason: Reason,
    pub state: ItemState,
    /// `None`: nobody says. Nought: free.
    pub fee: Option<Mnt>,
    pub due: Option<CivilDate>,
    /// Can be applied for in the app today.
    pub online: bool,
    /// Not a real service: a plausible one, invented for development.
    pub sample: bool,
    /// Codes of the items of this bundle that come first.
    pub after: Vec<Code>,
    /// Codes of its prerequisites.
    pub needs: Vec<Code>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemState {
    Todo,
    /// A request for it is on its way.
    UnderWay,
    /// Marked so by the citizen, or a request for it is completed.
    Done,
    /// Offered in other units of the country only.
    NotAvailableHere,
}

/// Something to have at hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Prerequisite {
    pub code: Code,
    pub name: LocalisedText,
    /// What it costs to get. `None`: nobody says.
    pub fee: Option<Mnt>,
    /// Whether the citizen has it already. `None`: not known.
    pub at_hand: Option<bool>,
    /// The fee is invented for development.
    pub sample: bool,
}

/// What the items to be done cost, each fee once. What is still owed for one under way, its request says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Cost {
    pub known: Mnt,
    /// So many fees are not known, and come on top.
    pub unknown: u32,
}

/// Which bundles a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Filter {
    #[default]
    All,
    Suggested,
}
