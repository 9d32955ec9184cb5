//! What a query asks for: its words, read in one language, with the phrases they make.
//!
//! Guarantees: time goes with the number of words asked; words before the last are read once while it is typed, and what is
//! kept of them changes no answer.

use std::{cell::OnceCell, collections::VecDeque, sync::Arc};

use mongolian_text::{Script, Token};

use super::{
    asked::{Asked, Asking, FILLER, UNKNOWN, ask, understood},
    candidates::Slots,
    glued::parted,
    heard::Heard,
    index::Contents,
    kinds::Kinds,
    near::Counts,
    phrases::{Begun, Phrase, add_phrases},
    reading::{Reading, native, reading},
    sums::{OfWord, Sums},
    whole::{self, Shared},
    words,
};

/// More words than anybody asks with; what comes after is not read.
const WORDS: usize = 24;

/// So many polite words may be all that is typed of a query yet; more are talk.
const ALONE: usize = 3;

/// A query, understood.
pub(crate) struct Query {
    pub(crate) asked: Vec<Arc<Asked>>,
    pub(crate) kinds: Kinds,
    pub(crate) foreign: bool,
    run: OnceCell<String>,
}

/// Room to count in, kept between queries, and what the next one may go on from.
#[derive(Default)]
pub(crate) struct Scratch {
    pub(crate) counts: Counts,
    pub(crate) shared: Shared,
    pub(crate) slots: Slots,
    pub(crate) kept: VecDeque<Arc<Asked>>,
    pub(crate) readings: VecDeque<Arc<Reading>>,
    pub(crate) closed: Closed,
    /// Of the words before the last: as they are and as parts of a phrase, they take turns.
    pub(crate) sums: Sums,
    pub(crate) other_sums: Sums,
    pub(crate) word: OfWord,
    pub(crate) heard: Heard,
}

/// Words kept: those of one query as it is typed.
const KEPT: usize = 8;

pub(crate) fn keep<T>(kept: &mut VecDeque<T>, newest: T) {
    if kept.len() == KEPT {
        kept.pop_front();
    }
    kept.push_back(newest);
}

/// Words that do not change while the next one is typed.
#[derive(Default)]
pub(crate) struct Closed {
    /// Up to where the next one begins.
    text: String,
    native: Option<bool>,
    asked: Vec<Arc<Asked>>,
    begun: Begun,
    /// The phrases that the next one last ended, and what they mean in them.
    in_phrases: (Vec<Phrase>, Vec<Arc<Asked>>),
}

/// How a query came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Letter by letter: the last word may go on, and a word that is known is that word.
    Typed,
    /// By a recogniser: every word is whole, and may be another that sounds like it.
    Heard,
}

impl Query {
    pub(crate) fn read(contents: &Contents, text: &str, manner: Manner, scratch: &mut Scratch) -> Self {
        let going_on = match manner {
            Manner::Typed => going_on(contents, text, scratch),
            Manner::Heard => None,
        };
        let mut asked = going_on.unwrap_or_else(|| whole(contents, text, manner, scratch));
        if asked.len() <= ALONE && asked.iter().all(|asked| asked.weight <= FILLER) {
            for asked in &mut asked {
                let asked = Arc::make_mut(asked);
                (asked.weight, asked.tells) = (UNKNOWN, true);
            }
        }
        let kinds = asked.iter().fold(Kinds::default(), |kinds, asked| kinds.and(asked.kinds));
        let foreign = asked.iter().any(|asked| asked.foreign);
        Self { asked, kinds, foreign, run: OnceCell::new() }
    }

    /// As it sounds, without the ends of its words.
    pub(crate) fn run(&self) -> &str {
        self.run.get_or_init(|| whole::run(self.asked.iter().map(|asked| &asked.token)))
    }

    /// How much of that is of the words before the last.
    pub(crate) fn run_before_last(&self) -> usize {
        self.run().len() - whole::run(self.asked.last().map(|asked| &asked.token).into_iter()).len()
    }

    /// What is to be done, with something that is known to be of no service: it names none, whatever it sounds like.
    pub(crate) fn is_of_everyday_life(&self) -> bool {
        let said = || self.asked.iter().filter(|asked| asked.weight > FILLER);
        let mut things = said().filter(|asked| asked.tells).peekable();
        let is_done = said().any(|asked| !asked.tells);
        is_done && things.peek().is_some() && things.all(|asked| asked.is_everyday && !asked.asking.is_typed)
    }

    /// Of several words, which are not those of another language.
    pub(crate) fn may_be_native(&self) -> bool {
        self.asked.len() > 1 && self.asked[0].asking.native != Some(false)
    }
}

/// What text that was encoded twice has: that is mended as a whole.
const ENCODED_TWICE: [char; 4] = ['Ð', 'Ñ', 'Ò', 'Ó'];

/// The words of a query whose last is being typed, behind those that are closed. `None`: it is to be read from its first
/// word on.
fn going_on(contents: &Contents, text: &str, scratch: &mut Scratch) -> Option<Vec<Arc<Asked>>> {
    let space = text.char_indices().rfind(|(_, letter)| letter.is_whitespace());
    let (head, tail) = text.split_at(space.map_or(0, |(at, letter)| at + letter.len_utf8()));
    let may_go_on = |text: &str| !text.contains(ENCODED_TWICE);
    if scratch.closed.text != head {
        Some(head).filter(|head| may_go_on(head)).and_then(|head| scratch.close(contents, head))?;
    }
    if !may_go_on(tail) {
        return None;
    }
    if tail.is_empty() {
        return Some(scratch.closed.asked.clone());
    }
    let mut tokens = words::read(tail);
    let mut token = tokens.pop().filter(|token| tokens.is_empty() && token.script != Script::Number)?;
    if token.range.end != tail.len() || scratch.closed.asked.len() >= WORDS {
        return None;
    }
    token.range = token.range.start + head.len()..text.len();
    let reading = reading(contents, &token, true, scratch.closed.ahead() > 1, scratch);
    if parted(contents, &token, &reading).is_some() {
        return None;
    }
    let native = native(scratch.closed.ahead() + reading.ahead);
    if native != scratch.closed.native && !scratch.closed.asked.is_empty() {
        return None;
    }
    let may_end_phrase = scratch.closed.begun.has_verbs();
    let asking = Asking { is_typed: true, native, manner: Manner::Typed, may_end_phrase };
    let mut open = ask(contents, token, &reading, asking, scratch);
    let phrases = scratch.closed.begun.ended_by(&open.folds);
    if !phrases.is_empty() {
        open.mean(contents, phrases.iter());
    }
    let before = scratch.closed.before(contents, phrases);
    let mut asked = Vec::with_capacity(before.len() + 1);
    asked.extend_from_slice(before);
    asked.push(Arc::new(open));
    Some(asked)
}

/// The words of a query, from the first on.
fn whole(contents: &Contents, text: &str, manner: Manner, scratch: &mut Scratch) -> Vec<Arc<Asked>> {
    let mut tokens = words::read(text);
    tokens.truncate(WORDS);
    let open =
        manner == Manner::Typed && tokens.last().is_some_and(|last| last.range.end == text.trim_end_matches('-').len());
    let (mut tokens, readings, ahead) = scratch.readings(contents, tokens, open);
    let open = open && tokens.len() <= WORDS; // what goes on was cut off
    tokens.truncate(WORDS);
    let count = tokens.len();
    let native = native(ahead);
    let mut closed = Closed::default();
    for (place, (token, reading)) in tokens.into_iter().zip(readings).enumerate() {
        let asking = Asking { is_typed: open && place + 1 == count, native, manner, may_end_phrase: true };
        closed.add(contents, understood(contents, token, &reading, asking, scratch));
    }
    closed.asked
}

impl Closed {
    fn ahead(&self) -> i32 {
        self.asked.iter().map(|asked| asked.ahead).sum()
    }

    /// One more word; those before it may mean something else beside it.
    fn add(&mut self, contents: &Contents, mut word: Arc<Asked>) {
        let phrases = self.begun.ended_by(&word.folds);
        self.begun.go_on(&word.folds);
        if !phrases.is_empty() {
            Arc::make_mut(&mut word).mean(contents, phrases.iter());
            self.asked = self.before(contents, phrases).to_vec();
        }
        self.in_phrases = Default::default();
        self.asked.push(word);
    }

    /// The words before one that ends these phrases.
    fn before(&mut self, contents: &Contents, phrases: Vec<Phrase>) -> &[Arc<Asked>] {
        if phrases.is_empty() {
            return &self.asked;
        }
        if self.in_phrases.0 != phrases {
            self.in_phrases = (phrases, self.asked.clone());
            add_phrases(contents, &mut self.in_phrases.1, &self.in_phrases.0);
        }
        &self.in_phrases.1
    }
}

impl Scratch {
    /// The tokens as they were meant, each read; `is_open`: the last may go on.
    fn readings(
        &mut self,
        contents: &Contents,
        tokens: Vec<Token>,
        is_open: bool,
    ) -> (Vec<Token>, Vec<Arc<Reading>>, i32) {
        let count = tokens.len();
        let mut parts = Vec::with_capacity(count);
        let mut readings: Vec<Arc<Reading>> = Vec::with_capacity(count);
        for (place, token) in (1..).zip(tokens) {
            let is_open = is_open && place == count;
            let whole = reading(contents, &token, is_open, false, self);
            match parted(contents, &token, &whole) {
                None => {
                    readings.push(whole);
                    parts.push(token);
                }
                Some(several) => {
                    let last = several.len();
                    let parts_read = (1..).zip(&several);
                    readings.extend(
                        parts_read.map(|(part, token)| reading(contents, token, is_open && part == last, false, self)),
                    );
                    parts.extend(several);
                }
            }
        }
        let ahead = readings.iter().map(|reading| reading.ahead).sum();
        (parts, readings, ahead)
    }

    /// Takes the words of `head` as closed, from those that were closed before where they are its first. `None`: there
    /// are too many, or a number may go on.
    fn close(&mut self, contents: &Contents, head: &str) -> Option<()> {
        let mut closed = std::mem::take(&mut self.closed);
        self.close_into(contents, head, &mut closed)?;
        self.closed = closed;
        Some(())
    }

    fn close_into(&mut self, contents: &Contents, head: &str, closed: &mut Closed) -> Option<()> {
        let is_begun = !closed.asked.is_empty();
        let more = head.strip_prefix(closed.text.as_str()).filter(|_| is_begun);
        let mut from = head.len() - more.unwrap_or(head).len();
        let (mut tokens, mut readings, ahead) = self.readings(contents, words::read(&head[from..]), false);
        let mut are_native = native(closed.ahead() + ahead);
        if more.is_none() || are_native != closed.native {
            from = 0;
            let ahead;
            (tokens, readings, ahead) = self.readings(contents, words::read(head), false);
            are_native = native(ahead);
            *closed = Closed::default();
        }
        if tokens.last().is_some_and(|last| last.script == Script::Number) || closed.asked.len() + tokens.len() >= WORDS
        {
            return None;
        }
        closed.native = are_native;
        for (mut token, reading) in tokens.into_iter().zip(readings) {
            token.range = token.range.start + from..token.range.end + from;
            let asking = Asking { is_typed: false, native: are_native, manner: Manner::Typed, may_end_phrase: true };
            closed.add(contents, understood(contents, token, &reading, asking, self));
        }
        closed.text.clear();
        closed.text.push_str(head);
        Some(())
    }
}
