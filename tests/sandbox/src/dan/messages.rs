//! Messages between ДАН and phones, both ways. There is no network behind them: the control reads and sends.
//!
//! Guarantees: a message proves something only if it comes from the number that the register has for the citizen who is
//! claimed, with the code of an open page, within its time, once.

use rusqlite::{Connection, Transaction, named_params};
use serde::Serialize;

use super::{prove::WORD_LASTS_MS, store};
use crate::{registers, state::rfc3339};

/// Where citizens send the code of a page. The real number is not in our sources: the sandbox's own.
pub(super) const SPECIAL_NUMBER: &str = "199919";

/// As many as a person looks through.
const LISTED: i64 = 50;

/// A message as it went.
#[derive(Debug, Serialize)]
pub struct Message {
    pub to_citizen: bool,
    /// The citizen's side, without +976.
    pub number: String,
    pub text: String,
    pub at: String,
}

/// ДАН's code for the citizen's phone.
pub(super) fn send_code(tx: &Transaction<'_>, phone: &str, code: &str, now: i64) -> Result<(), rusqlite::Error> {
    let text = format!("ДАН: «И-Монгол»-д нэвтрэх нэг удаагийн код {code}. Хэнд ч бүү хэлээрэй.");
    insert(tx, true, &local(phone), &text, now)
}

/// A citizen's message came to the special number. Says whether it answers a page.
pub fn receive(tx: &Transaction<'_>, from: &str, text: &str, now: i64) -> Result<bool, rusqlite::Error> {
    let from = local(from);
    insert(tx, false, &from, text, now)?;
    for (id, claimed) in store::showing(tx, text.trim(), now - WORD_LASTS_MS)? {
        let registered = registers::citizen(tx, &claimed)?.map(|citizen| local(&citizen.phone));
        if registered.as_deref() == Some(from.as_str()) {
            store::message_came(tx, id, now)?;
            return Ok(true);
        }
    }
    Ok(false)
}

/// What went to this phone since then, newest first.
pub(super) fn to(conn: &Connection, phone: &str, since: i64) -> Result<Vec<String>, rusqlite::Error> {
    conn.prepare(
        "SELECT text FROM dan_messages WHERE to_citizen = 1 AND number = :number AND at >= :since ORDER BY id DESC",
    )?
    .query_map(named_params! { ":number": local(phone), ":since": since }, |row| row.get(0))?
    .collect()
}

/// The last messages of all phones, newest first.
pub fn all(conn: &Connection) -> Result<Vec<Message>, rusqlite::Error> {
    conn.prepare("SELECT to_citizen, number, text, at FROM dan_messages ORDER BY id DESC LIMIT :limit")?
        .query_map(named_params! { ":limit": LISTED }, |row| {
            Ok(Message {
                to_citizen: row.get("to_citizen")?,
                number: row.get("number")?,
                text: row.get("text")?,
                at: rfc3339(row.get("at")?),
            })
        })?
        .collect()
}

fn insert(tx: &Transaction<'_>, to_citizen: bool, number: &str, text: &str, now: i64) -> Result<(), rusqlite::Error> {
    tx.execute(
        "INSERT INTO dan_messages (to_citizen, number, text, at) VALUES (:to_citizen, :number, :text, :now)",
        named_params! { ":to_citizen": to_citizen, ":number": number, ":text": text, ":now": now },
    )?;
    Ok(())
}

/// A Mongolian number in its eight digits, however it was written.
fn local(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let bare = digits.strip_prefix("00976").or_else(|| digits.strip_prefix("976").filter(|rest| rest.len() == 8));
    bare.unwrap_or(&digits).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        for written in ["88001201", "8800-1201", "+976 8800 1201", "0097688001201"] {
            assert_eq!(local(written), "88001201", "{written}");
        }
        assert_eq!(local("97612345"), "97612345", "eight digits that begin like the country's code");
    }
}
