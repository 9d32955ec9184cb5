//! What the offline search is worth, in figures; `cargo xtask eval` builds this as it must be built, and runs it.
//!
//! Guarantees: quality has floors, and below one the run fails; times are told and never judged.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a terminal program speaks on its outputs")]

mod conflation;
mod held;
mod hunspell;
mod keys;
mod lexicon;
mod noise;
mod ours;
mod promises;
mod queries;
mod random;
mod rivals;
mod run;
mod services;
mod speed;
mod spoken;
mod tables;

use std::{
    collections::HashMap,
    error::Error,
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};

use crate::{hunspell::Dictionary, keys::Conflate, lexicon::Lexicon, queries::QuerySet, services::Service};

/// Where Debian's hunspell-mn puts it.
const DICTIONARY: &str = "/usr/share/hunspell";

const LANGUAGE: &str = "mn_MN";

const SERVICES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../sandbox/data/services.csv");
const QUERIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/queries");
const FLOORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/floors.tsv");

/// What the offline search is worth, in figures.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Everything, the table of promises, and whether the floors hold. Ends as tests do.
    Run {
        /// Leaves out what informs only: names, verbs, the rivals at listening, a hundred thousand services.
        #[arg(long)]
        short: bool,
        /// Moves floors up to what was measured, and none down.
        #[arg(long)]
        record: bool,
        /// The folder of mn_MN.aff and mn_MN.dic.
        #[arg(long, default_value = DICTIONARY)]
        dictionary: PathBuf,
    },
    /// Whether the forms of a word get its key, by a dictionary's pairs.
    Conflation(OfKeys),
    /// The sets of queries, by type.
    Queries {
        /// Writes the queries of the tuning sets whose first hit is wrong.
        #[arg(long, value_name = "FILE")]
        misses: Option<PathBuf>,
    },
    /// Titles and questions, misheard.
    Spoken,
    /// Keystrokes and whole queries, beside FTS5 and a plain loop.
    Speed {
        /// 1,233 services alone.
        #[arg(long)]
        short: bool,
    },
    /// Keystrokes into ours alone, for a profiler to look on: what two numbers of rounds differ by is theirs.
    Typing {
        #[arg(long, default_value_t = 1)]
        rounds: usize,
    },
}

#[derive(Args)]
struct OfKeys {
    /// The folder of mn_MN.aff and mn_MN.dic.
    #[arg(long, default_value = DICTIONARY)]
    dictionary: PathBuf,
    /// Measures this command's keys: it reads words, one a line, and writes `word<TAB>stem<TAB>phonetic key`.
    #[arg(long, value_name = "COMMAND")]
    keys_from: Option<String>,
    /// Nominals with one suffix alone.
    #[arg(long)]
    quick: bool,
    /// Writes the nominal pairs that have two keys, grouped by suffix. Theirs is the dictionary's licence: for your eyes.
    #[arg(long, value_name = "FILE")]
    failures: Option<PathBuf>,
    /// Writes the nominals that share a key, grouped by key. As above.
    #[arg(long, value_name = "FILE")]
    merges: Option<PathBuf>,
    /// The key whose failures and merges are written, as the table calls it.
    #[arg(long, default_value = "stem")]
    of: String,
}

/// The program, whole.
pub fn run() -> ExitCode {
    let Arguments { what } = Arguments::parse();
    exit_code(match what {
        What::Run { short, record, dictionary } => run::all(&dictionary, short, record),
        What::Conflation(asked) => keys_measured(&asked).map(|()| true),
        What::Queries { misses } => queries_measured(misses.as_deref()).map(|()| true),
        What::Spoken => spoken_measured().map(|()| true),
        What::Speed { short } => speed_measured(short).map(|()| true),
        What::Typing { rounds } => typed_alone(rounds).map(|()| true),
    })
}

/// The program that counts what indices hold: `in_use` are the bytes given out and not given back.
pub fn held(in_use: impl Fn() -> usize) -> ExitCode {
    exit_code(held::tell(in_use).map(|()| true))
}

fn exit_code(done: Result<bool, Box<dyn Error>>) -> ExitCode {
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("emongolia-eval: {why}");
            ExitCode::FAILURE
        }
    }
}

fn keys_measured(asked: &OfKeys) -> Result<(), Box<dyn Error>> {
    let dictionary = Dictionary::open(&asked.dictionary, LANGUAGE)?;
    let gold = conflation::gold(&dictionary, &Lexicon::of(&dictionary), asked.quick);
    println!("{} entries, {} broken rules left out", dictionary.entries.len(), dictionary.broken.len());
    let answers = match &asked.keys_from {
        Some(command) => keys::ask(command, &conflation::words(&gold))?,
        None => HashMap::new(),
    };
    let stem = |word: &str| answers.get(word).map(|keys| keys.stem.clone()).unwrap_or_default();
    let phonetic = |word: &str| answers.get(word).map(|keys| keys.phonetic.clone()).unwrap_or_default();
    let mut measured = rival_keys();
    if asked.keys_from.is_some() {
        measured.extend([("stem", &stem as &Conflate<'_>), ("phonetic", &phonetic)]);
    } else {
        measured.extend(our_keys());
    }
    for gold in &gold {
        tables::conflation(gold, &measured);
    }
    if asked.failures.is_none() && asked.merges.is_none() {
        return Ok(());
    }
    let wanted = measured.iter().find(|(name, _)| *name == asked.of);
    let (_, wanted) = wanted.ok_or_else(|| format!("no key is called {}", asked.of))?;
    if let Some(path) = &asked.failures {
        written(path, |out| conflation::write_failures(out, &gold[0], wanted))?;
    }
    if let Some(path) = &asked.merges {
        written(path, |out| conflation::write_merges(out, &gold[0], wanted))?;
    }
    Ok(())
}

fn rival_keys<'a>() -> Vec<(&'static str, &'a Conflate<'a>)> {
    vec![("exact", &keys::exact), ("five letters", &keys::first_five), ("naive", &keys::naive)]
}

fn our_keys<'a>() -> Vec<(&'static str, &'a Conflate<'a>)> {
    let named = [("stem", &ours::STEM), ("phonetic", &ours::PHONETIC)];
    named.into_iter().filter_map(|(name, key)| Some((name, key.as_ref()? as &Conflate<'a>))).collect()
}

fn catalogue() -> Result<(Vec<Service>, [QuerySet; 6]), Box<dyn Error>> {
    let services = services::open(Path::new(SERVICES))?;
    let set = |name| QuerySet::open(Path::new(QUERIES), name, &services);
    let names = [queries::BLIND, queries::DEV, queries::PRACTICE, queries::LATIN, queries::HELD, queries::FRESH];
    let [blind, dev, practice, latin, held, fresh] = names.map(set);
    Ok((services, [blind?, dev?, practice?, latin?, held?, fresh?]))
}

fn queries_measured(misses: Option<&Path>) -> Result<(), Box<dyn Error>> {
    let (services, sets) = catalogue()?;
    let ours = ours::searcher(&services).ok_or(NOT_PLUGGED_IN)?;
    tables::queries("ours", ours.as_ref(), &sets);
    if let Some(path) = misses {
        let [_blind, tuned_on @ .., _held, _fresh] = &sets;
        written(path, |out| queries::write_misses(out, ours.as_ref(), tuned_on, &services))?;
    }
    Ok(())
}

fn spoken_measured() -> Result<(), Box<dyn Error>> {
    let (services, [_, dev, ..]) = catalogue()?;
    let ours = ours::searcher(&services).ok_or(NOT_PLUGGED_IN)?;
    for said in &spoken::said(&services, &dev) {
        let heard: Vec<_> = spoken::LEVELS.into_iter().map(|level| spoken::heard(ours.as_ref(), said, level)).collect();
        tables::spoken("ours", said, &heard);
    }
    Ok(())
}

fn speed_measured(short: bool) -> Result<(), Box<dyn Error>> {
    let (services, sets) = catalogue()?;
    run::speed(&services, &sets, short)?;
    Ok(())
}

fn typed_alone(rounds: usize) -> Result<(), Box<dyn Error>> {
    let (services, sets) = catalogue()?;
    let services = services::filled(&services, speed::CATALOGUE, run::SEED);
    let keys = speed::type_alone(&services, &speed::Typed::of(&sets, &services), rounds);
    println!("{keys} keys");
    Ok(())
}

const NOT_PLUGGED_IN: &str = "the search is not plugged in: src/ours.rs";

fn written(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Box<dyn Error>> {
    let told = |why: io::Error| format!("{}: {why}", path.display());
    let mut out = BufWriter::new(File::create(path).map_err(told)?);
    write(&mut out).map_err(told)?;
    out.flush().map_err(told)?;
    println!("written: {}", path.display());
    Ok(())
}
