//! Names as one run of sounds: what is left to go by when a recogniser split, merged and misheard the words.
//!
//! Guarantees: a look costs one pass over the places of a few dozen sounds.

use mongolian_text::{Token, phonetic_letters};

use super::{index::Doc, words::ByKey, words::Key, words::sound_key};

/// Letters that are looked at together. Two say too little; of four one is always wrong.
const TOGETHER: usize = 3;

#[derive(Default)]
pub(super) struct Whole {
    docs: ByKey<Vec<Doc>>,
    /// What a whole name weighs.
    weight: Vec<f32>,
}

/// Counts kept between looks.
#[derive(Default)]
pub(super) struct Shared {
    weight: Vec<f32>,
    touched: Vec<Doc>,
}

impl Whole {
    /// From names as runs, in the order of the services.
    pub(super) fn build(runs: &[String]) -> Self {
        let mut docs: ByKey<Vec<Doc>> = ByKey::default();
        for (doc, run) in (0..).zip(runs) {
            for part in parts(run) {
                let list = docs.entry(part).or_default();
                if list.last() != Some(&doc) {
                    list.push(doc);
                }
            }
        }
        let mut whole = Self { docs, weight: vec![0.0; runs.len()] };
        let mut weight = std::mem::take(&mut whole.weight);
        for docs in whole.docs.values_mut() {
            docs.shrink_to_fit();
            let rarity = rarity(docs.len(), runs.len());
            for &doc in docs.iter() {
                weight[doc as usize] += rarity;
            }
        }
        Self { weight, ..whole }
    }

    /// Services whose names sound like the run, and how much alike, 0 to 1. In no order.
    pub(super) fn like(&self, run: &str, shared: &mut Shared) -> Vec<(Doc, f32)> {
        let count = self.weight.len();
        shared.weight.resize(count, 0.0);
        let mut asked: Vec<Key> = parts(run).collect();
        asked.sort_unstable();
        asked.dedup();
        let mut asked_weight = 0.0;
        for part in asked {
            let docs = self.docs.get(&part).map(Vec::as_slice).unwrap_or_default();
            let rarity = rarity(docs.len(), count);
            asked_weight += rarity;
            for &doc in docs {
                let weight = &mut shared.weight[doc as usize];
                if *weight == 0.0 {
                    shared.touched.push(doc);
                }
                *weight += rarity;
            }
        }
        let alike =
            |doc: Doc, common: f32| 2.0 * common / (asked_weight + self.weight[doc as usize]).max(f32::MIN_POSITIVE);
        let found = shared.touched.drain(..);
        found.map(|doc| (doc, alike(doc, std::mem::take(&mut shared.weight[doc as usize])))).collect()
    }

    pub(super) fn bytes(&self) -> usize {
        self.docs.capacity() * 33
            + self.docs.values().map(|docs| docs.capacity() * 4).sum::<usize>()
            + self.weight.len() * 4
    }
}

/// The words of a text as one run of sounds.
pub(super) fn run(tokens: &[Token]) -> String {
    tokens.iter().map(|token| phonetic_letters(&token.text)).collect()
}

fn parts(run: &str) -> impl Iterator<Item = Key> {
    let edge = if run.is_empty() { "" } else { "^" };
    let run = format!("{edge}{run}");
    let letters: Vec<(usize, char)> = run.char_indices().collect();
    let ends: Vec<&str> = letters
        .windows(TOGETHER)
        .filter_map(|window| run.get(window[0].0..window[TOGETHER - 1].0 + window[TOGETHER - 1].1.len_utf8()))
        .collect();
    ends.into_iter().map(sound_key).collect::<Vec<Key>>().into_iter()
}

/// What shares of the names have nothing of says much.
fn rarity(docs: usize, all: usize) -> f32 {
    (1.0 + all as f32 / docs.max(1) as f32).ln()
}
