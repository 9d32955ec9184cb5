//! Search that understands Mongolian: whatever the ending, script, keyboard or recogniser, with no network.
//!
//! Guarantees: in memory, built whole and never changed; the same query has the same answer in every shell; any text is
//! answered, in time that goes with its capped length.

mod index;
mod kinds;
mod lexicon;
mod near;
mod query;
mod spoken;
mod whole;
mod words;

#[cfg(test)]
mod tests;

use std::{
    ops::Range,
    sync::{Mutex, PoisonError},
};

pub(super) use spoken::CHOICES;
pub use spoken::{Hypothesis, Spoken};

use self::{
    index::{Contents, Doc, Says},
    lexicon::LEXICON,
    query::{How, Manner, Query, Scored, Scratch},
    words::put_in_order,
};
use super::model::ServiceKind;

/// A query longer than this many characters is cut: no service is named that long.
pub const QUERY_LIMIT: usize = 200;

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
    pub kind: Option<ServiceKind>,
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

/// What a query found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// Best first. Empty: nothing of the catalogue is meant.
    pub found: Vec<Found>,
    /// The query as it was probably meant, when words of it were spelt otherwise.
    pub did_you_mean: Option<String>,
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

    /// Services that answer `query`, best first. Of those that `lets` refuses none is found.
    pub fn find(&self, query: &str, limit: usize, lets: impl Fn(usize) -> bool) -> Answer {
        self.answer(query, Manner::Typed, limit, lets)
    }

    /// Services that come nearest to a query, however far: where somebody may ask on whose query was refused.
    pub fn nearest(&self, query: &str, limit: usize) -> Vec<usize> {
        let query = capped(query);
        self.with_scratch(|scratch| {
            let read = Query::read(&self.contents, query, Manner::Heard, scratch);
            let mut answers = read.answers(&self.contents, scratch);
            read.add_whole(&self.contents, &mut answers, scratch);
            query::best(answers, limit).into_iter().map(|scored| scored.doc as usize).collect()
        })
    }

    fn answer(&self, query: &str, manner: Manner, limit: usize, lets: impl Fn(usize) -> bool) -> Answer {
        let query = capped(query);
        self.with_scratch(|scratch| {
            let read = Query::read(&self.contents, query, manner, scratch);
            let mut answers = read.answers(&self.contents, scratch);
            if manner == Manner::Heard {
                read.add_whole(&self.contents, &mut answers, scratch);
            }
            answers.retain(|answer| lets(answer.doc as usize));
            let best = query::best(answers, limit);
            if !query::is_answer(best.first()) {
                return Answer::default();
            }
            let found = best.iter().map(|scored| self.explained(&read, scored)).collect();
            Answer { found, did_you_mean: self.respelt(query, &read, best.first()) }
        })
    }

    fn with_scratch<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        let pool = || self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = pool().pop().unwrap_or_default();
        let done = work(&mut scratch);
        pool().push(scratch);
        done
    }

    fn explained(&self, query: &Query, scored: &Scored) -> Found {
        let mut highlights: Vec<Range<usize>> = Vec::new();
        let mut why = Vec::new();
        for asked in &query.asked {
            let Some(candidate) = asked.candidates.iter().find(|candidate| self.stands_in(candidate.says, scored.doc))
            else {
                continue;
            };
            let pieces = self.contents.pieces(scored.doc).iter().filter(|piece| piece.says == candidate.says);
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
        Found { entry: scored.doc as usize, score: scored.score, highlights: joined(highlights), why }
    }

    fn stands_in(&self, says: Says, doc: Doc) -> bool {
        let postings = match says {
            Says::Term(term) => &self.contents.terms[term as usize].postings,
            Says::Notion(concept) => &self.contents.notions[usize::from(concept)].postings,
        };
        self.contents.postings(postings).binary_search_by_key(&doc, |posting| posting.doc).is_ok()
    }

    /// The query with each misspelt word as the best answer has it.
    fn respelt(&self, query: &str, read: &Query, best: Option<&Scored>) -> Option<String> {
        let best = best?;
        let mut respelt = String::with_capacity(query.len());
        let mut written = 0;
        for asked in &read.asked {
            let meant = asked.candidates.iter().find(|candidate| self.stands_in(candidate.says, best.doc));
            if let Some(query::Candidate { says: Says::Term(term), how: How::Spelling, .. }) = meant {
                respelt.push_str(&query[written..asked.token.range.start]);
                respelt.push_str(&self.contents.terms[*term as usize].text);
                written = asked.token.range.end;
            }
        }
        (written > 0).then(|| respelt + &query[written..])
    }
}

/// At most [`QUERY_LIMIT`] characters.
fn capped(query: &str) -> &str {
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
