//! What words mean the same, which hardly weigh, and which are of no service at all.
//!
//! Guarantees: read once, from `data/` as it stands in the editable files; a line that does not fit is left out.

use std::sync::LazyLock;

use mongolian_text::{Script, Token, abbreviation, fold_letters};

use super::{
    kinds::Kinds,
    words::{self, GAP_BITS, Key, Places, Starts, Tongue, Word},
};

/// The longest phrase that is one notion: «шүүхийн шийдвэр гүйцэтгэх».
const PHRASE: usize = 7;

/// A notion with a name in several languages.
pub(crate) struct Concept {
    pub(crate) role: Role,
    /// Which kinds of service it asks for.
    pub(crate) chooses: Kinds,
    /// As titles say it.
    pub(crate) name: Box<str>,
}

/// What a notion does in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Tells services apart.
    Thing,
    /// Says what is to be done.
    Action,
    /// «A paper about»: hardly tells anything apart.
    Head,
    /// Asks for a twin in a foreign language.
    Language,
    /// Says nothing: politeness, questions.
    Filler,
}

pub(crate) type ConceptId = u16;

/// How a word or phrase names a notion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// As titles do: matched both ways.
    Title,
    /// In Russian or English.
    Translation,
    /// As people do. A title that happens to say it may mean something else.
    Said,
}

/// One word of the lexicon, and the notion it names alone.
pub(crate) struct Single {
    pub(crate) word: Word,
    pub(crate) text: String,
    pub(crate) tongue: Tongue,
    pub(crate) concept: ConceptId,
    pub(crate) naming: Naming,
}

pub(crate) struct Lexicon {
    pub(crate) concepts: Vec<Concept>,
    pub(crate) singles: Vec<Single>,
    /// Of words in a row and of the first of them, by their folds, and by their verbs' stems.
    phrases: Places,
    /// What they name; of those that only begin a phrase, the first: nothing.
    named: Vec<Vec<(ConceptId, Naming)>>,
    /// Words of its own, by fold: places among `singles`.
    known: Places,
    /// And by stem; what says nothing says nothing.
    known_exactly: Places,
    /// Folds of its Mongolian words by their bones, in order.
    bones: Vec<(Key, Key)>,
    /// Words of phrases, by their folds and by their verbs' stems, in order.
    in_phrases: Vec<Key>,
    /// Short keys of words of no service, in order.
    everyday: Vec<u32>,
    everyday_starts: Starts,
}

pub(crate) static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::read);

impl Lexicon {
    fn read() -> Self {
        let everyday = everyday(EVERYDAY);
        let mut lexicon = Self {
            concepts: Vec::new(),
            singles: Vec::new(),
            phrases: Places::default(),
            named: vec![Vec::new()],
            known: Places::default(),
            known_exactly: Places::default(),
            bones: Vec::new(),
            in_phrases: Vec::new(),
            everyday_starts: Starts::new(&mut everyday.iter().map(|key| words::beginning(*key))),
            everyday,
        };
        let synonyms = unpacked(SYNONYMS);
        let cells: Vec<&str> = synonyms.split('\n').collect();
        let rows = cells.len() / COLUMNS;
        for row in 0..rows {
            let [kind, chooses, mn, said, ru, en]: [&str; COLUMNS] =
                std::array::from_fn(|column| cells[column * rows + row]);
            let Some(role) = role(kind) else { continue };
            let name = mn.split('|').next().unwrap_or_default();
            let Some(concept) = lexicon.add(Concept { role, chooses: Kinds::named(chooses), name: name.into() }) else {
                break;
            };
            for (terms, tongue, naming) in [
                (mn, Tongue::Mongolian, Naming::Title),
                (said, Tongue::Mongolian, Naming::Said),
                (ru, Tongue::Russian, Naming::Translation),
                (en, Tongue::English, Naming::Translation),
            ] {
                for term in terms.split('|').filter(|term| !term.is_empty()) {
                    lexicon.name(concept, term, tongue, naming);
                }
            }
        }
        for (short, long) in abbreviation::all() {
            let Some(concept) =
                lexicon.add(Concept { role: Role::Thing, chooses: Kinds::default(), name: long.into() })
            else {
                break;
            };
            lexicon.name(concept, long, Tongue::Mongolian, Naming::Title);
            lexicon.name(concept, short, Tongue::Mongolian, Naming::Said);
        }
        as_set(&mut lexicon.bones);
        as_set(&mut lexicon.in_phrases);
        lexicon
    }

    /// Whether the word is known to be of no service, in any of its languages.
    /// In Cyrillic only as it is spelt: «жанар» is no «жанр».
    pub(crate) fn is_everyday(&self, word: &Word, script: Script) -> bool {
        let key = if script == Script::Cyrillic { word.stem } else { word.fold };
        let alike = self.everyday_starts.of(key.beginning());
        self.everyday[alike].binary_search(&key.short()).is_ok() && self.known.get(word.fold).is_none()
    }

    /// Whether a phrase has it, by the fold of a word or by a verb's stem.
    pub(crate) fn is_in_phrase(&self, key: Key) -> bool {
        self.in_phrases.binary_search(&key).is_ok()
    }

    /// What a word of the lexicon does, whether or not a service has to do with it.
    pub(crate) fn role_of(&self, word: &Word) -> Option<Role> {
        let single = &self.singles[self.known_exactly.get(word.stem).or_else(|| self.known.get(word.fold))?];
        Some(self.concepts[usize::from(single.concept)].role)
    }

    /// Words of these bones.
    pub(crate) fn of_bones(&self, bones: Key) -> impl Iterator<Item = Key> {
        let first = self.bones.partition_point(|(other, _)| *other < bones);
        self.bones[first..].iter().take_while(move |(other, _)| *other == bones).map(|(_, fold)| *fold)
    }

    /// Whether it is written so, all its letters folded, when it says nothing.
    pub(crate) fn is_filler(&self, fold: Key, letters: &str) -> bool {
        self.singles.iter().any(|single| {
            single.word.fold == fold
                && self.concepts[usize::from(single.concept)].role == Role::Filler
                && fold_letters(&single.text) == letters
        })
    }

    /// What words in a row name; `None`: no phrase begins so.
    pub(crate) fn phrase(&self, words: Key) -> Option<&[(ConceptId, Naming)]> {
        self.phrases.get(words).map(|place| &self.named[place][..])
    }

    fn add(&mut self, concept: Concept) -> Option<ConceptId> {
        let id = ConceptId::try_from(self.concepts.len()).ok()?;
        self.concepts.push(concept);
        Some(id)
    }

    fn name(&mut self, concept: ConceptId, term: &str, tongue: Tongue, naming: Naming) {
        let tokens = words::read(term);
        let made: Vec<Word> = tokens
            .iter()
            .map(|token| {
                let (word, bones) = words::word_and_bones(&token.text, tongue);
                self.bones.extend(bones.filter(|_| token.script == Script::Cyrillic).map(|bones| (bones, word.fold)));
                word
            })
            .collect();
        match &tokens[..] {
            [] => {}
            [one] => {
                let word = made[0].clone();
                // Of several meanings, the last line's.
                let role = |place: usize| self.concepts[usize::from(self.singles[place].concept)].role;
                let is_filler = |known: &Places, key| known.get(key).is_some_and(|place| role(place) == Role::Filler);
                if tongue != Tongue::Mongolian || !is_filler(&self.known_exactly, word.stem) {
                    self.known_exactly.put(word.stem, self.singles.len());
                }
                self.known.put(word.fold, self.singles.len());
                self.singles.push(Single { word, text: one.text.clone(), tongue, concept, naming });
            }
            several if several.len() <= PHRASE => {
                let fold = |(token, word): (&Token, &Word)| match token.script {
                    Script::Number => words::number_key(&token.text),
                    Script::Cyrillic | Script::Latin | Script::Other => word.fold,
                };
                let folds: Vec<Key> = several.iter().zip(&made).map(fold).collect();
                self.in_phrases.extend_from_slice(&folds);
                self.add_phrase(folds, concept, naming);
                if tongue == Tongue::Mongolian {
                    let verbs: Vec<Key> = several.iter().map(|token| words::verb(&token.text)).collect();
                    self.in_phrases.extend_from_slice(&verbs);
                    self.add_phrase(verbs, concept, naming);
                }
            }
            _ => {}
        }
    }

    fn add_phrase(&mut self, keys: Vec<Key>, concept: ConceptId, naming: Naming) {
        let (mut words, mut place) = (Key::NONE, 0);
        for key in keys {
            words = words.and(key);
            place = self.phrases.get_or(words, 0);
        }
        if place == 0 {
            place = self.named.len();
            self.phrases.put(words, place);
            self.named.push(Vec::new());
        }
        let named = &mut self.named[place];
        if !named.iter().any(|(known, _)| *known == concept) {
            named.push((concept, naming));
        }
    }
}

/// In order, each once, in no more room than that takes.
fn as_set<T: Ord>(all: &mut Vec<T>) {
    all.sort_unstable();
    all.dedup();
    all.shrink_to_fit();
}

/// Short keys as `build.rs` packed them: gaps in Rice's code.
fn everyday(packed: &[u8]) -> Vec<u32> {
    let mut bits = packed.iter().flat_map(|byte| (0..8).rev().map(move |bit| u32::from(byte >> bit & 1)));
    let mut keys = Vec::new();
    let (mut key, mut high) = (0, 0);
    while let Some(bit) = bits.next() {
        if bit == 1 {
            high += 1;
            continue;
        }
        let low = bits.by_ref().take(GAP_BITS as usize).fold(0, |low, bit| low << 1 | bit);
        key += high << GAP_BITS | low;
        high = 0;
        keys.push(key);
    }
    keys
}

fn role(kind: &str) -> Option<Role> {
    Some(match kind {
        "thing" => Role::Thing,
        "action" => Role::Action,
        "head" => Role::Head,
        "language" => Role::Language,
        "filler" => Role::Filler,
        _ => return None,
    })
}

/// As `build.rs` packed them.
const SYNONYMS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/synonyms"));
const EVERYDAY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/everyday.keys"));

/// Of the synonyms: what a notion does, which kinds it asks for, its names.
const COLUMNS: usize = 6;

/// What is not as it was packed is nothing: search then knows no synonyms, and still finds by words.
fn unpacked(packed: &[u8]) -> String {
    let bytes = miniz_oxide::inflate::decompress_to_vec(packed).unwrap_or_default();
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
    let mut part = || parts.next().unwrap_or_default();
    let letters: Vec<char> = String::from_utf8_lossy(part()).chars().collect();
    let letter = |byte: &u8| letters.get(usize::from(byte & 0x7F)).filter(|_| !byte.is_ascii());
    part().iter().map(|byte| letter(byte).copied().unwrap_or(char::from(*byte))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_synonyms_is_read() {
        let lines = include_str!("../data/synonyms.tsv").lines();
        let lines: Vec<&str> = lines.filter(|line| !line.is_empty() && !line.starts_with('#')).skip(1).collect();
        let packed = unpacked(SYNONYMS);
        let cells: Vec<&str> = packed.split('\n').collect();
        assert_eq!(cells.len(), lines.len() * COLUMNS);
        for (row, line) in lines.iter().enumerate() {
            let fields: Vec<&str> = line.split('\t').collect();
            assert_eq!(fields, (0..COLUMNS).map(|column| cells[column * lines.len() + row]).collect::<Vec<_>>());
            assert!(role(fields[0]).is_some(), "{line}");
            assert!(
                fields[2..].iter().all(|field| field.split('|').all(|term| words::read(term).len() <= PHRASE)),
                "{line}"
            );
        }
    }

    #[test]
    fn a_word_that_asks_for_a_service_is_of_no_everyday_talk() {
        let lexicon = &*LEXICON;
        assert!(lexicon.singles.iter().all(|single| !lexicon.is_everyday(&single.word, Script::Latin)));
        assert!(lexicon.is_everyday(&words::word("бууз", Tongue::Mongolian), Script::Cyrillic));
    }
}
