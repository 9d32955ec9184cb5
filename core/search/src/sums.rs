//! What words find, service by service, added up.
//!
//! Guarantees: a word's places are looked at once while it is typed, and once when it is closed; words that stay from one
//! key to the next are added up once; what an organisation is called is added up once for all its services.

use std::sync::Arc;

use super::{
    asked::{Asked, FILLER},
    candidates::Candidate,
    index::{Contents, Doc, OrganisationId, Organisations},
};

/// What a total keeps at least, however small a part of the name was asked for, is one less this.
const FOCUS: f32 = 0.3;

/// Words that weigh less never make a service one of the first, if there are enough others.
pub(crate) const LIGHT: f32 = 0.25;

/// What some words of a query find.
#[derive(Default)]
pub(crate) struct Sums {
    /// The words that were added up.
    of: Vec<Arc<Asked>>,
    /// Of services that say any of them themselves.
    found: Vec<Sum>,
    /// Those services, and of them those where anything weighs: these in order.
    docs: Vec<Doc>,
    pub(crate) heavy: Vec<Doc>,
    /// Kept, that none is allocated twice.
    unordered: Vec<(Doc, usize)>,
    /// Of all other services, by organisation; and those where there is anything.
    by_organisation: Vec<Sum>,
    pub(crate) organisations: Vec<OrganisationId>,
    /// The most that any of those has.
    pub(crate) most_of_organisations: f32,
    pub(crate) weight: f32,
    pub(crate) telling: f32,
    /// What the words that hardly weigh do weigh.
    pub(crate) lightly: f32,
}

/// What a service has of some words.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    pub(crate) total: f32,
    pub(crate) focus: f32,
    /// Of those that tell services apart.
    pub(crate) told: f32,
    pub(crate) has: Has,
}

/// What services have is put in order by its first bits: in 32 steps from 0.5 to 1, in as many from 0.25 to 0.5, and so on
/// from the least up to what no query can have.
const LEFT_OUT: u32 = 18;
const LEAST: f32 = 0.0625;
const LOWEST: u32 = LEAST.to_bits() >> LEFT_OUT;
const STEPS: usize = 9 * 32;

/// The most that any has that come behind one with so much, where all is multiplied by `part`.
pub(crate) fn most_behind(had: f32, part: f32) -> f32 {
    const STEP: f32 = 1.0 + 1.0 / 32.0;
    higher(had, LEAST * part) * STEP
}

impl Sum {
    fn step(&self) -> usize {
        let step = ((self.total * in_focus(self.focus)).to_bits() >> LEFT_OUT).saturating_sub(LOWEST);
        (step as usize).min(STEPS - 1)
    }

    /// One more word, of which it has this part.
    fn add(&mut self, asked: &Asked, part: Part) {
        let is_light = asked.weight < LIGHT;
        self.total += asked.weight * part.best;
        self.focus += part.share;
        self.told += if asked.tells { asked.weight * part.best } else { 0.0 };
        self.has = self.has.max(if is_light { Has::Light } else { Has::Heavy });
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Has {
    #[default]
    Nothing,
    /// Only of words that hardly weigh.
    Light,
    Heavy,
}

/// What one word finds.
#[derive(Default)]
pub(crate) struct OfWord {
    /// What it may mean.
    of: Vec<Candidate>,
    /// What services say themselves, by service; nought but for those listed.
    found: Vec<Part>,
    /// Those where anything was found, and room for each service and one more.
    docs: Vec<Doc>,
    listed: usize,
    /// What is said of all services of an organisation, by organisation; nought but for those listed.
    by_organisation: Vec<f32>,
    pub(crate) organisations: Vec<OrganisationId>,
}

/// What a service has of one word.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Part {
    pub(crate) best: f32,
    pub(crate) share: f32,
}

impl OfWord {
    /// What its candidates find. If that was looked for last, it is there.
    pub(crate) fn find(&mut self, contents: &Contents, candidates: &[Candidate]) {
        if self.docs.is_empty() {
            self.found.resize(contents.documents.len(), Part::default());
            self.docs.resize(contents.documents.len() + 1, 0);
            self.by_organisation.resize(contents.organisations.len(), 0.0);
        }
        if self.of != candidates {
            self.forget();
            self.of.extend_from_slice(candidates);
            self.look_at_services(contents);
            self.look_at_organisations(contents);
        }
    }

    fn look_at_services(&mut self, contents: &Contents) {
        let (found, docs, mut next) = (&mut self.found[..], &mut self.docs[..], 0);
        for candidate in &self.of {
            let sure = candidate.sure;
            for posting in contents.said(candidate.says) {
                let part = &mut found[posting.doc as usize];
                // One that is listed already is written over: whether it is can't be foretold, so no branch asks.
                docs[next] = posting.doc;
                next += usize::from(part.best.to_bits() == 0);
                part.best = higher(part.best, sure * posting.field);
                part.share = higher(part.share, sure * posting.share);
            }
        }
        self.listed = next;
    }

    /// Puts the services first where `others` find something that weighs, and tells how many they are.
    pub(crate) fn part_by(&mut self, others: &Sums, organisations: &Organisations) -> usize {
        if others.docs.is_empty() && others.organisations.is_empty() {
            return 0;
        }
        let (docs, mut parted) = (&mut self.docs[..self.listed], 0);
        // Which they are can't be foretold, so no branch asks.
        for at in 0..docs.len() {
            docs.swap(at, parted);
            parted += usize::from(others.sum(docs[parted] as usize, organisations).has == Has::Heavy);
        }
        parted
    }

    fn look_at_organisations(&mut self, contents: &Contents) {
        for candidate in &self.of {
            for mention in contents.called(candidate.says) {
                let best = &mut self.by_organisation[mention.organisation as usize];
                if *best == 0.0 {
                    self.organisations.push(mention.organisation);
                }
                *best = higher(*best, candidate.sure * mention.field);
            }
        }
    }

    /// The services that say it themselves.
    pub(crate) fn docs(&self) -> &[Doc] {
        &self.docs[..self.listed]
    }

    /// Whether a service does.
    #[inline]
    pub(crate) fn is_own(&self, at: usize) -> bool {
        self.found[at].best > 0.0
    }

    /// What a service has of it, in either way.
    #[inline]
    pub(crate) fn part(&self, at: usize, organisations: &Organisations) -> Part {
        let Part { best, share } = self.found[at];
        Part { best: higher(best, self.by_organisation[organisations.of[at] as usize]), share }
    }

    /// What the services of an organisation have of it that do not say it themselves.
    pub(crate) fn of_organisation(&self, organisation: OrganisationId) -> Part {
        Part { best: self.by_organisation[organisation as usize], share: 0.0 }
    }

    fn forget(&mut self) {
        self.of.clear();
        for &doc in &self.docs[..self.listed] {
            self.found[doc as usize] = Part::default();
        }
        self.listed = 0;
        for organisation in self.organisations.drain(..) {
            self.by_organisation[organisation as usize] = 0.0;
        }
    }
}

/// Of two numbers. That of the standard library asks each time whether one is none.
pub(crate) fn higher(one: f32, other: f32) -> f32 {
    if other > one { other } else { one }
}

impl Sums {
    pub(crate) fn start(&mut self, contents: &Contents) {
        self.of.clear();
        self.heavy.clear();
        for doc in self.docs.drain(..) {
            self.found[doc as usize] = Sum::default();
        }
        for organisation in self.organisations.drain(..) {
            self.by_organisation[organisation as usize] = Sum::default();
        }
        let services = contents.documents.len();
        if self.found.len() < services {
            self.found.resize(services, Sum::default());
            self.by_organisation.resize(contents.organisations.len(), Sum::default());
        }
        (self.weight, self.telling, self.lightly, self.most_of_organisations) = (0.0, 0.0, 0.0, 0.0);
    }

    /// Adds up these words: only the last of them, where the others are those that were added up before.
    pub(crate) fn add_up(&mut self, contents: &Contents, words: &[Arc<Asked>], word: &mut OfWord) {
        if self.kept(words) == 0 {
            self.start(contents);
        }
        let is_more = self.of.len() < words.len();
        for asked in &words[self.of.len()..] {
            self.add(contents, asked, word);
            self.of.push(asked.clone());
        }
        if is_more {
            self.put_in_order();
        }
    }

    /// How many of these words were added up before, and none of others.
    pub(crate) fn kept(&self, words: &[Arc<Asked>]) -> usize {
        let are_kept =
            self.of.len() <= words.len() && self.of.iter().zip(words).all(|(one, other)| Arc::ptr_eq(one, other));
        if are_kept { self.of.len() } else { 0 }
    }

    /// Puts the services where anything weighs in the order of what they have, those of one [`Sum::step`] in any: who looks
    /// for the best can stop early.
    fn put_in_order(&mut self) {
        let mut places = [0u32; STEPS];
        self.unordered.clear();
        for &doc in &self.docs {
            let sum = &self.found[doc as usize];
            if sum.has == Has::Heavy {
                self.unordered.push((doc, sum.step()));
            }
        }
        self.heavy.resize(self.unordered.len(), 0);
        for (_, step) in &self.unordered {
            places[*step] += 1;
        }
        let mut next = 0;
        for place in places.iter_mut().rev() {
            (*place, next) = (next, next + *place);
        }
        for &(doc, step) in &self.unordered {
            let place = &mut places[step];
            self.heavy[*place as usize] = doc;
            *place += 1;
        }
    }

    pub(crate) fn add(&mut self, contents: &Contents, asked: &Asked, word: &mut OfWord) {
        self.weight += asked.weight;
        if asked.tells {
            self.telling += asked.weight;
        }
        if asked.weight <= FILLER {
            return;
        }
        if asked.weight < LIGHT {
            self.lightly += asked.weight;
        }
        word.find(contents, &asked.candidates);
        if !word.organisations.is_empty() {
            self.add_to_known(contents, asked, word);
        }
        for &doc in word.docs() {
            let (at, organisations) = (doc as usize, &contents.organisations);
            if self.found[at].has == Has::Nothing {
                self.found[at] = self.by_organisation[organisations.of[at] as usize];
                self.docs.push(doc);
            }
            self.found[at].add(asked, word.part(at, organisations));
        }
        for &organisation in &word.organisations {
            let sum = &mut self.by_organisation[organisation as usize];
            if sum.has == Has::Nothing {
                self.organisations.push(organisation);
            }
            sum.add(asked, word.of_organisation(organisation));
            self.most_of_organisations = higher(self.most_of_organisations, sum.total);
        }
    }

    /// Adds a word to services that said others before, and of this what their organisation is called.
    fn add_to_known(&mut self, contents: &Contents, asked: &Asked, word: &OfWord) {
        for &doc in &self.docs {
            let part = word.of_organisation(contents.organisations.of[doc as usize]);
            if part.best > 0.0 && !word.is_own(doc as usize) {
                self.found[doc as usize].add(asked, part);
            }
        }
    }

    /// Services that say words themselves which hardly weigh, and have no others.
    pub(crate) fn light(&self) -> impl Iterator<Item = Doc> {
        self.docs.iter().copied().filter(|doc| self.found[*doc as usize].has == Has::Light)
    }

    /// Whether a service says any of the words itself.
    #[inline]
    pub(crate) fn is_own(&self, at: usize) -> bool {
        self.found[at].has != Has::Nothing
    }

    /// What a service has of them, in either way.
    #[inline]
    pub(crate) fn sum(&self, at: usize, organisations: &Organisations) -> &Sum {
        let (own, of_organisation) = (&self.found[at], self.of_organisation(organisations.of[at]));
        if own.has == Has::Nothing { of_organisation } else { own }
    }

    /// What the services of an organisation have that say none of them.
    pub(crate) fn of_organisation(&self, organisation: OrganisationId) -> &Sum {
        &self.by_organisation[organisation as usize]
    }
}

/// What is left of a total that so large a share of the name is no part of.
pub(crate) fn in_focus(share: f32) -> f32 {
    1.0 - FOCUS + FOCUS * if share > 1.0 { 1.0 } else { share }
}
