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
    pub(crate) role: Option<Role>,
    pub(crate) everyday: bool,
    /// A service has it.
    here: bool,
    /// A phrase of the lexicon begins with it.
    begins_phrase: bool,
}

impl Known {
    /// Says something, and is no politeness.
    pub(crate) fn tells(self) -> bool {
        (self.leads() || self.begins_phrase) && self.role != Some(Role::Filler)
    }

    /// To a service, or to what is known to do with services.
    fn leads(self) -> bool {
        self.here || self.role.is_some()
    }

    fn at_all(self) -> bool {
        self.leads() || self.everyday
    }
}

impl Reading {
    /// In any language.
    pub(crate) fn is_known(&self) -> bool {
        self.words.iter().any(|(_, _, known)| known.at_all())
    }
}

pub(crate) fn known(contents: &Contents, word: &Word, script: Script) -> Known {
    Known {
        role: LEXICON.role_of(word),
        everyday: LEXICON.is_everyday(word, script),
        here: !contents.by_stem.of(word.stem).is_empty() || !contents.by_fold.of(word.fold).is_empty(),
        begins_phrase: LEXICON.phrase(Key::NONE.and(word.fold)).is_some(),
    }
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
    let is_begun = |text: &str| is_open && contents.beginnings.any(&mongolian_text::phonetic_letters(text));
    let is_verb = |text: &str| !contents.by_verb.of(words::verb(text)).is_empty();
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
    if token.script == Script::Latin
        && !words.iter().any(|(_, _, known)| known.at_all())
        && let Some((text, word, known)) = informal(&token.text, &cyrillic, known, is_verb, is_begun)
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
    let sign = |tongue: Tongue| if tongue == Tongue::Mongolian { 1 } else { -1 };
    let of_several = words.iter().filter(|_| words.len() > 1);
    let ahead = of_several.map(|(tongue, _, known)| sign(*tongue) * i32::from(known.at_all())).sum();
    let reading = Arc::new(Reading { text: token.text.clone(), cyrillic, words, ahead });
    if !is_open && !is_native {
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
    is_begun: impl Fn(&str) -> bool,
) -> Option<(String, Word, Known)> {
    let others = mongolian_text::other_cyrillic(text);
    let read = |text: &String, word: Word| {
        let known = known(&word);
        (text.clone(), word, known)
    };
    let strict: Vec<_> = others.iter().map(|text| read(text, words::word(text, Tongue::Mongolian))).collect();
    if let Some(at) = strict.iter().position(|(.., known)| known.leads()) {
        return strict.into_iter().nth(at);
    }
    let likeliest = likeliest.to_owned();
    let all = || [&likeliest].into_iter().chain(&others);
    for text in all() {
        let word = words::informal_word(text);
        if known(&word).leads() {
            return Some(read(text, word));
        }
    }
    if is_begun(&likeliest) || known(&words::word(&likeliest, Tongue::Mongolian)).begins_phrase {
        return None;
    }
    let of_bones = |text: &String| words::bones(text).find_map(|bones| LEXICON.of_bones(bones));
    let by_bones = all().find_map(|text| Some((text, of_bones(text)?)));
    if let Some((text, fold)) = by_bones {
        return Some(read(text, words::of_fold(text, fold)));
    }
    let begins = strict.iter().position(|(.., known)| known.begins_phrase);
    let everyday = || strict.iter().position(|(.., known)| known.everyday);
    let at = begins.or_else(everyday).or_else(|| strict.iter().position(|(text, ..)| is_verb(text)))?;
    strict.into_iter().nth(at)
}

/// Whether the words are Mongolian, when some could be of another language: by which of the two knows more of them.
pub(crate) fn native(ahead: i32) -> Option<bool> {
    (ahead != 0).then_some(ahead > 0)
}
