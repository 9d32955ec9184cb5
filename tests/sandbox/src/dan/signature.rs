//! Digital signatures: a challenge, signed by the citizen's token, checked against the register's public key.
//!
//! Guarantees: the keys are made in the folder at its first start and are nowhere else; the token signs for its PIN only
//! and is blocked after five wrong ones; a signature holds for one challenge.

use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
    },
};
use rusqlite::{Connection, OptionalExtension as _, Transaction, named_params};

use super::seeds::SEEDS;
use crate::{registers, state::rfc3339, text};

/// Wrong PINs until a token is of no more use.
const PINS: u32 = 5;

/// Makes the key of every citizen who has none yet. Runs at every start.
pub(super) fn seed(tx: &Transaction<'_>) -> Result<(), rusqlite::Error> {
    for citizen in registers::citizens(tx)? {
        if public_key(tx, &citizen.regnum)?.is_none() {
            let (pkcs8, public) = key_pair().ok_or(rusqlite::Error::InvalidQuery)?;
            insert_key(tx, &citizen.regnum, &public, &pkcs8)?;
        }
    }
    Ok(())
}

/// What a citizen signs: who asks for what, for whom, once.
pub(super) fn challenge(claimed: &str, now: i64) -> String {
    format!(
        "ДАН: «И-Монгол»-д нэвтрэх зөвшөөрөл. Регистрийн дугаар: {claimed}. Хүсэлт: {}. Огноо: {}.",
        text::token(),
        rfc3339(now),
    )
}

/// Whether `signature` (base64, r and s) over the challenge is of this citizen's key.
pub(super) fn holds(
    conn: &Connection,
    regnum: &str,
    challenge: &str,
    signature: &str,
) -> Result<bool, rusqlite::Error> {
    let (Some(key), Some(signature)) = (public_key(conn, regnum)?, text::from_base64(signature.trim())) else {
        return Ok(false);
    };
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key);
    Ok(key.verify(challenge.as_bytes(), &signature).is_ok())
}

/// What became of a call to the token.
#[derive(Debug, PartialEq, Eq)]
pub enum Signed {
    /// Base64, r and s.
    Signature(String),
    WrongPin,
    Blocked,
    NoToken,
}

/// Plays the citizen's token.
pub fn sign(tx: &Transaction<'_>, regnum: &str, pin: &str, text: &str) -> Result<Signed, rusqlite::Error> {
    let Some((pkcs8, wrong_pins)) = token(tx, regnum)? else { return Ok(Signed::NoToken) };
    if wrong_pins >= PINS {
        return Ok(Signed::Blocked);
    }
    if !text::same_secret(pin, &SEEDS.token_pin) {
        count_wrong_pin(tx, regnum)?;
        return Ok(Signed::WrongPin);
    }
    let random = SystemRandom::new();
    let signed = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &random)
        .ok()
        .and_then(|key| key.sign(&random, text.as_bytes()).ok());
    Ok(signed.map_or(Signed::NoToken, |signature| Signed::Signature(text::base64(signature.as_ref()))))
}

/// PKCS#8 and the public point.
fn key_pair() -> Option<(Vec<u8>, Vec<u8>)> {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).ok()?;
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).ok()?;
    Some((pkcs8.as_ref().to_vec(), pair.public_key().as_ref().to_vec()))
}

fn public_key(conn: &Connection, regnum: &str) -> Result<Option<Vec<u8>>, rusqlite::Error> {
    conn.query_row(
        "SELECT public_key FROM dan_signature_keys WHERE regnum = :regnum",
        named_params! { ":regnum": regnum },
        |row| row.get(0),
    )
    .optional()
}

fn insert_key(tx: &Transaction<'_>, regnum: &str, public: &[u8], pkcs8: &[u8]) -> Result<(), rusqlite::Error> {
    tx.execute(
        "INSERT INTO dan_signature_keys (regnum, public_key, pkcs8) VALUES (:regnum, :public, :pkcs8)",
        named_params! { ":regnum": regnum, ":public": public, ":pkcs8": pkcs8 },
    )?;
    Ok(())
}

fn token(tx: &Transaction<'_>, regnum: &str) -> Result<Option<(Vec<u8>, u32)>, rusqlite::Error> {
    tx.query_row(
        "SELECT pkcs8, wrong_pins FROM dan_signature_keys WHERE regnum = :regnum",
        named_params! { ":regnum": regnum },
        |row| Ok((row.get("pkcs8")?, row.get("wrong_pins")?)),
    )
    .optional()
}

fn count_wrong_pin(tx: &Transaction<'_>, regnum: &str) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE dan_signature_keys SET wrong_pins = wrong_pins + 1 WHERE regnum = :regnum",
        named_params! { ":regnum": regnum },
    )?;
    Ok(())
}
