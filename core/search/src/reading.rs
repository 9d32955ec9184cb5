//! A token, read: as a word of each language it may be of, and what is known of that.
//!
//! Guarantees: Latin letters are read by their likeliest spelling while that is a word, by other habits only when it is none.

use std::sync::Arc;

use mongolian_text::{Script, Token};

use super::{
    index::Contents,
    lexicon::{LEXICON, Role},
    query::{Scratch, keep},
    words::{self, Key, Tongue, Word},
};

/// Words that Latin letters may be besides the likeliest.
pub(crate) const ALSO: usize = 4;

/// A token as a word of each language it may be of.
pub(crate) struct Reading {
    pub(crate) text: String,
    /// As Mongolian spells it.
    pub(crate) cyrillic: String,
    pub(crate) words: Vec<(Tongue, Word, Known)>,
    /// Folds of other Mongolian words that phrases have, when Latin letters may be those.
    pub(crate) also: [Option<Key>; ALSO],
    /// In Mongolian a word is known of it, and in no other language: 1. The other way round: -1.
    pub(crate) ahead: i32,
}

/// What is known of a word in one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) role: Option<Role>,
    pub(crate) everyday: bool,
    /// A service has it.
    here: bool,
    /// Only a phrase of the lexicon has it.
    in_phrase: bool,
}

impl Known {
    /// Says something, and is no politeness.
    pub(crate) fn tells(self) -> bool {
        self.is_word() && self.role != Some(Role::Filler)
    }

    /// To a service, or to what is known to do with services.
    pub(crate) fn leads(self) -> bool {
        self.here || self.role.is_some()
    }

    pub(crate) fn is_word(self) -> bool {
        self.leads() || self.in_phrase
    }

    fn at_all(self) -> bool {
        self.is_word() || self.everyday
    }
}

impl Reading {
    /// In any language.
    pub(crate) fn is_known(&self) -> bool {
        self.words.iter().any(|(_, _, known)| known.at_all())
    }
}

pub(crate) fn known(contents: &Contents, word: &Word, script: Script) -> Known {
    let role = LEXICON.role_of(word);
    let here = !contents.by_stem.of(word.stem).is_empty() || !contents.by_fold.of(word.fold).is_empty();
    Known {
        role,
        everyday: LEXICON.is_everyday(word, script),
        here,
        in_phrase: role.is_none() && !here && LEXICON.is_in_phrase(word.fold),
    }
}

/// Whether another form of the verb is a word of services or of a phrase.
pub(crate) fn is_verb(contents: &Contents, text: &str) -> bool {
    let verb = words::verb(text);
    !contents.by_verb.of(verb).is_empty() || LEXICON.is_in_phrase(verb)
}

/// A token, read; `is_open`: it may go on; `is_native`: whatever it is in another language, the query stays Mongolian.
pub(crate) fn reading(
    contents: &Contents,
    token: &Token,
    is_open: bool,
    is_native: bool,
    scratch: &mut Scratch,
) -> Arc<Reading> {
    if !is_open && let Some(kept) = scratch.readings.iter().find(|kept| kept.text == token.text) {
        return kept.clone();
    }
    let is_native = is_native && token.script == Script::Cyrillic;
    let tongues: &[Tongue] = match token.script {
        Script::Number => &[],
        Script::Cyrillic if is_native => &[Tongue::Mongolian],
        Script::Cyrillic | Script::Latin | Script::Other => words::tongues(token),
    };
    let mut cyrillic = words::cyrillic(token).into_owned();
    let known = |word: &Word| known(contents, word, token.script);
    let mut words: Vec<(Tongue, Word, Known)> = Vec::with_capacity(tongues.len());
    for &tongue in tongues {
        let word = words::word(if tongue == Tongue::Mongolian { &cyrillic } else { &token.text }, tongue);
        let known = known(&word);
        words.push((tongue, word, known));
    }
    if let Some((Tongue::Mongolian, word, nothing)) = words.first_mut()
        && !(nothing.leads() || nothing.everyday && token.script != Script::Latin)
    {
        let others = [words::ending_in_n(&cyrillic), words::short_noun(&cyrillic)].into_iter().flatten();
        if let Some(other) = others.map(|other| (known(&other), other)).find(|(known, _)| known.leads()) {
            (*nothing, *word) = other;
        }
    }
    let also = match token.script {
        Script::Latin => read_latin(contents, &token.text, is_open, &mut cyrillic, &mut words),
        Script::Cyrillic | Script::Number | Script::Other => [None; ALSO],
    };
    let sign = |tongue: Tongue| if tongue == Tongue::Mongolian { 1 } else { -1 };
    let of_several = words.iter().filter(|_| words.len() > 1);
    let ahead = of_several.map(|(tongue, _, known)| sign(*tongue) * i32::from(known.at_all())).sum();
    let reading = Arc::new(Reading { text: token.text.clone(), cyrillic, words, also, ahead });
    if !is_open && !is_native {
        keep(&mut scratch.readings, reading.clone());
    }
    reading
}

/// Reads Latin letters, whose likeliest spelling and words these are, as what they were meant for; what else they may be.
fn read_latin(
    contents: &Contents,
    text: &str,
    is_open: bool,
    cyrillic: &mut String,
    words: &mut [(Tongue, Word, Known)],
) -> [Option<Key>; ALSO] {
    let known = |word: &Word| known(contents, word, Script::Latin);
    let is_begun = |text: &str| is_open && contents.beginnings.any(&mongolian_text::phonetic_letters(text));
    let whole = words::whole(cyrillic);
    let fold = whole.fold;
    if fold != words[0].1.fold {
        let known = known(&whole);
        if known.leads() {
            words[0] = (Tongue::Mongolian, whole, known);
        }
    }
    let is_known = words.iter().any(|(_, _, known)| known.at_all());
    let also = others(cyrillic, fold, is_known);
    if !is_known
        && let Some((meant, word, known)) = informal(text, cyrillic, known, |text| is_verb(contents, text), is_begun)
    {
        words[0] = (Tongue::Mongolian, word, known);
        *cyrillic = meant;
    }
    let (_, word, known) = &mut words[0];
    if known.role == Some(Role::Filler)
        && contents.by_fold.of(word.fold).iter().any(|term| contents.terms[*term as usize].tells())
        && !LEXICON.is_filler(word.fold, &mongolian_text::fold_letters(cyrillic))
    {
        known.role = None; // where ө and о are one letter «өрхийн» meets «орох»
    }
    also
}

/// What phrases have of the whole, of what is left when endings that are written short are taken off, and, of what nobody
/// knows, of words with the same bones.
fn others(likeliest: &str, whole: Key, is_known: bool) -> [Option<Key>; ALSO] {
    let with_short_endings = words::informal_words(likeliest).map(|(word, _)| word.fold);
    let bones = Some(likeliest).filter(|_| !is_known).into_iter().flat_map(words::bones);
    let of_bones = bones.flat_map(|bones| LEXICON.of_bones(bones));
    let folds = [whole].into_iter().chain(with_short_endings).chain(of_bones);
    let mut folds = folds.filter(|fold| LEXICON.is_in_phrase(*fold));
    std::array::from_fn(|_| folds.next())
}

/// Letters of a word that only phrases have, when an ending was taken off that is written short.
const LEFT: usize = 4;

/// What was meant by Latin letters whose likeliest spelling is no word. They are each written for several, and endings and
/// vowels are left out: the first that is a word of services, then of the lexicon, then of anything else.
fn informal(
    text: &str,
    likeliest: &str,
    known: impl Fn(&Word) -> Known,
    is_verb: impl Fn(&str) -> bool,
    is_begun: impl Fn(&str) -> bool,
) -> Option<(String, Word, Known)> {
    let others = mongolian_text::other_cyrillic(text);
    let read = |text: &String, word: Word| {
        let known = known(&word);
        (text.clone(), word, known)
    };
    let mut strict = Vec::with_capacity(others.len());
    for text in &others {
        let word = read(text, words::word(text, Tongue::Mongolian));
        if word.2.leads() {
            return Some(word);
        }
        strict.push(word);
    }
    let strict_that = |is: fn(Known) -> bool| strict.iter().find(|(.., known)| is(*known)).cloned();
    let likeliest = likeliest.to_owned();
    let short_that = |text: &String, is: fn(Known, usize) -> bool| {
        let mut words = words::informal_words(text).map(|(word, left)| (read(text, word), left));
        words.find(|((.., known), left)| is(*known, *left)).map(|(word, _)| word)
    };
    let that_leads = |text: &String| short_that(text, |known, _| known.leads());
    let that_is_word = |text: &String| short_that(text, |known, left| known.is_word() && left >= LEFT);
    let leads = that_leads(&likeliest);
    if leads.is_some() || is_begun(&likeliest) {
        return leads;
    }
    let all = || [&likeliest].into_iter().chain(&others);
    let meant = that_is_word(&likeliest)
        .or_else(|| strict_that(Known::is_word))
        .or_else(|| others.iter().find_map(that_leads))
        .or_else(|| others.iter().find_map(that_is_word));
    if meant.is_some() || is_verb(&likeliest) {
        return meant;
    }
    let only = |bones| {
        let mut folds = LEXICON.of_bones(bones);
        folds.next().filter(|_| folds.next().is_none())
    };
    let of_bones = |text: &String| words::bones(text).find_map(only);
    let by_bones = all().find_map(|text| Some((text, of_bones(text)?)));
    if let Some((text, fold)) = by_bones {
        return Some(read(text, words::of_fold(text, fold)));
    }
    strict_that(|known| known.everyday).or_else(|| strict.iter().find(|(text, ..)| is_verb(text)).cloned())
}

/// Whether the words are Mongolian, when some could be of another language: by which of the two knows more of them.
pub(crate) fn native(ahead: i32) -> Option<bool> {
    (ahead != 0).then_some(ahead > 0)
}
