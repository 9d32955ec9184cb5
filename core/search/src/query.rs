//! What a query asks for, and which services answer it.
//!
//! Guarantees: time goes with the number of words asked and the places they stand in; the same answer every time; a
//! query that the catalogue does not understand is refused, not answered with noise.

use std::{collections::VecDeque, sync::Arc};

use mongolian_text::{Script, Token, number};

use super::{
    Standing,
    heard::Heard,
    index::{Contents, Doc, Posting, SHORT_START, Says, TermId},
    kinds::Kinds,
    lexicon::{ConceptId, LEXICON, Naming, PHRASE, Role},
    near::Counts,
    whole::Shared,
    words::{self, Key, Tongue, Word, keep_best, put_in_order},
};

/// More words than anybody asks with; what comes after is not read.
const WORDS: usize = 24;

/// How surely a word was meant, by how it was found. Weighed on `tests/eval/queries/dev.tsv`.
mod sure {
    pub(crate) const STEM: f32 = 1.0;
    pub(crate) const FOLD: f32 = 0.97;
    pub(crate) const SOUND: f32 = 0.86;
    pub(crate) const LOOSE: f32 = 0.84;
    pub(crate) const VERB: f32 = 0.72;
    pub(crate) const HALF_TYPED: f32 = 0.75;
    /// Of the letters typed, when a word only begins with them; the rest comes with its length.
    pub(crate) const BEGINNING: f32 = 0.62;
    /// A synonym that titles use, and one that only people do.
    pub(crate) const FORMAL: f32 = 0.86;
    pub(crate) const SAID: f32 = 0.92;
    /// Words that sound this much alike are taken for one another.
    pub(crate) const NEAR_LEAST: f32 = 0.6;
    pub(crate) const NEAR: f32 = 0.9;
}

/// Shorter words sound like too many others.
const SOUND: usize = 3;

/// What a word weighs that nothing is known of: it was meant to say something.
pub(crate) const UNKNOWN: f32 = 0.75;
/// As [`UNKNOWN`], of a word known to be of no service.
const EVERYDAY: f32 = 1.3;
/// Of politeness and the like: enough to break a tie.
pub(crate) const FILLER: f32 = 0.02;

pub(crate) const FOCUS: f32 = 0.3;
const KIND: f32 = 0.05;
const PREFERRED: f32 = 0.01;

/// Words that weigh less never make a service one of the first, if there are enough others.
const LIGHT: f32 = 0.25;

/// Scores that differ by less are equal: which sum was rounded how must not decide.
const FINEST: f32 = 131_072.0;

/// How a word of a query was found to mean a word of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Word,
    Sound,
    Beginning,
    Spelling,
    Synonym,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate {
    pub(crate) says: Says,
    pub(crate) sure: f32,
    pub(crate) how: How,
}

/// A word of a query, and what it may mean.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) token: Token,
    pub(crate) weight: f32,
    /// Tells services apart: no action, no head.
    pub(crate) tells: bool,
    /// Known to be of no service.
    pub(crate) is_everyday: bool,
    /// Part of a phrase that tells services apart.
    is_of_thing: bool,
    /// In no order.
    pub(crate) candidates: Vec<Candidate>,
    /// What they find, once the word is closed.
    found: Vec<Posting>,
    asking: Asking,
    /// As it may stand in a phrase.
    folds: [Option<Key>; READINGS],
    /// By how many languages it speaks for a Mongolian query.
    ahead: i32,
    kinds: Kinds,
    foreign: bool,
}

/// A query, understood.
pub(crate) struct Query {
    pub(crate) asked: Vec<Arc<Asked>>,
    /// All words but the last are the closed ones, and summed.
    goes_on: bool,
    kinds: Kinds,
    foreign: bool,
}

/// A service and how well it answers, 0 to about 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scored {
    pub(crate) doc: Doc,
    pub(crate) score: f32,
    /// How much it answers of the words that tell services apart, by weight.
    pub(crate) covered: f32,
}

/// Room to count in, kept between queries, and what the next one may go on from.
#[derive(Default)]
pub(crate) struct Scratch {
    counts: Counts,
    shared: Shared,
    slots: Slots,
    kept: VecDeque<Arc<Asked>>,
    readings: VecDeque<Arc<Reading>>,
    closed: Closed,
    sums: Sums,
    word: OfWord,
    heard: Heard,
    scores: Vec<(Doc, f32)>,
}

/// Words that do not change while the next one is typed, and what they find.
#[derive(Default)]
struct Closed {
    /// Up to where the next one begins.
    text: String,
    native: Option<bool>,
    asked: Vec<Arc<Asked>>,
    sums: Sums,
}

/// What some words of a query find.
#[derive(Default)]
pub(crate) struct Sums {
    /// By service.
    pub(crate) found: Vec<Sum>,
    /// Where there is anything of a word that weighs, and where perhaps only of others.
    heavy: Vec<Doc>,
    light: Vec<Doc>,
    pub(crate) weight: f32,
    pub(crate) telling: f32,
}

/// What a service has of some words.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    pub(crate) total: f32,
    pub(crate) focus: f32,
    told: f32,
    has: Has,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Has {
    #[default]
    Nothing,
    /// Only of words that hardly weigh.
    Light,
    Heavy,
}

/// What one word finds.
#[derive(Default)]
pub(crate) struct OfWord {
    /// By service; nought but for those listed.
    found: Vec<Part>,
    docs: Vec<Doc>,
}

/// What a service has of one word.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    best: f32,
    share: f32,
}

impl OfWord {
    fn find(&mut self, contents: &Contents, asked: &Asked) {
        self.found.resize(contents.documents.len(), Part::default());
        for candidate in &asked.candidates {
            for posting in contents.said(candidate.says) {
                let Some(part) = self.found.get_mut(posting.doc as usize) else { continue };
                if part.best == 0.0 {
                    self.docs.push(posting.doc);
                }
                part.best = part.best.max(candidate.sure * posting.field);
                part.share = part.share.max(candidate.sure * posting.share);
            }
        }
    }

    /// What was found, by service; nothing is left.
    fn take(&mut self) -> Vec<Posting> {
        let found = &mut self.found;
        let taken = self.docs.drain(..).map(|doc| {
            let Part { best, share } = std::mem::take(&mut found[doc as usize]);
            Posting { doc, field: best, share }
        });
        taken.collect()
    }

    fn forget(&mut self) {
        for doc in self.docs.drain(..) {
            self.found[doc as usize] = Part::default();
        }
    }
}

impl Sums {
    pub(crate) fn start(&mut self, contents: &Contents) {
        self.found.clear();
        self.found.resize(contents.documents.len(), Sum::default());
        self.heavy.clear();
        self.light.clear();
        (self.weight, self.telling) = (0.0, 0.0);
    }

    pub(crate) fn add(&mut self, asked: &Asked) {
        self.weight += asked.weight;
        if asked.tells {
            self.telling += asked.weight;
        }
        if asked.weight <= FILLER {
            return;
        }
        let telling = if asked.tells { asked.weight } else { 0.0 };
        let is_light = asked.weight < LIGHT;
        for part in &asked.found {
            let sum = &mut self.found[part.doc as usize];
            if is_light && sum.has == Has::Nothing {
                sum.has = Has::Light;
                self.light.push(part.doc);
            } else if !is_light && sum.has != Has::Heavy {
                sum.has = Has::Heavy;
                self.heavy.push(part.doc);
            }
            sum.total += asked.weight * part.field;
            sum.told += telling * part.field;
            sum.focus += part.share;
        }
    }
}

/// Ways to read a word as part of a phrase: in each language, and as a verb of any form.
const READINGS: usize = 4;

/// How a query came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Letter by letter: the last word may go on, and a word that is known is that word.
    Typed,
    /// By a recogniser: every word is whole, and may be another that sounds like it.
    Heard,
}

impl Query {
    pub(crate) fn read(contents: &Contents, text: &str, manner: Manner, scratch: &mut Scratch) -> Self {
        let going_on = match manner {
            Manner::Typed => going_on(contents, text, scratch),
            Manner::Heard => None,
        };
        let (mut asked, mut goes_on) = going_on.unwrap_or_else(|| (whole(contents, text, manner, scratch), false));
        if asked.iter().all(|asked| asked.weight <= FILLER) {
            goes_on = false;
            for asked in &mut asked {
                let asked = Arc::make_mut(asked);
                (asked.weight, asked.tells) = (UNKNOWN, true);
                asked.close(contents, &mut scratch.word);
            }
        }
        let kinds = asked.iter().fold(Kinds::default(), |kinds, asked| kinds.and(asked.kinds));
        let foreign = asked.iter().any(|asked| asked.foreign);
        Self { asked, goes_on, kinds, foreign }
    }

    /// The services that answer best, of those that stand; equals in their own order.
    pub(crate) fn best(
        &self,
        contents: &Contents,
        limit: usize,
        by: By,
        stands: impl Fn(usize) -> Standing,
        scratch: &mut Scratch,
    ) -> Vec<Scored> {
        let Scratch { closed, sums, word, scores, heard, slots, counts, shared, .. } = scratch;
        let (sums, open) = if self.goes_on {
            (&closed.sums, self.asked.last())
        } else {
            sums.start(contents);
            self.asked.iter().for_each(|asked| sums.add(asked));
            (&*sums, None)
        };
        let count = contents.documents.len();
        word.found.resize(count, Part::default());
        let (mut open_weight, mut open_telling) = (0.0, 0.0);
        if let Some(open) = open {
            open_weight = open.weight;
            open_telling = if open.tells { open.weight } else { 0.0 };
            if open.weight > FILLER {
                word.find(contents, open);
            }
        }
        match by {
            By::Words => {}
            By::Names => heard.names(contents, self.run(), shared),
            By::Sounds => {
                heard.names(contents, self.run(), shared);
                heard.spot(contents, &self.asked, slots, counts, word);
            }
        }
        let telling = sums.telling + open_telling;
        let part = (sums.weight + open_weight).max(f32::MIN_POSITIVE).recip();
        let besides = if self.foreign { &contents.besides_abroad } else { &contents.besides };
        let (of_closed, of_open) = (&sums.found[..count], &word.found[..count]);
        let by_words = |doc: usize| {
            let (sum, open) = (&of_closed[doc], &of_open[doc]);
            let total = sum.total + open_weight * open.best;
            total * part * (1.0 - FOCUS + FOCUS * (sum.focus + open.share).min(1.0))
        };
        scores.clear();
        match by {
            By::Words => {
                let score = |&doc: &Doc| (doc, by_words(doc as usize) + besides[doc as usize]);
                let has = |doc: &Doc| of_closed[*doc as usize].has;
                let is_open_heavy = open_weight >= LIGHT;
                scores.extend(sums.heavy.iter().map(score));
                if is_open_heavy {
                    scores.extend(word.docs.iter().filter(|doc| has(doc) != Has::Heavy).map(score));
                }
                // What has only words that hardly weigh is looked at when there is not enough else.
                if scores.len() < limit {
                    let is_new = |doc: &Doc| !is_open_heavy || of_open[*doc as usize].best == 0.0;
                    scores.extend(sums.light.iter().filter(|doc| has(doc) == Has::Light && is_new(doc)).map(score));
                    let open = word.docs.iter().filter(|doc| !is_open_heavy && has(doc) == Has::Nothing);
                    scores.extend(open.map(score));
                }
            }
            By::Names | By::Sounds => {
                scores.extend((0..count).filter_map(|doc| {
                    let score = heard.score(doc, by_words(doc))?;
                    Some((doc as Doc, score + besides[doc]))
                }));
            }
        }
        let covered = |doc: usize| {
            let (sum, open) = (&of_closed[doc], &of_open[doc]);
            let by_words = if telling > 0.0 {
                (sum.told + open_telling * open.best) / telling
            } else {
                (sum.total + open_weight * open.best) * part
            };
            if by == By::Words { by_words } else { heard.covered(doc, by_words) }
        };
        let mut best = self.highest(contents, scores, limit, stands);
        for scored in &mut best {
            scored.covered = covered(scored.doc as usize);
        }
        word.forget();
        best
    }

    /// Of the scores those that are highest, with what only these are asked for.
    fn highest(
        &self,
        contents: &Contents,
        scores: &[(Doc, f32)],
        limit: usize,
        stands: impl Fn(usize) -> Standing,
    ) -> Vec<Scored> {
        // Above this are as many as wanted, if all of them stand.
        let slack = if self.kinds.is_empty() { PREFERRED } else { PREFERRED + 2.0 * KIND };
        let enough = enough(scores, limit) - slack;
        let goes_before =
            |one: &Scored, other: &Scored| one.score > other.score || (one.score == other.score && one.doc < other.doc);
        let mut best: Vec<Scored> = Vec::with_capacity(limit.min(scores.len()));
        for least in [enough, f32::NEG_INFINITY] {
            best.clear();
            for &(doc, score) in scores.iter().filter(|(_, score)| *score > least) {
                let preferred = match stands(doc as usize) {
                    Standing::Hidden => continue,
                    Standing::Shown => 0.0,
                    Standing::Preferred => PREFERRED,
                };
                let score = score + preferred + self.by_kind(contents.documents[doc as usize].kinds);
                let score = ((score * FINEST) as i32) as f32 / FINEST;
                keep_best(&mut best, Scored { doc, score, covered: 0.0 }, limit, goes_before);
            }
            if best.len() == limit {
                break;
            }
        }
        best
    }

    /// As it sounds, without the ends of its words.
    pub(crate) fn run(&self) -> String {
        self.asked.iter().map(|asked| mongolian_text::phonetic_letters(&asked.token.text)).collect()
    }

    /// Of several words, which are not those of another language.
    pub(crate) fn may_be_native(&self) -> bool {
        self.asked.len() > 1 && self.asked[0].asking.native != Some(false)
    }

    fn by_kind(&self, of_service: Kinds) -> f32 {
        match (self.kinds.is_empty() || of_service.is_empty(), self.kinds.meets(of_service)) {
            (true, _) => 0.0,
            (false, true) => KIND,
            (false, false) => -KIND,
        }
    }
}

/// The words of a query whose last is being typed, behind those that are closed; and whether these are summed. `None`:
/// it is to be read from its first word on.
fn going_on(contents: &Contents, text: &str, scratch: &mut Scratch) -> Option<(Vec<Arc<Asked>>, bool)> {
    let space = text.char_indices().rfind(|(_, letter)| letter.is_whitespace());
    let (head, tail) = text.split_at(space.map_or(0, |(at, letter)| at + letter.len_utf8()));
    // Text that was encoded twice is mended as a whole.
    if tail.is_empty() || text.contains(['Ð', 'Ñ', 'Ò', 'Ó']) {
        return None;
    }
    if scratch.closed.text != head || scratch.closed.sums.found.is_empty() {
        scratch.close(contents, head)?;
    }
    let mut tokens = words::read(tail);
    let mut token = tokens.pop().filter(|token| tokens.is_empty() && !is_number(token))?;
    if token.range.end != tail.len() || scratch.closed.asked.len() >= WORDS {
        return None;
    }
    token.range = token.range.start + head.len()..text.len();
    let reading = reading(contents, &token, scratch);
    let native = native(scratch.closed.ahead() + reading.ahead);
    if native != scratch.closed.native && !scratch.closed.asked.is_empty() {
        return None;
    }
    let asking = Asking { is_typed: true, native, manner: Manner::Typed };
    let open = Arc::new(ask(contents, token, &reading, asking, scratch));
    let mut asked = Vec::with_capacity(scratch.closed.asked.len() + 1);
    asked.extend_from_slice(&scratch.closed.asked);
    asked.push(open);
    if add_phrases(contents, &mut asked, &mut scratch.word) {
        let open = asked.last_mut().map(Arc::make_mut)?;
        open.close(contents, &mut scratch.word);
        return Some((asked, false));
    }
    Some((asked, true))
}

/// The words of a query, from the first on.
fn whole(contents: &Contents, text: &str, manner: Manner, scratch: &mut Scratch) -> Vec<Arc<Asked>> {
    let mut tokens = words::read(text);
    tokens.truncate(WORDS);
    let open =
        manner == Manner::Typed && tokens.last().is_some_and(|last| last.range.end == text.trim_end_matches('-').len());
    let count = tokens.len();
    let (readings, ahead) = scratch.readings(contents, &tokens);
    let native = native(ahead);
    let mut asked = Vec::with_capacity(count);
    for (place, (token, reading)) in tokens.into_iter().zip(readings).enumerate() {
        let asking = Asking { is_typed: open && place + 1 == count, native, manner };
        asked.push(understood(contents, token, &reading, asking, scratch));
        add_phrases(contents, &mut asked, &mut scratch.word);
    }
    asked
}

fn is_number(token: &Token) -> bool {
    token.script == Script::Number || number::word(&token.text).is_some()
}

impl Closed {
    fn ahead(&self) -> i32 {
        self.asked.iter().map(|asked| asked.ahead).sum()
    }
}

impl Scratch {
    fn readings(&mut self, contents: &Contents, tokens: &[Token]) -> (Vec<Arc<Reading>>, i32) {
        let readings: Vec<Arc<Reading>> = tokens.iter().map(|token| reading(contents, token, self)).collect();
        let ahead = readings.iter().map(|reading| reading.ahead).sum();
        (readings, ahead)
    }

    /// Takes the words of `head` as closed, from those that were closed before where they are its first. `None`: there
    /// are too many, or a number may go on.
    fn close(&mut self, contents: &Contents, head: &str) -> Option<()> {
        let mut closed = std::mem::take(&mut self.closed);
        let done = self.close_into(contents, head, &mut closed);
        if done.is_none() {
            closed.sums.found.clear();
        }
        self.closed = closed;
        done
    }

    fn close_into(&mut self, contents: &Contents, head: &str, closed: &mut Closed) -> Option<()> {
        let is_begun = !closed.sums.found.is_empty() && !closed.asked.is_empty();
        let more = head.strip_prefix(closed.text.as_str()).filter(|_| is_begun);
        let mut from = head.len() - more.unwrap_or(head).len();
        let mut tokens = words::read(&head[from..]);
        let (mut readings, ahead) = self.readings(contents, &tokens);
        let mut are_native = native(closed.ahead() + ahead);
        if more.is_none() || are_native != closed.native {
            from = 0;
            tokens = words::read(head);
            let all = self.readings(contents, &tokens);
            readings = all.0;
            are_native = native(all.1);
            closed.asked.clear();
            closed.sums.start(contents);
        }
        if tokens.last().is_some_and(is_number) || closed.asked.len() + tokens.len() >= WORDS {
            return None;
        }
        closed.native = are_native;
        let mut summed = closed.asked.len();
        for (mut token, reading) in tokens.into_iter().zip(readings) {
            token.range = token.range.start + from..token.range.end + from;
            let asking = Asking { is_typed: false, native: are_native, manner: Manner::Typed };
            closed.asked.push(understood(contents, token, &reading, asking, self));
            if add_phrases(contents, &mut closed.asked, &mut self.word) {
                summed = 0;
            }
        }
        if summed == 0 {
            closed.sums.start(contents);
        }
        for asked in &closed.asked[summed..] {
            closed.sums.add(asked);
        }
        closed.text.clear();
        closed.text.push_str(head);
        Some(())
    }
}

/// Notions of several words that end with the last one: each word of the phrase may mean the notion. True if there are
/// any.
fn add_phrases(contents: &Contents, asked: &mut [Arc<Asked>], word: &mut OfWord) -> bool {
    let end = asked.len();
    let mut first = end;
    let ends_one = |last: &Arc<Asked>| last.folds.iter().flatten().any(|fold| LEXICON.ends_phrase(*fold));
    if end < 2 || !asked.last().is_some_and(ends_one) {
        return false;
    }
    for from in end.saturating_sub(PHRASE)..end.saturating_sub(1) {
        for tongue in 0..READINGS {
            if !asked[from].folds[tongue].is_some_and(|first| LEXICON.begins_phrase(first)) {
                continue;
            }
            let Some(phrase) = asked[from..].iter().map(|asked| asked.folds[tongue]).collect::<Option<Vec<Key>>>()
            else {
                continue;
            };
            for &(concept, naming) in LEXICON.phrase(phrase.into_iter()) {
                add_phrase(contents, &mut asked[from..], concept, naming);
                first = first.min(from);
            }
        }
    }
    for asked in &mut asked[first..] {
        Arc::make_mut(asked).close(contents, word);
    }
    first < end
}

fn add_phrase(contents: &Contents, phrase: &mut [Arc<Asked>], concept: ConceptId, naming: Naming) {
    let sure = if naming == Naming::Title { sure::STEM } else { sure::SAID };
    let role = LEXICON.concepts[usize::from(concept)].role;
    let weight = contents.notions[usize::from(concept)].weight / (phrase.len() as f32).sqrt();
    for asked in phrase {
        let asked = Arc::make_mut(asked);
        asked.candidates.push(Candidate { says: Says::Notion(concept), sure, how: How::Synonym });
        asked.tells |= role == Role::Thing;
        asked.is_of_thing |= role == Role::Thing;
        asked.weight = match role {
            Role::Filler if asked.is_of_thing => asked.weight,
            Role::Filler => {
                asked.tells = false;
                FILLER
            }
            Role::Thing | Role::Action | Role::Head | Role::Language => asked.weight.max(weight),
        };
        asked.settle(contents);
    }
}

impl Asked {
    /// Of what its candidates are, and no word of anybody's.
    pub(crate) fn of(contents: &Contents, candidates: Vec<Candidate>, tells: bool, word: &mut OfWord) -> Self {
        let mut asked = Self {
            token: Token { text: String::new(), range: 0..0, script: Script::Other },
            weight: weight_of(contents, &candidates, UNKNOWN),
            tells,
            is_everyday: false,
            is_of_thing: false,
            candidates,
            found: Vec::new(),
            asking: Asking { is_typed: false, native: None, manner: Manner::Heard },
            folds: [None; READINGS],
            ahead: 0,
            kinds: Kinds::default(),
            foreign: false,
        };
        asked.settle(contents);
        asked.close(contents, word);
        asked
    }

    /// Finds what its candidates find: they are all.
    fn close(&mut self, contents: &Contents, word: &mut OfWord) {
        word.find(contents, self);
        self.found = word.take();
    }

    /// A word of the catalogue or of no account: nothing that was split or misheard.
    pub(crate) fn is_known(&self) -> bool {
        self.weight <= FILLER
            || self.candidates.iter().any(|candidate| candidate.sure >= sure::VERB && candidate.how != How::Beginning)
    }

    /// Which kinds of service it asks for; what leads to no service is no candidate.
    fn settle(&mut self, contents: &Contents) {
        for candidate in self.candidates.iter().filter(|candidate| candidate.sure >= sure::VERB) {
            if let Says::Notion(concept) = candidate.says {
                let known = &LEXICON.concepts[usize::from(concept)];
                self.kinds = self.kinds.and(known.chooses);
                self.foreign |= known.role == Role::Language && candidate.how != How::Sound;
            }
        }
        self.candidates.retain(|candidate| !contents.said(candidate.says).is_empty());
    }
}

/// What so many of the scores are above, roughly: sorting all of them would cost more than all else.
fn enough(scores: &[(Doc, f32)], limit: usize) -> f32 {
    const STEPS: usize = 256;
    const HIGHEST: f32 = 1.2;
    let mut counts = [0u32; STEPS + 1];
    for (_, score) in scores {
        counts[((score * (STEPS as f32 / HIGHEST)) as usize).min(STEPS)] += 1; // what is below nought is in the first
    }
    let mut above = 0;
    let step = (0..=STEPS).rev().find(|step| {
        above += counts[*step] as usize;
        above >= limit
    });
    match step {
        Some(step) if step > 0 => step as f32 * (HIGHEST / STEPS as f32),
        Some(_) | None => f32::NEG_INFINITY,
    }
}

/// What services are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Words,
    /// And by how the whole sounds beside their names.
    Names,
    /// And by words that sound anywhere in it.
    Sounds,
}

/// A token as a word of each language it may be of.
pub(crate) struct Reading {
    text: String,
    words: Vec<(Tongue, Word, Known)>,
    /// In Mongolian a word is known of it, and in no other language: 1. The other way round: -1.
    ahead: i32,
}

/// What is known of a word in one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    role: Option<Role>,
    everyday: bool,
    /// A service has it.
    here: bool,
}

impl Known {
    fn at_all(self) -> bool {
        self.here || self.everyday || self.role.is_some()
    }
}

fn reading(contents: &Contents, token: &Token, scratch: &mut Scratch) -> Arc<Reading> {
    if let Some(kept) = scratch.readings.iter().find(|kept| kept.text == token.text) {
        return kept.clone();
    }
    let tongues = if token.script == Script::Number { &[] } else { words::tongues(token) };
    let word = |&tongue: &Tongue| {
        let word = words::word(&token.text, tongue);
        let known = Known {
            role: LEXICON.role_of(&word),
            everyday: LEXICON.is_everyday(&word, token.script),
            here: contents.by_stem.of(word.stem).next().is_some() || contents.by_fold.of(word.fold).next().is_some(),
        };
        (tongue, word, known)
    };
    let words: Vec<(Tongue, Word, Known)> = tongues.iter().map(word).collect();
    let sign = |tongue: Tongue| if tongue == Tongue::Mongolian { 1 } else { -1 };
    let of_several = words.iter().filter(|_| words.len() > 1);
    let ahead = of_several.map(|(tongue, _, known)| sign(*tongue) * i32::from(known.at_all())).sum();
    let reading = Arc::new(Reading { text: token.text.clone(), words, ahead });
    if scratch.readings.len() == KEPT {
        scratch.readings.pop_front();
    }
    scratch.readings.push_back(reading.clone());
    reading
}

/// Whether the words are Mongolian, when some could be of another language: by which of the two knows more of them.
fn native(ahead: i32) -> Option<bool> {
    (ahead != 0).then_some(ahead > 0)
}

/// Words kept: those of one query as it is typed.
const KEPT: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Asking {
    is_typed: bool,
    /// The query is Mongolian, or is not, or nobody can say.
    native: Option<bool>,
    manner: Manner,
}

/// As [`ask`], kept for the next query.
fn understood(
    contents: &Contents,
    token: Token,
    reading: &Reading,
    asking: Asking,
    scratch: &mut Scratch,
) -> Arc<Asked> {
    match scratch.kept.iter().find(|kept| kept.asking == asking && kept.token.text == token.text) {
        Some(kept) if kept.token.range == token.range => kept.clone(),
        Some(kept) => Arc::new(Asked { token, ..Asked::clone(kept) }),
        None => {
            let mut asked = ask(contents, token, reading, asking, scratch);
            asked.close(contents, &mut scratch.word);
            let asked = Arc::new(asked);
            if !asking.is_typed {
                if scratch.kept.len() == KEPT {
                    scratch.kept.pop_front();
                }
                scratch.kept.push_back(asked.clone());
            }
            asked
        }
    }
}

fn ask(contents: &Contents, token: Token, reading: &Reading, asking: Asking, scratch: &mut Scratch) -> Asked {
    let mut asked = Asked {
        token,
        weight: 0.0,
        tells: true,
        is_everyday: false,
        is_of_thing: false,
        candidates: Vec::new(),
        found: Vec::new(),
        asking,
        folds: [None; READINGS],
        ahead: reading.ahead,
        kinds: Kinds::default(),
        foreign: false,
    };
    let mut candidates = Candidates::new(contents, &mut scratch.slots);
    if asked.token.script == Script::Number {
        let key = words::number_key(&asked.token.text);
        candidates.add(contents.by_stem.of(key), sure::STEM, How::Word);
        asked.candidates = candidates.done();
        asked.folds = [Some(key); READINGS];
        asked.weight = weight_of(contents, &asked.candidates, UNKNOWN * 0.5);
        asked.settle(contents);
        return asked;
    }
    let mut is_everyday = false;
    let mut role: Option<Role> = None;
    for (tongue, word, known) in &reading.words {
        if reading.words.len() > 1 && asking.native.is_some_and(|native| native != (*tongue == Tongue::Mongolian)) {
            continue;
        }
        asked.folds[match tongue {
            Tongue::Mongolian => 0,
            Tongue::Russian => 1,
            Tongue::English => 2,
        }] = Some(word.fold);
        is_everyday |= known.everyday;
        // Of two languages, the one in which it says something.
        role = match (role, known.role) {
            (None | Some(Role::Filler), Some(found)) => Some(found),
            (before, _) => before,
        };
        candidates.add(contents.by_stem.of(word.stem), sure::STEM, How::Word);
        candidates.add(contents.by_fold.of(word.fold), sure::FOLD, How::Word);
    }
    // A word that is typed, known and leads nowhere is not taken for another that merely looks alike.
    let is_known = (is_everyday || role.is_some()) && asking.manner == Manner::Typed;
    let text = words::cyrillic(&asked.token);
    let verb = words::verb(&text);
    if asking.native != Some(false) {
        asked.folds[3] = Some(verb);
    }
    let mut sound = String::new();
    if candidates.surest() < sure::FOLD && !is_known {
        sound = words::sound(&asked.token.text, Tongue::Mongolian);
        if sound.len() >= SOUND {
            candidates.add(contents.by_sound.of(words::sound_key(&sound)), sure::SOUND, How::Sound);
        }
        candidates.add(contents.by_fold.of(words::loose(&text)), sure::LOOSE, How::Word);
        candidates.add(contents.by_verb.of(verb), sure::VERB, How::Word);
    }
    if asking.is_typed && asking.native != Some(false) && candidates.surest() < sure::VERB && !is_known {
        half_typed(contents, &text, &mut candidates);
    }
    if asking.is_typed && !is_everyday {
        let is_native = asked.token.script == Script::Cyrillic || asking.native == Some(true);
        candidates.begin(&mongolian_text::phonetic_letters(&text), &text, is_native);
    }
    if candidates.surest() < sure::BEGINNING && !is_known {
        for (term, alike) in contents.near.to(&sound, sure::NEAR_LEAST, &mut scratch.counts) {
            candidates.put(Says::Term(term), sure::NEAR * alike * alike, How::Spelling);
        }
    }
    asked.candidates = candidates.done();
    asked.weight = match role {
        Some(Role::Filler) => FILLER,
        Some(Role::Head | Role::Action) => weight_of(contents, &asked.candidates, UNKNOWN * 0.5),
        Some(Role::Thing | Role::Language) => weight_of(contents, &asked.candidates, UNKNOWN),
        None => weight_of(contents, &asked.candidates, if is_everyday { EVERYDAY } else { UNKNOWN }),
    };
    asked.is_everyday = is_everyday;
    asked.tells = matches!(role, None | Some(Role::Thing | Role::Language));
    asked.settle(contents);
    asked
}

/// Words whose ending is only half typed: «сонгогчды» on its way to «сонгогчдын».
fn half_typed(contents: &Contents, text: &str, candidates: &mut Candidates<'_>) {
    /// Letters of it. More are no ending.
    const LETTERS: usize = 3;
    /// Letters of the word: abbreviations and the like have none to spare.
    const LEFT: usize = 5;
    for (left, _) in text.char_indices().skip(LEFT).collect::<Vec<_>>().into_iter().rev().take(LETTERS) {
        let word = words::word(&text[..left], Tongue::Mongolian);
        candidates.add(contents.by_stem.of(word.stem), sure::HALF_TYPED, How::Word);
        candidates.add(contents.by_fold.of(word.fold), sure::HALF_TYPED, How::Word);
        if candidates.surest() >= sure::HALF_TYPED {
            return;
        }
    }
}

/// For what may be said, one more than its place in a list of candidates.
#[derive(Default)]
pub(crate) struct Slots {
    terms: Vec<u32>,
    notions: Vec<u32>,
}

impl Slots {
    fn of(&mut self, says: Says) -> &mut u32 {
        match says {
            Says::Term(term) => &mut self.terms[term as usize],
            Says::Notion(concept) => &mut self.notions[usize::from(concept)],
        }
    }
}

/// What a word may mean, each thing once.
pub(crate) struct Candidates<'a> {
    list: Vec<Candidate>,
    /// Only a letter or two were typed.
    is_short: bool,
    contents: &'a Contents,
    slots: &'a mut Slots,
}

impl<'a> Candidates<'a> {
    pub(crate) fn new(contents: &'a Contents, slots: &'a mut Slots) -> Self {
        slots.terms.resize(contents.terms.len(), 0);
        slots.notions.resize(contents.notions.len(), 0);
        Self { list: Vec::with_capacity(16), is_short: false, contents, slots }
    }

    fn add(&mut self, terms: impl Iterator<Item = TermId>, sure: f32, how: How) {
        for term in terms {
            self.put(Says::Term(term), sure, how);
        }
    }

    pub(crate) fn put(&mut self, says: Says, sure: f32, how: How) {
        let slot = self.slots.of(says);
        match slot.checked_sub(1) {
            Some(place) => {
                let known = &mut self.list[place as usize];
                known.sure = known.sure.max(sure);
            }
            None => {
                self.list.push(Candidate { says, sure, how });
                *slot = self.list.len() as u32;
            }
        }
    }

    fn surest(&self) -> f32 {
        self.list.iter().map(|candidate| candidate.sure).fold(0.0, f32::max)
    }

    /// Words that begin with what was typed so far: those spelt so before those that only sound so.
    fn begin(&mut self, sound: &str, typed: &str, is_native: bool) {
        /// Further down an alphabetical list nobody can have meant it more than the others.
        const MOST: usize = 96;
        let contents = self.contents;
        let spelt = |term: TermId, sure: f32| {
            if contents.terms[term as usize].text.starts_with(typed) { sure } else { sure * sure::SOUND }
        };
        // Who types Cyrillic has no English word in mind; who types Latin may have either.
        let is_foreign = |term: TermId| is_native && contents.terms[term as usize].text.is_ascii();
        if sound.len() <= SHORT_START {
            self.is_short = typed.chars().nth(SHORT_START).is_none();
            for &term in contents.started_by(sound) {
                if is_foreign(term) {
                    continue;
                }
                self.put(Says::Term(term), spelt(term, sure::BEGINNING), How::Beginning);
            }
            return;
        }
        for (word, term) in contents.beginning_with(sound).filter(|(_, term)| !is_foreign(*term)).take(MOST) {
            let part = sound.len() as f32 / word.len().max(1) as f32;
            let sure = sure::BEGINNING + (sure::FOLD - sure::BEGINNING) * part;
            self.put(Says::Term(term), spelt(term, sure), How::Beginning);
        }
    }

    /// With the notions that the words stand for.
    pub(crate) fn done(mut self) -> Vec<Candidate> {
        let is_short = self.is_short;
        /// No service was ever found by a further one.
        const MOST: usize = 48;
        if self.list.len() > MOST {
            put_in_order(&mut self.list, |one, other| one.sure > other.sure);
            self.list.drain(MOST..).for_each(|candidate| *self.slots.of(candidate.says) = 0);
            for (place, candidate) in (1..).zip(&self.list) {
                *self.slots.of(candidate.says) = place;
            }
        }
        for at in 0..self.list.len() {
            let Candidate { says: Says::Term(term), sure, how } = self.list[at] else { continue };
            if how == How::Beginning && is_short {
                continue; // a letter or two are no word that could mean anything else
            }
            for &(concept, naming) in self.contents.concepts(term) {
                let sure = sure * if naming == Naming::Title { sure::FORMAL } else { sure::SAID };
                self.put(Says::Notion(concept), sure, if how == How::Spelling { how } else { How::Synonym });
            }
        }
        for candidate in &self.list {
            *self.slots.of(candidate.says) = 0;
        }
        self.list
    }
}

/// What the word weighs: as the likeliest thing it means.
pub(crate) fn weight_of(contents: &Contents, candidates: &[Candidate], unmatched: f32) -> f32 {
    let leads = candidates.iter().filter(|candidate| !contents.said(candidate.says).is_empty());
    let weighed = leads.map(|candidate| {
        let weight = match candidate.says {
            Says::Term(term) => contents.terms[term as usize].weight,
            Says::Notion(concept) => contents.notions[usize::from(concept)].weight,
        };
        (candidate.sure, weight)
    });
    let surest = weighed.max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    surest.map_or(unmatched, |(_, weight)| weight)
}
