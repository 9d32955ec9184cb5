//! The search without an installation, a network or a core: tab-separated UTF-8 in and out, for measuring it.
//!
//! Guarantees: a line out for each line or query in, in its order; any bytes are read, what is no UTF-8 as U+FFFD; these
//! forms do not change.

use std::{
    io::{self, Read as _},
    path::Path,
};

use emongolia_search::{Entry, Hypothesis, Index, Standing};

use crate::{args, errors::Failure, output::Output};

/// Lines that only name columns.
const CATALOGUE_HEAD: &str = "id\ttitle\tdescription";
const QUERIES_HEAD: &str = "id\tquery";
const HYPOTHESES_HEAD: &str = "id\thypothesis\tconfidence";

/// What stands for no hit.
const NONE: &str = "-";

pub(crate) fn run(command: args::Lab, output: &Output) -> Result<(), Failure> {
    let out = match command {
        args::Lab::Keys => {
            let mut bytes = Vec::new();
            let read = io::stdin().lock().read_to_end(&mut bytes);
            read.map_err(|error| Failure::file(Path::new("stdin"), &error))?;
            keys(&text(&bytes))
        }
        args::Lab::Search { catalogue, queries, top } => search(&file(&catalogue)?, &file(&queries)?, top.into()),
        args::Lab::Spoken { catalogue, hypotheses, top } => spoken(&file(&catalogue)?, &file(&hypotheses)?, top.into()),
    };
    output.raw(out.as_bytes())
}

fn file(path: &Path) -> Result<String, Failure> {
    Ok(text(&std::fs::read(path).map_err(|error| Failure::file(path, &error))?))
}

fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned()
}

fn keys(words: &str) -> String {
    let mut out = String::new();
    for line in words.lines() {
        let word = line.split('\t').next().unwrap_or_default(); // what stands behind a tab is another column
        let mongolian_text::Keys { stem, phonetic } = mongolian_text::keys(word);
        out.push_str(&([word, &stem, &phonetic].join("\t") + "\n"));
    }
    out
}

fn search(catalogue: &str, queries: &str, top: usize) -> String {
    let catalogue = Catalogue::read(catalogue);
    let mut out = String::new();
    for line in rows(queries, QUERIES_HEAD) {
        let (id, query) = line.split_once('\t').unwrap_or((line, ""));
        out.push_str(&catalogue.line(id, catalogue.index.find(query, top, |_| Standing::Shown).entries()));
    }
    out
}

fn spoken(catalogue: &str, hypotheses: &str, top: usize) -> String {
    let catalogue = Catalogue::read(catalogue);
    let mut queries: Vec<(&str, Vec<Hypothesis>)> = Vec::new();
    for line in rows(hypotheses, HYPOTHESES_HEAD) {
        let mut columns = line.split('\t');
        let id = columns.next().unwrap_or_default();
        let text = columns.next().unwrap_or_default().to_owned();
        let confidence = columns.next().and_then(|number| number.trim().parse().ok());
        let hypothesis = Hypothesis { text, confidence };
        match queries.iter_mut().find(|(other, _)| *other == id) {
            Some((_, same)) => same.push(hypothesis),
            None => queries.push((id, vec![hypothesis])),
        }
    }
    let answer = |(id, heard): &(&str, Vec<Hypothesis>)| {
        let found = catalogue.index.find_spoken(heard, top, |_| Standing::Shown).found;
        catalogue.line(id, found.iter().map(|found| found.entry))
    };
    queries.iter().map(answer).collect()
}

/// Lines that say something.
fn rows<'a>(text: &'a str, head: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines().filter(move |line| !line.trim().is_empty() && *line != head)
}

struct Catalogue<'a> {
    ids: Vec<&'a str>,
    index: Index,
}

impl<'a> Catalogue<'a> {
    fn read(text: &'a str) -> Self {
        let (mut ids, mut entries) = (Vec::new(), Vec::new());
        for line in rows(text, CATALOGUE_HEAD) {
            let mut columns = line.split('\t');
            ids.push(columns.next().unwrap_or_default());
            let name = columns.next().unwrap_or_default().to_owned();
            let descriptions = columns.next().filter(|text| !text.is_empty()).map(str::to_owned).into_iter().collect();
            entries.push(Entry { name, descriptions, ..Entry::default() });
        }
        Self { ids, index: Index::build(&entries) }
    }

    fn line(&self, query: &str, found: impl Iterator<Item = usize>) -> String {
        let ids: Vec<&str> = found.filter_map(|entry| self.ids.get(entry).copied()).collect();
        let ids = if ids.is_empty() { NONE.to_owned() } else { ids.join(",") };
        format!("{query}\t{ids}\n")
    }
}
