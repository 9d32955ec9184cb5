//! Search that understands Mongolian: whatever the ending, script, keyboard or recogniser, with no network.
//!
//! Guarantees: in memory, built whole and never changed; the same query has the same answer in every shell; any text is
//! answered, in time that goes with its capped length.

#![cfg_attr(not(test), warn(clippy::use_debug))]

mod asked;
mod beginnings;
mod builder;
mod candidates;
mod gate;
mod glued;
mod heard;
mod index;
mod kinds;
mod lexicon;
mod near;
mod phrases;
mod query;
mod reading;
mod score;
mod spoken;
mod sums;
mod whole;
mod words;

#[cfg(test)]
mod tests;

use std::{
    cell::Cell,
    ops::Range,
    sync::{Mutex, PoisonError},
};

pub use kinds::Kind;
pub use spoken::{CHOICES, Hypothesis, Spoken};

use self::{
    candidates::{Candidate, How},
    gate::Evidence,
    heard::Heard,
    index::{Contents, Doc, Says},
    lexicon::LEXICON,
    query::{Manner, Query, Scratch},
    score::{By, ENOUGH, Ranking, Scored},
    words::put_in_order,
};

/// A query longer than this many characters is cut: no service is named that long.
pub const QUERY_LIMIT: usize = 200;

/// How well a query must sound like a name to be answered by that. Weighed on `tests/eval/queries`.
const SOUNDS_LIKE_IT: f32 = 0.6;

/// What is indexed of a service.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    /// In Mongolian: hits are highlighted in it.
    pub name: String,
    /// In English.
    pub other_name: Option<String>,
    pub descriptions: Vec<String>,
    /// Names and abbreviation.
    pub organisation: Vec<String>,
    pub kind: Option<Kind>,
    pub popularity: i64,
}

/// Why a service was found: a word of the query, and what it was taken for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    pub asked: String,
    pub found: String,
    pub how: Match,
}

/// How a word of a query meets a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
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

/// A service that answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its place among the entries.
    pub entry: usize,
    pub score: f32,
    /// Bytes of the Mongolian name that were meant, in order, none twice.
    pub highlights: Vec<Range<usize>>,
    pub why: Vec<Why>,
}

/// What a query found, best first. Why is told of each when it is shown: most never are.
pub struct Answer<'a> {
    contents: &'a Contents,
    text: &'a str,
    query: Query,
    best: Vec<Scored>,
}

/// Whether a service is to be found, by whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Hidden,
    Shown,
    /// Goes before one that answers equally well, or better by a hair.
    Preferred,
}

/// What the gate says of a query's best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Refused,
    ByWords,
    /// Of names that were compared as wholes.
    BySound,
}

/// Services, searchable.
pub struct Index {
    contents: Contents,
    scratch: Mutex<Vec<Scratch>>,
}

impl Index {
    /// From services in the order in which equally good hits are shown.
    pub fn build(entries: &[Entry]) -> Self {
        Self { contents: Contents::build(entries), scratch: Mutex::default() }
    }

    /// Bytes that the index holds, without what it shares with every other: the lexicon.
    pub fn bytes(&self) -> usize {
        self.contents.bytes()
    }

    /// Services that answer `query`, best first; none: nothing of the catalogue is meant.
    pub fn find<'a>(&'a self, query: &'a str, limit: usize, stands: impl Fn(usize) -> Standing) -> Answer<'a> {
        self.answer(query, limit, &stands)
    }

    fn answer<'a>(&'a self, query: &'a str, limit: usize, stands: &dyn Fn(usize) -> Standing) -> Answer<'a> {
        let text = capped(query);
        let is_filtered = Cell::new(false);
        let stands = |entry| {
            let standing = stands(entry);
            is_filtered.set(is_filtered.get() || standing == Standing::Hidden);
            standing
        };
        self.with_scratch(|scratch| {
            let query = Query::read(&self.contents, text, Manner::Typed, scratch);
            let mut ranking = query.ranking(&self.contents, scratch);
            let mut best = ranking.best(limit.max(ENOUGH), By::Words, &stands);
            // What is hidden decides nothing: the gate is asked of all services first.
            let is_of_catalogue = !is_filtered.get() || {
                let all = ranking.best(ENOUGH, By::Words, &|_| Standing::Shown);
                self.verdict(&query, &mut ranking, &all, &|_| Standing::Shown) != Verdict::Refused
            };
            let verdict =
                if is_of_catalogue { self.verdict(&query, &mut ranking, &best, &stands) } else { Verdict::Refused };
            match verdict {
                Verdict::Refused => best.clear(),
                Verdict::ByWords => best.truncate(limit),
                Verdict::BySound => best = ranking.best_heard(limit, &stands),
            }
            Answer { contents: &self.contents, text, query, best }
        })
    }

    /// Whether these are an answer, best first.
    fn verdict(
        &self,
        query: &Query,
        ranking: &mut Ranking<'_>,
        best: &[Scored],
        stands: &dyn Fn(usize) -> Standing,
    ) -> Verdict {
        let covered = best.first().map_or(0.0, |best| ranking.covered(best.doc()));
        let seen = Evidence::of(&self.contents, query, best, covered);
        if seen.as_ref().is_some_and(Evidence::is_plain) {
            return Verdict::ByWords;
        }
        // Words that nobody knows may be others split, run together or misheard: perhaps the whole sounds like a name.
        // Not asked where that could change nothing.
        let is_settled = seen.as_ref().is_some_and(|seen| seen.is_good() && seen.is_answer(Some(0.0)));
        let may_sound = !is_settled && query.may_be_native() && query.asked.iter().any(|asked| !asked.is_known());
        // So many, however long a list is wanted: its pages are of one order.
        let others = By::Names(&best[..best.len().min(ENOUGH)]);
        let sounded = may_sound.then(|| ranking.best(1, others, stands));
        let sound = sounded.map(|best| best.first().map_or(0.0, |best| best.score));
        let is_answer = seen.as_ref().is_some_and(|seen| seen.is_answer(sound));
        let is_good = is_answer && seen.is_some_and(|seen| seen.is_good());
        let may_be_name = !query.is_of_everyday_life();
        if !is_good && may_be_name && sound.is_some_and(|sound| sound >= SOUNDS_LIKE_IT) {
            Verdict::BySound
        } else if is_answer {
            Verdict::ByWords
        } else {
            Verdict::Refused
        }
    }

    /// Services that come nearest to a query, however far: where somebody may ask on whose query was refused.
    pub fn nearest(&self, query: &str, limit: usize) -> Vec<usize> {
        let query = capped(query);
        self.with_scratch(|scratch| {
            let read = Query::read(&self.contents, query, Manner::Heard, scratch);
            let best = read.ranking(&self.contents, scratch).best(limit, By::Words, &|_| Standing::Shown);
            best.into_iter().map(|scored| scored.doc() as usize).collect()
        })
    }

    /// What one hypothesis of a recogniser finds.
    fn hear<'a>(&'a self, text: &'a str, limit: usize, stands: &dyn Fn(usize) -> Standing) -> Answer<'a> {
        let text = capped(text);
        self.with_scratch(|scratch| {
            let query = Query::read(&self.contents, text, Manner::Heard, scratch);
            let mut best = query.ranking(&self.contents, scratch).best(limit, By::Sounds, stands);
            if !Heard::counts(best.first()) {
                best.clear();
            }
            Answer { contents: &self.contents, text, query, best }
        })
    }

    fn with_scratch<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        let pool = || self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = pool().pop().unwrap_or_default();
        let done = work(&mut scratch);
        pool().push(scratch);
        done
    }
}

impl Answer<'_> {
    /// Nothing of the catalogue is meant.
    pub fn is_empty(&self) -> bool {
        self.best.is_empty()
    }

    pub fn len(&self) -> usize {
        self.best.len()
    }

    /// Places among the entries, best first.
    pub fn entries(&self) -> impl Iterator<Item = usize> {
        self.best.iter().map(|scored| scored.doc() as usize)
    }

    /// The hits from the place `from` on, each with what of its name was meant and why it was found.
    pub fn found(&self, from: usize) -> impl Iterator<Item = Found> {
        self.best.iter().skip(from).map(|scored| self.explained(scored))
    }

    /// The query as it was probably meant, when words of it were spelt otherwise.
    pub fn did_you_mean(&self) -> Option<String> {
        let best = self.best.first()?;
        let mut respelt = String::with_capacity(self.text.len());
        let mut written = 0;
        for asked in &self.query.asked {
            let meant = asked.meant(self.contents, best.doc());
            if let Some(Candidate { says: Says::Term(term), how: How::Spelling, .. }) = meant {
                respelt.push_str(&self.text[written..asked.token.range.start]);
                respelt.push_str(&self.contents.terms[*term as usize].text);
                written = asked.token.range.end;
            }
        }
        (written > 0).then(|| respelt + &self.text[written..])
    }

    fn explained(&self, scored: &Scored) -> Found {
        let mut highlights: Vec<Range<usize>> = Vec::new();
        let mut why = Vec::new();
        for asked in &self.query.asked {
            let Some(candidate) = asked.meant(self.contents, scored.doc()) else { continue };
            let pieces = self.contents.pieces(scored.doc()).iter().filter(|piece| piece.says == candidate.says);
            highlights.extend(pieces.map(|piece| usize::from(piece.start)..usize::from(piece.end)));
            let found = match candidate.says {
                Says::Term(term) => self.contents.terms[term as usize].text.to_string(),
                Says::Notion(concept) => LEXICON.concepts[usize::from(concept)].name.to_string(),
            };
            let how = match candidate.how {
                How::Word => Match::Word,
                How::Sound => Match::Sound,
                How::Beginning => Match::Beginning,
                How::Spelling => Match::Spelling,
                How::Synonym => Match::Synonym,
            };
            let reason = Why { asked: asked.token.text.clone(), found, how };
            if !why.contains(&reason) {
                why.push(reason);
            }
        }
        if why.is_empty() {
            self.explain_by_sound(scored.doc(), &mut highlights, &mut why);
        }
        Found { entry: scored.doc() as usize, score: scored.score, highlights: joined(highlights), why }
    }

    /// None of the query's words led there: the words of the name that sound somewhere in it.
    fn explain_by_sound(&self, doc: Doc, highlights: &mut Vec<Range<usize>>, why: &mut Vec<Why>) {
        let run = self.query.run();
        for piece in self.contents.pieces(doc) {
            let Says::Term(term) = piece.says else { continue };
            if heard::is_heard(self.contents, term, run) {
                highlights.push(usize::from(piece.start)..usize::from(piece.end));
                let found = self.contents.terms[term as usize].text.to_string();
                let reason = Why { asked: self.text.trim().to_owned(), found, how: Match::Sound };
                if !why.contains(&reason) {
                    why.push(reason);
                }
            }
        }
    }
}

/// At most [`QUERY_LIMIT`] characters.
fn capped(query: &str) -> &str {
    if query.len() <= QUERY_LIMIT {
        return query;
    }
    match query.char_indices().nth(QUERY_LIMIT) {
        Some((end, _)) => &query[..end],
        None => query,
    }
}

fn joined(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    put_in_order(&mut ranges, |one, other| (one.start, one.end) < (other.start, other.end));
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match joined.last_mut().filter(|last| range.start < last.end) {
            Some(last) => last.end = last.end.max(range.end),
            None => joined.push(range),
        }
    }
    joined
}
