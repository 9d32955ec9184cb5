//! The authorisation server's tables.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, named_params};

use crate::text::digest;

/// What the app asked for at `/oauth/par`.
#[derive(Debug, Clone)]
pub(super) struct Pushed {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) scope: String,
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) code_challenge: String,
    pub(super) jkt: String,
    /// The ways of proving who one is that are good enough, separated by spaces; `None`: any.
    pub(super) acr_values: Option<String>,
}

/// A sign-in, as far as it has come.
pub(super) struct Authorization {
    pub(super) id: i64,
    pub(super) pushed: Pushed,
    pub(super) pushed_at: i64,
    pub(super) at_dan: bool,
    pub(super) code_issued_at: Option<i64>,
    pub(super) citizen: Option<(String, String)>,
    /// When and in which way the citizen has proven who they are.
    pub(super) auth_time: Option<i64>,
    pub(super) acr: Option<String>,
    /// Of ХУР, which the citizen has agreed to; separated by spaces.
    pub(super) operations: String,
    pub(super) family: Option<i64>,
}

/// Everything one sign-in led to.
pub(super) struct Family {
    pub(super) id: i64,
    pub(super) client_id: String,
    pub(super) sub: String,
    pub(super) regnum: String,
    pub(super) scope: String,
    pub(super) jkt: String,
    pub(super) revoked: bool,
    pub(super) auth_time: i64,
    pub(super) acr: Option<String>,
    /// As of [`Authorization`].
    pub(super) operations: String,
}

pub(super) struct RefreshToken {
    pub(super) family: i64,
    pub(super) expires_at: i64,
    pub(super) rotated: bool,
}

pub(super) fn insert_pushed(
    tx: &Transaction<'_>,
    request_uri: &str,
    pushed: &Pushed,
    now: i64,
) -> Result<(), rusqlite::Error> {
    tx.execute(
        "INSERT INTO authorizations
             (request_uri, client_id, redirect_uri, scope, state, nonce, code_challenge, jkt, acr_values,
              pushed_at)
         VALUES (:request_uri, :client_id, :redirect_uri, :scope, :state, :nonce, :code_challenge, :jkt, :acr_values,
              :now)",
        named_params! {
            ":request_uri": digest(request_uri),
            ":client_id": pushed.client_id,
            ":redirect_uri": pushed.redirect_uri,
            ":scope": pushed.scope,
            ":state": pushed.state,
            ":nonce": pushed.nonce,
            ":code_challenge": pushed.code_challenge,
            ":jkt": pushed.jkt,
            ":acr_values": pushed.acr_values,
            ":now": now,
        },
    )?;
    Ok(())
}

pub(super) fn by_request_uri(conn: &Connection, request_uri: &str) -> Result<Option<Authorization>, rusqlite::Error> {
    conn.query_row(
        "SELECT * FROM authorizations WHERE request_uri = :digest",
        named_params! { ":digest": digest(request_uri) },
        authorization,
    )
    .optional()
}

pub(super) fn by_dan_state(conn: &Connection, state: &str) -> Result<Option<Authorization>, rusqlite::Error> {
    conn.query_row(
        "SELECT * FROM authorizations WHERE dan_state = :digest",
        named_params! { ":digest": digest(state) },
        authorization,
    )
    .optional()
}

pub(super) fn by_code(conn: &Connection, code: &str) -> Result<Option<Authorization>, rusqlite::Error> {
    conn.query_row(
        "SELECT * FROM authorizations WHERE code = :digest",
        named_params! { ":digest": digest(code) },
        authorization,
    )
    .optional()
}

fn authorization(row: &Row<'_>) -> Result<Authorization, rusqlite::Error> {
    let sub: Option<String> = row.get("sub")?;
    let regnum: Option<String> = row.get("regnum")?;
    Ok(Authorization {
        id: row.get("id")?,
        pushed: Pushed {
            client_id: row.get("client_id")?,
            redirect_uri: row.get("redirect_uri")?,
            scope: row.get("scope")?,
            state: row.get("state")?,
            nonce: row.get("nonce")?,
            code_challenge: row.get("code_challenge")?,
            jkt: row.get("jkt")?,
            acr_values: row.get("acr_values")?,
        },
        pushed_at: row.get("pushed_at")?,
        at_dan: row.get::<_, Option<Vec<u8>>>("dan_state")?.is_some(),
        code_issued_at: row.get("code_issued_at")?,
        citizen: sub.zip(regnum),
        auth_time: row.get("auth_time")?,
        acr: row.get("acr")?,
        operations: row.get("operations")?,
        family: row.get("family")?,
    })
}

pub(super) fn sent_to_dan(tx: &Transaction<'_>, id: i64, dan_state: &str) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE authorizations SET dan_state = :state WHERE id = :id",
        named_params! { ":state": digest(dan_state), ":id": id },
    )?;
    Ok(())
}

/// `false` when the sign-in already has its code.
pub(super) fn insert_code(
    tx: &Transaction<'_>,
    id: i64,
    code: &str,
    (sub, regnum): (&str, &str),
    (auth_time, acr, operations): (i64, &str, &str),
    now: i64,
) -> Result<bool, rusqlite::Error> {
    let changed = tx.execute(
        "UPDATE authorizations SET code = :code, code_issued_at = :now, sub = :sub, regnum = :regnum,
             auth_time = :auth_time, acr = :acr, operations = :operations
         WHERE id = :id AND code IS NULL",
        named_params! {
            ":code": digest(code), ":now": now, ":sub": sub, ":regnum": regnum,
            ":auth_time": auth_time, ":acr": acr, ":operations": operations, ":id": id,
        },
    )?;
    Ok(changed == 1)
}

/// The citizen refused: the sign-in is over.
pub(super) fn forget(tx: &Transaction<'_>, id: i64) -> Result<(), rusqlite::Error> {
    tx.execute("DELETE FROM authorizations WHERE id = :id AND code IS NULL", named_params! { ":id": id })?;
    Ok(())
}

pub(super) fn redeemed(tx: &Transaction<'_>, id: i64, family: i64) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE authorizations SET family = :family WHERE id = :id",
        named_params! { ":family": family, ":id": id },
    )?;
    Ok(())
}

pub(super) fn insert_family(
    tx: &Transaction<'_>,
    pushed: &Pushed,
    (sub, regnum): (&str, &str),
    (auth_time, acr, operations): (i64, Option<&str>, &str),
    now: i64,
) -> Result<i64, rusqlite::Error> {
    tx.execute(
        "INSERT INTO families (client_id, sub, regnum, scope, jkt, auth_time, acr, operations, began_at)
         VALUES (:client_id, :sub, :regnum, :scope, :jkt, :auth_time, :acr, :operations, :now)",
        named_params! {
            ":client_id": pushed.client_id,
            ":sub": sub,
            ":regnum": regnum,
            ":scope": pushed.scope,
            ":jkt": pushed.jkt,
            ":auth_time": auth_time,
            ":acr": acr,
            ":operations": operations,
            ":now": now,
        },
    )?;
    Ok(tx.last_insert_rowid())
}

pub(super) fn family(conn: &Connection, id: i64) -> Result<Option<Family>, rusqlite::Error> {
    let from_row = |row: &Row<'_>| {
        Ok(Family {
            id: row.get("id")?,
            client_id: row.get("client_id")?,
            sub: row.get("sub")?,
            regnum: row.get("regnum")?,
            scope: row.get("scope")?,
            jkt: row.get("jkt")?,
            revoked: row.get::<_, Option<i64>>("revoked_at")?.is_some(),
            auth_time: row.get("auth_time")?,
            acr: row.get("acr")?,
            operations: row.get("operations")?,
        })
    };
    conn.query_row("SELECT * FROM families WHERE id = :id", named_params! { ":id": id }, from_row).optional()
}

pub(super) fn revoke_family(tx: &Transaction<'_>, id: i64, now: i64) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE families SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL",
        named_params! { ":now": now, ":id": id },
    )?;
    Ok(())
}

/// Ends what this citizen's app had before `family`: a newer sign-in, or a step-up, has taken its place. Called when the
/// new family is first used, so that an app that never heard of it keeps the old one.
pub(super) fn supersede(tx: &Transaction<'_>, family: &Family, now: i64) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE families SET revoked_at = :now
         WHERE regnum = :regnum AND sub = :sub AND jkt = :jkt AND id < :id AND revoked_at IS NULL",
        named_params! {
            ":now": now, ":regnum": family.regnum, ":sub": family.sub, ":jkt": family.jkt, ":id": family.id,
        },
    )?;
    Ok(())
}

pub(super) fn insert_refresh_token(
    tx: &Transaction<'_>,
    token: &str,
    family: i64,
    expires_at: i64,
) -> Result<(), rusqlite::Error> {
    tx.execute(
        "INSERT INTO refresh_tokens (token, family, expires_at) VALUES (:token, :family, :expires_at)",
        named_params! { ":token": digest(token), ":family": family, ":expires_at": expires_at },
    )?;
    Ok(())
}

pub(super) fn refresh_token(conn: &Connection, token: &str) -> Result<Option<RefreshToken>, rusqlite::Error> {
    let from_row = |row: &Row<'_>| {
        Ok(RefreshToken {
            family: row.get("family")?,
            expires_at: row.get("expires_at")?,
            rotated: row.get::<_, Option<i64>>("rotated_at")?.is_some(),
        })
    };
    conn.query_row(
        "SELECT * FROM refresh_tokens WHERE token = :token",
        named_params! { ":token": digest(token) },
        from_row,
    )
    .optional()
}

pub(super) fn rotated(tx: &Transaction<'_>, token: &str, now: i64) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE refresh_tokens SET rotated_at = :now WHERE token = :token",
        named_params! { ":now": now, ":token": digest(token) },
    )?;
    Ok(())
}

pub(super) fn insert_access_token(
    tx: &Transaction<'_>,
    token: &str,
    family: i64,
    expires_at: i64,
) -> Result<(), rusqlite::Error> {
    tx.execute(
        "INSERT INTO access_tokens (token, family, expires_at) VALUES (:token, :family, :expires_at)",
        named_params! { ":token": digest(token), ":family": family, ":expires_at": expires_at },
    )?;
    Ok(())
}

pub(super) fn forget_access_tokens(tx: &Transaction<'_>, expired_before: i64) -> Result<(), rusqlite::Error> {
    tx.execute("DELETE FROM access_tokens WHERE expires_at < :before", named_params! { ":before": expired_before })?;
    Ok(())
}

/// The family and the expiry of an access token.
pub(super) fn access_token(conn: &Connection, token: &str) -> Result<Option<(i64, i64)>, rusqlite::Error> {
    conn.query_row(
        "SELECT family, expires_at FROM access_tokens WHERE token = :token",
        named_params! { ":token": digest(token) },
        |row| Ok((row.get("family")?, row.get("expires_at")?)),
    )
    .optional()
}
