//! A word of a query, and what it may mean.
//!
//! Guarantees: each way to find a word is asked only when surer ones found nothing; a word that is known and leads nowhere
//! is not taken for another that merely looks alike.

use std::sync::Arc;

use mongolian_text::{Script, Token};

use super::{
    candidates::{Candidate, Candidates, How, sure, weight_of},
    index::{Contents, Doc, Says},
    kinds::Kinds,
    lexicon::{LEXICON, Role},
    near::Counts,
    query::{Manner, Scratch, keep},
    reading::{ALSO, Reading},
    sums::higher,
    words::{self, Key, Tongue, Word},
};

/// Shorter words sound like too many others.
const SOUND: usize = 3;

/// What a word weighs that nothing is known of: it was meant to say something.
pub(crate) const UNKNOWN: f32 = 0.75;
/// As [`UNKNOWN`], of a word known to be of no service.
const EVERYDAY: f32 = 1.3;
/// Of politeness and the like: enough to break a tie.
pub(crate) const FILLER: f32 = 0.02;

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
    pub(crate) asking: Asking,
    /// As it may stand in a phrase.
    pub(crate) folds: Folds,
    /// By how many languages it speaks for a Mongolian query.
    pub(crate) ahead: i32,
    pub(crate) kinds: Kinds,
    pub(crate) foreign: bool,
}

/// Ways to read a word as part of a phrase: in each language, and as a verb of any form.
pub(crate) const READINGS: usize = 4;
pub(crate) const VERB: usize = READINGS - 1;

/// A word by each way to read it, and behind them other Mongolian words that it may be.
pub(crate) type Folds = [Option<Key>; READINGS + ALSO];

/// What a word is read by in one way, and whether that is the likeliest.
pub(crate) fn read_as(folds: &Folds, reading: usize) -> impl Iterator<Item = (Key, bool)> {
    let also = if reading == 0 { &folds[READINGS..] } else { &[] };
    let likeliest = folds[reading].map(|fold| (fold, true));
    likeliest.into_iter().chain(also.iter().flatten().map(|fold| (*fold, false)))
}

impl Asked {
    fn new(token: Token, asking: Asking, ahead: i32) -> Self {
        Self {
            token,
            weight: 0.0,
            tells: true,
            is_everyday: false,
            is_of_thing: false,
            candidates: Vec::new(),
            asking,
            folds: [None; READINGS + ALSO],
            ahead,
            kinds: Kinds::default(),
            foreign: false,
        }
    }

    /// Of what its candidates are, and no word of anybody's.
    pub(crate) fn of(contents: &Contents, candidates: Vec<Candidate>) -> Self {
        let token = Token { text: String::new(), range: 0..0, script: Script::Other };
        let mut asked =
            Self::new(token, Asking { is_typed: false, native: None, manner: Manner::Heard, may_end_phrase: false }, 0);
        asked.candidates = candidates;
        asked.settle(contents);
        asked.weight = weight_of(contents, &asked.candidates, UNKNOWN);
        asked
    }

    /// What it was taken for in this service: the surest that stands in it.
    pub(crate) fn meant(&self, contents: &Contents, doc: Doc) -> Option<&Candidate> {
        let mut meant: Option<&Candidate> = None;
        for candidate in &self.candidates {
            if meant.is_none_or(|meant| candidate.sure > meant.sure) && contents.is_said_of(doc, candidate.says) {
                meant = Some(candidate);
            }
        }
        meant
    }

    /// A word of the catalogue or of no account: nothing that was split or misheard.
    pub(crate) fn is_known(&self) -> bool {
        self.weight <= FILLER
            || self.candidates.iter().any(|candidate| candidate.sure >= sure::VERB && candidate.how != How::Beginning)
    }

    /// Which kinds of service it asks for, by what it most likely means; what leads to no service is no candidate.
    pub(crate) fn settle(&mut self, contents: &Contents) {
        /// What is less sure by more than this is not meant beside the surest.
        const BESIDE: f32 = 0.02;
        let is_notion = |candidate: &&Candidate| matches!(candidate.says, Says::Notion(_));
        let surest = self.candidates.iter().filter(is_notion).fold(0.0, |surest, one| higher(surest, one.sure));
        for candidate in self.candidates.iter().filter(|candidate| candidate.sure >= sure::VERB) {
            if let Says::Notion(concept) = candidate.says {
                let known = &LEXICON.concepts[usize::from(concept)];
                if candidate.sure >= surest - BESIDE {
                    self.kinds = self.kinds.and(known.chooses);
                }
                self.foreign |= known.role == Role::Language && candidate.how != How::Sound;
            }
        }
        self.candidates.retain(|candidate| contents.is_said(candidate.says));
    }
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
            let asked = Arc::new(ask(contents, token, reading, asking, scratch));
            if !asking.is_typed {
                keep(&mut scratch.kept, asked.clone());
            }
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
        asked.folds[..READINGS].fill(Some(key));
        asked.settle(contents);
        asked.weight = weight_of(contents, &asked.candidates, UNKNOWN * 0.5);
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
        if *tongue == Tongue::Mongolian && asked.token.script == Script::Cyrillic {
            add_alike(contents, word, &mut candidates);
        } else {
            candidates.add(contents.by_fold.of(word.fold), sure::FOLD, How::Word);
        }
    }
    asked.folds[READINGS..].copy_from_slice(&reading.also);
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
        asked.folds[VERB] = Some(words::verb(text));
    }
    // What words begin with as it is spelt is on its way to one of them.
    if is_unsure && !is_begun {
        let verb = asked.folds[VERB].unwrap_or_else(|| words::verb(text));
        guess(contents, text, asked.token.script, verb, asking, &mut candidates, &mut scratch.counts);
    }
    asked.candidates = candidates.done();
    asked.settle(contents);
    asked.weight = match role {
        Some(Role::Filler) => FILLER,
        Some(Role::Head | Role::Action) => weight_of(contents, &asked.candidates, UNKNOWN * 0.5),
        Some(Role::Thing | Role::Language) => weight_of(contents, &asked.candidates, UNKNOWN),
        None => weight_of(contents, &asked.candidates, if is_everyday { EVERYDAY } else { UNKNOWN }),
    };
    asked.is_everyday = is_everyday;
    asked.tells = matches!(role, None | Some(Role::Thing | Role::Language));
    asked
}

/// Words that fold as this one does in Cyrillic: itself where the keyboard has no ө and ү, and others that sound so.
fn add_alike(contents: &Contents, word: &Word, candidates: &mut Candidates<'_>) {
    for &term in contents.by_fold.of(word.fold) {
        let is_itself = contents.terms[term as usize].without_own_letters == word.stem.short();
        candidates.add(&[term], sure::FOLD, if is_itself { How::Word } else { How::Sound });
    }
}

/// What a word may be that is none as it is spelt, each way less sure than the one before.
fn guess(
    contents: &Contents,
    text: &str,
    script: Script,
    verb: Key,
    asking: Asking,
    candidates: &mut Candidates<'_>,
    counts: &mut Counts,
) {
    let sound = words::sound(text, Tongue::Mongolian);
    if sound.len() >= SOUND {
        candidates.add(contents.by_sound.of(words::sound_key(&sound)), sure::SOUND, How::Sound);
    }
    if script == Script::Latin && candidates.surest() < sure::SOUND {
        let sounds = words::informal_sounds(text).filter(|sound| sound.len() > SOUND);
        let mut found = sounds.map(|sound| contents.by_sound.of(words::sound_key(&sound)));
        candidates.add(found.find(|terms| !terms.is_empty()).unwrap_or_default(), sure::SOUND, How::Sound);
    }
    candidates.add(contents.by_fold.of(words::loose(text)), sure::LOOSE, How::Word);
    candidates.add(contents.by_verb.of(verb), sure::VERB, How::Word);
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

#[cfg(test)]
mod tests {
    use crate::{
        Index, Kind, Match, Standing,
        tests::{index, service},
    };

    #[test]
    fn another_word_that_folds_alike_is_not_told_to_be_the_word_itself() {
        let index = Index::build(&[
            service("Цаг уурын тодорхойлолт авах", "Weather certificate", Kind::Certificate),
            service("Байгууллагын нийгмийн даатгалын өр шалгах", "Check debt", Kind::Information),
            service("Хуулийн этгээдийн лавлагаа", "Legal entity", Kind::Reference),
        ]);
        let told = |query: &str, entry| {
            let found = index.find(query, 10, |_| Standing::Shown).found(0).find(|found| found.entry == entry);
            found.and_then(|found| Some(found.why.first()?.how))
        };

        assert_eq!((told("өр", 1), told("өр", 0)), (Some(Match::Word), Some(Match::Sound)));
        assert_eq!((told("хуулийн", 2), told("хоол", 2)), (Some(Match::Word), Some(Match::Sound)));
    }

    #[test]
    fn what_a_keyboard_without_its_letters_writes_is_the_word_itself() {
        let index = index();
        for (query, service) in [("жолооны унэмлэх", 1), ("торол буртгуулэх", 8)] {
            let found = index.find(query, 10, |_| Standing::Shown).found(0).next().unwrap();
            assert_eq!((found.entry, found.why[1].how), (service, Match::Word), "{query}");
        }
    }
}
