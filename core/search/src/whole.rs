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

/// What names share with a run, kept between looks, that none is allocated twice.
#[derive(Default)]
pub(crate) struct Shared(Vec<f32>);

impl Whole {
    /// From names as runs, in the order of the services.
    pub(crate) fn build(runs: &[String]) -> Self {
        let mut whole = Self { weight: vec![0.0; runs.len()], ..Self::default() };
        for (doc, run) in (0..).zip(runs) {
            for part in parts(run) {
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

    /// Services whose names sound like the run, and how much alike, from `least` to 1. In no order.
    pub(crate) fn like(&self, run: &str, least: f32, shared: &mut Shared) -> Vec<(Doc, f32)> {
        let count = self.weight.len();
        let Shared(shared) = shared;
        shared.resize(count, 0.0);
        shared.fill(0.0);
        let mut asked: Vec<Key> = Vec::new();
        for part in parts(run) {
            if !asked.contains(&part) {
                asked.push(part);
            }
        }
        let mut asked_weight = 0.0;
        for part in asked {
            let docs: &[Doc] = self.places.get(part).map_or(&[], |place| &self.docs[place]);
            let rarity = rarity(docs.len(), count);
            asked_weight += rarity;
            for &doc in docs {
                shared[doc as usize] += rarity;
            }
        }
        let mut alike = Vec::new();
        let least_of_any = least * asked_weight / 2.0;
        // All are looked through: most have something, and to list those that do costs more.
        for (doc, &common) in shared.iter().enumerate() {
            if common < least_of_any {
                continue;
            }
            let half = (asked_weight + self.weight[doc]) / 2.0;
            if common > 0.0 && common >= least * half {
                alike.push((doc as Doc, common / half));
            }
        }
        alike
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

fn parts(run: &str) -> impl Iterator<Item = Key> + '_ {
    // The first letters count twice: as what they are, and as the first.
    let first = run.char_indices().nth(TOGETHER - 1).map(|(end, _)| sound_key(&run[..end]));
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
