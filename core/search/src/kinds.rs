//! Which kinds of service a query asks for, and which a service is.

/// What a service is for, as far as a query may ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Reference,
    Certificate,
    Application,
    Order,
    Payment,
    Registration,
    Information,
}

/// A set of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Kinds(u8);

impl Kinds {
    pub(crate) fn of(kind: Kind) -> Self {
        Self(match kind {
            Kind::Reference => 1,
            Kind::Certificate => 1 << 1,
            Kind::Application => 1 << 2,
            Kind::Order => 1 << 3,
            Kind::Payment => 1 << 4,
            Kind::Registration => 1 << 5,
            Kind::Information => 1 << 6,
        })
    }

    /// `order|payment`, as the lexicon has it. What is no kind is none.
    pub(crate) fn named(names: &str) -> Self {
        names.split('|').fold(Self::default(), |kinds, name| {
            kinds.and(match name {
                "reference" => Self::of(Kind::Reference),
                "certificate" => Self::of(Kind::Certificate),
                "application" => Self::of(Kind::Application),
                "order" => Self::of(Kind::Order),
                "payment" => Self::of(Kind::Payment),
                "registration" => Self::of(Kind::Registration),
                "information" => Self::of(Kind::Information),
                _ => Self::default(),
            })
        })
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn are_many(self) -> bool {
        const MANY: u32 = 3;
        self.0.count_ones() >= MANY
    }

    pub(crate) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}
