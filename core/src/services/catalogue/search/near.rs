//! Words that sound or look nearly alike.
//!
//! Guarantees: a look costs two passes over short lists, whatever the vocabulary; the same order for the same word.

use super::words::keep_best;

/// Letters a–z, the edge of a word, and one for all others.
const ALPHABET: usize = 28;
const EDGE: usize = 26;
const OTHER: usize = 27;

/// Words looked at closely: further down the list nothing was ever near.
const LOOKED_AT: usize = 24;

/// Shorter words are near to too much.
const SHORTEST: usize = 3;

/// A longer word is compared by its beginning: no word of ours is longer.
const LONGEST: usize = 32;

/// Words by the pairs of letters in them.
#[derive(Default)]
pub(super) struct Near {
    sounds: Vec<Box<str>>,
    by_pair: Vec<Vec<u32>>,
}

/// Counts kept between looks, so that none is allocated twice.
#[derive(Default)]
pub(super) struct Counts {
    shared: Vec<u8>,
    touched: Vec<u32>,
}

impl Near {
    pub(super) fn build(sounds: Vec<Box<str>>) -> Self {
        let mut by_pair = vec![Vec::new(); ALPHABET * ALPHABET];
        for (place, sound) in (0u32..).zip(&sounds) {
            for pair in pairs(sound) {
                let list: &mut Vec<u32> = &mut by_pair[pair];
                if list.last() != Some(&place) {
                    list.push(place);
                }
            }
        }
        Self { sounds, by_pair }
    }

    /// Places of words that sound like `sound`, and how much alike, from `least` to 1. Nearest first.
    pub(super) fn to(&self, sound: &str, least: f32, counts: &mut Counts) -> Vec<(u32, f32)> {
        let length = sound.len();
        if length < SHORTEST {
            return Vec::new();
        }
        counts.shared.resize(self.sounds.len(), 0);
        let mut asked = 0usize;
        for pair in pairs(sound) {
            asked += 1;
            for &place in &self.by_pair[pair] {
                let shared = &mut counts.shared[place as usize];
                if *shared == 0 {
                    counts.touched.push(place);
                }
                *shared = shared.saturating_add(1);
            }
        }
        let mut likely: Vec<(u32, u32)> = Vec::new();
        for place in counts.touched.drain(..) {
            let shared = usize::from(std::mem::take(&mut counts.shared[place as usize]));
            let other = self.sounds[place as usize].len() + 1;
            // Dice's measure, in thousandths: what is under two fifths of it was never near.
            let alike = 2000 * shared / (asked + other);
            if alike >= 400 && other.abs_diff(asked) <= 2 + asked / 3 {
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

    pub(super) fn bytes(&self) -> usize {
        let lists: usize = self.by_pair.iter().map(|list| 24 + list.capacity() * 4).sum();
        lists + self.sounds.iter().map(|sound| 16 + sound.len()).sum::<usize>()
    }
}

fn pairs(sound: &str) -> impl Iterator<Item = usize> + '_ {
    let letter = |byte: u8| match byte {
        b'a'..=b'z' => usize::from(byte - b'a'),
        _ => OTHER,
    };
    let letters = sound.bytes().take(LONGEST).map(letter);
    let next = sound.bytes().take(LONGEST).map(letter).chain([EDGE]);
    [EDGE].into_iter().chain(letters).zip(next).map(|(one, other)| one * ALPHABET + other)
}

/// 1 for the same, 0 for nothing in common: the cost of turning one into the other, by the longer one's length. Vowels are
/// cheap, for they are what is misheard and left out; two neighbours that changed places are one slip.
pub(super) fn likeness(one: &[u8], other: &[u8]) -> f32 {
    const VOWEL: f32 = 0.5;
    const LETTER: f32 = 1.0;
    let (one, other) = (&one[..one.len().min(LONGEST)], &other[..other.len().min(LONGEST)]);
    let vowel = |letter: u8| b"aeiou".contains(&letter);
    let gap = |letter: u8| if vowel(letter) { VOWEL } else { LETTER };
    let mut rows = [[0f32; LONGEST + 1]; 3];
    for at in 0..other.len() {
        rows[0][at + 1] = rows[0][at] + gap(other[at]);
    }
    for (at, &letter) in one.iter().enumerate() {
        let [before_last, last, row] = match at % 3 {
            0 => [1, 0, 2],
            1 => [0, 2, 1],
            _ => [2, 1, 0],
        };
        rows[row][0] = rows[last][0] + gap(letter);
        for (place, &against) in other.iter().enumerate() {
            let change = match (letter == against, vowel(letter) && vowel(against)) {
                (true, _) => 0.0,
                (false, true) => VOWEL,
                (false, false) => LETTER,
            };
            let mut cost = (rows[last][place] + change)
                .min(rows[last][place + 1] + gap(letter))
                .min(rows[row][place] + gap(against));
            if at > 0 && place > 0 && letter == other[place - 1] && one[at - 1] == against {
                cost = cost.min(rows[before_last][place - 1] + LETTER);
            }
            rows[row][place + 1] = cost;
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
        let near = Near::build(words.iter().map(|&word| word.into()).collect());
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
        let near = Near::build(vec!["sorgl".into(), "jologj".into()]);
        let mut counts = Counts::default();

        let first = near.to("sorgl", 0.5, &mut counts);

        assert_eq!(near.to("sorgl", 0.5, &mut counts), first);
        assert_eq!(first[0], (0, 1.0));
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
