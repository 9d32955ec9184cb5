//! A word as the keys under which it is found.
//!
//! Guarantees: the same keys whether a word comes from a title, the lexicon or a query; a key is 64 bits, never text.

use std::{
    borrow::Cow,
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    ops::Range,
};

use mongolian_text::{
    Script, Token, fold_stem, informal_stems, loose_stem, number, phonetic_stem, stem, to_cyrillic, tokens, verb_stem,
};

/// A hash of a key of one kind. Two keys of several thousand meeting by chance is less likely than a broken phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key(u64);

/// Places in a list by key, for building: one kind of map for all, since each kind is code of its own.
#[derive(Default)]
pub(crate) struct Places(HashMap<Key, u32, BuildHasherDefault<AsIs>>);

impl Places {
    pub(crate) fn get(&self, key: Key) -> Option<usize> {
        self.0.get(&key).map(|place| *place as usize)
    }

    /// The key's place: `next` if it has none yet.
    pub(crate) fn get_or(&mut self, key: Key, next: usize) -> usize {
        *self.0.entry(key).or_insert(next as u32) as usize
    }

    pub(crate) fn put(&mut self, key: Key, place: usize) {
        self.0.insert(key, place as u32);
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (Key, u32)> {
        self.0.iter().map(|(key, place)| (*key, *place))
    }
}

/// Keys are hashes already.
#[derive(Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(PRIME);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// Puts a short list in order, equals as they were. Sorts of the standard library are faster and ten times the code, for
/// each kind of list anew.
pub(crate) fn put_in_order<T>(list: &mut [T], goes_before: impl Fn(&T, &T) -> bool) {
    for at in 1..list.len() {
        let mut place = at;
        while place > 0 && goes_before(&list[place], &list[place - 1]) {
            list.swap(place, place - 1);
            place -= 1;
        }
    }
}

/// Puts `item` into an ordered list of at most `most`, if it belongs there.
pub(crate) fn keep_best<T>(list: &mut Vec<T>, item: T, most: usize, goes_before: impl Fn(&T, &T) -> bool) {
    if list.len() == most {
        match list.last() {
            Some(last) if goes_before(&item, last) => list.pop(),
            Some(_) | None => return,
        };
    }
    let place = list.iter().rposition(|other| !goes_before(&item, other)).map_or(0, |before| before + 1);
    list.insert(place, item);
}

const PRIME: u64 = 0x0000_0100_0000_01B3;
const OFFSET: u64 = 0xCBF2_9CE4_8422_2325;

/// FNV-1a, with the kind of key mixed in: a stem is not found as a sound.
fn key(kind: u8, text: &str) -> Key {
    let bytes = text.bytes().chain([kind]);
    let hash = bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    Key(hash ^ (hash >> 29))
}

impl Key {
    /// Of no word: what a phrase goes on from.
    pub(crate) const NONE: Self = Self(OFFSET);

    /// The key of words in a row: of those before, and one more.
    pub(crate) fn and(self, next: Self) -> Self {
        Self((self.0.rotate_left(5) ^ next.0).wrapping_mul(PRIME))
    }
}

/// What a word is written in, as far as its endings go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tongue {
    /// Mongolian, in either script.
    Mongolian,
    Russian,
    English,
}

/// A word of one language.
#[derive(Debug, Clone)]
pub(crate) struct Word {
    pub(crate) stem: Key,
    /// By what keyboards keep apart; a phrase is found by these.
    pub(crate) fold: Key,
}

impl Key {
    /// How many [beginnings](Self::beginning) there are: a few keys of a vocabulary have the same.
    pub(crate) const BEGINNINGS: usize = 1 << 10;

    /// What it begins with, as keys are ordered.
    pub(crate) fn beginning(self) -> usize {
        beginning(self.short())
    }

    /// Its first bits, which a table of words is made of: enough to be wrong about one word in a thousand.
    pub(crate) fn short(self) -> u32 {
        (self.0 >> (64 - SHORT_BITS)) as u32
    }
}

const SHORT_BITS: u32 = 24;

/// Low bits of a gap between two of them: as many as most gaps have.
pub(crate) const GAP_BITS: u32 = 10;

/// As [`Key::beginning`], of a [short](Key::short) key.
pub(crate) fn beginning(short: u32) -> usize {
    short as usize >> (SHORT_BITS - Key::BEGINNINGS.ilog2())
}

/// Where keys that begin alike start in a list of keys in order: a look goes to a few of thousands.
#[derive(Default)]
pub(crate) struct Starts(pub(crate) Vec<u32>);

impl Starts {
    /// From what each of them begins with.
    pub(crate) fn new(beginnings: &mut dyn Iterator<Item = usize>) -> Self {
        let mut starts = Vec::with_capacity(Key::BEGINNINGS + 1);
        let mut count = 0;
        for beginning in beginnings {
            starts.resize(starts.len().max(beginning + 1), count);
            count += 1;
        }
        starts.resize(Key::BEGINNINGS + 1, count);
        Self(starts)
    }

    pub(crate) fn of(&self, beginning: usize) -> Range<usize> {
        self.0.get(beginning..beginning + 2).map_or(0..0, |range| range[0] as usize..range[1] as usize)
    }
}

pub(crate) fn sound_key(sound: &str) -> Key {
    key(b's', sound)
}

/// A word in one language, in small letters.
pub(crate) fn word(text: &str, tongue: Tongue) -> Word {
    let stem = stem_in(text, tongue);
    let kind = match tongue {
        Tongue::Mongolian => b'm',
        Tongue::Russian => b'r',
        Tongue::English => b'e',
    };
    let fold = match tongue {
        Tongue::Mongolian => key(kind, &fold_stem(&stem)),
        Tongue::Russian | Tongue::English => key(kind, &stem),
    };
    Word { stem: key(kind, &stem), fold }
}

/// The stem that a keyboard without ө and ү makes of a Mongolian word.
pub(crate) fn without_own_letters(text: &str) -> Key {
    key(b'm', &stem(text).replace('ө', "о").replace('ү', "у"))
}

/// As it sounds.
pub(crate) fn sound(text: &str, tongue: Tongue) -> String {
    phonetic_stem(&stem_in(text, tongue))
}

fn stem_in(text: &str, tongue: Tongue) -> Cow<'_, str> {
    match tongue {
        Tongue::Mongolian => stem(text).into(),
        Tongue::Russian => without_ending(text, RUSSIAN_ENDINGS).into(),
        Tongue::English => without_ending(text, ENGLISH_ENDINGS).into(),
    }
}

/// Finds a word when its own keys do not: with endings written short.
pub(crate) fn loose(text: &str) -> Key {
    key(b'm', &fold_stem(&loose_stem(text)))
}

/// What a verb shares with its nouns; of what is left a letter or two, that could be of any.
pub(crate) fn verb(text: &str) -> Key {
    const LEFT: usize = 3;
    let root = fold_stem(&verb_stem(text));
    if root.len() < LEFT { key(b'w', text) } else { key(b'v', &root) }
}

/// A number is one word whether in digits or not: «дөрвөн» is 4.
pub(crate) fn number_key(value: &str) -> Key {
    key(b'n', value)
}

/// The tokens of a text, number words read as numbers. A run of number words is one token.
pub(crate) fn read(text: &str) -> Vec<Token> {
    let all = tokens(text);
    if !all.iter().any(|token| number_of(token).is_some()) {
        return all;
    }
    let mut read: Vec<Token> = Vec::new();
    let mut at = 0;
    while at < all.len() {
        let number = number_of(&all[at]).and_then(|_| {
            let texts: Vec<Cow<'_, str>> = all[at..].iter().take(NUMBER_WORDS).map(cyrillic).collect();
            number::leading(&texts.iter().map(|text| &**text).collect::<Vec<&str>>())
        });
        match number {
            Some((value, used)) => {
                let range = all[at].range.start..all[at + used - 1].range.end;
                read.push(Token { text: value.to_string(), range, script: Script::Number });
                at += used;
            }
            None => {
                read.push(all[at].clone());
                at += 1;
            }
        }
    }
    read
}

/// What a number word says, in either script.
fn number_of(token: &Token) -> Option<u64> {
    number::word(&cyrillic(token))
}

/// No service has a longer number in its name.
const NUMBER_WORDS: usize = 6;

/// The languages a token may be of.
pub(crate) fn tongues(token: &Token) -> &'static [Tongue] {
    match token.script {
        Script::Cyrillic => &[Tongue::Mongolian, Tongue::Russian],
        Script::Latin => &[Tongue::Mongolian, Tongue::English],
        Script::Number | Script::Other => &[Tongue::Mongolian],
    }
}

/// A Mongolian word from which no ending is taken off: a long vowel that is written once looks like one (`horo`, `bolsn`).
pub(crate) fn whole(text: &str) -> Word {
    of_stem(text).0
}

/// A Mongolian word by what may be left when endings as informal Latin has them are taken off, and how many letters that is.
pub(crate) fn informal_words(text: &str) -> impl Iterator<Item = (Word, usize)> {
    informal_stems(text).into_iter().map(|stem| (of_stem(&stem).0, stem.chars().count()))
}

/// The bones of a Mongolian word, with and without its endings as informal Latin has them.
pub(crate) fn bones(text: &str) -> impl Iterator<Item = Key> {
    informal_stems(text).into_iter().chain([stem(text)]).filter_map(|stem| bones_of(&fold_stem(&stem)))
}

/// As a word may sound whose endings are as informal Latin has them.
pub(crate) fn informal_sounds(text: &str) -> impl Iterator<Item = String> {
    informal_stems(text).into_iter().map(|stem| phonetic_stem(&stem))
}

/// A word whose stem ends in the н that its ending seems to begin with: a past participle with a case («гээснээ»,
/// «салсны»), a loan («машины», `mashnii`).
pub(crate) fn ending_in_n(text: &str) -> Option<Word> {
    let stem = stem(text);
    let ending = text.strip_prefix(stem.as_str())?;
    ending.starts_with('н').then(|| of_stem(&(stem + "н")).0)
}

/// A noun of three letters as its owner's («нэрээ») or before a word of place («нэрэн дээр»): of words so short these endings
/// are not taken off by rule.
pub(crate) fn short_noun(text: &str) -> Option<Word> {
    let letters: Vec<char> = text.chars().collect();
    let [_, _, last, vowel, end] = letters[..] else { return None };
    let is_ending = "аэоө".contains(vowel) && (end == vowel || end == 'н') && !"аэиоөуүеёюя".contains(last);
    is_ending.then(|| of_stem(&letters[..3].iter().collect::<String>()).0)
}

/// A Mongolian word that is known by its fold alone.
pub(crate) fn of_fold(text: &str, fold: Key) -> Word {
    Word { stem: key(b'm', text), fold }
}

/// A word and its bones.
pub(crate) fn word_and_bones(text: &str, tongue: Tongue) -> (Word, Option<Key>) {
    if tongue != Tongue::Mongolian {
        return (word(text, tongue), None);
    }
    let (word, fold) = of_stem(&stem(text));
    (word, bones_of(&fold))
}

/// A Mongolian word of this stem, and its fold in letters.
fn of_stem(stem: &str) -> (Word, String) {
    let fold = fold_stem(stem);
    (Word { stem: key(b'm', stem), fold: key(b'm', &fold) }, fold)
}

/// What is left of a word when its vowels are left out too, as in messages (`lavlgaa`, `burtgl`), but for the first
/// letter; of short words that is too little.
fn bones_of(fold: &str) -> Option<Key> {
    const LEFT: usize = 3;
    let mut bones = String::with_capacity(fold.len());
    for (at, letter) in fold.char_indices() {
        if (at == 0 || !"aeiou".contains(letter)) && !bones.ends_with(letter) {
            bones.push(letter);
        }
    }
    (bones.len() >= LEFT).then(|| key(b'b', &bones))
}

/// A Mongolian spelling of a Latin token; Cyrillic stays.
pub(crate) fn cyrillic(token: &Token) -> Cow<'_, str> {
    match token.script {
        Script::Latin => to_cyrillic(&token.text).into(),
        Script::Cyrillic | Script::Number | Script::Other => token.text.as_str().into(),
    }
}

/// Longest first. Enough to let forms of one word meet: cases, number and gender; no derivation.
const RUSSIAN_ENDINGS: &[&str] = &[
    "иями", "ями", "ами", "ого", "его", "ому", "ему", "ыми", "ими", "иях", "ией", "ях", "ах", "ов", "ев", "ей", "ой",
    "ый", "ий", "ая", "яя", "ое", "ее", "ые", "ие", "ую", "юю", "ом", "ем", "ам", "ям", "их", "ых", "ию", "ия", "ии",
    "ть", "у", "ю", "а", "я", "о", "е", "ы", "и", "ь",
];
const ENGLISH_ENDINGS: &[&str] = &["ies", "ing", "ed", "es", "y", "s", "e"];

fn without_ending<'a>(text: &'a str, endings: &[&str]) -> &'a str {
    /// Shorter words are all stem.
    const LEFT: usize = 3;
    let last = text.as_bytes().last();
    // Of what ends otherwise nothing is asked: that is most.
    let likely = endings.iter().filter(|ending| ending.as_bytes().last() == last);
    let mut stems = likely.filter_map(|ending| text.strip_suffix(ending));
    stems.find(|stem| stem.chars().count() >= LEFT).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_that_no_rule_takes_off_leave_the_word() {
        let mongolian = |text| word(text, Tongue::Mongolian).stem;
        for (form, lemma) in [("машний", "машин"), ("салснаа", "салсан")] {
            assert_eq!(ending_in_n(form).map(|word| word.stem), Some(mongolian(lemma)), "{form}");
        }
        for (form, lemma) in [("нэрээ", "нэр"), ("нэрэн", "нэр"), ("малаа", "мал"), ("мөнөө", "мөн")]
        {
            assert_eq!(short_noun(form).map(|word| word.stem), Some(mongolian(lemma)), "{form}");
        }
        assert!(ending_in_n("лавлагаа").is_none() && short_noun("өрөө").is_none());
    }
}
