//! Everything that is sealed at rest, in one table. What else has to know of it is made from the table or compared with it:
//! which key a file is under, the export, the swap and flip tests, the inventory (`core/migrations/inventory.tsv`).
//!
//! Guarantees: a column that holds anything personal is in the table or is a name or a time that the inventory gives a
//! reason for.

use rusqlite::OptionalExtension as _;

use crate::foundation::{
    crypto::keys::{File, KeyId},
    storage::{self, Dao},
};

/// One sealed column.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub file: File,
    pub table: &'static str,
    pub column: &'static str,
    /// SQL for the row that a value is bound to, as its writer spells it.
    pub row: &'static str,
    pub kind: Kind,
    pub under: Under,
    /// As in the inventory; an export says it.
    pub why: &'static str,
}

/// What a sealed value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The citizen's own, who may have it: JSON.
    Personal,
    /// The same, bytes of a file.
    File,
    /// Opens something: nobody is shown it.
    Secret,
}

/// The key that a value is sealed under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Under {
    /// The data key of its file.
    DataKey,
    /// What is there also while the app is locked, and can't be set aside for want of a key: it lasts ten minutes.
    AttemptKey,
}

use Kind::{Personal, Secret};

/// A test holds it against the inventory.
pub const SEALED: &[Place] = &[
    state(
        "auth_session",
        "citizen",
        "'1'",
        Personal,
        "who is signed in (name, registration number, birth date, address, phone): shown, and filled into forms",
    ),
    state(
        "auth_session",
        "tokens",
        "token_set",
        Secret,
        "the right to act for the citizen at the gateway; never shown, never exported",
    ),
    Place {
        under: Under::AttemptKey,
        ..state(
            "auth_attempt",
            "attempt",
            "state_digest",
            Secret,
            "what proves that the callback answers what this phone asked",
        )
    },
    state("operation", "body", "id", Personal, "what the citizen sends, and has sent: kept with its receipt"),
    state("operation", "receipt", "id", Personal, "what the gateway answered"),
    state("confirmation", "body", "id", Personal, "what the citizen was shown, and what is sent"),
    state("request_acknowledged", "body", "id", Personal, "a request that the gateway has and no pull has brought yet"),
    state("draft", "body", "id", Personal, "what the citizen is filling in, with the form that it is filled in on"),
    state("prefill_consent", "body", "'1'", Personal, "which registers the citizen lets fill in forms: asked once"),
    state(
        "attachment",
        "body",
        "id",
        Personal,
        "name, type and digest of a file that the citizen picked for a request",
    ),
    state(
        "attachment_part",
        "content",
        "attachment_id || '/' || n",
        Kind::File,
        "a file that the citizen picked, until the request that speaks of it has arrived",
    ),
    state(
        "payment",
        "body",
        "id",
        Personal,
        "what the citizen has to pay for a request, where, and what is known of it",
    ),
    state("receipt", "body", "id", Personal, "what the citizen paid, for which request and with whose app"),
    state(
        "push_registration",
        "token",
        "'1'",
        Personal,
        "where pushes reach this phone; the gateway is asked to forget it at sign-out",
    ),
    state(
        "bundle_progress",
        "body",
        "'1'",
        Personal,
        "how far the citizen is with bundles: their names would say what happens in a life",
    ),
    state("favourite", "body", "CAST(seq AS TEXT)", Personal, "a service that the citizen keeps at hand"),
    state("recent_search", "body", "CAST(seq AS TEXT)", Personal, "what the citizen searched for"),
    cache("request", "body", "id", Personal, "the citizen's requests, readable with no network"),
    cache("message", "body", "id", Personal, "what institutions sent, readable with no network"),
    cache(
        "represented",
        "body",
        "'1'",
        Personal,
        "for whom the citizen may act (name, number), chosen with no network",
    ),
    cache(
        "register_answers",
        "body",
        "'1'",
        Personal,
        "what the registers say of the citizen: which bundles fit is found on the phone, and nobody is told",
    ),
];

/// Tables about the citizen in which nothing is sealed: names and times.
pub const PLAIN: &[(File, &str, &str)] = &[
    (File::State, "inbox_change", "what the citizen did with messages is seen at once, also with no network"),
    (File::State, "request_seen", "what is new in a request since the citizen last looked"),
    (File::State, "request_change", "that a correction or a withdrawal is on its way is shown with the request"),
    (File::State, "push_hint", "a push came while the app was locked: where to look once it is open"),
];

const fn state(table: &'static str, column: &'static str, row: &'static str, kind: Kind, why: &'static str) -> Place {
    Place { file: File::State, table, column, row, kind, under: Under::DataKey, why }
}

const fn cache(table: &'static str, column: &'static str, row: &'static str, kind: Kind, why: &'static str) -> Place {
    Place { file: File::Cache, table, column, row, kind, under: Under::DataKey, why }
}

/// The data key that a sealed value of the file names (bytes 1–4, see `seal`), if there is any.
pub(super) fn sealed_under(dao: &Dao<'_>, file: File) -> storage::Result<Option<KeyId>> {
    for Place { table, column, .. } in SEALED.iter().filter(|place| place.file == file && place.under == Under::DataKey)
    {
        let sql = format!("SELECT substr({column}, 2, 4) FROM {table} WHERE {column} IS NOT NULL LIMIT 1");
        let head: Option<Vec<u8>> = dao.sql().query_row(&sql, [], |row| row.get(0)).optional()?;
        if let Some(id) = head.and_then(|head| KeyId::try_from(head).ok()) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
