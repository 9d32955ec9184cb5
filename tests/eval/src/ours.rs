//! The search under test, as this harness asks it. What is not plugged in here is not measured; where it has floors, they break.

use crate::services::{Finds, Service};

/// One of the two keys of a word.
pub(crate) type Key = fn(&str) -> String;

/// The conflation key of a word.
pub(crate) const STEM: Option<Key> = Some(mongolian_text::stem);

/// The sound of a word.
pub(crate) const PHONETIC: Option<Key> = Some(mongolian_text::phonetic_key);

/// The index over these services.
pub(crate) fn searcher(_services: &[Service]) -> Option<Box<dyn Finds>> {
    None
}
