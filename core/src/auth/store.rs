//! The session's rows in `state.db`. Each function is one statement inside the caller's transaction.

use std::time::Duration;

use rusqlite::{OptionalExtension as _, named_params};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    citizen::Citizen,
    freshness::Freshness,
    secret::{Secret, revealed},
};
#[cfg(feature = "test-controls")]
use crate::foundation::checks::{Check, Checks};
use crate::foundation::{
    clock::Timestamp,
    crypto::{
        digest::{hex, sha256},
        random,
        seal::{Column, SealError, Sealer},
    },
    json,
    storage::{Dao, Error, Result, RowExt as _},
};

const CITIZEN: Column = Column { table: "auth_session", column: "citizen", layout: 1 };
const TOKENS: Column = Column { table: "auth_session", column: "tokens", layout: 1 };
const ATTEMPT: Column = Column { table: "auth_attempt", column: "attempt", layout: 1 };

/// The primary key of the one session row.
const ROW: &str = "1";

/// Sign-ins begun and left lying; the oldest go first.
const MAX_ATTEMPTS: u32 = 8;

/// Names one set of tokens. Random, so that no two sessions ever share one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TokenSetId(String);

#[derive(Debug, Clone)]
pub(super) struct TokenSet {
    pub(super) id: TokenSetId,
    pub(super) access: Secret<String>,
    pub(super) refresh: Secret<String>,
    /// By the device's clock.
    pub(super) access_expires: Timestamp,
    /// When the session ends by itself, if the server said so; by the device's clock.
    pub(super) session_ends: Option<Timestamp>,
    /// The server has been seen to give another refresh token for a refresh token.
    pub(super) rotates: bool,
}

/// The citizen's last proof of who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proven {
    /// By the device's clock; `None` if the server did not say when.
    pub(super) at: Option<Timestamp>,
    /// In which way, by the server's name for it.
    pub(super) acr: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    #[serde(with = "revealed")]
    access: Secret<String>,
    #[serde(with = "revealed")]
    refresh: Secret<String>,
}

/// What is remembered of a sign-in between the browser's going and coming.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Attempt {
    #[serde(with = "revealed")]
    pub(super) verifier: Secret<String>,
    pub(super) nonce: String,
    pub(super) issuer: String,
    pub(super) redirect_uri: String,
    /// What a step-up has to bring.
    #[serde(default)]
    pub(super) freshness: Option<Freshness>,
}

#[cfg(feature = "test-controls")]
impl Attempt {
    /// What a callback that nobody asked for is held against when nobody looks.
    pub(super) fn of_nobody(issuer: &str, redirect_uri: &str) -> Self {
        Self {
            verifier: Secret::new(String::new()),
            nonce: String::new(),
            issuer: issuer.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            freshness: None,
        }
    }
}

/// What the rows say without anything sealed being opened.
pub(super) struct Rows {
    pub(super) session: Option<SessionRow>,
    /// When the newest attempt was begun.
    pub(super) attempt: Option<Timestamp>,
}

/// The session row without what is sealed in it.
pub(super) struct SessionRow {
    pub(super) renewable: bool,
    pub(super) token_set: TokenSetId,
    pub(super) begun: Option<Timestamp>,
    pub(super) ends: Option<Timestamp>,
}

impl SessionRow {
    /// The beginning that goes with an end told of now. One that has come nearer takes it along: a session that was cut
    /// short, or a clock that was set back, leaves the life that was granted, and so the warning, as long as it was.
    pub(super) fn begun_given(&self, ends: Option<Timestamp>) -> Option<Timestamp> {
        let nearer = self.ends.zip(ends).map_or(Duration::ZERO, |(before, now)| before.since(now));
        self.begun.map(|begun| begun.saturating_sub(nearer))
    }
}

impl TokenSet {
    pub(super) fn new(access: Secret<String>, refresh: Secret<String>, access_expires: Timestamp) -> Self {
        let id = TokenSetId(random::hex::<8>());
        Self { id, access, refresh, access_expires, session_ends: None, rotates: false }
    }
}

pub(super) fn rows(dao: &Dao<'_>) -> Result<Rows> {
    let session = dao
        .sql()
        .query_row(
            "SELECT tokens IS NOT NULL AS renewable, token_set, begun_at, ends_at FROM auth_session WHERE id = 1",
            [],
            |row| {
                Ok(SessionRow {
                    renewable: row.get("renewable")?,
                    token_set: TokenSetId(row.get("token_set")?),
                    begun: row.maybe_timestamp("begun_at")?,
                    ends: row.maybe_timestamp("ends_at")?,
                })
            },
        )
        .optional()?;
    let attempt = dao.sql().query_row("SELECT max(begun_at) FROM auth_attempt", [], |row| row.get(0))?;
    Ok(Rows { session, attempt: Option::map(attempt, Timestamp::from_unix_ms) })
}

/// Whose installation this is, also when the session has ended.
pub(super) fn citizen(dao: &Dao<'_>) -> Result<Option<Citizen>> {
    let sealed: Option<Vec<u8>> =
        dao.sql().query_row("SELECT citizen FROM auth_session WHERE id = 1", [], |row| row.get(0)).optional()?;
    sealed.map(|sealed| dao.open(CITIZEN, ROW, &sealed)).transpose()
}

/// `None`: nobody is signed in, or not any more.
pub(super) fn tokens(dao: &Dao<'_>) -> Result<Option<TokenSet>> {
    let mut statement = dao.sql().prepare_cached(
        "SELECT tokens, token_set, access_expires_at, ends_at, rotates FROM auth_session
         WHERE id = 1 AND tokens IS NOT NULL",
    )?;
    let row = statement.query_row([], |row| {
        Ok((
            row.get::<_, Vec<u8>>("tokens")?,
            row.get("token_set")?,
            row.timestamp("access_expires_at")?,
            row.maybe_timestamp("ends_at")?,
            row.get("rotates")?,
        ))
    });
    let row = row.optional()?;
    let Some((sealed, id, access_expires, session_ends, rotates)) = row else { return Ok(None) };
    let id = TokenSetId(id);
    let Sealed { access, refresh } = dao.open(TOKENS, &id.0, &sealed)?;
    Ok(Some(TokenSet { id, access, refresh, access_expires, session_ends, rotates }))
}

/// A sign-in or a step-up: what was known of the server's habits stays known.
pub(super) fn put_session(
    dao: &mut Dao<'_>,
    citizen: &Citizen,
    tokens: &TokenSet,
    proven: &Proven,
    now: Timestamp,
) -> Result<()> {
    let citizen = dao.seal(CITIZEN, ROW, citizen)?;
    let sealed = seal(dao, tokens)?;
    dao.sql().execute(
        "INSERT INTO auth_session
             (id, citizen, tokens, token_set, access_expires_at, begun_at, ends_at, authenticated_at, acr)
         VALUES (1, :citizen, :tokens, :token_set, :access_expires_at, :begun_at, :ends_at, :authenticated_at, :acr)
         ON CONFLICT (id) DO UPDATE SET citizen = :citizen, tokens = :tokens, token_set = :token_set,
             access_expires_at = :access_expires_at, renewing_until = 0, begun_at = :begun_at, ends_at = :ends_at,
             authenticated_at = :authenticated_at, acr = :acr",
        named_params! {
            ":citizen": citizen,
            ":tokens": sealed,
            ":token_set": tokens.id.0,
            ":access_expires_at": tokens.access_expires.unix_ms(),
            ":begun_at": now.unix_ms(),
            ":ends_at": tokens.session_ends.map(Timestamp::unix_ms),
            ":authenticated_at": proven.at.map(Timestamp::unix_ms),
            ":acr": proven.acr,
        },
    )?;
    Ok(())
}

/// Puts `new` in the place of the set `seen`; `false` if that set is no longer there.
pub(super) fn replace_tokens(dao: &mut Dao<'_>, seen: &TokenSetId, new: &TokenSet, begun: Timestamp) -> Result<bool> {
    let sealed = seal(dao, new)?;
    let changed = dao.sql().execute(
        "UPDATE auth_session SET tokens = :tokens, token_set = :token_set, access_expires_at = :access_expires_at,
             renewing_until = 0, ends_at = :ends_at, rotates = :rotates, begun_at = :begun
         WHERE token_set = :seen AND tokens IS NOT NULL",
        named_params! {
            ":tokens": sealed,
            ":token_set": new.id.0,
            ":access_expires_at": new.access_expires.unix_ms(),
            ":ends_at": new.session_ends.map(Timestamp::unix_ms),
            ":rotates": new.rotates,
            ":begun": begun.unix_ms(),
            ":seen": seen.0,
        },
    )?;
    Ok(changed == 1)
}

/// Whether the citizen's last proof does for `wanted`. Opens nothing sealed.
pub(super) fn is_fresh(dao: &Dao<'_>, wanted: &Freshness, now: Timestamp) -> Result<bool> {
    let row = dao
        .sql()
        .query_row("SELECT authenticated_at, acr FROM auth_session WHERE id = 1 AND tokens IS NOT NULL", [], |row| {
            Ok((row.maybe_timestamp("authenticated_at")?, row.get::<_, Option<String>>("acr")?))
        })
        .optional()?;
    Ok(row.is_some_and(|(at, acr)| wanted.is_met(at, acr.as_deref(), now)))
}

fn seal(dao: &Dao<'_>, tokens: &TokenSet) -> Result<Vec<u8>> {
    let sealed = Sealed { access: tokens.access.clone(), refresh: tokens.refresh.clone() };
    dao.seal(TOKENS, &tokens.id.0, &sealed)
}

/// Forgets the tokens `seen` and nothing else; `false` if another set is there by now.
pub(super) fn end_session(dao: &mut Dao<'_>, seen: &TokenSetId) -> Result<bool> {
    let changed = dao.sql().execute(
        "UPDATE auth_session SET tokens = NULL, renewing_until = 0 WHERE token_set = :seen AND tokens IS NOT NULL",
        named_params! {":seen": seen.0},
    )?;
    Ok(changed == 1)
}

/// Forgets whatever tokens there are and nothing else; `false` if there are none.
pub(super) fn lose_tokens(dao: &mut Dao<'_>) -> Result<bool> {
    let changed =
        dao.sql().execute("UPDATE auth_session SET tokens = NULL, renewing_until = 0 WHERE tokens IS NOT NULL", [])?;
    Ok(changed > 0)
}

/// Takes the turn to renew the set `seen`, unless another process holds it. A turn longer than `lease` is one of a
/// clock that jumped, and does not count.
pub(super) fn claim_renewal(dao: &mut Dao<'_>, seen: &TokenSetId, now: Timestamp, lease: Duration) -> Result<bool> {
    let until = now.saturating_add(lease).unix_ms();
    let changed = dao.sql().execute(
        "UPDATE auth_session SET renewing_until = :until
         WHERE token_set = :seen AND tokens IS NOT NULL AND (renewing_until <= :now OR renewing_until > :until)",
        named_params! {":until": until, ":seen": seen.0, ":now": now.unix_ms()},
    )?;
    Ok(changed == 1)
}

pub(super) fn release_renewal(dao: &mut Dao<'_>, seen: &TokenSetId) -> Result<()> {
    dao.sql().execute(
        "UPDATE auth_session SET renewing_until = 0 WHERE token_set = :seen",
        named_params! {":seen": seen.0},
    )?;
    Ok(())
}

/// `sealer`: [`Sealer::of_attempts`].
pub(super) fn put_attempt(
    dao: &mut Dao<'_>,
    sealer: &Sealer,
    state: &str,
    attempt: &Attempt,
    now: Timestamp,
) -> Result<()> {
    let digest = hex(&sha256(state.as_bytes()));
    let plain = Zeroizing::new(json::write(attempt).ok_or(Error::Stored("attempt"))?.into_bytes());
    let sealed = sealer.seal(ATTEMPT, &digest, &plain)?;
    dao.sql().execute(
        "INSERT INTO auth_attempt (state_digest, attempt, begun_at) VALUES (:state_digest, :attempt, :begun_at)",
        named_params! {":state_digest": digest, ":attempt": sealed, ":begun_at": now.unix_ms()},
    )?;
    Ok(())
}

/// Keeps the newest few attempts.
pub(super) fn prune_attempts(dao: &mut Dao<'_>) -> Result<()> {
    dao.sql().execute(
        "DELETE FROM auth_attempt WHERE state_digest NOT IN
             (SELECT state_digest FROM auth_attempt ORDER BY begun_at DESC LIMIT :keep)",
        named_params! {":keep": MAX_ATTEMPTS},
    )?;
    Ok(())
}

/// Hands out an attempt for the one time it is good for, with the moment it was begun.
pub(super) fn take_attempt(dao: &mut Dao<'_>, sealer: &Sealer, state: &str) -> Result<Option<(Attempt, Timestamp)>> {
    let digest = hex(&sha256(state.as_bytes()));
    let row = dao
        .sql()
        .query_row(
            "DELETE FROM auth_attempt WHERE state_digest = :state_digest RETURNING attempt, begun_at",
            named_params! {":state_digest": digest},
            |row| Ok((row.get::<_, Vec<u8>>("attempt")?, row.timestamp("begun_at")?)),
        )
        .optional()?;
    let Some((sealed, begun)) = row else { return Ok(None) };
    Ok(opened_attempt(sealer, &digest, &sealed)?.map(|attempt| (attempt, begun)))
}

fn opened_attempt(sealer: &Sealer, digest: &str, sealed: &[u8]) -> Result<Option<Attempt>> {
    let plain = match sealer.open(ATTEMPT, digest, sealed) {
        Err(SealError::OtherKey) => return Ok(None), // of another installation's life: nobody waits for it
        plain => plain?,
    };
    json::read(&plain).map(Some).ok_or(Error::Stored("attempt"))
}

/// Sabotage: where nobody looks at `state`, the latest attempt is taken for the one it names, and where there is none the
/// one that nobody began.
#[cfg(feature = "test-controls")]
pub(super) fn or_any_attempt(
    dao: &mut Dao<'_>,
    sealer: &Sealer,
    found: Option<(Attempt, Timestamp)>,
    nobodys: (Attempt, Timestamp),
    checks: Checks,
) -> Result<Option<(Attempt, Timestamp)>> {
    let looked_at = [Check::CallbackStatePresent, Check::CallbackStateKnown].iter().all(|&c| !checks.pass(c, false));
    if found.is_some() || looked_at {
        return Ok(found);
    }
    let latest = "DELETE FROM auth_attempt WHERE begun_at = (SELECT max(begun_at) FROM auth_attempt)
         RETURNING state_digest, attempt, begun_at";
    let row = dao
        .sql()
        .query_row(latest, [], |row| {
            Ok((row.get::<_, String>("state_digest")?, row.get::<_, Vec<u8>>("attempt")?, row.timestamp("begun_at")?))
        })
        .optional()?;
    let Some((digest, sealed, begun)) = row else { return Ok(Some(nobodys)) };
    Ok(opened_attempt(sealer, &digest, &sealed)?.map(|attempt| (attempt, begun)))
}

pub(super) fn forget_attempts(dao: &mut Dao<'_>) -> Result<()> {
    dao.sql().execute("DELETE FROM auth_attempt", [])?;
    Ok(())
}

pub(super) fn forget_session(dao: &mut Dao<'_>) -> Result<()> {
    dao.sql().execute("DELETE FROM auth_session", [])?;
    Ok(())
}
