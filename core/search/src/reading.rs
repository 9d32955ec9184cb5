//! A token, read: as a word of each language it may be of, and what is known of that.
//!
//! Guarantees: Latin letters are read by their likeliest spelling while that is a word, by other habits only when it is none.

use std::sync::Arc;

use mongolian_text::{Script, Token};

use super::{
    index::Contents,
    lexicon::{LEXICON, Role},
    query::{Scratch, keep},
    words::{self, Tongue, Word},
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
