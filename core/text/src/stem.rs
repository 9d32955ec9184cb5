//! What is left of a word when its endings are taken off.
//!
//! Guarantees: a stem is one key for all forms of a lexeme, not a word to show; no dictionary is asked; stemming a
//! word takes a few steps at most.

use std::sync::LazyLock;

use crate::{
    latin,
    table::{self, ByLetter, Words},
};

/// Longer words have no more endings: what is beyond is kept as it is.
const STEPS: usize = 10;

const LOW_VOWELS: [char; 4] = ['а', 'э', 'о', 'ө'];
const HIGH_VOWELS: [char; 2] = ['у', 'ү'];

/// The stem of a word in small letters, as [`tokens`](crate::tokens) gives it; Latin is read as Cyrillic first.
///
/// Taken off: plural, case, possession, similative and final vowels. Put right: vowels that an ending pushes out
/// (бичиг, бичгийн), hidden н (хороо, хорооноос), ь written и (сургууль, сургуулиас), г between vowels (дүү, дүүгийн).
/// Not taken off: the negation -гүй, for «бүртгэлгүй» is no «бүртгэл».
///
/// ```
/// use mongolian_text::stem;
/// assert_eq!(stem("бичгийн"), stem("бичиг"));
/// assert_eq!(stem("хорооноос"), stem("хороо"));
/// assert_eq!(stem("сургуулиудаас"), stem("сургууль"));
/// assert_eq!(stem("банкнаас"), stem("банк"));
/// assert_ne!(stem("бүртгэлгүй"), stem("бүртгэл"));
/// ```
pub fn stem(word: &str) -> String {
    let mut word = letters(word);
    reduce(&mut word, &RULES.strict);
    close(word)
}

/// As [`stem`], and takes off endings whose long vowel is written once, as in informal Latin and by recognisers
/// (`tatvaras`, «татварас» for татвараас). Parts fewer words.
pub fn loose_stem(word: &str) -> String {
    let mut word = letters(word);
    reduce(&mut word, &RULES.loose);
    close(word)
}

/// What may be left of a word that was written in informal Latin, each time with one ending less: there `i` is ий and ы
/// too (`gazrin`, `gazriin`, `gazryn`), and any long vowel may be written once (`hileer`, `hiler`). Ends of stems look like
/// such endings: whoever knows words takes the first that is one.
///
/// ```
/// use mongolian_text::{informal_stems, stem};
/// assert_eq!(informal_stems("газрин").first(), Some(&stem("газар")));
/// assert!(informal_stems("хашанда").contains(&"хаша".to_owned()));
/// assert!(informal_stems("татвариг").contains(&stem("татвар")));
/// ```
pub fn informal_stems(word: &str) -> Vec<String> {
    let mut word = letters(word);
    let mut stems = Vec::new();
    while stems.len() < STEPS && take_off(&mut word, &RULES.informal, Some(&RULES.short)) {
        stems.push(close(word.clone()));
    }
    stems
}

/// What a verb and its nouns share, whatever their endings: a weaker key than [`stem`].
///
/// ```
/// use mongolian_text::verb_stem;
/// assert_eq!(verb_stem("захиалуулмаар"), verb_stem("захиалга"));
/// assert_eq!(verb_stem("сунгуулахад"), verb_stem("сунгах"));
/// assert_eq!(verb_stem("төлөөгүй"), verb_stem("төлөлт"));
/// ```
pub fn verb_stem(word: &str) -> String {
    let mut word = letters(word);
    reduce(&mut word, &RULES.verbal);
    close(word)
}

/// Every ending, written out: «ын», «аас», «ээс» …
pub(crate) fn endings() -> impl Iterator<Item = String> {
    rules(table::text("suffixes.tsv"), Written::InFull).into_iter().map(|rule| rule.ending.into_iter().collect())
}

fn letters(word: &str) -> Vec<char> {
    let mut letters = Vec::with_capacity(word.len());
    letters.extend(word.chars());
    if letters.iter().any(|&letter| latin::is_latin(letter)) {
        letters.clear();
        letters.extend(latin::to_cyrillic(word).chars());
    }
    letters
}

/// One ending and where it may be taken off.
#[derive(Debug, Clone)]
struct Rule {
    /// The ending's first letter, which tells most of them apart.
    first: char,
    ending: Vec<char>,
    /// Any of these must stand before it; none: anything.
    after: Vec<After>,
    /// Vowel letters and letters that must be left.
    vowels: usize,
    letters: usize,
}

/// What the last two letters before an ending may be.
#[derive(Debug, Clone, Copy)]
struct After {
    last: Letters,
    before: Letters,
}

/// Some letters, a bit each: asked of at every step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Letters(u64);

impl Letters {
    /// Also where the word begins.
    const ANY: Self = Self(u64::MAX);
    /// Where no letter stands.
    const EDGE: Self = Self(1 << 63);

    fn of(letters: impl IntoIterator<Item = char>) -> Self {
        Self(letters.into_iter().fold(0, |all, letter| all | Self::one(letter).0))
    }

    /// Letters that endings do not ask for are one.
    fn one(letter: char) -> Self {
        Self(match letter {
            '\u{430}'..='\u{45F}' => 1 << (u32::from(letter) - 0x430),
            'ө' => 1 << 48,
            'ү' => 1 << 49,
            _ => 1 << 62,
        })
    }

    /// Every other letter.
    fn others(self) -> Self {
        Self(!(self.0 | Self::EDGE.0))
    }

    fn has(self, letter: char) -> bool {
        self.meets(Self::one(letter))
    }

    fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Endings by their last letter, longest first.
struct RuleSet {
    by_last: ByLetter<Vec<Rule>>,
}

struct Rules {
    strict: RuleSet,
    loose: RuleSet,
    informal: RuleSet,
    verbal: RuleSet,
    /// What is left of a form, in the order of `regular`.
    irregular: Words,
    /// The words they belong to.
    regular: Vec<Vec<char>>,
    /// Nothing comes off these: words whose end only looks like an ending, also without the vowel that comes and goes.
    whole: Words,
    /// The same with long vowels written once, for what was written in Latin letters.
    short: Words,
}

fn hash(word: &[char]) -> u64 {
    table::hash(word.iter().copied())
}

struct Classes {
    consonants: Letters,
    vowels: Letters,
    short: Letters,
    long: Vec<After>,
}

static CLASSES: LazyLock<Classes> = LazyLock::new(class_members);

fn class_members() -> Classes {
    let members = |name: &str| -> &'static str {
        let class = table::rows::<3>(table::text("classes.tsv")).find(|row| row[0] == name);
        class.map(|[_, members, _]| members).unwrap_or_default()
    };
    let letters = |name| members(name).split(' ').flat_map(str::chars);
    let mut long: Vec<After> = Vec::new();
    for member in members("L").split(' ') {
        let mut letters = member.chars().rev();
        let Some(last) = letters.next().map(Letters::one) else { continue };
        let before = letters.next().map_or(Letters::ANY, Letters::one);
        match long.iter_mut().find(|other| other.last == last) {
            Some(other) => other.before.0 |= before.0,
            None => long.push(After { last, before }),
        }
    }
    Classes {
        consonants: Letters::of(letters("C")),
        vowels: Letters::of(letters("V")),
        short: Letters::of(letters("S")),
        long,
    }
}

static RULES: LazyLock<Rules> = LazyLock::new(all_rules);

fn all_rules() -> Rules {
    let strict = rules(table::text("suffixes.tsv"), Written::InFull);
    let loose = strict.iter().cloned().chain(strict.iter().filter_map(written_once).map(guarded)).collect();
    let informal = rules(table::text("suffixes.tsv"), Written::Informally);
    let short = informal.iter().filter_map(written_once).chain(informal.iter().filter_map(written_i));
    let informal = informal.iter().cloned().chain(short).collect();
    let verbal: Vec<Rule> = rules(table::text("verbs.tsv"), Written::InFull);
    let verbal =
        verbal.iter().cloned().chain(verbal.iter().filter_map(written_once).map(guarded)).chain(strict.iter().cloned());
    let rows = table::rows::<3>(table::text("irregular.tsv"));
    let mut irregular: Vec<(Vec<char>, Vec<char>)> =
        rows.map(|[left, word, _]| (left.chars().collect(), word.chars().collect())).collect();
    let (mut whole, mut short) = (Vec::new(), Vec::new());
    for line in table::lines(table::text("whole.txt")) {
        let (word, other) = line.split_once('|').unwrap_or((line, ""));
        short.push(table::hash(once(word).chars()));
        for typed in [|word: &str| word.to_owned(), with_o, with_u] {
            let word: Vec<char> = typed(word).chars().collect();
            whole.extend([table::hash(close(word.clone()).chars()), hash(&word)]);
            if !other.is_empty() {
                irregular.push((typed(other).chars().collect(), word));
            }
        }
    }
    Rules {
        irregular: Words::new(irregular.iter().map(|(left, _)| hash(left))),
        regular: irregular.into_iter().map(|(_, word)| word).collect(),
        whole: Words::new(whole.into_iter()),
        short: Words::new(short.into_iter()),
        verbal: RuleSet::new(verbal.collect()),
        loose: RuleSet::new(loose),
        informal: RuleSet::new(informal),
        strict: RuleSet::new(strict),
    }
}

/// A word as a keyboard without ө and ү writes it, and as informal Latin reads.
fn with_o(word: &str) -> String {
    word.replace('ө', "о").replace('ү', "у")
}

fn with_u(word: &str) -> String {
    word.replace(['ө', 'ү'], "у")
}

/// With each long vowel written once.
fn once(word: &str) -> String {
    let mut last = None;
    with_u(word).chars().filter(|&letter| last.replace(letter) != Some(letter) || !is_vowel(letter)).collect()
}

impl RuleSet {
    fn new(rules: Vec<Rule>) -> Self {
        let mut by_last: ByLetter<Vec<Rule>> = ByLetter::new();
        for rule in rules {
            let Some(&last) = rule.ending.last() else { continue };
            match by_last.get_mut(last) {
                // Behind those that are as long: for a dozen, a sort of its own would weigh more than it saves.
                Some(list) => {
                    let place = list.partition_point(|other| other.ending.len() >= rule.ending.len());
                    list.insert(place, rule);
                }
                None => by_last.put(last, vec![rule]),
            }
        }
        Self { by_last }
    }

    /// How long the word is without its outermost ending.
    fn outermost(&self, word: &[char]) -> Option<usize> {
        let rules = self.by_last.get(*word.last()?)?;
        let left = |rule: &Rule| {
            let (left, ending) = word.split_at_checked(word.len().checked_sub(rule.ending.len())?)?;
            let is_it = ending.first() == Some(&rule.first) && ending == rule.ending && rule.lets(left);
            is_it.then_some(left.len())
        };
        rules.iter().find_map(left)
    }
}

impl Rule {
    fn lets(&self, left: &[char]) -> bool {
        let may_stand = |after: &After| {
            let mut letters = left.iter().rev().map(|letter| Letters::one(*letter));
            let mut is_of = |class: Letters| class.meets(letters.next().unwrap_or(Letters::EDGE));
            is_of(after.last) && is_of(after.before)
        };
        left.len() >= self.letters
            && (self.after.is_empty() || self.after.iter().any(may_stand))
            && left.iter().filter(|&&letter| is_vowel(letter)).count() >= self.vowels
    }
}

/// How words were written whose endings are taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    InFull,
    /// In Latin letters: a long vowel may be written once.
    Informally,
}

/// The slot of endings that only informal Latin has.
const INFORMAL: &str = "informal";

fn rules(text: &'static str, written: Written) -> Vec<Rule> {
    let mut rules = Vec::new();
    for [slot, template, after, vowels, letters, _] in table::rows(text) {
        if slot == INFORMAL && written == Written::InFull {
            continue;
        }
        let (Ok(vowels), Ok(letters)) = (vowels.parse(), letters.parse()) else { continue };
        let after: Vec<After> = if after.is_empty() {
            Vec::new()
        } else {
            after.split('|').flat_map(|after| alternatives(after, written)).collect()
        };
        for ending in written_out(template) {
            let Some(first) = ending.chars().next() else { continue };
            rules.push(Rule { first, ending: ending.chars().collect(), after: after.clone(), vowels, letters });
        }
    }
    rules
}

/// What a pattern of one or two classes lets stand before an ending.
fn alternatives(pattern: &str, written: Written) -> Vec<After> {
    if pattern == "L" {
        let once = After { last: CLASSES.vowels, before: Letters::ANY };
        return CLASSES.long.iter().copied().chain((written == Written::Informally).then_some(once)).collect();
    }
    let mut after = After { last: Letters::ANY, before: Letters::ANY };
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        let class = match letter {
            'C' => CLASSES.consonants,
            'V' => CLASSES.vowels,
            '[' => {
                let members: Vec<char> = letters.by_ref().take_while(|&member| member != ']').collect();
                match members.split_first() {
                    Some(('^', rest)) => Letters::of(rest.iter().copied()).others(),
                    Some(_) | None => Letters::of(members),
                }
            }
            letter => Letters::one(letter),
        };
        after = After { last: class, before: after.last };
    }
    vec![after]
}

/// «AAс» is аас, ээс, оос, өөс.
fn written_out(template: &str) -> Vec<String> {
    let low = LOW_VOWELS.map(|vowel| template.replace('A', vowel.encode_utf8(&mut [0; 4])));
    let mut forms: Vec<String> = low
        .iter()
        .flat_map(|form| HIGH_VOWELS.map(|vowel| form.replace('U', vowel.encode_utf8(&mut [0; 4]))))
        .collect();
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// The ending with its long vowel written once.
fn written_once(rule: &Rule) -> Option<Rule> {
    let twice = rule.ending.windows(2).position(|pair| pair[0] == pair[1] && is_vowel(pair[0]))?;
    let mut ending = rule.ending.clone();
    ending.remove(twice);
    (ending.len() > 1 && !ending.last().copied().is_some_and(is_vowel)).then(|| Rule { ending, ..rule.clone() })
}

/// Asks for more before the ending, for «-ар» ends many a stem.
fn guarded(rule: Rule) -> Rule {
    Rule { vowels: rule.vowels.max(2), letters: rule.letters.max(4), ..rule }
}

/// The ending with `i` for ий: few stems end in «-ин», «-иг».
fn written_i(rule: &Rule) -> Option<Rule> {
    let place = rule.ending.windows(2).position(|pair| pair == ['и', 'й'])?;
    let mut ending = rule.ending.clone();
    ending.remove(place + 1);
    Some(Rule { ending, ..rule.clone() })
}

fn reduce(word: &mut Vec<char>, rules: &RuleSet) {
    let mut steps = 0;
    while steps < STEPS && take_off(word, rules, None) {
        steps += 1;
    }
}

/// Takes the outermost ending off, if there is one.
fn take_off(word: &mut Vec<char>, rules: &RuleSet, also_whole: Option<&Words>) -> bool {
    let mut hashed = hash(word);
    if let Some(place) = RULES.irregular.place(hashed) {
        word.clone_from(&RULES.regular[place]);
        hashed = hash(word);
    }
    let is_of = |words: &Words| words.place(hashed).is_some();
    if is_of(&RULES.whole) || also_whole.is_some_and(is_of) {
        return false;
    }
    match rules.outermost(word) {
        Some(length) => word.truncate(length),
        None => return false,
    }
    true
}

/// Takes out what changes inside a stem: a final sign, and the vowel that comes and goes before the last consonant.
fn close(mut word: Vec<char>) -> String {
    if word.len() > 2 && word.last().is_some_and(|&letter| is_sign(letter)) {
        word.pop();
    }
    if let Some(place) = fleeting(&word) {
        let sign = place > 1 && is_sign(word[place - 1]);
        word.drain(place - usize::from(sign)..=place);
    }
    let mut stem = String::with_capacity(2 * word.len());
    stem.extend(word);
    stem
}

/// Where a vowel stands that an ending may push out: between two consonants, the second one last.
fn fleeting(word: &[char]) -> Option<usize> {
    let place = word.len().checked_sub(2)?;
    let (vowel, last) = (word[place], word[place + 1]);
    let before = if is_sign(*word.get(place.checked_sub(1)?)?) { place.checked_sub(2)? } else { place - 1 };
    let consonants = CLASSES.consonants.has(word[before]) && CLASSES.consonants.has(last);
    let comes_and_goes = (CLASSES.short.has(vowel) && !matches!(vowel, 'ё' | 'я' | 'е'))
        || (vowel == 'и' && matches!(word[place - 1], 'ж' | 'ч' | 'ш' | 'г' | 'к' | 'х' | 'ц'));
    let another = word[..before].iter().any(|&letter| is_vowel(letter));
    (consonants && comes_and_goes && another).then_some(place)
}

fn is_vowel(letter: char) -> bool {
    CLASSES.vowels.has(letter)
}

fn is_sign(letter: char) -> bool {
    matches!(letter, 'ь' | 'ъ')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one_key(words: &[&str]) {
        let first = stem(words[0]);
        for word in words {
            assert_eq!(stem(word), first, "{word} beside {}", words[0]);
        }
    }

    #[test]
    fn every_case_of_a_noun_has_one_stem() {
        one_key(&[
            "даатгал",
            "даатгалын",
            "даатгалд",
            "даатгалыг",
            "даатгалаас",
            "даатгалаар",
            "даатгалтай",
            "даатгалаа",
        ]);
        one_key(&["үнэмлэх", "үнэмлэхийн", "үнэмлэхний", "үнэмлэхээ", "үнэмлэхтэй", "үнэмлэхүүд", "үнэмлэхнээсээ"]);
        one_key(&["өргөдөл", "өргөдлийн", "өргөдлөө", "өргөдлүүдийг", "өргөдөлд", "өргөдлөөр"]);
        one_key(&["хүүхэд", "хүүхдийн", "хүүхдүүд", "хүүхдэд", "хүүхдийнхээ"]);
        one_key(&["хороо", "хорооны", "хороонд", "хорооноос", "хороогоор"]);
        one_key(&["лавлагаа", "лавлагааны", "лавлагаагаа", "лавлагаагаар", "лавлагааг"]);
        one_key(&["сургууль", "сургуулийн", "сургуульд", "сургуулиас", "сургуулиудын"]);
        one_key(&["байшин", "байшингийн", "байшингаар"]);
        one_key(&["дүү", "дүүгийн", "дүүгээс"]);
        one_key(&["компани", "компанийн", "компаниас", "компаниуд"]);
    }

    #[test]
    fn what_differs_in_meaning_keeps_stems_apart() {
        for (one, other) in [("төр", "төрөл"), ("гэрчилгээ", "гэрлэлт"), ("бүртгэлгүй", "бүртгэл"), ("газар", "гадаад")]
        {
            assert_ne!(stem(one), stem(other), "{one}, {other}");
        }
    }

    #[test]
    fn an_ending_with_one_vowel_for_two_comes_off_only_when_asked() {
        assert_eq!(loose_stem("татварас"), stem("татвар"));
        assert_eq!(loose_stem("tatvaras"), stem("татвар"));
        assert_ne!(stem("татварас"), stem("татвар"));
    }

    #[test]
    fn forms_of_a_verb_and_its_nouns_meet() {
        let first = verb_stem("бүртгэх");
        for word in ["бүртгүүлэх", "бүртгэл", "бүртгэлээ", "бүртгүүлмээр", "бүртгүүлсэн", "бүртгэгдсэн", "бүртгэх"]
        {
            assert_eq!(verb_stem(word), first, "{word}");
        }
    }

    #[test]
    fn a_word_without_vowels_or_of_another_script_is_its_own_stem() {
        for word in ["ндш", "х", "", "ᠮᠣᠩᠭᠣᠯ", "12", "ьь"] {
            assert_eq!(stem(word).trim_end_matches('ь'), word.trim_end_matches('ь'));
        }
    }

    proptest! {
        #[test]
        fn a_stem_is_never_longer_than_its_word(word in "[а-яөүё]{0,40}") {
            prop_assert!(stem(&word).chars().count() <= word.chars().count().max(7));
            verb_stem(&word);
            loose_stem(&word);
            prop_assert!(informal_stems(&word).len() <= STEPS);
        }

        #[test]
        fn any_text_has_a_stem(word in "[\u{80}-\u{180}a-zа-я]{0,12}|\\PC{0,60}") {
            crate::phonetic_key(&word);
            verb_stem(&word);
        }
    }
}
