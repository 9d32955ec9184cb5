//! ДАН's table: one row from login page to answer.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params};

use super::ways::Way;
use crate::text::digest;

/// A sign-in, as far as it has come.
pub(super) struct Transact {
    pub(super) redirect_uri: String,
    pub(super) state: String,
    /// JSON: `[{services: [operation...], wsdl}]`.
    pub(super) scope: String,
    pub(super) began_at: i64,
    pub(super) wrong_codes: u32,
    pub(super) ended: bool,
    /// Who was proven to be there; agreed to is nothing by that.
    pub(super) regnum: Option<String>,
    pub(super) code_used: bool,
    pub(super) token_until: Option<i64>,
    pub(super) way: Option<Way>,
    pub(super) claimed: Option<String>,
    /// The code sent or shown, or the challenge, and when it was made.
    pub(super) word: Option<(String, i64)>,
    pub(super) sends: u32,
    pub(super) message_at: Option<i64>,
    pub(super) proven_at: Option<i64>,
    pub(super) agreed: bool,
}

fn from_row(row: &Row<'_>) -> Result<Transact, rusqlite::Error> {
    let (word, word_at): (Option<String>, Option<i64>) = (row.get("word")?, row.get("word_at")?);
    Ok(Transact {
        redirect_uri: row.get("redirect_uri")?,
        state: row.get("state")?,
        scope: row.get("scope")?,
        began_at: row.get("began_at")?,
        wrong_codes: row.get("wrong_codes")?,
        ended: row.get::<_, Option<i64>>("ended_at")?.is_some(),
        regnum: row.get("regnum")?,
        code_used: row.get::<_, Option<i64>>("code_used_at")?.is_some(),
        token_until: row.get("token_until")?,
        way: row.get::<_, Option<String>>("way")?.as_deref().and_then(Way::parse),
        claimed: row.get("claimed")?,
        word: word.zip(word_at),
        sends: row.get("sends")?,
        message_at: row.get("message_at")?,
        proven_at: row.get("proven_at")?,
        agreed: row.get::<_, Option<i64>>("agreed_at")?.is_some(),
    })
}

pub(super) fn begin(
    tx: &Transaction<'_>,
    id: &str,
    (redirect_uri, state, scope): (&str, &str, &str),
    now: i64,
) -> Result<(), rusqlite::Error> {
    tx.execute(
        "INSERT INTO dan_transactions (id, redirect_uri, state, scope, began_at)
         VALUES (:id, :redirect_uri, :state, :scope, :now)",
        named_params! {
            ":id": digest(id),
            ":redirect_uri": redirect_uri,
            ":state": state,
            ":scope": scope,
            ":now": now,
        },
    )?;
    Ok(())
}

pub(super) fn by_id(conn: &Connection, id: &str) -> Result<Option<Transact>, rusqlite::Error> {
    conn.query_row("SELECT * FROM dan_transactions WHERE id = :id", named_params! { ":id": digest(id) }, from_row)
        .optional()
}

pub(super) fn by_code(conn: &Connection, code: &str) -> Result<Option<Transact>, rusqlite::Error> {
    conn.query_row(
        "SELECT * FROM dan_transactions WHERE code = :code",
        named_params! { ":code": digest(code) },
        from_row,
    )
    .optional()
}

pub(super) fn by_token(conn: &Connection, token: &str) -> Result<Option<Transact>, rusqlite::Error> {
    conn.query_row(
        "SELECT * FROM dan_transactions WHERE token = :token",
        named_params! { ":token": digest(token) },
        from_row,
    )
    .optional()
}

/// What waits for this answer of the bank, under a new word: the answer is of no use a second time.
pub(super) fn take_bank_request(
    tx: &Transaction<'_>,
    request: &str,
    new_id: &str,
) -> Result<Option<Transact>, rusqlite::Error> {
    tx.execute(
        "UPDATE dan_transactions SET id = :new, bank_request = NULL WHERE bank_request = :request",
        named_params! { ":new": digest(new_id), ":request": digest(request) },
    )?;
    by_id(tx, new_id)
}

/// How many codes were asked for in this citizen's name since then, whether there is such a citizen or not.
pub(super) fn sends_since(conn: &Connection, claimed: &str, since: i64) -> Result<u32, rusqlite::Error> {
    conn.query_row(
        "SELECT coalesce(sum(sends), 0) FROM dan_transactions WHERE claimed = :claimed AND began_at >= :since",
        named_params! { ":claimed": claimed, ":since": since },
        |row| row.get(0),
    )
}

/// The transactions whose page shows just this code, made at `since` or later and not answered yet.
pub(super) fn showing(conn: &Connection, code: &str, since: i64) -> Result<Vec<([u8; 32], String)>, rusqlite::Error> {
    conn.prepare(
        "SELECT id, claimed FROM dan_transactions
         WHERE way = 'sms_received' AND word = :code AND word_at >= :since
           AND message_at IS NULL AND proven_at IS NULL AND ended_at IS NULL AND claimed IS NOT NULL",
    )?
    .query_map(named_params! { ":code": code, ":since": since }, |row| Ok((row.get(0)?, row.get(1)?)))?
    .collect()
}

/// The citizen's own message came.
pub(super) fn message_came(tx: &Transaction<'_>, id: [u8; 32], now: i64) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE dan_transactions SET message_at = :now WHERE id = :id",
        named_params! { ":now": now, ":id": id },
    )?;
    Ok(())
}

/// The way, who it is said to be, and the word that is to prove it. What an earlier way began is void.
pub(super) fn choose(
    tx: &Transaction<'_>,
    id: &str,
    way: Way,
    (claimed, word): (Option<&str>, Option<&str>),
    now: i64,
) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE dan_transactions
         SET way = :way, claimed = :claimed, word = :word, word_at = :now, message_at = NULL, bank_request = NULL
         WHERE id = :id",
        named_params! {
            ":way": way.as_str(),
            ":claimed": claimed,
            ":word": word,
            ":now": now,
            ":id": digest(id),
        },
    )?;
    Ok(())
}

pub(super) fn count_send(tx: &Transaction<'_>, id: &str) -> Result<(), rusqlite::Error> {
    tx.execute("UPDATE dan_transactions SET sends = sends + 1 WHERE id = :id", named_params! { ":id": digest(id) })?;
    Ok(())
}

pub(super) fn sent_to_bank(tx: &Transaction<'_>, id: &str, request: &str) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE dan_transactions SET bank_request = :request WHERE id = :id",
        named_params! { ":request": digest(request), ":id": digest(id) },
    )?;
    Ok(())
}

pub(super) fn count_wrong_code(tx: &Transaction<'_>, id: &str) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE dan_transactions SET wrong_codes = wrong_codes + 1 WHERE id = :id",
        named_params! { ":id": digest(id) },
    )?;
    Ok(())
}

/// The citizen refused, or may not sign in.
pub(super) fn end(tx: &Transaction<'_>, id: &str, now: i64) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE dan_transactions SET ended_at = :now WHERE id = :id",
        named_params! { ":now": now, ":id": digest(id) },
    )?;
    Ok(())
}

/// Who it is was proven. From now on only the page under the new word can agree or refuse.
pub(super) fn proven(
    tx: &Transaction<'_>,
    (id, new_id): (&str, &str),
    (regnum, way): (&str, Way),
    now: i64,
) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE dan_transactions
         SET id = :new, regnum = :regnum, way = :way, word = NULL, bank_request = NULL, proven_at = :now
         WHERE id = :id",
        named_params! {
            ":new": digest(new_id),
            ":regnum": regnum,
            ":way": way.as_str(),
            ":now": now,
            ":id": digest(id),
        },
    )?;
    Ok(())
}

/// The citizen agreed: the service gets a code.
pub(super) fn agreed(tx: &Transaction<'_>, id: &str, code: &str, now: i64) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE dan_transactions SET ended_at = :now, agreed_at = :now, code = :code WHERE id = :id",
        named_params! { ":now": now, ":code": digest(code), ":id": digest(id) },
    )?;
    Ok(())
}

pub(super) fn exchange(
    tx: &Transaction<'_>,
    (code, token): (&str, &str),
    now: i64,
    until: i64,
) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE dan_transactions SET code_used_at = :now, token = :token, token_until = :until WHERE code = :code",
        named_params! { ":now": now, ":token": digest(token), ":until": until, ":code": digest(code) },
    )?;
    Ok(())
}
