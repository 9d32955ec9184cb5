//! What the clerk looks for: words anywhere in a row, and a group of states.
//!
//! Guarantees: Mongolian letters match in either case and however a keyboard without Ө and Ү writes them.

use crate::clerk::{self, Status};

/// Rows on a page: a screen or two.
pub(super) const PAGE: usize = 20;

/// Words of a search, folded. All must be found, each anywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Words(Vec<String>);

impl Words {
    pub(super) fn of(query: &str) -> Self {
        Self(query.split_whitespace().map(fold).collect())
    }

    pub(super) fn found_in(&self, texts: &[&str]) -> bool {
        let texts: Vec<String> = texts.iter().map(|text| fold(text)).collect();
        self.0.iter().all(|word| texts.iter().any(|text| text.contains(word)))
    }
}

/// Whose turn it is. Follows from [`clerk::next`] alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Clerk,
    Citizen,
    Over,
}

impl Turn {
    pub(super) const ALL: [Self; 3] = [Self::Clerk, Self::Citizen, Self::Over];

    pub(super) fn of(status: Status) -> Self {
        let next = clerk::next(status);
        if next.is_empty() {
            Self::Over
        } else if next.contains(&Status::Submitted) {
            Self::Citizen
        } else {
            Self::Clerk
        }
    }

    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Citizen => "citizen",
            Self::Over => "over",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    All,
    Turn(Turn),
    Status(Status),
}

impl Which {
    /// What is neither a group nor a state is everything.
    pub(super) fn parse(code: &str) -> Self {
        let turn = Turn::ALL.into_iter().find(|turn| turn.code() == code).map(Self::Turn);
        turn.or_else(|| Status::parse(code).map(Self::Status)).unwrap_or(Self::All)
    }

    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Turn(turn) => turn.code(),
            Self::Status(status) => status.code(),
        }
    }

    pub(super) fn holds(self, status: Status) -> bool {
        match self {
            Self::All => true,
            Self::Turn(turn) => Turn::of(status) == turn,
            Self::Status(only) => status == only,
        }
    }
}

/// One page of what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cut<T> {
    pub(super) rows: Vec<T>,
    pub(super) total: usize,
    /// From 1.
    pub(super) page: usize,
    pub(super) pages: usize,
}

impl<T> Cut<T> {
    /// A page beyond the last is the last.
    pub(super) fn new(found: Vec<T>, asked: usize) -> Self {
        let total = found.len();
        let pages = total.div_ceil(PAGE).max(1);
        let page = asked.clamp(1, pages);
        let rows = found.into_iter().skip((page - 1) * PAGE).take(PAGE).collect();
        Self { rows, total, page, pages }
    }
}

/// Ukrainian Є and Ї stand in for Ө and Ү on keyboards without them; Latin ɵ and ү's look-alikes come by copying.
fn fold(text: &str) -> String {
    let lower = text.chars().flat_map(char::to_lowercase);
    lower
        .map(|c| match c {
            'є' | 'ɵ' => 'ө',
            'ї' => 'ү',
            'ё' => 'е',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn letters_match_in_either_case_and_from_any_keyboard() {
        let row = ["УӨ88052317", "Ө.Эрдэнэбат", "Үл хөдлөх хөрөнгийн лавлагаа", "26-000123"];

        for query in
            ["уө8805", "УЄ88052317", "  ҮЛ   ХӨДЛӨХ ", "їл хєдлєх", "000123 өмнө".split(' ').next().unwrap(), ""]
        {
            assert!(Words::of(query).found_in(&row), "{query}");
        }
        assert!(!Words::of("үл байхгүй").found_in(&row));
        assert!(!Words::of("уо8805").found_in(&row), "О is not Ө");
    }

    #[test]
    fn every_state_is_somebodys_turn() {
        let turns = |turn| Status::ALL.into_iter().filter(|s| Turn::of(*s) == turn).collect::<Vec<_>>();

        assert_eq!(turns(Turn::Citizen), [Status::Edit, Status::FileRequested]);
        assert_eq!(turns(Turn::Over), [Status::Completed, Status::Rejected, Status::Expired]);
        assert_eq!(turns(Turn::Clerk).len(), 5);
    }

    #[test]
    fn a_choice_is_read_as_it_is_written() {
        for which in [Which::All, Which::Turn(Turn::Over), Which::Status(Status::FileRequested)] {
            assert_eq!(Which::parse(which.code()), which);
        }
        assert_eq!(Which::parse("Өөр"), Which::All);
    }

    #[test]
    fn a_page_beyond_the_last_is_the_last_and_nothing_is_one_page() {
        let cut = Cut::new((0..41).collect(), 9);
        assert_eq!((cut.rows, cut.page, cut.pages, cut.total), (vec![40], 3, 3, 41));

        let none = Cut::<u8>::new(Vec::new(), 0);
        assert_eq!((none.page, none.pages), (1, 1));
    }
}
