//! What a query asks for, and which services answer it.
//!
//! Guarantees: time goes with the number of words asked and the places they stand in; the same answer every time; a
//! query that the catalogue does not understand is refused, not answered with noise.

use std::collections::VecDeque;

use mongolian_text::{Script, Token};

use super::{
    index::{Contents, Doc, SHORT_START, Says, TermId},
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
    pub(super) const STEM: f32 = 1.0;
    pub(super) const FOLD: f32 = 0.97;
    pub(super) const SOUND: f32 = 0.86;
    pub(super) const LOOSE: f32 = 0.84;
    pub(super) const VERB: f32 = 0.72;
    /// Of the letters typed, when a word only begins with them; the rest comes with its length.
    pub(super) const BEGINNING: f32 = 0.62;
    /// A synonym that titles use, and one that only people do.
    pub(super) const FORMAL: f32 = 0.86;
    pub(super) const SAID: f32 = 0.92;
    /// Words that sound this much alike are taken for one another.
    pub(super) const NEAR_LEAST: f32 = 0.6;
    pub(super) const NEAR: f32 = 0.9;
}

/// Shorter words sound like too many others.
const SOUND: usize = 3;

/// What a word weighs that nothing is known of: it was meant to say something.
const UNKNOWN: f32 = 0.75;
/// As [`UNKNOWN`], of a word known to be of no service.
const EVERYDAY: f32 = 1.3;
/// Of politeness and the like: enough to break a tie.
const FILLER: f32 = 0.02;

const FOCUS: f32 = 0.3;
const KIND: f32 = 0.05;
const FOREIGN: f32 = 0.15;
const POPULAR: f32 = 0.015;

/// How a whole name counts that sounds like what was heard. Weighed on the noise of `tests/eval`.
mod whole {
    pub(super) const LEAST: f32 = 0.12;
    pub(super) const PART: f32 = 0.6;
    /// Likeness of a third is already as good as certain.
    pub(super) const STRETCH: f32 = 1.6;
}

/// A best answer whose score and cover together are below this is no answer.
const GATE: f32 = 0.72;

/// How a word of a query was found to mean a word of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Word,
    Sound,
    Beginning,
    Spelling,
    Synonym,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) says: Says,
    pub(super) sure: f32,
    pub(super) how: How,
}

pub(super) struct Asked {
    pub(super) token: Token,
    pub(super) weight: f32,
    /// Tells services apart: no action, no head.
    pub(super) tells: bool,
    pub(super) candidates: Vec<Candidate>,
}

/// A query, understood.
pub(super) struct Query {
    pub(super) asked: Vec<Asked>,
    pub(super) kinds: Kinds,
    pub(super) foreign: bool,
}

/// A service and how well it answers, 0 to about 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scored {
    pub(super) doc: Doc,
    pub(super) score: f32,
    /// How much it answers of the words that tell services apart, by weight.
    pub(super) covered: f32,
}

/// Room to count in, kept between queries.
#[derive(Default)]
pub(super) struct Scratch {
    counts: Counts,
    shared: Shared,
    slots: Vec<u32>,
    kept: VecDeque<Understood>,
    readings: VecDeque<Reading>,
    total: Vec<f32>,
    told: Vec<f32>,
    focus: Vec<f32>,
    best: Vec<f32>,
    share: Vec<f32>,
    of_word: Vec<Doc>,
    touched: Vec<Doc>,
}

/// Ways to read a word as part of a phrase: in each language, and as a verb of any form.
const READINGS: usize = 4;

/// How a query came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// Letter by letter: the last word may go on, and a word that is known is that word.
    Typed,
    /// By a recogniser: every word is whole, and may be another that sounds like it.
    Heard,
}

impl Query {
    pub(super) fn read(contents: &Contents, text: &str, manner: Manner, scratch: &mut Scratch) -> Self {
        let mut tokens = words::read(text);
        tokens.truncate(WORDS);
        let open = manner == Manner::Typed
            && tokens.last().is_some_and(|last| last.range.end == text.trim_end_matches('-').len());
        let count = tokens.len();
        let readings: Vec<Reading> = tokens.iter().map(|token| reading(contents, token, scratch)).collect();
        let native = is_native(&tokens, &readings);
        let mut query = Self { asked: Vec::with_capacity(count), kinds: Kinds::default(), foreign: false };
        let mut folds: Vec<[Option<Key>; READINGS]> = Vec::with_capacity(count);
        for (place, (token, reading)) in tokens.into_iter().zip(readings).enumerate() {
            let is_typed = open && place + 1 == count;
            let Understood { weight, tells, candidates, folds: fold, .. } =
                understood(contents, &token, &reading, Asking { is_typed, native, manner }, scratch);
            query.asked.push(Asked { token, weight, tells, candidates });
            folds.push(fold);
        }
        query.add_phrases(contents, &folds);
        query.weigh(contents);
        query
    }

    /// Notions of several words: each word of the phrase may mean the notion.
    fn add_phrases(&mut self, contents: &Contents, folds: &[[Option<Key>; READINGS]]) {
        for tongue in 0..READINGS {
            for from in 0..folds.len() {
                if !folds[from][tongue].is_some_and(|first| LEXICON.begins_phrase(first)) {
                    continue;
                }
                for to in (from + 2..=folds.len().min(from + PHRASE)).rev() {
                    let Some(phrase) = folds[from..to].iter().map(|fold| fold[tongue]).collect::<Option<Vec<Key>>>()
                    else {
                        continue;
                    };
                    for &(concept, naming) in LEXICON.phrase(phrase.into_iter()) {
                        self.add_phrase(contents, from..to, concept, naming);
                    }
                }
            }
        }
    }

    fn add_phrase(&mut self, contents: &Contents, place: std::ops::Range<usize>, concept: ConceptId, naming: Naming) {
        let sure = if naming == Naming::Title { sure::STEM } else { sure::SAID };
        let role = LEXICON.concepts[usize::from(concept)].role;
        let weight = contents.notions[usize::from(concept)].weight / (place.len() as f32).sqrt();
        for asked in &mut self.asked[place] {
            asked.candidates.push(Candidate { says: Says::Notion(concept), sure, how: How::Synonym });
            asked.tells |= role == Role::Thing;
            asked.weight = match role {
                Role::Filler => {
                    asked.tells = false;
                    FILLER
                }
                Role::Thing | Role::Action | Role::Head | Role::Language => asked.weight.max(weight),
            };
        }
    }

    /// What kinds are asked for, now that it is known what each word may mean.
    fn weigh(&mut self, contents: &Contents) {
        for asked in &mut self.asked {
            put_in_order(&mut asked.candidates, |one, other| one.sure > other.sure);
            let surest = asked.candidates.iter().take_while(|candidate| candidate.sure >= sure::VERB);
            for candidate in surest {
                if let Says::Notion(concept) = candidate.says {
                    let known = &LEXICON.concepts[usize::from(concept)];
                    self.kinds = self.kinds.and(known.chooses);
                    self.foreign |= known.role == Role::Language && candidate.how != How::Sound;
                }
            }
            asked.candidates.retain(|candidate| match candidate.says {
                Says::Term(term) => !contents.terms[term as usize].postings.is_empty(),
                Says::Notion(concept) => !contents.notions[usize::from(concept)].postings.is_empty(),
            });
        }
        if self.asked.iter().all(|asked| asked.weight <= FILLER) {
            for asked in &mut self.asked {
                asked.weight = UNKNOWN;
                asked.tells = true;
            }
        }
    }

    /// Services whose whole name sounds like what was heard: they answer by that as well.
    pub(super) fn add_whole(&self, contents: &Contents, answers: &mut Vec<Scored>, scratch: &mut Scratch) {
        let run: String = self.asked.iter().map(|asked| mongolian_text::phonetic_letters(&asked.token.text)).collect();
        for (doc, alike) in contents.whole.like(&run, &mut scratch.shared) {
            scratch.best[doc as usize] = if alike >= whole::LEAST { alike } else { 0.0 };
            scratch.of_word.push(doc);
        }
        for answer in answers.iter_mut() {
            let alike = std::mem::take(&mut scratch.best[answer.doc as usize]);
            answer.score = answer.score * (1.0 - whole::PART) + alike * whole::PART * whole::STRETCH;
            answer.covered = answer.covered.max(alike * whole::STRETCH);
        }
        for doc in scratch.of_word.drain(..) {
            let alike = std::mem::take(&mut scratch.best[doc as usize]);
            if alike > 0.0 {
                let score = self.adjusted(contents, doc, alike * whole::PART * whole::STRETCH);
                answers.push(Scored { doc, score, covered: alike * whole::STRETCH });
            }
        }
    }

    /// Every service that answers at all, unsorted.
    pub(super) fn answers(&self, contents: &Contents, scratch: &mut Scratch) -> Vec<Scored> {
        let documents = contents.documents.len();
        for list in [&mut scratch.total, &mut scratch.told, &mut scratch.focus, &mut scratch.best, &mut scratch.share] {
            list.resize(documents, 0.0);
        }
        let asked_weight: f32 = self.asked.iter().map(|asked| asked.weight).sum();
        let telling: f32 = self.asked.iter().filter(|asked| asked.tells).map(|asked| asked.weight).sum();
        for asked in self.asked.iter().filter(|asked| asked.weight > FILLER) {
            for candidate in &asked.candidates {
                let postings = match candidate.says {
                    Says::Term(term) => &contents.terms[term as usize].postings,
                    Says::Notion(concept) => &contents.notions[usize::from(concept)].postings,
                };
                for posting in contents.postings(postings) {
                    let doc = posting.doc as usize;
                    let found = candidate.sure * posting.field;
                    if scratch.best[doc] == 0.0 {
                        scratch.of_word.push(posting.doc);
                    }
                    if found > scratch.best[doc] {
                        scratch.best[doc] = found;
                    }
                    scratch.share[doc] = scratch.share[doc].max(posting.share * candidate.sure);
                }
            }
            for doc in scratch.of_word.drain(..) {
                let place = doc as usize;
                if scratch.total[place] == 0.0 {
                    scratch.touched.push(doc);
                }
                let found = asked.weight * std::mem::take(&mut scratch.best[place]);
                scratch.total[place] += found;
                if asked.tells {
                    scratch.told[place] += found;
                }
                scratch.focus[place] += std::mem::take(&mut scratch.share[place]);
            }
        }
        let mut answers = Vec::with_capacity(scratch.touched.len());
        for doc in scratch.touched.drain(..) {
            let place = doc as usize;
            let answered = std::mem::take(&mut scratch.total[place]) / asked_weight.max(f32::MIN_POSITIVE);
            let told = std::mem::take(&mut scratch.told[place]);
            let covered = if telling > 0.0 { told / telling } else { answered };
            let focus = std::mem::take(&mut scratch.focus[place]).min(1.0);
            answers.push(Scored { doc, covered, score: self.score(contents, doc, answered, focus) });
        }
        answers
    }

    fn score(&self, contents: &Contents, doc: Doc, answered: f32, focus: f32) -> f32 {
        self.adjusted(contents, doc, answered * (1.0 - FOCUS + FOCUS * focus))
    }

    /// By what is known of the service besides its words.
    fn adjusted(&self, contents: &Contents, doc: Doc, mut score: f32) -> f32 {
        let document = &contents.documents[doc as usize];
        if !self.kinds.is_empty() && !document.kinds.is_empty() {
            score += if self.kinds.meets(document.kinds) { KIND } else { -KIND };
        }
        if document.foreign && !self.foreign {
            score -= FOREIGN;
        }
        score + POPULAR * document.popularity / (1.0 + document.popularity)
    }
}

/// Best first; the same order for the same scores.
pub(super) fn best(answers: Vec<Scored>, limit: usize) -> Vec<Scored> {
    let goes_before =
        |one: &Scored, other: &Scored| one.score > other.score || (one.score == other.score && one.doc < other.doc);
    let mut best = Vec::new();
    for answer in answers {
        keep_best(&mut best, answer, limit, goes_before);
    }
    best
}

/// Whether the best answer is one.
pub(super) fn is_answer(best: Option<&Scored>) -> bool {
    best.is_some_and(|best| best.covered + best.score >= GATE)
}

/// A token as a word of each language it may be of.
#[derive(Clone)]
pub(super) struct Reading {
    text: String,
    words: Vec<(Tongue, Word, Known)>,
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

fn reading(contents: &Contents, token: &Token, scratch: &mut Scratch) -> Reading {
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
    let reading = Reading { text: token.text.clone(), words: tongues.iter().map(word).collect() };
    if scratch.readings.len() == KEPT {
        scratch.readings.pop_front();
    }
    scratch.readings.push_back(reading.clone());
    reading
}

/// Whether the words are Mongolian, when some could be of another language: by which of the two knows more of them.
fn is_native(tokens: &[Token], readings: &[Reading]) -> Option<bool> {
    let mut ahead = 0i32;
    for (_, reading) in tokens.iter().zip(readings).filter(|(_, reading)| reading.words.len() > 1) {
        for (tongue, _, known) in &reading.words {
            let sign = if *tongue == Tongue::Mongolian { 1 } else { -1 };
            ahead += sign * i32::from(known.at_all());
        }
    }
    (ahead != 0).then_some(ahead > 0)
}

/// What a word of a query may mean, kept for the next key that is pressed.
#[derive(Clone)]
pub(super) struct Understood {
    text: String,
    asking: Asking,
    weight: f32,
    tells: bool,
    candidates: Vec<Candidate>,
    folds: [Option<Key>; READINGS],
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

fn understood(
    contents: &Contents,
    token: &Token,
    reading: &Reading,
    asking: Asking,
    scratch: &mut Scratch,
) -> Understood {
    if let Some(kept) = scratch.kept.iter().find(|kept| kept.asking == asking && kept.text == token.text) {
        return kept.clone();
    }
    let understood = ask(contents, token, reading, asking, scratch);
    if !asking.is_typed {
        if scratch.kept.len() == KEPT {
            scratch.kept.pop_front();
        }
        scratch.kept.push_back(understood.clone());
    }
    understood
}

fn ask(contents: &Contents, token: &Token, reading: &Reading, asking: Asking, scratch: &mut Scratch) -> Understood {
    let mut folds = [None; READINGS];
    let mut candidates = Candidates { list: Vec::new(), contents, slots: &mut scratch.slots };
    candidates.slots.resize(contents.terms.len(), 0);
    if token.script == Script::Number {
        let key = words::number_key(&token.text);
        candidates.add(contents.by_stem.of(key), sure::STEM, How::Word);
        let candidates = candidates.done();
        let weight = weight_of(contents, &candidates, UNKNOWN * 0.5);
        return Understood {
            text: token.text.clone(),
            asking,
            weight,
            tells: true,
            candidates,
            folds: [Some(key); READINGS],
        };
    }
    let mut is_everyday = false;
    let mut role: Option<Role> = None;
    let mut sound = "";
    for (tongue, word, known) in &reading.words {
        if *tongue == Tongue::Mongolian {
            sound = &word.sound;
        }
        if reading.words.len() > 1 && asking.native.is_some_and(|native| native != (*tongue == Tongue::Mongolian)) {
            continue;
        }
        folds[match tongue {
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
    let text = words::cyrillic(token);
    if asking.native != Some(false) {
        folds[3] = Some(words::verb(&text));
    }
    if candidates.surest() < sure::FOLD && !is_known {
        if sound.len() >= SOUND {
            candidates.add(contents.by_sound.of(words::sound_key(sound)), sure::SOUND, How::Sound);
        }
        let looser = words::looser(&text);
        candidates.add(contents.by_fold.of(looser.fold), sure::LOOSE, How::Word);
        candidates.add(contents.by_verb.of(looser.verb), sure::VERB, How::Word);
    }
    if asking.is_typed && !is_everyday {
        candidates.begin(&mongolian_text::phonetic_letters(&text), &text, token.script);
    }
    if candidates.surest() < sure::BEGINNING && !is_known {
        for (term, alike) in contents.near.to(sound, sure::NEAR_LEAST, &mut scratch.counts) {
            candidates.add([term].into_iter(), sure::NEAR * alike * alike, How::Spelling);
        }
    }
    let candidates = candidates.done();
    let weight = match role {
        Some(Role::Filler) => FILLER,
        Some(Role::Head | Role::Action) => weight_of(contents, &candidates, UNKNOWN * 0.5),
        Some(Role::Thing | Role::Language) => weight_of(contents, &candidates, UNKNOWN),
        None => weight_of(contents, &candidates, if is_everyday { EVERYDAY } else { UNKNOWN }),
    };
    let tells = matches!(role, None | Some(Role::Thing | Role::Language));
    Understood { text: token.text.clone(), asking, weight, tells, candidates, folds }
}

/// What a word may mean, each thing once.
struct Candidates<'a> {
    list: Vec<Candidate>,
    contents: &'a Contents,
    /// For each term, one more than its place in the list.
    slots: &'a mut Vec<u32>,
}

impl Candidates<'_> {
    fn add(&mut self, terms: impl Iterator<Item = TermId>, sure: f32, how: How) {
        for term in terms {
            self.put(term, sure, how);
        }
    }

    fn put(&mut self, term: TermId, sure: f32, how: How) {
        let slot = &mut self.slots[term as usize];
        match slot.checked_sub(1) {
            Some(place) => {
                let known = &mut self.list[place as usize];
                known.sure = known.sure.max(sure);
            }
            None => {
                self.list.push(Candidate { says: Says::Term(term), sure, how });
                *slot = self.list.len() as u32;
            }
        }
    }

    fn surest(&self) -> f32 {
        self.list.iter().map(|candidate| candidate.sure).fold(0.0, f32::max)
    }

    /// Words that begin with what was typed so far: those spelt so before those that only sound so.
    fn begin(&mut self, sound: &str, typed: &str, script: Script) {
        /// Further down an alphabetical list nobody can have meant it more than the others.
        const MOST: usize = 96;
        let contents = self.contents;
        let spelt = |term: TermId, sure: f32| {
            if contents.terms[term as usize].text.starts_with(typed) { sure } else { sure * sure::SOUND }
        };
        // Who types Cyrillic has no English word in mind; who types Latin may have either.
        let is_foreign = |term: TermId| script == Script::Cyrillic && contents.terms[term as usize].text.is_ascii();
        if sound.len() <= SHORT_START {
            for &term in contents.started_by(sound) {
                if is_foreign(term) {
                    continue;
                }
                self.put(term, spelt(term, sure::BEGINNING), How::Beginning);
            }
            return;
        }
        for (word, term) in contents.beginning_with(sound).filter(|(_, term)| !is_foreign(*term)).take(MOST) {
            let part = sound.len() as f32 / word.len().max(1) as f32;
            let sure = sure::BEGINNING + (sure::FOLD - sure::BEGINNING) * part;
            self.put(term, spelt(term, sure), How::Beginning);
        }
    }

    /// With the notions that the words stand for, surest first.
    fn done(mut self) -> Vec<Candidate> {
        /// No service was ever found by a further one.
        const MOST: usize = 48;
        for candidate in &self.list {
            if let Says::Term(term) = candidate.says {
                self.slots[term as usize] = 0;
            }
        }
        let by_sureness = |one: &Candidate, other: &Candidate| one.sure > other.sure;
        if self.list.len() > MOST {
            put_in_order(&mut self.list, by_sureness);
            self.list.truncate(MOST);
        }
        for at in 0..self.list.len() {
            let Candidate { says: Says::Term(term), sure, how } = self.list[at] else { continue };
            for &(concept, naming) in self.contents.concepts(term) {
                let sure = sure * if naming == Naming::Title { sure::FORMAL } else { sure::SAID };
                let how = if how == How::Spelling { how } else { How::Synonym };
                let says = Says::Notion(concept);
                match self.list.iter_mut().find(|known| known.says == says) {
                    Some(known) => known.sure = known.sure.max(sure),
                    None => self.list.push(Candidate { says, sure, how }),
                }
            }
        }
        put_in_order(&mut self.list, by_sureness);
        self.list
    }
}

/// What the word weighs: as the likeliest thing it means.
fn weight_of(contents: &Contents, candidates: &[Candidate], unmatched: f32) -> f32 {
    let weighed = candidates.iter().filter_map(|candidate| {
        let weight = match candidate.says {
            Says::Term(term) => {
                let term = &contents.terms[term as usize];
                if term.postings.is_empty() {
                    return None;
                }
                term.weight
            }
            Says::Notion(concept) => {
                let notion = &contents.notions[usize::from(concept)];
                if notion.postings.is_empty() {
                    return None;
                }
                notion.weight
            }
        };
        Some((candidate.sure, weight))
    });
    let surest = weighed.max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    surest.map_or(unmatched, |(_, weight)| weight)
}
