//! What a recogniser makes of Mongolian: a model of mishearing, after the trial with real recognisers' mistakes.
//!
//! Guarantees: the same text, strength and seed give the same mistakes on every machine; the share of wrong characters
//! is measured and not assumed.

use crate::{random::Random, services::words};

/// Letters that are taken for one another.
const CONFUSED: &[&str] = &["аэя", "оөуүё", "иыйь", "гхк", "бвп", "дт", "цсчз", "шж", "мн"];

/// Of mistakes: how many drop the letter, how many part the word here, how many lose a vowel's length where there is one.
const DROPS: f64 = 0.15;
const SPLITS: f64 = 0.08;
const SHORTENS: f64 = 0.5;

/// Hypotheses that a recogniser hands over.
pub(crate) const HYPOTHESES: usize = 5;

/// As many times is each text misheard.
pub(crate) const REPEATS: u64 = 5;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Noise {
    /// How likely a letter or a space is misheard.
    strength: f64,
}

/// Edits between what was said and what was heard, a character said.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Wrong {
    edits: usize,
    said: usize,
}

impl Wrong {
    pub(crate) fn add(&mut self, said: &str, heard: &str) {
        let said = spoken(said);
        self.edits += distance(&said, heard);
        self.said += said.chars().count();
    }

    pub(crate) fn share(self) -> f64 {
        if self.said == 0 { 0.0 } else { self.edits as f64 / self.said as f64 }
    }
}

impl Noise {
    /// The strength at which this share of the texts' characters comes out wrong.
    pub(crate) fn with_wrong_characters(target: f64, texts: &[String]) -> Self {
        /// Halvings: the strength is then known to a thousandth.
        const STEPS: usize = 10;
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..STEPS {
            let strength = (low + high) / 2.0;
            if (Self { strength }).wrong_characters(texts) < target { low = strength } else { high = strength }
        }
        Self { strength: (low + high) / 2.0 }
    }

    /// Over the first hypotheses of `REPEATS` hearings of each text.
    fn wrong_characters(self, texts: &[String]) -> f64 {
        let mut wrong = Wrong::default();
        for (number, text) in texts.iter().enumerate() {
            for repeat in 0..REPEATS {
                wrong.add(text, &self.heard(text, number as u64 * REPEATS + repeat)[0]);
            }
        }
        wrong.share()
    }

    /// Independent hypotheses. Those of real recognisers resemble each other: what five gain is an upper bound.
    pub(crate) fn heard(self, text: &str, seed: u64) -> Vec<String> {
        let text: Vec<char> = spoken(text).chars().collect();
        let mut random = Random::new(seed);
        (0..HYPOTHESES).map(|_| self.misheard(&text, &mut random)).collect()
    }

    fn misheard(self, text: &[char], random: &mut Random) -> String {
        let mut heard = String::new();
        let mut letters = text.iter().copied().enumerate().peekable();
        while let Some((at, letter)) = letters.next() {
            if !random.happens(self.strength) {
                heard.push(letter);
                continue;
            }
            if letter == ' ' {
                continue; // two words become one
            }
            let is_long = confused(letter).is_some() && letters.peek().is_some_and(|(_, next)| *next == letter);
            if is_long && random.happens(SHORTENS) {
                letters.next();
                heard.push(letter);
                continue;
            }
            let kind = random.share();
            if kind < DROPS {
                continue;
            }
            if kind < DROPS + SPLITS && at > 0 {
                heard.push(' ');
                heard.push(letter);
                continue;
            }
            let others: Vec<char> =
                confused(letter).unwrap_or_default().chars().filter(|other| *other != letter).collect();
            heard.extend(random.one_of(&others)); // a letter that is like no other gets lost
        }
        heard.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

fn confused(letter: char) -> Option<&'static str> {
    CONFUSED.iter().find(|letters| letters.contains(letter)).copied()
}

/// Nobody says capitals and commas.
fn spoken(text: &str) -> String {
    words(text).join(" ")
}

/// Levenshtein's: letters to change, to add and to take away.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (number, letter) in one.chars().enumerate() {
        let mut before = row[0];
        row[0] = number + 1;
        for (at, against) in other.iter().enumerate() {
            let changed = before + usize::from(letter != *against);
            before = row[at + 1];
            row[at + 1] = changed.min(row[at] + 1).min(before + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod unit {
    use super::*;

    fn texts() -> Vec<String> {
        ["Иргэний үнэмлэхийн лавлагаа", "Өрхийн бүртгэл", "Хүүхдийн мөнгө, хүсэлт гаргах", "Жолооны үнэмлэх сунгах"]
            .iter()
            .cycle()
            .take(80)
            .map(|text| (*text).to_owned())
            .collect()
    }

    #[test]
    fn the_share_of_wrong_characters_is_the_one_asked_for() {
        for target in [0.07, 0.14, 0.20, 0.26] {
            let measured = Noise::with_wrong_characters(target, &texts()).wrong_characters(&texts());

            assert!((measured - target).abs() < 0.01, "{target}: {measured}");
        }
    }

    #[test]
    fn mistakes_are_the_same_each_time_and_hypotheses_differ() {
        let noise = Noise { strength: 0.4 };

        let heard = noise.heard("Иргэний үнэмлэх", 7);

        assert_eq!(heard, noise.heard("Иргэний үнэмлэх", 7));
        assert_ne!(heard, noise.heard("Иргэний үнэмлэх", 8));
        assert_eq!(heard.len(), HYPOTHESES);
        assert!(heard.iter().any(|other| *other != heard[0]));
    }

    #[test]
    fn without_noise_what_was_said_is_heard() {
        assert_eq!(Noise { strength: 0.0 }.heard("Өрх, үе!", 1), vec!["өрх үе"; HYPOTHESES]);
    }

    #[test]
    fn a_letter_becomes_one_that_sounds_like_it() {
        let heard = Noise { strength: 1.0 }.heard("г", 3);

        assert!(heard.iter().all(|heard| ["", "х", "к"].contains(&heard.as_str())), "{heard:?}");
    }

    #[test]
    fn distance_counts_letters_and_not_bytes() {
        assert_eq!(distance("өрх", "өрх"), 0);
        assert_eq!(distance("өрх", "орхи"), 2);
        assert_eq!(distance("", "үе"), 2);
    }
}
