//! How an index is built: every service's words, and the notions they stand for, where they are found and what they weigh.
//!
//! Guarantees: what titles share is made once; every word of a name weighs by how rare it is among the names.

use std::ops::Range;

use super::{
    Entry,
    beginnings::Beginnings,
    index::{
        Contents, Doc, Document, Mention, Notion, Occurrences, OrganisationId, Organisations, Piece, Posting, Says,
        Term, TermId, Terms,
    },
    kinds::{Kind, Kinds},
    lexicon::{ConceptId, LEXICON, Lexicon, Naming, Role, Single},
    near::Near,
    whole::{self, Whole},
    words::{self, Key, Places, Tongue, Word},
};

/// How much a word found elsewhere than in the name says.
const DESCRIPTION: f32 = 0.45;
const ORGANISATION: f32 = 0.5;
/// A name in English beside the Mongolian one: as good, but for ties.
const OTHER_NAME: f32 = 0.98;

/// What head words keep of their weight: nearly every name has one.
const HEAD: f32 = 0.22;
/// What an action keeps: it chooses among services of a thing, and alone says little.
const ACTION: f32 = 0.6;
/// One that is done with whatever there is: «авах».
const ANY_ACTION: f32 = 0.2;

/// What a word in brackets keeps of what a name weighs: nobody asks for it to have all of the name.
const IN_BRACKETS: f32 = 0.5;

/// «бүртгэлгүй» found by «бүртгэл»: the thing is the same, what is said of it is not.
const NEGATED: f32 = 0.55;
const NEGATION: &str = "гүй";

/// What a twin of another service, for use abroad, loses to it.
const FOREIGN: f32 = 0.15;
/// What the most popular of services is ahead by.
const POPULAR: f32 = 0.015;
/// And one that does something before one that only tells of it, where both answer as well.
const DOES: f32 = 0.002;
/// No service is ahead by more besides what it has of the words.
pub(crate) const AHEAD: f32 = POPULAR + DOES;

impl Contents {
    pub(crate) fn build(entries: &[Entry]) -> Self {
        let mut builder = Builder::new(&LEXICON);
        for entry in entries {
            builder.add(entry);
        }
        builder.finish(entries)
    }
}

/// Whose text is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Name(Doc),
    Service(Doc),
    Organisation(OrganisationId),
}

/// Where something was found in a service's texts, before it is known how much it weighs.
struct Found {
    doc: Doc,
    field: f32,
    in_name: bool,
}

/// All places where something was found, in order.
#[derive(Default)]
struct AllFound {
    of_services: Vec<Found>,
    of_organisations: Vec<Mention>,
}

impl Of {
    /// Where a notion is named so: a name that says what only people do does not mean it.
    fn named(self, naming: Naming) -> Self {
        match self {
            Self::Name(doc) if naming == Naming::Said => Self::Service(doc),
            Self::Name(_) | Self::Service(_) | Self::Organisation(_) => self,
        }
    }
}

impl AllFound {
    fn add(&mut self, of: Of, field: f32) {
        match of {
            Of::Name(doc) => self.of_services.push(Found { doc, field, in_name: true }),
            Of::Service(doc) => self.of_services.push(Found { doc, field, in_name: false }),
            Of::Organisation(organisation) => self.of_organisations.push(Mention { organisation, field }),
        }
    }

    fn is_empty(&self) -> bool {
        self.of_services.is_empty() && self.of_organisations.is_empty()
    }

    /// Of how many services it is said.
    fn services(&self, organisations: &Organisations) -> usize {
        let mut mentioned: Vec<OrganisationId> =
            self.of_organisations.iter().map(|mention| mention.organisation).collect();
        mentioned.dedup();
        let mut own: Vec<Doc> = self.of_services.iter().map(|found| found.doc).collect();
        own.dedup();
        own.retain(|doc| mentioned.binary_search(&organisations.of[*doc as usize]).is_err());
        own.len() + mentioned.iter().map(|organisation| organisations.services(*organisation).len()).sum::<usize>()
    }
}

#[derive(Default)]
struct Draft {
    found: AllFound,
    concepts: Vec<(ConceptId, Naming)>,
    text: Box<str>,
    sound: Box<str>,
}

struct Builder {
    lexicon: &'static Lexicon,
    terms: Vec<Draft>,
    notions: Vec<AllFound>,
    documents: Vec<Document>,
    organisations: Organisations,
    organisation_places: Places,
    besides: Vec<f32>,
    besides_abroad: Vec<f32>,
    pieces: Vec<Piece>,
    by_stem: Places,
    by_fold: Vec<(Key, TermId)>,
    by_verb: Vec<(Key, TermId)>,
    /// What was made of a word before: names share most of theirs.
    seen: Places,
    made: Vec<Vec<(TermId, f32, Key)>>,
    beginnings: Vec<(Box<str>, TermId)>,
    /// Names as runs of sounds.
    runs: Vec<String>,
}

impl Builder {
    fn new(lexicon: &'static Lexicon) -> Self {
        let mut builder = Self {
            lexicon,
            terms: Vec::new(),
            notions: lexicon.concepts.iter().map(|_| AllFound::default()).collect(),
            documents: Vec::new(),
            organisations: Organisations::default(),
            organisation_places: Places::default(),
            besides: Vec::new(),
            besides_abroad: Vec::new(),
            pieces: Vec::new(),
            by_stem: Places::default(),
            by_fold: Vec::new(),
            by_verb: Vec::new(),
            seen: Places::default(),
            made: Vec::new(),
            beginnings: Vec::new(),
            runs: Vec::new(),
        };
        for single in &lexicon.singles {
            let term = builder.term(&single.word, &single.text, single.tongue);
            let concepts = &mut builder.terms[term as usize].concepts;
            if !concepts.iter().any(|(concept, _)| *concept == single.concept) {
                concepts.push((single.concept, single.naming));
            }
        }
        builder
    }

    fn term(&mut self, word: &Word, text: &str, tongue: Tongue) -> TermId {
        let next = self.terms.len();
        let place = self.by_stem.get_or(word.stem, next);
        let id = place as TermId;
        if place == next {
            let sound = words::sound(text, tongue).into();
            self.terms.push(Draft { text: text.into(), sound, ..Draft::default() });
            self.by_fold.push((word.fold, id));
            if tongue == Tongue::Mongolian {
                self.by_verb.push((words::verb(text), id));
            }
            self.beginnings.push((mongolian_text::phonetic_letters(text).into(), id));
        }
        id
    }

    /// The terms of a word, how surely each is said, and the word's fold for phrases.
    fn terms_of(&mut self, token: &mongolian_text::Token) -> Vec<(TermId, f32, Key)> {
        let text = words::sound_key(&token.text);
        if let Some(place) = self.seen.get(text) {
            return self.made[place].clone();
        }
        let mut terms = Vec::new();
        if token.script == mongolian_text::Script::Number {
            let key = words::number_key(&token.text);
            let word = Word { stem: key, fold: key };
            terms.push((self.term(&word, &token.text, Tongue::Mongolian), 1.0, key));
        } else {
            for &tongue in words::tongues(token) {
                let word = words::word(&token.text, tongue);
                // A name is Mongolian if it is in Cyrillic and English if not; another reading counts when it is known.
                let is_likely = tongue
                    == match token.script {
                        mongolian_text::Script::Latin => Tongue::English,
                        mongolian_text::Script::Cyrillic
                        | mongolian_text::Script::Number
                        | mongolian_text::Script::Other => Tongue::Mongolian,
                    };
                if is_likely {
                    terms.push((self.term(&word, &token.text, tongue), 1.0, word.fold));
                } else if let Some(known) = self.by_stem.get(word.stem) {
                    terms.push((known as TermId, 0.9, word.fold));
                }
            }
            if let Some(positive) = token.text.strip_suffix(NEGATION).filter(|rest| rest.chars().count() > 2) {
                let word = words::word(positive, Tongue::Mongolian);
                terms.push((self.term(&word, positive, Tongue::Mongolian), NEGATED, word.fold));
            }
            let phonetic = mongolian_text::phonetic_letters(&token.text);
            if let Some(&(id, ..)) = terms.first() {
                self.beginnings.push((phonetic.into(), id));
            }
        }
        self.seen.put(text, self.made.len());
        self.made.push(terms.clone());
        terms
    }

    fn add(&mut self, entry: &Entry) {
        let doc = self.documents.len() as Doc;
        let first = self.pieces.len() as u32;
        let mut kinds = entry.kind.map(Kinds::of).unwrap_or_default();
        let mut foreign = false;
        self.read(Of::Name(doc), &entry.name, 1.0, &mut |role, chooses| {
            foreign |= role == Role::Language;
            // «Оноо шалгуулах хүсэлт» is an application, whatever it asks to be told.
            if entry.kind.is_none() || chooses != Kinds::of(Kind::Information) {
                kinds = kinds.and(chooses);
            }
        });
        if let Some(name) = &entry.other_name {
            self.read(Of::Service(doc), name, OTHER_NAME, &mut |_, _| {});
        }
        for description in &entry.descriptions {
            self.read(Of::Service(doc), description, DESCRIPTION, &mut |_, _| {});
        }
        self.add_organisation(&entry.organisation);
        // A long tail of services hardly anybody wants: the logarithm keeps the first from being all.
        let popularity = (1.0 + entry.popularity.max(0) as f32).ln();
        let does = if entry.kind == Some(Kind::Information) { 0.0 } else { DOES };
        let ahead = POPULAR * popularity / (1.0 + popularity) + does;
        self.besides_abroad.push(ahead);
        self.besides.push(if foreign { ahead - FOREIGN } else { ahead });
        self.documents.push(Document { kinds, pieces: first..self.pieces.len() as u32 });
    }

    /// That of the next service, and its names if no service had it before.
    fn add_organisation(&mut self, names: &[String]) {
        let key = names.iter().fold(Key::NONE, |key, name| key.and(words::sound_key(name)));
        let place = self.organisation_places.get_or(key, self.organisations.len());
        if place == self.organisations.len() {
            for name in names {
                self.read(Of::Organisation(place as OrganisationId), name, ORGANISATION, &mut |_, _| {});
            }
        }
        self.organisations.add(place as OrganisationId);
    }

    fn read(&mut self, of: Of, text: &str, field: f32, told: &mut dyn FnMut(Role, Kinds)) {
        let tokens = words::read(text);
        let in_name = matches!(of, Of::Name(_));
        if in_name {
            self.runs.push(whole::run(tokens.iter()));
        }
        let mut folds = Vec::with_capacity(tokens.len());
        for token in &tokens {
            let terms = self.terms_of(token);
            let (start, end) = (token.range.start as u16, token.range.end as u16);
            for &(term, sure, _) in &terms {
                self.terms[term as usize].found.add(of, field * sure);
                if in_name && token.range.end <= usize::from(u16::MAX) {
                    self.pieces.push(Piece { says: Says::Term(term), start, end });
                }
                let concepts = self.terms[term as usize].concepts.clone();
                for (concept, naming) in concepts {
                    self.notion(concept, of.named(naming), field * sure * as_title(naming), start..end, told);
                }
            }
            folds.push(terms.first().map(|term| term.2));
        }
        for from in 0..folds.len() {
            let mut words = Key::NONE;
            for (token, fold) in tokens[from..].iter().zip(&folds[from..]) {
                let Some(fold) = *fold else { break };
                words = words.and(fold);
                let lexicon = self.lexicon;
                let Some(named) = lexicon.phrase(words) else { break };
                for &(concept, naming) in named {
                    let place = tokens[from].range.start as u16..token.range.end as u16;
                    self.notion(concept, of.named(naming), field * as_title(naming), place, told);
                }
            }
        }
    }

    fn notion(&mut self, concept: ConceptId, of: Of, field: f32, place: Range<u16>, told: &mut dyn FnMut(Role, Kinds)) {
        self.notions[usize::from(concept)].add(of, field);
        if matches!(of, Of::Name(_)) {
            let known = &self.lexicon.concepts[usize::from(concept)];
            told(known.role, known.chooses);
            self.pieces.push(Piece { says: Says::Notion(concept), start: place.start, end: place.end });
        }
    }

    fn finish(self, entries: &[Entry]) -> Contents {
        let count = entries.len().max(1) as f32;
        let rarity = |found: &AllFound| {
            (1.0 + count / found.services(&self.organisations).max(1) as f32).ln() / (1.0 + count).ln()
        };
        let role_of = |concept: ConceptId| self.lexicon.concepts[usize::from(concept)].role;
        let by_role = |concept: ConceptId| match role_of(concept) {
            Role::Thing | Role::Language => 1.0,
            Role::Action if self.lexicon.concepts[usize::from(concept)].chooses.are_many() => ANY_ACTION,
            Role::Action => ACTION,
            Role::Head => HEAD,
            Role::Filler => 0.0,
        };
        // A word that is a head in one line and a thing in another is no thing: the least of what it may be, if titles
        // use it so; what only the spoken columns list says nothing about the word itself.
        let of_term = |draft: &Draft| {
            let formal = draft.concepts.iter().filter(|(_, naming)| *naming == Naming::Title);
            formal
                .map(|(concept, _)| by_role(*concept))
                .fold(None, |least: Option<f32>, weight| Some(least.map_or(weight, |least| least.min(weight))))
        };
        let weights: Vec<f32> =
            self.terms.iter().map(|draft| rarity(&draft.found) * of_term(draft).unwrap_or(1.0)).collect();
        let notion_weights: Vec<f32> = (0..).zip(&self.notions).map(|(c, found)| rarity(found) * by_role(c)).collect();
        // What a whole name weighs: each place once, by the heaviest that is said there.
        let mut names = vec![0f32; self.documents.len()];
        for (doc, document) in self.documents.iter().enumerate() {
            let pieces = &self.pieces[document.pieces.start as usize..document.pieces.end as usize];
            let terms = pieces.iter().filter_map(|piece| match piece.says {
                Says::Term(term) => Some((piece.start, weights[term as usize])),
                Says::Notion(_) => None,
            });
            let mut last = None;
            let name = &entries[doc].name;
            for (start, weight) in terms {
                if last != Some(start) {
                    names[doc] += if is_in_brackets(name, start.into()) { weight * IN_BRACKETS } else { weight };
                }
                last = Some(start);
            }
        }
        let (mut postings, mut mentions) = (Vec::new(), Vec::new());
        let mut settle = |found: &AllFound, weight: f32| -> Occurrences {
            let first = postings.len() as u32;
            for found in &found.of_services {
                let share = if found.in_name { weight / names[found.doc as usize].max(0.1) } else { 0.0 };
                let posting = Posting { doc: found.doc, field: found.field, share: share.min(1.0) };
                let is_own = postings.len() as u32 > first;
                match postings.last_mut().filter(|last: &&mut Posting| is_own && last.doc == found.doc) {
                    Some(last) => {
                        last.field = last.field.max(posting.field);
                        last.share = last.share.max(posting.share);
                    }
                    None => postings.push(posting),
                }
            }
            let first_mention = mentions.len() as u32;
            for mention in &found.of_organisations {
                let is_own = mentions.len() as u32 > first_mention;
                match mentions
                    .last_mut()
                    .filter(|last: &&mut Mention| is_own && last.organisation == mention.organisation)
                {
                    Some(last) => last.field = last.field.max(mention.field),
                    None => mentions.push(*mention),
                }
            }
            Occurrences {
                postings: first..postings.len() as u32,
                mentions: first_mention..mentions.len() as u32,
                services: found.services(&self.organisations) as u32,
            }
        };
        let is_said = |draft: &Draft| {
            !draft.found.is_empty() || draft.concepts.iter().any(|(c, _)| !self.notions[usize::from(*c)].is_empty())
        };
        // Words of the lexicon that lead to no service here are known to it, and need no place here.
        let mut places: Vec<Option<TermId>> = Vec::with_capacity(self.terms.len());
        let mut terms: Vec<Term> = Vec::new();
        let mut concepts = Vec::new();
        let mut sounds = Vec::new();
        let mut by_sound = Vec::new();
        for (draft, weight) in self.terms.iter().zip(&weights) {
            if !is_said(draft) {
                places.push(None);
                continue;
            }
            let id = terms.len() as TermId;
            places.push(Some(id));
            by_sound.push((words::sound_key(&draft.sound), id));
            sounds.push(draft.sound.clone());
            let first = concepts.len() as u32;
            concepts.extend(draft.concepts.iter().filter(|(c, _)| !self.notions[usize::from(*c)].is_empty()));
            let concepts = first..concepts.len() as u32;
            let occurrences = settle(&draft.found, *weight);
            let (text, is_latin) = (draft.text.clone(), draft.text.is_ascii());
            let without_own_letters = words::without_own_letters(&text).short();
            terms.push(Term { occurrences, weight: *weight, concepts, text, without_own_letters, is_latin });
        }
        let settle_notion = |(found, weight): (&AllFound, f32)| Notion { occurrences: settle(found, weight), weight };
        let notions = self.notions.iter().zip(notion_weights).map(settle_notion).collect();
        let kept = |terms: Vec<(Key, TermId)>| -> Terms {
            Terms::new(terms.into_iter().filter_map(|(key, term)| Some((key, places[term as usize]?))).collect())
        };
        let beginnings = self.beginnings.into_iter();
        let beginnings = beginnings.filter_map(|(sound, term)| Some((sound, places[term as usize]?))).collect();
        let pieces = self.pieces.into_iter();
        let pieces = pieces.map(|piece| match piece.says {
            Says::Term(term) => Piece { says: Says::Term(places[term as usize].unwrap_or_default()), ..piece },
            Says::Notion(_) => piece,
        });
        Contents {
            beginnings: Beginnings::build(beginnings, &terms),
            documents: fitting(self.documents),
            besides: fitting(self.besides),
            besides_abroad: fitting(self.besides_abroad),
            notions,
            pieces: fitting(pieces.collect()),
            by_stem: kept(self.by_stem.all().collect()),
            by_fold: kept(self.by_fold),
            by_verb: kept(self.by_verb),
            by_sound: Terms::new(by_sound),
            near: Near::build(sounds, fillers(self.lexicon)),
            whole: Whole::build(&self.runs),
            postings: fitting(postings),
            mentions: fitting(mentions),
            organisations: self.organisations,
            terms: fitting(terms),
            concepts: fitting(concepts),
        }
    }
}

/// In no more room than it takes: it never grows again.
fn fitting<T>(mut list: Vec<T>) -> Vec<T> {
    list.shrink_to_fit();
    list
}

/// Whether a bracket that opens before this place is open there.
fn is_in_brackets(name: &str, at: usize) -> bool {
    let before = name.get(..at).unwrap_or_default();
    before.matches('(').count() > before.matches(')').count()
}

/// Words that say nothing, as they sound: in what was heard they take up room.
fn fillers(lexicon: &Lexicon) -> impl Iterator<Item = Box<str>> {
    let is_filler = |single: &&Single| {
        single.tongue == Tongue::Mongolian && lexicon.concepts[usize::from(single.concept)].role == Role::Filler
    };
    lexicon.singles.iter().filter(is_filler).map(|single| words::sound(&single.text, Tongue::Mongolian).into())
}

/// How surely a title means a notion that it names so.
fn as_title(naming: Naming) -> f32 {
    match naming {
        Naming::Title => 1.0,
        Naming::Translation => 0.95,
        Naming::Said => 0.5,
    }
}
