//! Words that sound or look nearly alike.
//!
//! Guarantees: a look costs two passes over short lists, whatever the vocabulary; the same order for the same word.

use super::{sums::higher, words::keep_best};

/// Letters a–z, the edge of a word, and one for all others.
const ALPHABET: usize = 28;
const EDGE: usize = 26;
const OTHER: usize = 27;

/// Two words that are near share this part of half of their pairs.
const FIFTH: usize = 5;

/// Words looked at closely: further down the list nothing was ever near.
const LOOKED_AT: usize = 24;

/// Shorter words are near to too much.
const SHORTEST: usize = 3;

/// A longer word is compared by its beginning: no word of ours is longer.
const LONGEST: usize = 32;

/// Words by the pairs of letters in them.
#[derive(Default)]
pub(crate) struct Near {
    sounds: Vec<Box<str>>,
    /// So many of them are looked for; those behind are only told apart from them in a run.
    words: u32,
    by_pair: Vec<Vec<u32>>,
}

/// How many pairs of letters each word shares, kept between looks, that none is allocated twice.
#[derive(Default)]
pub(crate) struct Counts {
    shared: Vec<u8>,
    /// Room for each word and one more.
    listed: Vec<u32>,
}

impl Counts {
    fn start(&mut self, words: usize) {
        self.shared.resize(words, 0);
        self.shared.fill(0);
        self.listed.resize(words + 1, 0);
    }

    /// One more pair that these share.
    fn add(&mut self, places: &[u32]) {
        for &place in places {
            let shared = &mut self.shared[place as usize];
            *shared = shared.saturating_add(1);
        }
    }

    /// Of the first `words` those that share at least so many, and how many. All are looked through: to list those that
    /// share any costs more.
    fn at_least(&mut self, least: usize, words: u32) -> impl Iterator<Item = (u32, usize)> {
        let Self { shared, listed } = self;
        let mut next = 0;
        // Which they are can't be foretold, so no branch asks.
        for (place, shared) in (0..words).zip(&*shared) {
            listed[next] = place;
            next += usize::from(usize::from(*shared) >= least);
        }
        listed[..next].iter().map(|place| (*place, usize::from(shared[*place as usize])))
    }
}

impl Near {
    /// Of words, and of others that are not looked for.
    pub(crate) fn build(mut sounds: Vec<Box<str>>, others: impl Iterator<Item = Box<str>>) -> Self {
        let words = sounds.len() as u32;
        sounds.extend(others);
        let mut by_pair = vec![Vec::new(); ALPHABET * ALPHABET];
        for (place, sound) in (0u32..).zip(&sounds) {
            for pair in pairs(sound) {
                let list: &mut Vec<u32> = &mut by_pair[pair];
                if list.last() != Some(&place) {
                    list.push(place);
                }
            }
        }
        by_pair.iter_mut().for_each(Vec::shrink_to_fit);
        Self { sounds, words, by_pair }
    }

    /// Places of words that sound like `sound`, and how much alike, from `least` to 1. Nearest first.
    pub(crate) fn to(&self, sound: &str, least: f32, counts: &mut Counts) -> Vec<(u32, f32)> {
        let length = sound.len();
        if length < SHORTEST {
            return Vec::new();
        }
        counts.start(self.sounds.len());
        let mut asked = 0usize;
        for pair in pairs(sound) {
            asked += 1;
            counts.add(&self.by_pair[pair]);
        }
        let mut likely: Vec<(u32, u32)> = Vec::with_capacity(LOOKED_AT);
        // What is under two fifths of Dice's measure was never near.
        for (place, shared) in counts.at_least(asked.div_ceil(FIFTH), self.words) {
            let other = self.sounds[place as usize].len() + 1;
            if FIFTH * shared >= asked + other && other.abs_diff(asked) <= 2 + asked / 3 {
                let alike = 2000 * shared / (asked + other); // in thousandths
                let first =
                    |one: &(u32, u32), other: &(u32, u32)| one.0 > other.0 || (one.0 == other.0 && one.1 < other.1);
                keep_best(&mut likely, (alike as u32, place), LOOKED_AT, first);
            }
        }
        let mut near: Vec<(u32, f32)> = Vec::new();
        for (_, place) in likely {
            let alike = likeness(sound.as_bytes(), self.sounds[place as usize].as_bytes());
            if alike >= least {
                let first =
                    |one: &(u32, f32), other: &(u32, f32)| one.1 > other.1 || (one.1 == other.1 && one.0 < other.0);
                keep_best(&mut near, (place, alike), LOOKED_AT, first);
            }
        }
        near
    }

    /// Words that sound somewhere in a run of sounds, wherever its own words begin and end.
    pub(crate) fn within(&self, run: &str, least: f32, counts: &mut Counts) -> Vec<Within> {
        counts.start(self.sounds.len());
        let mut asked = [false; ALPHABET * ALPHABET];
        for pair in inner_pairs(run) {
            if std::mem::replace(&mut asked[pair], true) {
                continue;
            }
            counts.add(&self.by_pair[pair]);
        }
        let mut found = Vec::new();
        for (place, (&shared, sound)) in counts.shared.iter().zip(&self.sounds).enumerate() {
            let shared = usize::from(shared);
            // Of a word that was heard, half of the pairs are left or more.
            if shared == 0 || sound.len() < SHORTEST || 2 * shared < sound.len() - 1 {
                continue;
            }
            let (start, end, alike) = best_place(sound.as_bytes(), run.as_bytes());
            if alike >= least {
                found.push(Within { place: place as u32, start, end, alike });
            }
        }
        found
    }

    /// How well one word fits into a run.
    pub(crate) fn fits(&self, place: u32, run: &str) -> f32 {
        let sound = self.sounds.get(place as usize).filter(|sound| sound.len() >= SHORTEST);
        sound.map_or(0.0, |sound| best_place(sound.as_bytes(), run.as_bytes()).2)
    }

    pub(crate) fn bytes(&self) -> usize {
        let lists: usize = self.by_pair.iter().map(|list| 24 + list.capacity() * 4).sum();
        lists + self.sounds.iter().map(|sound| 16 + sound.len()).sum::<usize>()
    }
}

/// A word and where in a run it was heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Within {
    pub(crate) place: u32,
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) alike: f32,
}

/// Where in the run the word fits best, and how well: as [`likeness`], with nothing paid for what stands around it.
fn best_place(word: &[u8], run: &[u8]) -> (usize, usize, f32) {
    let word = &word[..word.len().min(LONGEST)];
    let run = &run[..run.len().min(LONGEST_RUN)];
    // Costs and starts of the best fits of the word's first letters that end at each letter of the run.
    let mut last = [(0f32, 0u16); LONGEST_RUN + 1];
    for (at, cell) in last.iter_mut().enumerate() {
        cell.1 = at as u16;
    }
    for &letter in word {
        let mut diagonal = last[0];
        last[0].0 += gap(letter);
        for (at, &against) in run.iter().enumerate() {
            let mut cell = (diagonal.0 + change(letter, against), diagonal.1);
            let (left_out, put_in) = (last[at + 1].0 + gap(letter), last[at].0 + gap(against));
            if left_out < cell.0 {
                cell = (left_out, last[at + 1].1);
            }
            if put_in < cell.0 {
                cell = (put_in, last[at].1);
            }
            diagonal = std::mem::replace(&mut last[at + 1], cell);
        }
    }
    let ends = (0..).zip(&last[..=run.len()]);
    let best =
        ends.fold((0, (f32::MAX, 0u16)), |best, (end, cell)| if cell.0 < best.1.0 { (end, *cell) } else { best });
    (usize::from(best.1.1), best.0, 1.0 - best.1.0 / word.len().max(1) as f32)
}

/// Runs are compared up to here: no more is said in one breath.
const LONGEST_RUN: usize = 160;

fn is_vowel(letter: u8) -> bool {
    matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u')
}

/// Of two numbers. See [`higher`].
fn lower(one: f32, other: f32) -> f32 {
    if other < one { other } else { one }
}

fn gap(letter: u8) -> f32 {
    if is_vowel(letter) { VOWEL } else { LETTER }
}

fn change(letter: u8, against: u8) -> f32 {
    match (letter == against, is_vowel(letter) && is_vowel(against)) {
        (true, _) => 0.0,
        (false, true) => VOWEL,
        (false, false) => LETTER,
    }
}

const VOWEL: f32 = 0.5;
const LETTER: f32 = 1.0;

fn inner_pairs(sound: &str) -> impl Iterator<Item = usize> + '_ {
    let all = pairs(sound);
    all.filter(|pair| pair / ALPHABET != EDGE && pair % ALPHABET != EDGE)
}

fn pairs(sound: &str) -> impl Iterator<Item = usize> + '_ {
    let letter = |byte: u8| match byte {
        b'a'..=b'z' => usize::from(byte - b'a'),
        _ => OTHER,
    };
    let letters = sound.bytes().take(LONGEST_RUN).map(letter);
    let next = sound.bytes().take(LONGEST_RUN).map(letter).chain([EDGE]);
    [EDGE].into_iter().chain(letters).zip(next).map(|(one, other)| one * ALPHABET + other)
}

/// 1 for the same, 0 for nothing in common: the cost of turning one into the other, by the longer one's length. Vowels are
/// cheap, for they are what is misheard and left out; two neighbours that changed places are one slip.
pub(crate) fn likeness(one: &[u8], other: &[u8]) -> f32 {
    let (one, other) = (&one[..one.len().min(LONGEST)], &other[..other.len().min(LONGEST)]);
    let mut rows = [[0f32; LONGEST + 1]; 3];
    let gaps: [f32; LONGEST] = std::array::from_fn(|at| other.get(at).map_or(0.0, |letter| gap(*letter)));
    for at in 0..other.len() {
        rows[0][at + 1] = rows[0][at] + gaps[at];
    }
    for (at, &letter) in one.iter().enumerate() {
        let [before_last, last, row] = match at % 3 {
            0 => [1, 0, 2],
            1 => [0, 2, 1],
            _ => [2, 1, 0],
        };
        let left_out = gap(letter);
        let mut before = rows[last][0] + left_out;
        rows[row][0] = before;
        for (place, (&against, &put_in)) in other.iter().zip(&gaps).enumerate() {
            // A vowel for another vowel costs as leaving one out, anything else as leaving out a letter.
            let change = if letter == against { 0.0 } else { higher(left_out, put_in) };
            let mut cost = lower(rows[last][place] + change, lower(rows[last][place + 1] + left_out, before + put_in));
            if at > 0 && place > 0 && letter == other[place - 1] && one[at - 1] == against {
                cost = lower(cost, rows[before_last][place - 1] + LETTER);
            }
            rows[row][place + 1] = cost;
            before = cost;
        }
    }
    let last = match one.len() % 3 {
        0 => 0,
        1 => 2,
        _ => 1,
    };
    let longer = one.len().max(other.len()).max(1);
    1.0 - rows[last][other.len()] / longer as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(words: &[&str], asked: &str) -> Vec<String> {
        let near = Near::build(words.iter().map(|&word| word.into()).collect(), std::iter::empty());
        near.to(asked, 0.6, &mut Counts::default()).iter().map(|&(place, _)| words[place as usize].to_owned()).collect()
    }

    #[test]
    fn the_nearest_word_comes_first_and_far_ones_do_not_come() {
        assert_eq!(near(&["onemlg", "onlg", "basbort", "onemrg"], "onmlg"), ["onemlg", "onlg", "onemrg"]);
        assert!(near(&["onemlg"], "dadbr").is_empty());
        assert!(near(&["on"], "on").is_empty());
    }

    #[test]
    fn two_looks_with_the_same_counts_are_two_looks() {
        let near = Near::build(vec!["sorgl".into(), "jologj".into()], std::iter::empty());
        let mut counts = Counts::default();

        let first = near.to("sorgl", 0.5, &mut counts);

        assert_eq!(near.to("sorgl", 0.5, &mut counts), first);
        assert_eq!(first[0], (0, 1.0));
    }

    #[test]
    fn a_word_is_found_in_a_run_wherever_it_stands() {
        let near = Near::build(vec!["onemlg".into(), "joloc".into(), "on".into()], ["bain".into()].into_iter());

        let found = near.within("jolonionemleg", 0.7, &mut Counts::default());

        let onemlg = found.iter().find(|within| within.place == 0).unwrap();
        assert_eq!((onemlg.start, onemlg.end), (6, 13));
        assert!(onemlg.alike > 0.9 && found.iter().all(|within| within.place != 2), "{found:?}");
        assert!(near.fits(0, "jolonionemleg") > 0.9 && near.fits(0, "basbord") < 0.5);
    }

    #[test]
    fn what_is_not_looked_for_is_heard_and_not_taken_for_a_misspelt_word() {
        let near = Near::build(vec!["onemlg".into()], ["bain".into()].into_iter());

        assert_eq!(near.within("onemlegbain", 0.9, &mut Counts::default()).len(), 2);
        assert!(near.to("bain", 0.6, &mut Counts::default()).is_empty());
    }

    #[test]
    fn likeness_knows_cheap_vowels_and_swapped_neighbours() {
        let close = |one: &str, other: &str, alike: f32| {
            assert!((likeness(one.as_bytes(), other.as_bytes()) - alike).abs() < 0.001, "{one} {other}");
        };
        close("abcd", "abcd", 1.0);
        close("abcd", "ebcd", 0.875);
        close("abcd", "abdc", 0.75);
        close("abc", "", -0.0 + 1.0 - 2.5 / 3.0);
        close("", "", 1.0);
        close("bcdfg", "bcdf", 0.8);
    }
}
