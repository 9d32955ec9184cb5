//! Names as one run of sounds: what is left to go by when a recogniser split, merged and misheard the words.
//!
//! Guarantees: a look costs one pass over the places of a few dozen sounds.

use mongolian_text::{Token, phonetic_letters};

use super::{
    index::Doc,
    words::{Key, Places, sound_key},
};

/// Letters that are looked at together. Two say too little; of four one is always wrong.
const TOGETHER: usize = 3;

#[derive(Default)]
pub(crate) struct Whole {
    places: Places,
    docs: Vec<Vec<Doc>>,
    /// What a whole name weighs.
    weight: Vec<f32>,
}

/// What names share with a run, kept between looks: what does not change while the last word is typed is added up once.
#[derive(Default)]
pub(crate) struct Shared {
    /// The run before the last word.
    before: String,
    by_it: Common,
    by_all: Common,
    /// Room for each service and one more.
    likely: Vec<Doc>,
}

/// What names share with some parts.
#[derive(Default)]
struct Common {
    asked: Vec<Key>,
    weight: f32,
    /// By service.
    weights: Vec<f32>,
}

impl Common {
    fn start(&mut self, services: usize) {
        self.asked.clear();
        self.weight = 0.0;
        self.weights.clear();
        self.weights.resize(services, 0.0);
    }

    fn start_from(&mut self, other: &Self) {
        self.asked.clone_from(&other.asked);
        self.weight = other.weight;
        self.weights.clone_from(&other.weights);
    }

    /// The parts of a run, of which so much was added before, as far as they are new.
    fn add(&mut self, whole: &Whole, run: &str, known: usize) {
        // Those that begin with the last letters known go on behind them.
        let from = run[..known].char_indices().rev().nth(TOGETHER - 2).map_or(0, |(start, _)| start);
        for part in parts(&run[from..], from == 0) {
            if self.asked.contains(&part) {
                continue;
            }
            self.asked.push(part);
            let docs: &[Doc] = whole.places.get(part).map_or(&[], |place| &whole.docs[place]);
            let rarity = rarity(docs.len(), whole.weight.len());
            self.weight += rarity;
            for &doc in docs {
                self.weights[doc as usize] += rarity;
            }
        }
    }
}

impl Whole {
    /// From names as runs, in the order of the services.
    pub(crate) fn build(runs: &[String]) -> Self {
        let mut whole = Self { weight: vec![0.0; runs.len()], ..Self::default() };
        for (doc, run) in (0..).zip(runs) {
            for part in parts(run, true) {
                let place = whole.places.get_or(part, whole.docs.len());
                if place == whole.docs.len() {
                    whole.docs.push(Vec::new());
                }
                let list = &mut whole.docs[place];
                if list.last() != Some(&doc) {
                    list.push(doc);
                }
            }
        }
        for docs in &mut whole.docs {
            docs.shrink_to_fit();
            let rarity = rarity(docs.len(), runs.len());
            for &doc in docs.iter() {
                whole.weight[doc as usize] += rarity;
            }
        }
        whole
    }

    /// Services whose names sound like the run, and how much alike, from `least` to 1. In no order. The run's first `before`
    /// bytes may be those of the look before.
    pub(crate) fn like(
        &self,
        run: &str,
        before: usize,
        least: f32,
        shared: &mut Shared,
    ) -> impl Iterator<Item = (Doc, f32)> {
        let Shared { before: known, by_it, by_all, likely } = shared;
        let before = &run[..before];
        if !before.starts_with(&**known) || by_it.weights.len() != self.weight.len() {
            known.clear();
            by_it.start(self.weight.len());
        }
        by_it.add(self, before, known.len());
        by_all.start_from(by_it);
        by_all.add(self, run, before.len());
        before.clone_into(known);
        let asked = by_all.weight;
        likely.resize(self.weight.len() + 1, 0);
        let mut listed = 0;
        // Which they are can't be foretold, so no branch asks.
        for (doc, common) in (0..).zip(&by_all.weights) {
            likely[listed] = doc;
            listed += usize::from(*common >= least * asked / 2.0);
        }
        likely[..listed].iter().filter_map(move |doc| {
            let (common, half) = (by_all.weights[*doc as usize], (asked + self.weight[*doc as usize]) / 2.0);
            (common > 0.0 && common >= least * half).then_some((*doc, common / half))
        })
    }

    pub(crate) fn bytes(&self) -> usize {
        self.docs.capacity() * 33
            + self.docs.iter().map(|docs| 24 + docs.capacity() * 4).sum::<usize>()
            + self.weight.len() * 4
    }
}

/// The words of a text as one run of sounds.
pub(crate) fn run<'a>(tokens: impl Iterator<Item = &'a Token>) -> String {
    tokens.map(|token| phonetic_letters(&token.text)).collect()
}

/// Of a run, which may be the rest of one that began before.
fn parts(run: &str, begins: bool) -> impl Iterator<Item = Key> + '_ {
    // The first letters count twice: as what they are, and as the first.
    let first = run.char_indices().nth(TOGETHER - 1).filter(|_| begins).map(|(end, _)| sound_key(&run[..end]));
    let starts = run.char_indices().map(|(start, _)| start);
    let parts = starts.filter_map(|start| {
        let part = &run[start..];
        let (last, letter) = part.char_indices().nth(TOGETHER - 1)?;
        Some(sound_key(&part[..last + letter.len_utf8()]))
    });
    first.into_iter().chain(parts)
}

/// What shares of the names have nothing of says much.
fn rarity(docs: usize, all: usize) -> f32 {
    (1.0 + all as f32 / docs.max(1) as f32).ln()
}
