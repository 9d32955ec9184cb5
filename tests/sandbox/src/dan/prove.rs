//! How each way proves who somebody is.
//!
//! Guarantees: a code and a challenge last five minutes; whether a registration number is anybody's can't be told from
//! an answer; a new code makes the one before it void.

use axum::response::Response;
use rusqlite::Transaction;

use super::{
    bank, messages,
    page::{self, Notice},
    signature,
    store::{self, Transact},
    ways::Way,
};
use crate::{
    forms::Fields,
    registers::{self, Citizen},
    text,
};

/// How long a code or a challenge is good for.
pub(super) const WORD_LASTS_MS: i64 = 5 * 60_000;

/// Codes that one sign-in may ask for: the first, and two that did not come.
const SENDS: u32 = 3;

/// Codes that may be asked for in one citizen's name within an hour: with five tries each, a guess hits once in 20,000
/// hours.
const SENDS_AN_HOUR: u32 = 10;
const HOUR_MS: i64 = 3600 * 1000;

/// What an answer of the citizen came to.
pub(super) enum Step {
    Proven(Box<Citizen>, Way),
    Page(Response),
    ToBank(String),
    /// Back to the choice.
    Again(Notice),
    Wrong,
    Expired,
    /// The citizen's own message has not come.
    NotYet,
}

/// A way was chosen.
pub(super) fn begin(
    tx: &Transaction<'_>,
    (id, transact): (&str, &Transact),
    way: Way,
    regnum: Option<&str>,
    now: i64,
) -> Result<Step, rusqlite::Error> {
    if way == Way::Bank {
        let request = text::token();
        store::choose(tx, id, way, (None, None), now)?;
        store::sent_to_bank(tx, id, &request)?;
        bank::expect(tx, &request, now)?;
        return Ok(Step::ToBank(request));
    }
    let Some(claimed) = regnum.map(registers::canonical) else { return Ok(Step::Again(Notice::Missing)) };
    let word = match way {
        Way::App | Way::Bank => return Ok(Step::Again(Notice::None)),
        Way::Signature => signature::challenge(&claimed, now),
        Way::SmsSent | Way::SmsReceived => {
            let asked = store::sends_since(tx, &claimed, now - HOUR_MS)?;
            if transact.sends >= SENDS || asked >= SENDS_AN_HOUR {
                return Ok(Step::Again(Notice::TooMany));
            }
            store::count_send(tx, id)?;
            code_that_nobody_shows(tx, now)?
        }
    };
    store::choose(tx, id, way, (Some(&claimed), Some(&word)), now)?;
    match way {
        Way::SmsSent => {
            let phone = registers::citizen(tx, &claimed)?.map(|citizen| citizen.phone);
            if let Some(phone) = &phone {
                messages::send_code(tx, phone, &word, now)?;
            }
            Ok(Step::Page(page::code_sent(id, &recent(tx, phone.as_deref(), now)?, Notice::None)))
        }
        Way::SmsReceived => Ok(Step::Page(page::code_shown(id, &word, Notice::None))),
        Way::App | Way::Bank | Way::Signature => Ok(Step::Page(page::challenge(id, &word, Notice::None))),
    }
}

/// The citizen answered.
pub(super) fn check(
    tx: &Transaction<'_>,
    transact: &Transact,
    fields: &Fields,
    now: i64,
) -> Result<Step, rusqlite::Error> {
    if let Some(regnum) = fields.get("regnum") {
        let citizen = registers::citizen(tx, regnum)?;
        let given = fields.get("code").unwrap_or_default().trim();
        let right = citizen.filter(|citizen| text::same_secret(&citizen.one_time_code, given));
        return Ok(right.map_or(Step::Wrong, |citizen| Step::Proven(citizen.into(), Way::App)));
    }
    let (Some(way), Some((word, word_at)), Some(claimed)) = (transact.way, &transact.word, &transact.claimed) else {
        return Ok(Step::Wrong);
    };
    let fresh = |at: i64| (0..=WORD_LASTS_MS).contains(&(at - word_at));
    if !fresh(transact.message_at.unwrap_or(now)) {
        return Ok(Step::Expired);
    }
    let right = match way {
        Way::App | Way::Bank => false,
        Way::SmsSent => text::same_secret(word, fields.get("code").unwrap_or_default().trim()),
        Way::SmsReceived if transact.message_at.is_none() => return Ok(Step::NotYet),
        Way::SmsReceived => true,
        Way::Signature => signature::holds(tx, claimed, word, fields.get("signature").unwrap_or_default())?,
    };
    let citizen = if right { registers::citizen(tx, claimed)? } else { None };
    Ok(citizen.map_or(Step::Wrong, |citizen| Step::Proven(citizen.into(), way)))
}

/// The page of the way that was chosen, once more.
pub(super) fn again(
    tx: &Transaction<'_>,
    (id, transact): (&str, &Transact),
    notice: Notice,
) -> Result<Response, rusqlite::Error> {
    Ok(match (transact.way, &transact.word, notice) {
        (Some(Way::SmsSent), Some((_, at)), Notice::Wrong { .. }) => {
            let citizen =
                transact.claimed.as_ref().map(|claimed| registers::citizen(tx, claimed)).transpose()?.flatten();
            page::code_sent(id, &recent(tx, citizen.as_ref().map(|one| one.phone.as_str()), *at)?, notice)
        }
        (Some(Way::SmsReceived), Some((code, _)), Notice::NotYet) => page::code_shown(id, code, notice),
        (Some(Way::Signature), Some((challenge, _)), Notice::Wrong { .. }) => page::challenge(id, challenge, notice),
        _ => page::choose(id, &registers::citizens(tx)?, notice),
    })
}

/// Six digits by which one page is told from all others.
fn code_that_nobody_shows(tx: &Transaction<'_>, now: i64) -> Result<String, rusqlite::Error> {
    loop {
        let code = format!("{:06}", u32::from_le_bytes(text::random()) % 1_000_000);
        if store::showing(tx, &code, now - WORD_LASTS_MS)?.is_empty() {
            return Ok(code);
        }
    }
}

fn recent(tx: &Transaction<'_>, phone: Option<&str>, now: i64) -> Result<Vec<String>, rusqlite::Error> {
    match phone {
        Some(phone) => messages::to(tx, phone, now - WORD_LASTS_MS),
        None => Ok(Vec::new()),
    }
}
