//! Whether the forms of a word get its key, and whether other words do not.
//!
//! Guarantees: every pair and every word counts once; what is shown as a failure is exactly what was counted as one.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
};

use crate::{
    hunspell::Dictionary,
    keys::Conflate,
    lexicon::{self, Lexeme, Lexicon, Pair},
    random::Random,
};

/// Words of the sample over which merges are counted too, as in the trial that set the goal.
const SAMPLE: usize = 300;

const SEED: u64 = 1;

/// Verb stems, of some thousands, have nearly a hundred forms each.
const VERBS: usize = 1_000;

/// Two suffixes make some six hundred forms of a word.
const WORDS_WITH_TWO_SUFFIXES: usize = 300;

/// Words of one kind and pairs of them with forms.
#[derive(Debug)]
pub(crate) struct Gold<'a> {
    pub(crate) title: &'static str,
    pub(crate) lexemes: Vec<Lexeme>,
    pub(crate) pairs: Vec<Pair<'a>>,
    /// Lexemes that are forms of each other.
    pub(crate) kin: BTreeSet<(usize, usize)>,
}

/// The promise is about the first of these; the others inform. `quick` gives the first alone.
pub(crate) fn gold<'a>(dictionary: &'a Dictionary, lexicon: &Lexicon, quick: bool) -> Vec<Gold<'a>> {
    let mut gold = vec![Gold {
        title: "nominals, one suffix",
        lexemes: lexicon.nominals.clone(),
        pairs: lexicon::one_suffix(dictionary, &lexicon.nominals),
        kin: lexicon::kin(dictionary, &lexicon.nominals),
    }];
    if !quick {
        gold.extend([
            Gold {
                title: "nominals, two suffixes (sample)",
                lexemes: lexicon.nominals.clone(),
                pairs: lexicon::two_suffixes_of_some(dictionary, &lexicon.nominals, WORDS_WITH_TWO_SUFFIXES, SEED),
                kin: gold[0].kin.clone(),
            },
            Gold {
                title: "names, one suffix",
                lexemes: lexicon.names.clone(),
                pairs: lexicon::one_suffix(dictionary, &lexicon.names),
                kin: lexicon::kin(dictionary, &lexicon.names),
            },
            Gold {
                title: "verbs, one suffix (sample)",
                lexemes: lexicon.verbs.clone(),
                pairs: lexicon::one_suffix_of_some(dictionary, &lexicon.verbs, VERBS, SEED),
                kin: BTreeSet::new(),
            },
        ]);
    }
    gold
}

/// Every word that will be asked about, once.
pub(crate) fn words<'g>(gold: &'g [Gold<'_>]) -> Vec<&'g str> {
    let lexemes = gold.iter().flat_map(|gold| &gold.lexemes).map(|lexeme| lexeme.word.as_str());
    let forms = gold.iter().flat_map(|gold| &gold.pairs).map(|pair| pair.form.as_str());
    let mut words: Vec<&str> = lexemes.chain(forms).collect();
    words.sort_unstable();
    words.dedup();
    words
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Score {
    /// Share of pairs with one key.
    pub(crate) conflation: f64,
    /// Other words with the key of a word, on average over all words.
    pub(crate) merges: f64,
    /// The same over the sample.
    pub(crate) merges_of_sample: f64,
    /// Of `merges`, those with a word of which this one is a form by one suffix, or the other way around:
    /// listed by itself, but no fault of the key.
    pub(crate) merges_of_kin: f64,
}

impl Score {
    /// A listed form with its own word's key is where it belongs. Told; the promise counts every merge.
    pub(crate) fn wrong_merges(&self) -> f64 {
        self.merges - self.merges_of_kin
    }
}

pub(crate) fn score(gold: &Gold<'_>, key: &Conflate<'_>) -> Score {
    let groups = Groups::of(gold, key);
    let together = gold.pairs.iter().filter(|pair| groups.keys[pair.lexeme] == key(&pair.form)).count();
    let sample = Random::new(SEED).sample(gold.lexemes.len(), SAMPLE);
    let of_sample: usize = sample.iter().map(|lexeme| groups.others(*lexeme)).sum();
    let of_all: usize = (0..gold.lexemes.len()).map(|lexeme| groups.others(lexeme)).sum();
    Score {
        conflation: share(together, gold.pairs.len()),
        merges: share(of_all, gold.lexemes.len()),
        merges_of_sample: share(of_sample, sample.len()),
        merges_of_kin: share(groups.of_kin(gold), gold.lexemes.len()),
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Words by their keys.
struct Groups {
    keys: Vec<String>,
    members: BTreeMap<String, Vec<usize>>,
}

impl Groups {
    fn of(gold: &Gold<'_>, key: &Conflate<'_>) -> Self {
        let keys: Vec<String> = gold.lexemes.iter().map(|lexeme| key(&lexeme.word)).collect();
        let mut members: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (number, key) in keys.iter().enumerate() {
            members.entry(key.clone()).or_default().push(number);
        }
        Self { keys, members }
    }

    fn others(&self, lexeme: usize) -> usize {
        self.members.get(&self.keys[lexeme]).map_or(0, |members| members.len() - 1)
    }

    /// Merges between a word and a listed form of it, counted from both sides.
    fn of_kin(&self, gold: &Gold<'_>) -> usize {
        2 * gold.kin.iter().filter(|(one, other)| self.keys[*one] == self.keys[*other]).count()
    }
}

/// What one change of a word's end came to.
#[derive(Default)]
struct Change<'g> {
    pairs: usize,
    failed: Vec<(&'g Pair<'g>, String)>,
}

/// Pairs with two keys, grouped by the change that parts them, the change with most failures first.
pub(crate) fn write_failures(out: &mut dyn Write, gold: &Gold<'_>, key: &Conflate<'_>) -> io::Result<()> {
    let mut changes: BTreeMap<(&str, &str), Change<'_>> = BTreeMap::new();
    for pair in &gold.pairs {
        let change = changes.entry((&pair.suffix.strip, &pair.suffix.add)).or_default();
        change.pairs += 1;
        let of_form = key(&pair.form);
        if of_form != key(&gold.lexemes[pair.lexeme].word) {
            change.failed.push((pair, of_form));
        }
    }
    let mut changes: Vec<_> = changes.into_iter().filter(|(_, change)| !change.failed.is_empty()).collect();
    changes.sort_by_key(|(_, change)| std::cmp::Reverse(change.failed.len()));
    writeln!(out, "# {}: failed, of, change", gold.title)?;
    for ((strip, add), Change { pairs, failed }) in &changes {
        writeln!(out, "# {}\t{pairs}\t-{strip} +{add}", failed.len())?;
    }
    writeln!(out, "change\tlemma\tform\tkey of lemma\tkey of form")?;
    for ((strip, add), change) in &changes {
        for (pair, of_form) in &change.failed {
            let lemma = &gold.lexemes[pair.lexeme].word;
            writeln!(out, "-{strip} +{add}\t{lemma}\t{}\t{}\t{of_form}", pair.form, key(lemma))?;
        }
    }
    Ok(())
}

/// Keys that several words have, the most shared first.
pub(crate) fn write_merges(out: &mut dyn Write, gold: &Gold<'_>, key: &Conflate<'_>) -> io::Result<()> {
    let groups = Groups::of(gold, key);
    let mut merged: Vec<_> = groups.members.iter().filter(|(_, members)| members.len() > 1).collect();
    merged.sort_by_key(|(_, members)| std::cmp::Reverse(members.len()));
    writeln!(out, "words\tkey\t{}", gold.title)?;
    for (key, members) in merged {
        let words: Vec<&str> = members.iter().map(|member| gold.lexemes[*member].word.as_str()).collect();
        writeln!(out, "{}\t{key}\t{}", words.len(), words.join(" "))?;
    }
    Ok(())
}

#[cfg(test)]
mod unit {
    use super::*;
    use crate::keys;

    const AFFIXES: &str = "SET UTF-8\nFLAG long\nSFX B0 Y 2\nSFX B0 0 ийн .\nSFX B0 0 ч .\n";

    fn dictionary() -> Dictionary {
        Dictionary::read(AFFIXES, "3\nөрх/B0\nөрхч/B0\nүүлэн/B0\n").unwrap()
    }

    fn measured(key: &Conflate<'_>) -> Score {
        let dictionary = dictionary();
        score(&gold(&dictionary, &Lexicon::of(&dictionary), true)[0], key)
    }

    #[test]
    fn exact_words_join_nothing_and_merge_nothing() {
        let none = Score { conflation: 0.0, merges: 0.0, merges_of_sample: 0.0, merges_of_kin: 0.0 };

        assert_eq!(measured(&keys::exact), none);
    }

    #[test]
    fn one_key_for_all_joins_everything_and_merges_everything() {
        let score = measured(&|_: &str| "ө".to_owned());

        assert_eq!((score.conflation, score.merges, score.merges_of_sample), (1.0, 2.0, 2.0));
        assert!((score.merges_of_kin - 2.0 / 3.0).abs() < 1e-9, "өрх and өрхч, from both sides: {score:?}");
    }

    #[test]
    fn merges_are_counted_from_every_word() {
        let score = measured(&|word: &str| word.chars().next().into_iter().collect());

        assert_eq!(score.conflation, 1.0);
        assert!((score.merges - 2.0 / 3.0).abs() < 1e-9, "{score:?}");
    }

    #[test]
    fn failures_are_grouped_by_change_and_show_both_keys() {
        let dictionary = dictionary();
        let gold = gold(&dictionary, &Lexicon::of(&dictionary), true);
        let mut told = Vec::new();

        write_failures(&mut told, &gold[0], &|word: &str| word.trim_end_matches('ч').to_owned()).unwrap();

        let told = String::from_utf8(told).unwrap();
        assert!(told.contains("# 3\t3\t- +ийн\nchange\t"), "{told}");
        assert!(told.contains("- +ийн\tөрхч\tөрхчийн\tөрх\tөрхчийн\n") && !told.contains("+ч"), "{told}");
    }

    #[test]
    fn merged_words_are_shown_under_their_key() {
        let dictionary = dictionary();
        let gold = gold(&dictionary, &Lexicon::of(&dictionary), true);
        let mut told = Vec::new();

        write_merges(&mut told, &gold[0], &|word: &str| word.trim_end_matches('ч').to_owned()).unwrap();

        assert_eq!(String::from_utf8(told).unwrap(), "words\tkey\tnominals, one suffix\n2\tөрх\tөрх өрхч\n");
    }

    #[test]
    fn every_word_is_asked_about_once() {
        let dictionary = dictionary();
        let gold = gold(&dictionary, &Lexicon::of(&dictionary), false);

        let words = words(&gold);

        assert_eq!(words, ["үүлэн", "үүлэнийн", "үүлэнч", "өрх", "өрхийн", "өрхч", "өрхчийн", "өрхчч"]);
    }
}
