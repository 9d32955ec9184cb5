//! The small language in which a bundle says when it fits, and the texts that say why.
//!
//! Guarantees: every condition has an answer, «not known» among them; what this build can't read is not known; nothing
//! here asks the network.

use serde_json::Value as Json;

use super::{
    REMEMBERED_DAYS,
    facts::{Fact, Facts},
};
use crate::{
    country::{CivilDate, LocalisedText},
    foundation::config::Language,
};

/// Conditions nested deeper than this are not read: nobody writes them by hand.
const DEPTH: usize = 12;

/// When something fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    /// There is such a fact.
    Has(String),
    Equals {
        fact: String,
        value: String,
    },
    /// The date is over. Today is not.
    Past(String),
    /// The date is at most so many days ahead, or past.
    DueWithin {
        fact: String,
        days: u32,
    },
    /// The date is today or at most so many days ago.
    HappenedWithin {
        fact: String,
        days: u32,
    },
    /// So many whole years have passed since the date, and fewer than `to`.
    Aged {
        fact: String,
        from: u32,
        to: u32,
    },
    /// Of a newer build, or written wrongly.
    Unknown,
}

/// Facts that something rests on.
pub(super) type Used<'f> = Vec<Basis<'f>>;

/// A fact that something rests on, by the name it was asked for.
pub(super) struct Basis<'f> {
    name: String,
    pub(super) fact: &'f Fact,
    /// What was done before this day was done for another occasion: for the inspection of last year, the child before.
    /// `None`: the condition is of no day.
    since: Option<CivilDate>,
}

/// As [`Basis`], of all of them.
pub(super) fn since(used: &Used<'_>) -> Option<CivilDate> {
    used.iter().filter_map(|basis| basis.since).max()
}

/// What conditions are held against.
pub(super) struct Ground<'f> {
    pub(super) facts: &'f Facts,
    pub(super) today: CivilDate,
}

impl Condition {
    /// Total: an object with one known key, or [`Condition::Unknown`].
    pub(super) fn read(json: &Json) -> Self {
        Self::read_to(json, DEPTH)
    }

    fn read_to(json: &Json, depth: usize) -> Self {
        let Some((kind, body)) = json.as_object().filter(|object| object.len() == 1).and_then(|o| o.iter().next())
        else {
            return Self::Unknown;
        };
        let Some(depth) = depth.checked_sub(1) else { return Self::Unknown };
        let many = || body.as_array().map(|all| all.iter().map(|one| Self::read_to(one, depth)).collect());
        let fact = || body["fact"].as_str().map(str::to_owned);
        let number = |name: &str| body[name].as_u64().and_then(|n| u32::try_from(n).ok());
        let read = match kind.as_str() {
            "all" => many().map(Self::All),
            "any" => many().map(Self::Any),
            "not" => Some(Self::Not(Box::new(Self::read_to(body, depth)))),
            "has" => body.as_str().map(|name| Self::Has(name.to_owned())),
            "past" => body.as_str().map(|name| Self::Past(name.to_owned())),
            "equals" => fact().zip(body["value"].as_str()).map(|(fact, v)| Self::Equals { fact, value: v.to_owned() }),
            "due_within" => fact().zip(number("days")).map(|(fact, days)| Self::DueWithin { fact, days }),
            "happened_within" => fact().zip(number("days")).map(|(fact, days)| Self::HappenedWithin { fact, days }),
            "aged" => {
                fact().zip(number("from")).zip(number("to")).map(|((fact, from), to)| Self::Aged { fact, from, to })
            }
            _ => None,
        };
        read.unwrap_or(Self::Unknown)
    }

    /// Whether it holds (Kleene's three values; `None`: not known). Facts that made it hold are added to `used`.
    pub(super) fn holds<'f>(&self, ground: &Ground<'f>, used: &mut Used<'f>) -> Option<bool> {
        match self {
            Self::All(all) => {
                let before = used.len();
                let holds = each(all.iter().map(|one| one.holds(ground, used)), false);
                if holds != Some(true) {
                    used.truncate(before);
                }
                holds
            }
            Self::Any(any) => each(any.iter().map(|one| one.holds(ground, used)), true),
            Self::Not(not) => not.holds(ground, &mut Vec::new()).map(|holds| !holds),
            Self::Has(name) => first(ground, name, used, &|_| Some(None)),
            Self::Equals { fact, value } => {
                first(ground, fact, used, &|f| (f.value.say(Language::Mn) == *value).then_some(None))
            }
            Self::Past(name) => {
                first(ground, name, used, &|f| f.value.date().filter(|date| *date < ground.today).map(|_| None))
            }
            Self::DueWithin { fact, days } => first(ground, fact, used, &|f| ground.due(f.value.date()?, *days)),
            Self::HappenedWithin { fact, days } => first(ground, fact, used, &|f| {
                let date = f.value.date().filter(|date| *date <= ground.today)?;
                date.checked_add_days(*days).is_none_or(|until| until >= ground.today).then_some(Some(date))
            }),
            Self::Aged { fact, from, to } => first(ground, fact, used, &|f| {
                let years = whole_years(f.value.date()?, ground.today)?;
                (*from..*to).contains(&years).then_some(None) // an age comes once
            }),
            Self::Unknown => None,
        }
    }
}

/// That a fact fits, and since when as in [`Basis`].
type Fits = Option<Option<CivilDate>>;

impl Ground<'_> {
    /// What is done early is done for it; of what is past and still said, all that was done long ago was in vain.
    fn due(&self, date: CivilDate, days: u32) -> Fits {
        let last = self.today.checked_add_days(days);
        let told = if date < self.today { Some(self.today) } else { date.checked_sub_days(days) };
        last.is_none_or(|last| date <= last).then_some(told.and_then(|day| day.checked_sub_days(REMEMBERED_DAYS)))
    }
}

/// `Some(decides)` as soon as one of them says so; else not known if one is not known.
fn each(answers: impl Iterator<Item = Option<bool>>, decides: bool) -> Option<bool> {
    let mut unknown = false;
    for answer in answers {
        match answer {
            Some(answer) if answer == decides => return Some(decides),
            Some(_) => {}
            None => unknown = true,
        }
    }
    if unknown { None } else { Some(!decides) }
}

/// Whether a fact of that name fits; of several the one with the earliest date is used.
fn first<'f>(ground: &Ground<'f>, name: &str, used: &mut Used<'f>, fits: &dyn Fn(&Fact) -> Fits) -> Option<bool> {
    let fitting = ground.facts.of(name)?.iter().filter_map(|fact| Some((fact, fits(fact)?)));
    let first = fitting.min_by_key(|(fact, _)| fact.value.date());
    used.extend(first.map(|(fact, since)| Basis { name: name.to_owned(), fact, since }));
    Some(first.is_some())
}

fn whole_years(since: CivilDate, today: CivilDate) -> Option<u32> {
    let birthday_comes = (today.month(), today.day()) < (since.month(), since.day());
    today.year().checked_sub(since.year())?.checked_sub(u32::from(birthday_comes))
}

/// Fills `{name}` with what is known under the name, and `{name:about}` with what that is said of. `None` if one of the
/// places stays empty: such a text would say less than nothing. `hints` as in [`fact_of`].
pub(super) fn fill<'f>(
    text: &LocalisedText,
    ground: &Ground<'f>,
    used: &mut Used<'f>,
    hints: &[Basis<'f>],
) -> Option<LocalisedText> {
    let mut fill = |template: &str, language: Language| {
        let mut out = String::with_capacity(template.len() + 16);
        let mut rest = template;
        while let Some((before, from_place)) = rest.split_once('{') {
            let (place, after) = from_place.split_once('}')?;
            let (name, about) = match place.split_once(':') {
                Some((name, "about")) => (name, true),
                Some(_) => return None,
                None => (place, false),
            };
            let fact = fact_of(name, ground, used, hints)?;
            out.push_str(before);
            out.push_str(&if about { fact.about.clone()? } else { fact.value.say(language) });
            rest = after;
        }
        out.push_str(rest);
        Some(out)
    };
    let mn = fill(&text.mn, Language::Mn)?;
    let en = match &text.en {
        Some(en) => Some(fill(en, Language::En)?),
        None => None,
    };
    Some(LocalisedText { mn, en })
}

/// The fact of that name that is used already; else one that made a wider rule hold, else the earliest: it is then used.
pub(super) fn fact_of<'f>(
    name: &str,
    ground: &Ground<'f>,
    used: &mut Used<'f>,
    hints: &[Basis<'f>],
) -> Option<&'f Fact> {
    let of_name = |basis: &&Basis<'f>| basis.name == name;
    if let Some(basis) = used.iter().find(of_name) {
        return Some(basis.fact);
    }
    let hinted = hints.iter().find(of_name).map(|basis| basis.fact);
    let fact = hinted.or_else(|| ground.facts.of(name)?.iter().min_by_key(|fact| fact.value.date()))?;
    used.push(Basis { name: name.to_owned(), fact, since: None });
    Some(fact)
}
