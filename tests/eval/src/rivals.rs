//! Other ways to search the catalogue: what the portal does, what SQLite does, what a plain loop does, and what is broken.

use rusqlite::{Connection, params};

use crate::services::{Finds, Service, words};

/// All that a service says of itself, in the order in which columns weigh.
fn text(service: &Service) -> [&str; 4] {
    [&service.title_mn, &service.description_mn, &service.title_en, &service.description_en]
}

/// Every word as typed, whole: what the live portal does.
pub(crate) struct ExactWords(Vec<[Vec<String>; 4]>);

impl ExactWords {
    pub(crate) fn build(services: &[Service]) -> Self {
        Self(services.iter().map(|service| text(service).map(words)).collect())
    }

    /// Services that it was built from.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Finds for ExactWords {
    fn find(&self, query: &str, top: usize) -> Option<Vec<usize>> {
        let asked = words(query);
        let found = ranked(&asked, top, self.0.iter().map(|columns| |word: &String| column_of(columns, word)));
        (!found.is_empty()).then_some(found)
    }
}

fn column_of(columns: &[Vec<String>; 4], word: &String) -> Option<usize> {
    columns.iter().position(|column| column.contains(word))
}

/// Every word as typed, anywhere in the text, in lower case: a loop over all services.
pub(crate) struct LinearScan(Vec<[String; 4]>);

impl LinearScan {
    pub(crate) fn build(services: &[Service]) -> Self {
        Self(services.iter().map(|service| text(service).map(str::to_lowercase)).collect())
    }
}

impl Finds for LinearScan {
    fn find(&self, query: &str, top: usize) -> Option<Vec<usize>> {
        let asked = words(query);
        let scan = self
            .0
            .iter()
            .map(|columns| move |word: &String| columns.iter().position(|column| column.contains(word.as_str())));
        let found = ranked(&asked, top, scan);
        (!found.is_empty()).then_some(found)
    }
}

/// Services that have every word, those with words in earlier columns first.
fn ranked<F: Fn(&String) -> Option<usize>>(
    asked: &[String],
    top: usize,
    services: impl Iterator<Item = F>,
) -> Vec<usize> {
    if asked.is_empty() {
        return Vec::new();
    }
    let columns = |column_of: F| asked.iter().map(column_of).sum::<Option<usize>>();
    let mut found: Vec<(usize, usize)> =
        services.enumerate().filter_map(|(number, column_of)| Some((columns(column_of)?, number))).collect();
    found.sort_unstable();
    found.into_iter().take(top).map(|(_, number)| number).collect()
}

/// Which services an FTS5 query must match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Those with every word: the fastest, and what a box that searches while one types uses.
    EveryWord,
    /// Those with any word, the best by BM25 first: the most forgiving.
    AnyWord,
}

/// SQLite's full-text search, in memory: `unicode61`, BM25, the last word as a prefix.
pub(crate) struct Fts5 {
    connection: Connection,
    wanted: Wanted,
}

impl Fts5 {
    /// `prefixes`: lengths that get an index of their own, as `prefix=` takes them. Contentless: the fastest and smallest.
    pub(crate) fn build(services: &[Service], wanted: Wanted, prefixes: &str) -> rusqlite::Result<Self> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(&format!(
            "CREATE VIRTUAL TABLE services USING fts5(
                title_mn, description_mn, title_en, description_en,
                content='', tokenize='unicode61', prefix='{prefixes}'
            ); BEGIN"
        ))?;
        {
            let mut insert = connection.prepare(
                "INSERT INTO services(rowid, title_mn, description_mn, title_en, description_en)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            for (number, service) in services.iter().enumerate() {
                let [title_mn, description_mn, title_en, description_en] = text(service);
                insert.execute(params![number as i64, title_mn, description_mn, title_en, description_en])?;
            }
        }
        connection.execute_batch("COMMIT; INSERT INTO services(services) VALUES ('optimize')")?;
        Ok(Self { connection, wanted })
    }

    /// Bytes of the database's pages, which is where its index lies.
    pub(crate) fn bytes(&self) -> rusqlite::Result<u64> {
        let number = |pragma| self.connection.pragma_query_value(None, pragma, |row| row.get::<_, u64>(0));
        Ok(number("page_count")? * number("page_size")?)
    }

    fn matching(&self, query: &str, top: usize) -> rusqlite::Result<Vec<usize>> {
        let between = match self.wanted {
            Wanted::EveryWord => " ",
            Wanted::AnyWord => " OR ",
        };
        let asked: Vec<String> = words(query).iter().map(|word| format!("\"{word}\"")).collect();
        let asked = asked.join(between) + "*";
        let mut select = self
            .connection
            .prepare_cached("SELECT rowid FROM services WHERE services MATCH ?1 ORDER BY rank LIMIT ?2")?;
        let rows = select.query_map(params![asked, top as i64], |row| row.get::<_, i64>(0))?;
        rows.map(|row| row.map(|number| usize::try_from(number).unwrap_or_default())).collect()
    }
}

impl Finds for Fts5 {
    fn find(&self, query: &str, top: usize) -> Option<Vec<usize>> {
        // A query without a word is one that FTS5 refuses to parse.
        self.matching(query, top).ok().filter(|found| !found.is_empty())
    }
}

/// Finds, and shows another service for each that it found: the floors must see it.
pub(crate) struct Displaced<'a> {
    inner: &'a dyn Finds,
    services: usize,
}

impl<'a> Displaced<'a> {
    pub(crate) fn of(inner: &'a dyn Finds, services: usize) -> Self {
        Self { inner, services }
    }

    /// Half the list away, where no twin of it stands.
    fn displaced(&self, found: Vec<usize>) -> Vec<usize> {
        found.into_iter().map(|service| (service + self.services / 2) % self.services.max(1)).collect()
    }
}

impl Finds for Displaced<'_> {
    fn find(&self, query: &str, top: usize) -> Option<Vec<usize>> {
        self.inner.find(query, top).map(|found| self.displaced(found))
    }

    fn find_spoken(&self, hypotheses: &[String], top: usize) -> Option<Vec<usize>> {
        self.inner.find_spoken(hypotheses, top).map(|found| self.displaced(found))
    }
}

/// Finds as the inner one does, and never says that there is nothing.
pub(crate) struct NeverRefuses<'a>(pub(crate) &'a dyn Finds);

impl Finds for NeverRefuses<'_> {
    fn find(&self, query: &str, top: usize) -> Option<Vec<usize>> {
        Some(self.0.find(query, top).unwrap_or_else(|| vec![0]))
    }

    fn find_spoken(&self, hypotheses: &[String], top: usize) -> Option<Vec<usize>> {
        Some(self.0.find_spoken(hypotheses, top).unwrap_or_else(|| vec![0]))
    }
}

#[cfg(test)]
mod unit {
    use super::*;
    use crate::services::unit::service;

    fn services() -> Vec<Service> {
        let mut services =
            vec![service("s1", "Өрхийн бүртгэл"), service("s2", "Үнэмлэх"), service("s3", "Үнэмлэх сунгах")];
        services[0].description_mn = "Үнэмлэх шаардана.".into();
        services
    }

    #[test]
    fn whole_words_are_all_needed_and_a_title_comes_before_a_description() {
        let exact = ExactWords::build(&services());

        assert_eq!(exact.find("ҮНЭМЛЭХ", 5), Some(vec![1, 2, 0]));
        assert_eq!(exact.find("сунгах үнэмлэх", 5), Some(vec![2]));
        assert_eq!(exact.find("үнэмлэхний", 5), None);
        assert_eq!(exact.find("үнэмл", 5), None);
        assert_eq!(exact.find("…", 5), None);
    }

    #[test]
    fn a_scan_finds_parts_of_words() {
        let scan = LinearScan::build(&services());

        assert_eq!(scan.find("мл сунг", 5), Some(vec![2]));
        assert_eq!(scan.find("Үнэмл", 2), Some(vec![1, 2]));
    }

    #[test]
    fn the_displaced_one_shows_what_it_did_not_find() {
        let scan = LinearScan::build(&services());

        let displaced = Displaced::of(&scan, 3);

        assert_ne!(displaced.find("үнэмлэх", 3), scan.find("үнэмлэх", 3));
        assert_eq!(displaced.find("зээл", 3), None);
        assert!(NeverRefuses(&scan).find("зээл", 3).is_some());
    }

    #[test]
    fn a_sqlite_without_full_text_says_so_and_one_with_it_finds() {
        match Fts5::build(&services(), Wanted::AnyWord, "") {
            Ok(fts5) => assert_eq!(fts5.find("сунгах үнэмлэ", 5).map(|found| found[0]), Some(2)),
            Err(why) => assert!(why.to_string().contains("fts5"), "{why}"),
        }
    }
}
