//! What the offline search is worth, in figures; `cargo xtask eval` builds this as it must be built, and runs it.
//!
//! Guarantees: quality has floors, and below one the run fails; times are told and never judged.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a terminal program speaks on its outputs")]

mod conflation;
mod hunspell;
mod keys;
mod lexicon;
mod random;

use std::{
    error::Error,
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};

use crate::{conflation::Gold, hunspell::Dictionary, keys::Conflate, lexicon::Lexicon};

/// Where Debian's hunspell-mn puts it.
const DICTIONARY: &str = "/usr/share/hunspell";

const LANGUAGE: &str = "mn_MN";

/// What the offline search is worth, in figures.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Whether the forms of a word get its key, by a dictionary's pairs.
    Conflation(OfKeys),
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
    /// The key whose failures and merges are written.
    #[arg(long, default_value = "stem", value_parser = ["exact", "five", "naive", "stem", "phonetic"])]
    of: String,
}

fn main() -> ExitCode {
    let Arguments { what } = Arguments::parse();
    let done = match what {
        What::Conflation(asked) => keys_measured(&asked),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("emongolia-eval: {why}");
            ExitCode::FAILURE
        }
    }
}

fn keys_measured(asked: &OfKeys) -> Result<(), Box<dyn Error>> {
    let dictionary = Dictionary::open(&asked.dictionary, LANGUAGE)?;
    let lexicon = Lexicon::of(&dictionary);
    let gold = conflation::gold(&dictionary, &lexicon, asked.quick);
    println!("{} entries, {} broken rules left out", dictionary.entries.len(), dictionary.broken.len());
    let answers = match &asked.keys_from {
        Some(command) => keys::ask(command, &conflation::words(&gold))?,
        None => std::collections::HashMap::new(),
    };
    let answered = |word: &str| answers.get(word);
    let stem = |word: &str| answered(word).map(|keys| keys.stem.clone()).unwrap_or_default();
    let phonetic = |word: &str| answered(word).map(|keys| keys.phonetic.clone()).unwrap_or_default();
    let mut rivals: Vec<(&str, &Conflate<'_>)> =
        vec![("exact", &keys::exact), ("first 5 letters", &keys::first_five), ("naive stripping", &keys::naive)];
    if asked.keys_from.is_some() {
        rivals.extend([("stem", &stem as &Conflate<'_>), ("phonetic key", &phonetic)]);
    }
    for gold in &gold {
        table(gold, &rivals);
    }
    let wanted: &Conflate<'_> = match asked.of.as_str() {
        "exact" => &keys::exact,
        "five" => &keys::first_five,
        "naive" => &keys::naive,
        "phonetic" => &phonetic,
        _ => &stem,
    };
    if let Some(path) = &asked.failures {
        written(path, |out| conflation::write_failures(out, &gold[0], wanted))?;
    }
    if let Some(path) = &asked.merges {
        written(path, |out| conflation::write_merges(out, &gold[0], wanted))?;
    }
    Ok(())
}

fn table(gold: &Gold<'_>, rivals: &[(&str, &Conflate<'_>)]) {
    println!("\n{}: {} words, {} pairs", gold.title, gold.lexemes.len(), gold.pairs.len());
    println!("{:<18}{:>12}{:>10}{:>16}{:>14}", "key", "one key", "merges", "sample of 300", "with own form");
    for (name, key) in rivals {
        let score = conflation::score(gold, key);
        println!(
            "{name:<18}{:>10.1} %{:>10.3}{:>16.3}{:>14.3}",
            score.conflation * 100.0,
            score.merges,
            score.merges_of_sample,
            score.merges_of_kin
        );
    }
}

fn written(path: &Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<(), Box<dyn Error>> {
    let told = |why: std::io::Error| format!("{}: {why}", path.display());
    let mut out = BufWriter::new(File::create(path).map_err(told)?);
    write(&mut out).map_err(told)?;
    out.flush().map_err(told)?;
    println!("written: {}", path.display());
    Ok(())
}
