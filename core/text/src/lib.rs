//! Mongolian as people type it and say it.
//!
//! Guarantees: no I/O, no panic, time proportional to the length of the text; every rule and letter is a line in `data/`.
//!
//! The same word comes as «үнэмлэхийн», «үнэмлэхнээсээ», «унэмлэхний» from a Russian keyboard, `unemlehiin` from a
//! Latin one and «өнөмлэгин» from a recogniser. This crate gives each of them one key:
//!
//! ```
//! use mongolian_text::{phonetic_key, stem};
//!
//! assert_eq!(stem("үнэмлэхийн"), stem("үнэмлэхний"));
//! assert_eq!(phonetic_key("үнэмлэх"), phonetic_key("unemleh"));
//! assert_eq!(phonetic_key("сургууль"), phonetic_key("surguuli"));
//! ```
//!
//! What is in it, and from where:
//! - [`normalise`]: composed letters, look-alikes, mojibake. [`tokens`]: words with their place in the text as it was.
//! - [`to_latin`] in MNS 5217:2012, BGN/PCGN 1964, ISO 9:1995 and as people type; [`to_cyrillic`] from all of them.
//! - [`stem`] takes off case, plural, possession and the like; [`verb_stem`] takes off verbal endings;
//!   [`fold_key`] and [`phonetic_key`] forget what keyboards and recognisers confuse. [`keys`] are those of a word as
//!   it was written.
//! - [`number`]: number words; [`abbreviation`]: what УБЕГ stands for; [`particle`]: words that only bind others.

#![cfg_attr(not(test), warn(clippy::use_debug))]

pub mod abbreviation;
mod key;
mod latin;
pub mod number;
mod particles;
mod signs;
mod stem;
mod table;
mod token;

pub use key::{Keys, fold_key, fold_letters, fold_stem, keys, phonetic_key, phonetic_letters, phonetic_stem};
pub use latin::{Romanisation, other_cyrillic, to_cyrillic, to_latin};
pub use particles::{Particle, particle};
pub use signs::normalise;
pub use stem::{informal_stems, loose_stem, stem, verb_stem};
pub use token::{Script, Token, tokens};
