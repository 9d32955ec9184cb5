//! What search answers from: services, what filters ask of them, and their index, all in memory.
//!
//! Guarantees: whole or not there; an older one serves until the newer is whole; whoever asks waits for nothing.

use std::{
    collections::HashSet,
    ops::Range,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use emongolia_search::{self as search, Found, Hypothesis, Index, Match, Standing};

use super::model::{
    Fee, Filter, Highlight, Hit, How, Organisation, OrganisationId, Refusal, SearchPage, Service, SpokenOutcome,
    SpokenResults, Why,
};
use crate::{
    country::AreaCode,
    foundation::{
        clock::Timestamp,
        error::{Error, Result},
    },
    offline::{PAGE, unknown_cursor},
    services::ServiceId,
};

/// 11-11, the government's enquiry and complaints centre: free of charge, all day.
const HELP_LINE: &str = "1111";

/// Organisations that a refused query is told of: more would be a list to read.
const NEAREST: usize = 3;

/// Services looked at for them: the nearest few are often of one organisation.
const NEAREST_SERVICES: usize = 24;

/// A service with what a filter asks of it.
pub(super) struct Row {
    pub(super) service: Service,
    pub(super) organisation: Option<OrganisationId>,
    pub(super) area_codes: Vec<String>,
}

/// What a shelf is made of: a row and an entry for each service, in one order.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) rows: Vec<Row>,
    pub(super) entries: Vec<search::Entry>,
    pub(super) organisations: Vec<Organisation>,
}

/// Services, searchable.
pub(super) struct Shelf {
    rows: Vec<Row>,
    organisations: Vec<Organisation>,
    index: Index,
}

impl Shelf {
    /// Takes a good part of a second on a slow phone.
    pub(super) fn build(contents: Contents) -> Self {
        let Contents { rows, entries, organisations } = contents;
        Self { index: Index::build(&entries), rows, organisations }
    }

    /// One page of what answers `query`, from after the cursor.
    pub(super) fn page(&self, asked: &Asked<'_>, query: &str, after: Option<&str>) -> Result<SearchPage> {
        if query.trim().is_empty() {
            return Ok(SearchPage::default()); // nothing was asked: neither found nor refused
        }
        let start = after.map(Cursor::parse).unwrap_or(Some(Cursor::START)).ok_or(unknown_cursor("after"))?;
        if start.offset > self.rows.len() {
            return Err(unknown_cursor("after"));
        }
        let answer = self.index.find(query, start.offset + PAGE + 1, |entry| asked.stands(self.rows.get(entry)));
        let id = |place: usize| Some(&self.rows.get(answer.entries().nth(place)?)?.service.id);
        let before = start.offset.checked_sub(1).and_then(id);
        if before.map(ServiceId::as_str) != start.id {
            return Err(unknown_cursor("after"));
        }
        let end = start.offset + PAGE;
        let last = if answer.len() > end { id(end - 1) } else { None };
        let next = last.map(|id| Cursor { offset: end, id: Some(id.as_str()) }.to_string());
        let items = answer.found(start.offset).take(PAGE).filter_map(|found| self.hit(found, asked)).collect();
        let (refusal, hidden_by_filter) = if answer.is_empty() { self.nothing(query, asked) } else { (None, false) };
        let did_you_mean = answer.did_you_mean();
        Ok(SearchPage { items, next, did_you_mean, refusal, hidden_by_filter, preparing: false })
    }

    /// What was probably asked for aloud. Hypotheses in the recogniser's order.
    pub(super) fn spoken(&self, asked: &Asked<'_>, hypotheses: &[Hypothesis]) -> SpokenResults {
        let spoken = self.index.find_spoken(hypotheses, search::CHOICES, |entry| asked.stands(self.rows.get(entry)));
        let (heard, clear) = (spoken.heard, spoken.clear);
        let mut hits = spoken.found.into_iter().filter_map(|found| self.hit(found, asked));
        let (outcome, hidden_by_filter) = match (hits.next(), clear) {
            (Some(hit), true) => (SpokenOutcome::One(Box::new(hit)), false),
            (Some(first), false) => (SpokenOutcome::Choices(std::iter::once(first).chain(hits).collect()), false),
            (None, _) if heard.trim().is_empty() => (SpokenOutcome::Nothing(None), false),
            (None, _) => {
                let (refusal, hidden) = self.nothing(&heard, asked);
                (SpokenOutcome::Nothing(refusal), hidden)
            }
        };
        SpokenResults { heard, outcome, hidden_by_filter, preparing: false }
    }

    /// Why nothing was found: it is not in the catalogue, or only the filter is in the way.
    fn nothing(&self, query: &str, asked: &Asked<'_>) -> (Option<Refusal>, bool) {
        if self.rows.is_empty() {
            return (None, false); // there is no catalogue yet that could lack it
        }
        if *asked.filter != Filter::default() && !self.index.find(query, 1, |_| Standing::Shown).is_empty() {
            return (None, true);
        }
        (Some(Refusal { organisations: self.nearest_organisations(query), help_line: HELP_LINE }), false)
    }

    fn nearest_organisations(&self, query: &str) -> Vec<Organisation> {
        let mut nearest: Vec<Organisation> = Vec::new();
        for entry in self.index.nearest(query, NEAREST_SERVICES) {
            let id = self.rows.get(entry).and_then(|row| row.organisation.as_ref());
            let organisation = self.organisations.iter().find(|organisation| Some(&organisation.id) == id);
            if let Some(organisation) = organisation.filter(|organisation| !nearest.contains(organisation)) {
                nearest.push(organisation.clone());
            }
            if nearest.len() == NEAREST {
                break;
            }
        }
        nearest
    }

    fn hit(&self, found: Found, asked: &Asked<'_>) -> Option<Hit> {
        let Found { entry, score: _, highlights, why } = found;
        let mut service = self.rows.get(entry)?.service.clone();
        service.favourite = asked.favourites.contains(&service.id);
        let highlights = highlights.iter().filter_map(|range| utf16(&service.name.mn, range)).collect();
        let why =
            why.into_iter().map(|search::Why { asked, found, how }| Why { asked, found, how: how.into() }).collect();
        Some(Hit { service, highlights, why })
    }
}

/// Who asks, and under which conditions.
pub(super) struct Asked<'a> {
    filter: &'a Filter,
    favourites: &'a HashSet<ServiceId>,
    /// Where the citizen lives: what is offered there and not everywhere wins ties.
    home: Option<String>,
}

impl<'a> Asked<'a> {
    pub(super) fn new(filter: &'a Filter, favourites: &'a HashSet<ServiceId>, home: Option<AreaCode>) -> Self {
        Self { filter, favourites, home: home.map(|home| home.to_string()) }
    }

    fn stands(&self, row: Option<&Row>) -> Standing {
        let Some(row) = row.filter(|row| self.lets(row)) else { return Standing::Hidden };
        let is_at_home = |home: &str| !row.area_codes.is_empty() && is_offered(&row.area_codes, home);
        if self.home.as_deref().is_some_and(is_at_home) { Standing::Preferred } else { Standing::Shown }
    }

    fn lets(&self, row: &Row) -> bool {
        let Filter { organisation, kind, free, online, area } = self.filter;
        (organisation.is_none() || row.organisation == *organisation)
            && kind.is_none_or(|kind| row.service.kind == kind)
            && (!free || row.service.fee == Fee::Free)
            && (!online || row.service.online)
            && area.as_deref().is_none_or(|area| is_offered(&row.area_codes, area))
    }
}

/// A code begins with the code of what it lies in. A service of no area is offered everywhere.
fn is_offered(codes: &[String], area: &str) -> bool {
    codes.is_empty() || codes.iter().any(|code| area.starts_with(code.as_str()) || code.starts_with(area))
}

impl From<Match> for How {
    fn from(how: Match) -> Self {
        match how {
            Match::Word => Self::Word,
            Match::Sound => Self::Sound,
            Match::Beginning => Self::Beginning,
            Match::Spelling => Self::Spelling,
            Match::Synonym => Self::Synonym,
        }
    }
}

fn utf16(text: &str, bytes: &Range<usize>) -> Option<Highlight> {
    let units = |text: &str| u32::try_from(text.encode_utf16().count()).ok();
    Some(Highlight { start: units(text.get(..bytes.start)?)?, length: units(text.get(bytes.clone())?)? })
}

/// Where a page starts: behind so many hits, the last of which it names. Another order is another list.
struct Cursor<'a> {
    offset: usize,
    id: Option<&'a str>,
}

impl<'a> Cursor<'a> {
    const START: Cursor<'static> = Cursor { offset: 0, id: None };

    fn parse(text: &'a str) -> Option<Self> {
        let (offset, id) = text.split_once('.')?;
        let offset = offset.parse().ok().filter(|offset| *offset > 0)?;
        Some(Self { offset, id: Some(id) })
    }
}

impl std::fmt::Display for Cursor<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.offset, self.id.unwrap_or_default())
    }
}

/// Where the shelf stands, and which edition of the catalogue is on it.
#[derive(Default)]
pub(super) struct Place {
    state: RwLock<State>,
    /// One filling at a time.
    pub(super) filling: tokio::sync::Mutex<()>,
    /// Somebody wants to search: newer catalogues are put there too.
    wanted: AtomicBool,
    /// Somebody was told to ask again.
    told_to_wait: AtomicBool,
}

#[derive(Default, Clone)]
enum State {
    #[default]
    Empty,
    Filled(Kept),
    Closed,
}

/// A shelf and the age of what is on it.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) edition: Option<String>,
    pub(super) as_of: Option<Timestamp>,
    pub(super) shelf: Arc<Shelf>,
}

impl Place {
    /// `None`: it is still to be filled, and whoever asked is told to wait.
    pub(super) fn get(&self) -> Result<Option<Kept>> {
        match self.state() {
            State::Filled(kept) => Ok(Some(kept)),
            State::Empty => {
                self.told_to_wait.store(true, Ordering::SeqCst);
                // It may have been filled since, by somebody who saw nobody waiting.
                match self.state() {
                    State::Filled(kept) => Ok(Some(kept)),
                    State::Empty => Ok(None),
                    State::Closed => Err(Error::NotAvailable),
                }
            }
            State::Closed => Err(Error::NotAvailable),
        }
    }

    pub(super) fn want(&self) {
        self.wanted.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::SeqCst)
    }

    /// The edition that is there, if any is.
    pub(super) fn edition(&self) -> Option<Option<String>> {
        match self.state() {
            State::Filled(kept) => Some(kept.edition),
            State::Empty | State::Closed => None,
        }
    }

    /// Whether anybody should be told: who was told to wait, or who saw what was there before.
    #[must_use]
    pub(super) fn put(&self, kept: Kept) -> bool {
        let replaced = {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            let replaced = match &*state {
                State::Empty => false,
                State::Filled(_) => true,
                State::Closed => return false,
            };
            *state = State::Filled(kept);
            replaced
        };
        self.told_to_wait.swap(false, Ordering::SeqCst) || replaced
    }

    /// What is there was confirmed.
    pub(super) fn confirm(&self, as_of: Option<Timestamp>) {
        if let State::Filled(kept) = &mut *self.state.write().unwrap_or_else(PoisonError::into_inner) {
            kept.as_of = as_of;
        }
    }

    pub(super) fn empty(&self) {
        self.leave(State::Empty);
    }

    pub(super) fn close(&self) {
        self.leave(State::Closed);
    }

    fn leave(&self, left: State) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        match *state {
            State::Empty | State::Filled(_) => *state = left,
            State::Closed => {}
        }
    }

    fn state(&self) -> State {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
