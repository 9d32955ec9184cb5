//! Which kinds of service a query asks for, and which a service is.

use super::super::model::ServiceKind;

/// A set of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Kinds(u8);

impl Kinds {
    pub(super) fn of(kind: ServiceKind) -> Self {
        Self(match kind {
            ServiceKind::Reference => 1,
            ServiceKind::Certificate => 1 << 1,
            ServiceKind::Application => 1 << 2,
            ServiceKind::Order => 1 << 3,
            ServiceKind::Payment => 1 << 4,
            ServiceKind::Registration => 1 << 5,
            ServiceKind::Information => 1 << 6,
            ServiceKind::Other => 0,
        })
    }

    /// `order|payment`, as the lexicon has it. What is no kind is none.
    pub(super) fn named(names: &str) -> Self {
        names.split('|').fold(Self::default(), |kinds, name| {
            kinds.and(match name {
                "reference" => Self::of(ServiceKind::Reference),
                "certificate" => Self::of(ServiceKind::Certificate),
                "application" => Self::of(ServiceKind::Application),
                "order" => Self::of(ServiceKind::Order),
                "payment" => Self::of(ServiceKind::Payment),
                "registration" => Self::of(ServiceKind::Registration),
                "information" => Self::of(ServiceKind::Information),
                _ => Self::default(),
            })
        })
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}
