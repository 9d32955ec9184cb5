//! What a citizen keeps of the catalogue: favourites and recent searches, in `state.db`.
//!
//! Guarantees: sealed; on this phone only; gone with the sign-out.

use rusqlite::named_params;

use crate::{
    foundation::{
        crypto::seal::Column,
        error::Error,
        storage::{self, Dao},
    },
    offline::tolerant,
    services::ServiceId,
};
use emongolia_search::QUERY_LIMIT;

const FAVOURITE: Column = Column { table: "favourite", column: "body", layout: 1 };
const RECENT: Column = Column { table: "recent_search", column: "body", layout: 1 };

/// More favourites are a catalogue of their own.
pub(super) const FAVOURITES: usize = 200;

/// Searches that are kept; older ones go.
pub(super) const RECENT_SEARCHES: usize = 20;

/// Newest first. What can't be read is left out.
pub(super) fn favourites(dao: &Dao<'_>) -> storage::Result<Vec<ServiceId>> {
    Ok(favourite_rows(dao)?.into_iter().map(|(_, service)| service).collect())
}

/// Whether anything changed: not if it is one already. [`Error::Invalid`]: there are too many.
pub(super) fn add_favourite(dao: &mut Dao<'_>, service: &ServiceId) -> Result<bool, Error> {
    let kept = favourites(dao)?;
    if kept.contains(service) {
        return Ok(false);
    }
    if kept.len() >= FAVOURITES {
        return Err(Error::invalid("service", "favourites.full"));
    }
    let seq = next_favourite(dao)?;
    let body = dao.seal(FAVOURITE, &seq.to_string(), service)?;
    let insert = "INSERT INTO favourite (seq, body) VALUES (:seq, :body)";
    dao.sql().execute(insert, named_params! {":seq": seq, ":body": body}).map_err(storage::Error::from)?;
    Ok(true)
}

/// Whether anything changed.
pub(super) fn remove_favourite(dao: &mut Dao<'_>, service: &ServiceId) -> storage::Result<bool> {
    let mut removed = 0;
    for (seq, kept) in favourite_rows(dao)? {
        if kept == *service {
            removed += dao.sql().execute("DELETE FROM favourite WHERE seq = :seq", named_params! {":seq": seq})?;
        }
    }
    Ok(removed > 0)
}

fn favourite_rows(dao: &Dao<'_>) -> storage::Result<Vec<(i64, ServiceId)>> {
    let mut statement = dao.sql().prepare_cached("SELECT seq, body FROM favourite ORDER BY seq DESC")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, i64>("seq")?, row.get::<_, Vec<u8>>("body")?)))?;
    let opened = rows.map(|row| {
        let (seq, body) = row?;
        Ok((seq, dao.open(FAVOURITE, &seq.to_string(), &body)?))
    });
    tolerant::opened_rows(opened, usize::MAX)
}

fn next_favourite(dao: &Dao<'_>) -> storage::Result<i64> {
    Ok(dao.sql().query_row("SELECT coalesce(max(seq), 0) + 1 FROM favourite", [], |row| row.get(0))?)
}

/// Newest first, none twice.
pub(super) fn searches(dao: &Dao<'_>) -> storage::Result<Vec<String>> {
    let mut texts: Vec<String> = search_rows(dao)?.into_iter().map(|(_, text)| text).collect();
    texts.truncate(RECENT_SEARCHES);
    Ok(texts)
}

/// Puts it first; the same before, in whatever capitals, goes.
pub(super) fn remember_search(dao: &mut Dao<'_>, text: &str) -> storage::Result<()> {
    forget_search(dao, text)?;
    let seq: i64 = dao.sql().query_row("SELECT coalesce(max(seq), 0) + 1 FROM recent_search", [], |row| row.get(0))?;
    let body = dao.seal(RECENT, &seq.to_string(), text)?;
    dao.sql().execute(
        "INSERT INTO recent_search (seq, body) VALUES (:seq, :body)",
        named_params! {":seq": seq, ":body": body},
    )?;
    dao.sql().execute(
        "DELETE FROM recent_search WHERE seq NOT IN (SELECT seq FROM recent_search ORDER BY seq DESC LIMIT :kept)",
        named_params! {":kept": RECENT_SEARCHES},
    )?;
    Ok(())
}

/// Whether anything changed.
pub(super) fn forget_search(dao: &mut Dao<'_>, text: &str) -> storage::Result<bool> {
    let mut forgotten = 0;
    for (seq, kept) in search_rows(dao)? {
        if is_same(&kept, text) {
            forgotten +=
                dao.sql().execute("DELETE FROM recent_search WHERE seq = :seq", named_params! {":seq": seq})?;
        }
    }
    Ok(forgotten > 0)
}

pub(super) fn forget_searches(dao: &mut Dao<'_>) -> storage::Result<()> {
    dao.sql().execute("DELETE FROM recent_search", [])?;
    Ok(())
}

fn search_rows(dao: &Dao<'_>) -> storage::Result<Vec<(i64, String)>> {
    let mut statement = dao.sql().prepare_cached("SELECT seq, body FROM recent_search ORDER BY seq DESC")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, i64>("seq")?, row.get::<_, Vec<u8>>("body")?)))?;
    let opened = rows.map(|row| {
        let (seq, body) = row?;
        Ok((seq, dao.open(RECENT, &seq.to_string(), &body)?))
    });
    tolerant::opened_rows(opened, usize::MAX)
}

fn is_same(one: &str, other: &str) -> bool {
    mongolian_text::normalise(one).to_lowercase() == mongolian_text::normalise(other).to_lowercase()
}

/// As it is kept: on one line, no longer than what is searched by. `None`: there is nothing to keep.
pub(super) fn tidied(query: &str) -> Option<String> {
    let cut: String = query.trim_start().chars().take(QUERY_LIMIT).collect();
    let words = cut.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let tidied = words.collect::<Vec<_>>().join(" ");
    (!tidied.is_empty()).then_some(tidied)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::foundation::{
        crypto::keys::File,
        storage::{Migrations, Store},
    };

    const SCHEMA: Migrations = &[include_str!("../../../migrations/state/0007_catalogue.sql")];

    fn store() -> (TempDir, Store) {
        let dir = TempDir::new().unwrap();
        let store = Store::for_tests(dir.path(), File::State, SCHEMA);
        (dir, store)
    }

    fn id(id: &str) -> ServiceId {
        ServiceId::parse(id).unwrap()
    }

    fn added(store: &Store, service: &str) -> Result<bool, Error> {
        let service = id(service);
        store.write_now(|dao| Ok(add_favourite(dao, &service))).unwrap()
    }

    fn remembered(store: &Store, query: &str) {
        let text = tidied(query).unwrap();
        store.write_now(|dao| remember_search(dao, &text)).unwrap();
    }

    #[tokio::test]
    async fn favourites_come_newest_first_and_each_once() {
        let (_dir, store) = store();

        let news = ["a", "b", "a"].map(|service| added(&store, service).unwrap());
        assert_eq!(news, [true, true, false]);
        assert_eq!(store.read_now(favourites).unwrap(), [id("b"), id("a")]);

        let removed = [(); 2].map(|()| store.write_now(|dao| remove_favourite(dao, &id("b"))).unwrap());
        assert_eq!(removed, [true, false]);
        assert_eq!(store.read_now(favourites).unwrap(), [id("a")]);
    }

    #[tokio::test]
    async fn one_favourite_too_many_is_refused_by_name_and_none_is_lost() {
        let (_dir, store) = store();
        for n in 0..FAVOURITES {
            added(&store, &format!("s{n}")).unwrap();
        }

        assert_eq!(added(&store, "more"), Err(Error::invalid("service", "favourites.full")));
        assert_eq!(added(&store, "s0"), Ok(false));
        assert_eq!(store.read_now(favourites).unwrap().len(), FAVOURITES);
    }

    #[tokio::test]
    async fn the_last_twenty_searches_are_kept_and_one_asked_again_comes_first() {
        let (_dir, store) = store();
        for n in 0..25 {
            remembered(&store, &format!("Өргөдөл {n}"));
        }

        remembered(&store, "  ӨРГӨДӨЛ\t10 ");

        let searches = store.read_now(searches).unwrap();
        assert_eq!(searches.len(), RECENT_SEARCHES);
        assert_eq!(searches[..3], ["ӨРГӨДӨЛ 10", "Өргөдөл 24", "Өргөдөл 23"]);
        assert_eq!(searches.iter().filter(|text| text.ends_with(" 10")).count(), 1);
    }

    #[tokio::test]
    async fn one_search_is_forgotten_alone_and_all_together() {
        let (_dir, store) = store();
        ["үнэмлэх", "паспорт"].iter().for_each(|query| remembered(&store, query));

        assert!(store.write_now(|dao| forget_search(dao, "Үнэмлэх")).unwrap());
        assert_eq!(store.read_now(searches).unwrap(), ["паспорт"]);

        store.write_now(forget_searches).unwrap();
        assert_eq!(store.read_now(searches).unwrap(), [""; 0]);
    }

    #[tokio::test]
    async fn a_row_that_does_not_open_leaves_the_others() {
        let (_dir, store) = store();
        ["a", "b"].iter().for_each(|service| assert!(added(&store, service).unwrap()));
        let damage = "UPDATE favourite SET body = x'0102' WHERE seq = 1";
        store.write_now(|dao| Ok(dao.sql().execute(damage, [])?)).unwrap();

        assert_eq!(store.read_now(favourites).unwrap(), [id("b")]);
    }

    #[test]
    fn what_is_kept_of_a_query_is_one_short_line() {
        assert_eq!(tidied("\u{7}  Үнэмлэх\r\n\tсунгах\u{0}"), Some("Үнэмлэх сунгах".to_owned()));
        assert_eq!(tidied(" \u{1b} \n"), None);
        assert_eq!(tidied(&"ө".repeat(10_000)).unwrap().chars().count(), QUERY_LIMIT);
    }
}
