//! A word of a query, and what it may mean.
//!
//! Guarantees: each way to find a word is asked only when surer ones found nothing; a word that is known and leads nowhere
//! is not taken for another that merely looks alike.

use std::{collections::VecDeque, sync::Arc};

use mongolian_text::{Script, Token};

use super::{
    index::{Contents, Doc, Posting, SHORT_START, Says, TermId},
    kinds::Kinds,
    lexicon::{LEXICON, Naming, Role},
    near::Counts,
    query::{Manner, Scratch},
    sums::OfWord,
    words::{self, Key, Tongue, Word, put_in_order},
};

/// How surely a word was meant, by how it was found. Weighed on `tests/eval/queries/dev.tsv`.
pub(crate) mod sure {
    pub(crate) const STEM: f32 = 1.0;
    pub(crate) const FOLD: f32 = 0.97;
    pub(crate) const SOUND: f32 = 0.86;
    pub(crate) const LOOSE: f32 = 0.84;
    pub(crate) const VERB: f32 = 0.72;
    pub(crate) const HALF_TYPED: f32 = 0.75;
    /// Of the letters typed, when a word only begins with them; the rest comes with its length.
    pub(crate) const BEGINNING: f32 = 0.62;
    /// Of half of a word's letters.
    pub(crate) const HALF: f32 = (BEGINNING + FOLD) / 2.0;
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

/// How a word of a query was found to mean a word of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Word,
    Sound,
    Beginning,
    Spelling,
    Synonym,
}

#[derive(Debug, Clone, Copy, PartialEq)]
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
    pub(crate) is_of_thing: bool,
    /// In no order.
    pub(crate) candidates: Vec<Candidate>,
    /// What they find, once the word is closed.
    pub(crate) found: Option<Vec<Posting>>,
    pub(crate) asking: Asking,
    /// As it may stand in a phrase.
    pub(crate) folds: [Option<Key>; READINGS],
    /// By how many languages it speaks for a Mongolian query.
    pub(crate) ahead: i32,
    pub(crate) kinds: Kinds,
    pub(crate) foreign: bool,
}

/// Ways to read a word as part of a phrase: in each language, and as a verb of any form.
pub(crate) const READINGS: usize = 4;

impl Asked {
    fn new(token: Token, asking: Asking, ahead: i32) -> Self {
        Self {
            token,
            weight: 0.0,
            tells: true,
            is_everyday: false,
            is_of_thing: false,
            candidates: Vec::new(),
            found: None,
            asking,
            folds: [None; READINGS],
            ahead,
            kinds: Kinds::default(),
            foreign: false,
        }
    }

    /// Of what its candidates are, and no word of anybody's.
    pub(crate) fn of(contents: &Contents, candidates: Vec<Candidate>, word: &mut OfWord) -> Self {
        let token = Token { text: String::new(), range: 0..0, script: Script::Other };
        let mut asked =
            Self::new(token, Asking { is_typed: false, native: None, manner: Manner::Heard, may_end_phrase: false }, 0);
        asked.weight = weight_of(contents, &candidates, UNKNOWN);
        asked.candidates = candidates;
        asked.settle(contents);
        asked.close(contents, word);
        asked
    }

    /// What it was taken for in this service: the surest that stands in it.
    pub(crate) fn meant(&self, contents: &Contents, doc: Doc) -> Option<&Candidate> {
        let stands_in = |candidate: &&Candidate| {
            contents.said(candidate.says).binary_search_by_key(&doc, |posting| posting.doc).is_ok()
        };
        self.candidates.iter().filter(stands_in).reduce(
            |best, candidate| {
                if best.sure >= candidate.sure { best } else { candidate }
            },
        )
    }

    /// Finds what its candidates find: they are all.
    pub(crate) fn close(&mut self, contents: &Contents, word: &mut OfWord) {
        self.found = Some(word.all(contents, &self.candidates));
    }

    /// Whether it says the same as another, however that is spelt.
    pub(crate) fn means_as(&self, other: &Self) -> bool {
        let says = |asked: &Self| {
            (asked.weight, asked.tells, asked.is_everyday, asked.folds, asked.asking, asked.kinds, asked.foreign)
        };
        says(self) == says(other) && self.candidates == other.candidates
    }

    /// A word of the catalogue or of no account: nothing that was split or misheard.
    pub(crate) fn is_known(&self) -> bool {
        self.weight <= FILLER
            || self.candidates.iter().any(|candidate| candidate.sure >= sure::VERB && candidate.how != How::Beginning)
    }

    /// Which kinds of service it asks for; what leads to no service is no candidate.
    pub(crate) fn settle(&mut self, contents: &Contents) {
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

/// A token as a word of each language it may be of.
pub(crate) struct Reading {
    pub(crate) text: String,
    /// As Mongolian spells it.
    pub(crate) cyrillic: String,
    pub(crate) words: Vec<(Tongue, Word, Known)>,
    /// In Mongolian a word is known of it, and in no other language: 1. The other way round: -1.
    pub(crate) ahead: i32,
}

/// What is known of a word in one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
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

/// A token, read; `is_native`: whatever it is in another language, the query stays Mongolian.
pub(crate) fn reading(contents: &Contents, token: &Token, is_native: bool, scratch: &mut Scratch) -> Arc<Reading> {
    if let Some(kept) = scratch.readings.iter().find(|kept| kept.text == token.text) {
        return kept.clone();
    }
    let is_native = is_native && token.script == Script::Cyrillic;
    let tongues: &[Tongue] = match token.script {
        Script::Number => &[],
        Script::Cyrillic if is_native => &[Tongue::Mongolian],
        Script::Cyrillic | Script::Latin | Script::Other => words::tongues(token),
    };
    let mut cyrillic = words::cyrillic(token).into_owned();
    let known = |word: &Word| Known {
        role: LEXICON.role_of(word),
        everyday: LEXICON.is_everyday(word, token.script),
        here: !contents.by_stem.of(word.stem).is_empty() || !contents.by_fold.of(word.fold).is_empty(),
    };
    let is_verb = |text: &str| !contents.by_verb.of(words::verb(text)).is_empty();
    let mut words: Vec<(Tongue, Word, Known)> = Vec::with_capacity(tongues.len());
    for &tongue in tongues {
        let word = words::word(if tongue == Tongue::Mongolian { &cyrillic } else { &token.text }, tongue);
        let known = known(&word);
        words.push((tongue, word, known));
    }
    if token.script == Script::Latin
        && !words.iter().any(|(_, _, known)| known.at_all())
        && let Some((text, word, known)) = informal(&token.text, &cyrillic, known, is_verb)
    {
        words[0] = (Tongue::Mongolian, word, known);
        cyrillic = text;
    }
    if token.script == Script::Latin
        && let Some((Tongue::Mongolian, word, known)) = words.first_mut()
        && known.role == Some(Role::Filler)
        && contents.by_fold.of(word.fold).iter().any(|term| contents.terms[*term as usize].tells())
        && !LEXICON.is_filler(word.fold, &mongolian_text::fold_letters(&cyrillic))
    {
        known.role = None; // where ө and о are one letter «өрхийн» meets «орох»
    }
    if let Some((Tongue::Mongolian, word, nothing)) = words.first_mut()
        && !nothing.at_all()
        && let Some(participle) = words::participle(&cyrillic)
    {
        (*nothing, *word) = (known(&participle), participle);
    }
    let sign = |tongue: Tongue| if tongue == Tongue::Mongolian { 1 } else { -1 };
    let of_several = words.iter().filter(|_| words.len() > 1);
    let ahead = of_several.map(|(tongue, _, known)| sign(*tongue) * i32::from(known.at_all())).sum();
    let reading = Arc::new(Reading { text: token.text.clone(), cyrillic, words, ahead });
    if !is_native {
        keep(&mut scratch.readings, reading.clone());
    }
    reading
}

/// What was meant by Latin letters whose likeliest spelling is no word. They are each written for several, and endings and
/// vowels are left out: the first that is a word of services, then of the lexicon, then of anything else.
fn informal(
    text: &str,
    likeliest: &str,
    known: impl Fn(&Word) -> Known,
    is_verb: impl Fn(&str) -> bool,
) -> Option<(String, Word, Known)> {
    let others = mongolian_text::other_cyrillic(text);
    let read = |text: &String, word: Word| {
        let known = known(&word);
        (text.clone(), word, known)
    };
    let strict: Vec<_> = others.iter().map(|text| read(text, words::word(text, Tongue::Mongolian))).collect();
    let leads = |known: Known| known.here || known.role.is_some();
    if let Some(at) = strict.iter().position(|(.., known)| leads(*known)) {
        return strict.into_iter().nth(at);
    }
    let likeliest = likeliest.to_owned();
    let mut bones = Vec::with_capacity(others.len() + 1);
    for text in [&likeliest].into_iter().chain(&others) {
        let (word, bone) = words::informal_word_and_bones(text);
        if leads(known(&word)) {
            return Some(read(text, word));
        }
        bones.push((text, bone));
    }
    let by_bones = bones.into_iter().find_map(|(text, bone)| Some((text, LEXICON.of_bones(bone?)?)));
    if let Some((text, fold)) = by_bones {
        return Some(read(text, words::of_fold(text, fold)));
    }
    let everyday = strict.iter().position(|(.., known)| known.everyday);
    let at = everyday.or_else(|| strict.iter().position(|(text, ..)| is_verb(text)))?;
    strict.into_iter().nth(at)
}

/// Whether the words are Mongolian, when some could be of another language: by which of the two knows more of them.
pub(crate) fn native(ahead: i32) -> Option<bool> {
    (ahead != 0).then_some(ahead > 0)
}

/// Words kept: those of one query as it is typed.
const KEPT: usize = 8;

fn keep<T>(kept: &mut VecDeque<T>, newest: T) {
    if kept.len() == KEPT {
        kept.pop_front();
    }
    kept.push_back(newest);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asking {
    pub(crate) is_typed: bool,
    /// The query is Mongolian, or is not, or nobody can say.
    pub(crate) native: Option<bool>,
    pub(crate) manner: Manner,
    /// As a verb of any form, it may end a phrase.
    pub(crate) may_end_phrase: bool,
}

/// As [`ask`], kept for the next query.
pub(crate) fn understood(
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
            if asking.is_typed {
                return Arc::new(asked);
            }
            asked.close(contents, &mut scratch.word);
            let asked = Arc::new(asked);
            keep(&mut scratch.kept, asked.clone());
            asked
        }
    }
}

pub(crate) fn ask(
    contents: &Contents,
    token: Token,
    reading: &Reading,
    asking: Asking,
    scratch: &mut Scratch,
) -> Asked {
    let mut asked = Asked::new(token, asking, reading.ahead);
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
    let text = &reading.cyrillic;
    let is_unsure = candidates.surest() < sure::FOLD && !is_known;
    let mut is_begun = false;
    if asking.is_typed && !is_everyday {
        let is_native = asked.token.script == Script::Cyrillic || asking.native == Some(true);
        is_begun = candidates.begin(&mongolian_text::phonetic_letters(text), text, is_native);
    }
    if asking.native != Some(false) && asking.may_end_phrase {
        asked.folds[3] = Some(words::verb(text));
    }
    // What words begin with as it is spelt is on its way to one of them.
    if is_unsure && !is_begun {
        guess(contents, text, asking, &mut candidates, &mut scratch.counts);
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

/// What a word may be that is none as it is spelt, each way less sure than the one before.
fn guess(contents: &Contents, text: &str, asking: Asking, candidates: &mut Candidates<'_>, counts: &mut Counts) {
    let sound = words::sound(text, Tongue::Mongolian);
    if sound.len() >= SOUND {
        candidates.add(contents.by_sound.of(words::sound_key(&sound)), sure::SOUND, How::Sound);
    }
    candidates.add(contents.by_fold.of(words::loose(text)), sure::LOOSE, How::Word);
    candidates.add(contents.by_verb.of(words::verb(text)), sure::VERB, How::Word);
    if asking.is_typed && asking.native != Some(false) && candidates.surest() < sure::VERB {
        half_typed(contents, text, candidates);
    }
    if candidates.surest() < sure::BEGINNING {
        for (term, alike) in contents.near.to(&sound, sure::NEAR_LEAST, counts) {
            candidates.put(Says::Term(term), sure::NEAR * alike * alike, How::Spelling);
        }
    }
}

/// Words whose ending is only half typed: «сонгогчды» on its way to «сонгогчдын».
fn half_typed(contents: &Contents, text: &str, candidates: &mut Candidates<'_>) {
    /// Letters of it. More are no ending.
    const LETTERS: usize = 3;
    /// Letters of the word: abbreviations and the like have none to spare.
    const LEFT: usize = 5;
    let spare = text.chars().count().saturating_sub(LEFT);
    for (left, _) in text.char_indices().rev().take(spare.min(LETTERS)) {
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
    contents: &'a Contents,
    slots: &'a mut Slots,
}

impl<'a> Candidates<'a> {
    pub(crate) fn new(contents: &'a Contents, slots: &'a mut Slots) -> Self {
        slots.terms.resize(contents.terms.len(), 0);
        slots.notions.resize(contents.notions.len(), 0);
        Self { list: Vec::with_capacity(32), contents, slots }
    }

    fn add(&mut self, terms: &[TermId], sure: f32, how: How) {
        for &term in terms {
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

    /// Words that begin with what was typed so far: those spelt so before those that only sound so. True if there is one
    /// that is spelt so.
    fn begin(&mut self, sound: &str, typed: &str, is_native: bool) -> bool {
        /// Further down an alphabetical list nobody can have meant it more than the others.
        const MOST: usize = 32;
        let contents = self.contents;
        // Who types Cyrillic has no English word in mind; who types Latin may have either.
        let is_foreign = |term: TermId| is_native && contents.terms[term as usize].text.is_ascii();
        let mut are_spelt_so = false;
        if sound.len() <= SHORT_START {
            for &term in contents.started_by(sound).iter().filter(|term| !is_foreign(**term)) {
                let letters = contents.terms[term as usize].text.chars().count();
                // Of less than that nobody can say how much of a word it is.
                let part = if sound.len() < SHORT_START { 0.0 } else { sound.len() as f32 / letters.max(1) as f32 };
                are_spelt_so |= self.put_begun(term, part.min(1.0), typed);
            }
            return are_spelt_so;
        }
        for (word, term) in contents.beginning_with(sound).filter(|(_, term)| !is_foreign(*term)).take(MOST) {
            are_spelt_so |= self.put_begun(term, sound.len() as f32 / word.len().max(1) as f32, typed);
        }
        are_spelt_so
    }

    /// A word of which this part was typed; true if it is spelt so.
    fn put_begun(&mut self, term: TermId, part: f32, typed: &str) -> bool {
        let sure = sure::BEGINNING + (sure::FOLD - sure::BEGINNING) * part;
        let is_spelt_so = self.contents.terms[term as usize].text.starts_with(typed);
        self.put(Says::Term(term), if is_spelt_so { sure } else { sure * sure::SOUND }, How::Beginning);
        is_spelt_so
    }

    /// With the notions that the words stand for.
    pub(crate) fn done(mut self) -> Vec<Candidate> {
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
            let is_in_titles = !self.contents.said(Says::Term(term)).is_empty();
            if how == How::Beginning && sure < sure::HALF && is_in_titles {
                continue; // a few letters of a word that services have mean that word
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
