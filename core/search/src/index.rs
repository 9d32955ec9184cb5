//! What is searched, in memory: services by the words of their names, organisations and descriptions.
//!
//! Guarantees: built whole, never changed; a look for a word costs a few steps, whatever the vocabulary.

use std::ops::Range;

use super::{
    beginnings::Beginnings,
    kinds::Kinds,
    lexicon::{ConceptId, Naming},
    near::Near,
    whole::Whole,
    words::{Key, Starts},
};

pub(crate) type TermId = u32;
pub(crate) type Doc = u32;
pub(crate) type OrganisationId = u32;

/// Where a term or a notion stands in a service's own texts, and how much it says there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Posting {
    pub(crate) doc: Doc,
    /// 0 to 1: by the field.
    pub(crate) field: f32,
    /// Its share of the name: of a name of one word, all.
    pub(crate) share: f32,
}

/// An organisation that is called so: what that says of each of its services.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mention {
    pub(crate) organisation: OrganisationId,
    pub(crate) field: f32,
}

/// Where a term or a notion is said. Most of what is said of services is said of their organisations: there are few of those.
#[derive(Default)]
pub(crate) struct Occurrences {
    pub(crate) postings: Range<u32>,
    pub(crate) mentions: Range<u32>,
    /// Of how many services, in either way.
    pub(crate) services: u32,
}

pub(crate) struct Term {
    pub(crate) occurrences: Occurrences,
    pub(crate) weight: f32,
    /// Notions it names alone.
    pub(crate) concepts: Range<u32>,
    /// As it first stood in a name or in the lexicon.
    pub(crate) text: Box<str>,
    /// The short key of its stem where there is no ө and no ү to type.
    pub(crate) without_own_letters: u32,
    /// In Latin letters: a word of a foreign language.
    pub(crate) is_latin: bool,
}

impl Term {
    /// Whether it tells some services from others.
    pub(crate) fn tells(&self) -> bool {
        /// A word that so many services have, and that weighs so much.
        const OFTEN: u32 = 3;
        const TELLING: f32 = 0.3;
        self.occurrences.services >= OFTEN && self.weight >= TELLING
    }
}

pub(crate) struct Notion {
    pub(crate) occurrences: Occurrences,
    pub(crate) weight: f32,
}

/// A piece of a name and what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) says: Says,
    pub(crate) start: u16,
    pub(crate) end: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    Term(TermId),
    Notion(ConceptId),
}

pub(crate) struct Document {
    pub(crate) kinds: Kinds,
    pub(crate) pieces: Range<u32>,
}

/// Which services are of which organisation; those that tell nothing of theirs are of one.
#[derive(Default)]
pub(crate) struct Organisations {
    pub(crate) of: Vec<OrganisationId>,
    services: Vec<Vec<Doc>>,
}

impl Organisations {
    /// One more service.
    pub(crate) fn add(&mut self, organisation: OrganisationId) {
        let service = self.of.len() as Doc;
        self.of.push(organisation);
        self.services.resize_with(self.services.len().max(organisation as usize + 1), Vec::new);
        self.services[organisation as usize].push(service);
    }

    pub(crate) fn len(&self) -> usize {
        self.services.len()
    }

    pub(crate) fn services(&self, organisation: OrganisationId) -> &[Doc] {
        &self.services[organisation as usize]
    }

    fn bytes(&self) -> usize {
        let of_each =
            self.services.iter().map(|services| size_of::<Vec<Doc>>() + services.capacity() * size_of::<Doc>());
        self.of.capacity() * size_of::<OrganisationId>() + of_each.sum::<usize>()
    }
}

pub(crate) struct Contents {
    pub(crate) documents: Vec<Document>,
    /// What a service's score is besides its words', and the same when a foreign language is asked for.
    pub(crate) besides: Vec<f32>,
    pub(crate) besides_abroad: Vec<f32>,
    pub(crate) terms: Vec<Term>,
    pub(crate) notions: Vec<Notion>,
    pub(crate) postings: Vec<Posting>,
    pub(crate) mentions: Vec<Mention>,
    pub(crate) organisations: Organisations,
    pub(crate) pieces: Vec<Piece>,
    /// With whether titles call it so.
    pub(crate) concepts: Vec<(ConceptId, Naming)>,
    pub(crate) by_stem: Terms,
    pub(crate) by_fold: Terms,
    pub(crate) by_sound: Terms,
    pub(crate) by_verb: Terms,
    /// A place in it is a term's own.
    pub(crate) near: Near,
    pub(crate) whole: Whole,
    pub(crate) beginnings: Beginnings,
}

/// Terms by a key, in order of it: less room than a map, and a list of one needs none of its own.
#[derive(Default)]
pub(crate) struct Terms {
    keys: Vec<Key>,
    terms: Vec<TermId>,
    starts: Starts,
}

impl Terms {
    pub(crate) fn new(mut terms: Vec<(Key, TermId)>) -> Self {
        terms.sort_unstable();
        terms.dedup();
        let keys: Vec<Key> = terms.iter().map(|(key, _)| *key).collect();
        let starts = Starts::new(&mut keys.iter().map(|key| key.beginning()));
        Self { keys, terms: terms.iter().map(|(_, term)| *term).collect(), starts }
    }

    pub(crate) fn of(&self, key: Key) -> &[TermId] {
        let alike = self.starts.of(key.beginning());
        let keys = &self.keys[alike.clone()];
        let Some(first) = keys.iter().position(|other| *other == key) else { return &[] };
        let count = keys[first..].iter().take_while(|other| **other == key).count();
        &self.terms[alike][first..first + count]
    }

    pub(crate) fn bytes(&self) -> usize {
        self.keys.capacity() * size_of::<Key>()
            + self.terms.capacity() * size_of::<TermId>()
            + self.starts.0.capacity() * size_of::<u32>()
    }
}

impl Contents {
    /// Where services say it themselves.
    pub(crate) fn said(&self, says: Says) -> &[Posting] {
        let postings = &self.occurrences(says).postings;
        self.postings.get(postings.start as usize..postings.end as usize).unwrap_or_default()
    }

    /// Which organisations are called so.
    pub(crate) fn called(&self, says: Says) -> &[Mention] {
        let mentions = &self.occurrences(says).mentions;
        self.mentions.get(mentions.start as usize..mentions.end as usize).unwrap_or_default()
    }

    /// Whether it is said anywhere.
    pub(crate) fn is_said(&self, says: Says) -> bool {
        self.occurrences(says).services > 0
    }

    /// Whether it is said of this service.
    pub(crate) fn is_said_of(&self, doc: Doc, says: Says) -> bool {
        self.said(says).binary_search_by_key(&doc, |posting| posting.doc).is_ok()
            || self.called(says).iter().any(|mention| mention.organisation == self.organisations.of[doc as usize])
    }

    fn occurrences(&self, says: Says) -> &Occurrences {
        match says {
            Says::Term(term) => &self.terms[term as usize].occurrences,
            Says::Notion(concept) => &self.notions[usize::from(concept)].occurrences,
        }
    }

    pub(crate) fn pieces(&self, doc: Doc) -> &[Piece] {
        let pieces = &self.documents[doc as usize].pieces;
        self.pieces.get(pieces.start as usize..pieces.end as usize).unwrap_or_default()
    }

    /// Notions that a term names alone, and whether titles call them so.
    pub(crate) fn concepts(&self, term: TermId) -> &[(ConceptId, Naming)] {
        let concepts = &self.terms[term as usize].concepts;
        self.concepts.get(concepts.start as usize..concepts.end as usize).unwrap_or_default()
    }

    /// Bytes held, without what the allocator adds.
    pub(crate) fn bytes(&self) -> usize {
        self.documents.capacity() * size_of::<Document>()
            + (self.besides.capacity() + self.besides_abroad.capacity()) * size_of::<f32>()
            + self.terms.capacity() * size_of::<Term>()
            + self.terms.iter().map(|term| term.text.len()).sum::<usize>()
            + self.concepts.capacity() * size_of::<(ConceptId, Naming)>()
            + self.notions.capacity() * size_of::<Notion>()
            + self.postings.capacity() * size_of::<Posting>()
            + self.mentions.capacity() * size_of::<Mention>()
            + self.organisations.bytes()
            + self.pieces.capacity() * size_of::<Piece>()
            + [&self.by_stem, &self.by_fold, &self.by_sound, &self.by_verb]
                .iter()
                .map(|terms| terms.bytes())
                .sum::<usize>()
            + self.near.bytes()
            + self.whole.bytes()
            + self.beginnings.bytes()
    }
}
