//! What the control may do to sessions. No client has a way here.

use rusqlite::{Transaction, named_params};

/// Every access token is expired from now on; sessions go on with their refresh tokens. Says how many.
pub fn expire_access_tokens(tx: &Transaction<'_>, now: i64) -> Result<usize, rusqlite::Error> {
    tx.execute("UPDATE access_tokens SET expires_at = :now WHERE expires_at > :now", named_params! { ":now": now })
}

/// Every session ends at `until` at the latest. Says how many would have gone on longer.
pub fn shorten_sessions(tx: &Transaction<'_>, until: i64) -> Result<usize, rusqlite::Error> {
    tx.execute(
        "UPDATE refresh_tokens SET expires_at = :until WHERE expires_at > :until",
        named_params! { ":until": until },
    )
}

/// Ends the sessions of one citizen, or of all. Says how many.
pub fn revoke_sessions(tx: &Transaction<'_>, regnum: Option<&str>, now: i64) -> Result<usize, rusqlite::Error> {
    tx.execute(
        "UPDATE families SET revoked_at = :now
         WHERE revoked_at IS NULL AND (:regnum IS NULL OR regnum = :regnum)",
        named_params! { ":now": now, ":regnum": regnum },
    )
}
