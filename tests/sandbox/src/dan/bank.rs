//! A bank that does not exist, as one of ДАН's ways in: its sign-in page, and the answer it sends the browser back with.
//!
//! Guarantees: an answer is signed for ДАН, names the request it answers, lasts two minutes and works once.

use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use maud::html;
use ring::hmac;
use rusqlite::{Connection, OptionalExtension as _, Transaction, named_params};
use serde::{Deserialize, Serialize};

use super::{
    login::{LASTS_MS, locked, see_other, useless, welcome},
    page::{self, Notice},
    seeds::SEEDS,
    store,
    ways::Way,
};
use crate::{forms::Fields, html::Failed, oauth::keys::kept, registers, state::Sandbox, text};

/// Wrong passwords until a request is of no more use.
const TRIES: u32 = 5;

/// From the bank's redirect to ДАН's page is one hop.
const ANSWER_LASTS_MS: i64 = 2 * 60_000;

/// Whom an answer is for.
const AUDIENCE: &str = "dan";

/// What the bank says: who signed in there, or that they did not want to.
#[derive(Serialize, Deserialize)]
struct Answer {
    aud: String,
    request: String,
    regnum: Option<String>,
    until: i64,
}

/// Where ДАН sends the browser.
pub(super) fn address(origin: &str, request: &str) -> String {
    format!("{origin}/sample-bank/sign-in?request={request}")
}

#[derive(Deserialize)]
pub(super) struct Which {
    request: Option<String>,
}

/// `GET /sample-bank/sign-in`.
pub(super) async fn ask(State(sandbox): State<Sandbox>, Query(which): Query<Which>) -> Result<Response, Failed> {
    let Some(request) = which.request else { return Ok(useless()) };
    let (now, id) = (sandbox.now(), request.clone());
    let open = sandbox.db().read(move |conn| open(conn, &id, now)).await?;
    Ok(if open.is_some() { sign_in_page(&request, None) } else { useless() })
}

/// `POST /sample-bank/sign-in`.
pub(super) async fn sign_in(State(sandbox): State<Sandbox>, fields: Fields) -> Result<Response, Failed> {
    let Some(request) = fields.get("request").map(str::to_owned) else { return Ok(useless()) };
    let (now, origin) = (sandbox.now(), sandbox.origin().to_owned());
    Ok(sandbox.db().write(move |tx| decide(tx, &request, &fields, (&origin, now))).await?)
}

fn decide(
    tx: &Transaction<'_>,
    request: &str,
    fields: &Fields,
    (origin, now): (&str, i64),
) -> Result<Response, rusqlite::Error> {
    let Some(wrong) = open(tx, request, now)? else { return Ok(useless()) };
    if wrong >= TRIES {
        return Ok(locked());
    }
    let regnum = if fields.get("decision") == Some("deny") {
        None
    } else {
        let (user, password) = (fields.get("user").unwrap_or_default(), fields.get("password").unwrap_or_default());
        let account =
            SEEDS.bank.iter().find(|one| one.user == user.trim() && text::same_secret(&one.password, password));
        let Some(account) = account else {
            count_wrong_password(tx, request)?;
            let left = TRIES - wrong - 1;
            return Ok(if left == 0 { locked() } else { sign_in_page(request, Some(left)) });
        };
        Some(account.regnum.clone())
    };
    end(tx, request, now)?;
    let answer = Answer { aud: AUDIENCE.into(), request: request.into(), regnum, until: now + ANSWER_LASTS_MS };
    let answer = text::base64url(&serde_json::to_vec(&answer).unwrap_or_default());
    let mark = text::base64url(hmac::sign(&key(tx)?, answer.as_bytes()).as_ref());
    Ok(see_other(&format!("{origin}/dan/bank-back?answer={answer}&mark={mark}")))
}

#[derive(Deserialize)]
pub(super) struct Back {
    answer: Option<String>,
    mark: Option<String>,
}

/// `GET /dan/bank-back`: ДАН's side again.
pub(super) async fn back(State(sandbox): State<Sandbox>, Query(back): Query<Back>) -> Result<Response, Failed> {
    let (Some(answer), Some(mark)) = (back.answer, back.mark) else { return Ok(useless()) };
    let now = sandbox.now();
    Ok(sandbox.db().write(move |tx| take(tx, &answer, &mark, now)).await?)
}

fn take(tx: &Transaction<'_>, answer: &str, mark: &str, now: i64) -> Result<Response, rusqlite::Error> {
    let mark = text::from_base64url(mark).unwrap_or_default();
    if hmac::verify(&key(tx)?, answer.as_bytes(), &mark).is_err() {
        return Ok(useless());
    }
    let read = text::from_base64url(answer).and_then(|json| serde_json::from_slice::<Answer>(&json).ok());
    let Some(answer) = read.filter(|answer| answer.aud == AUDIENCE && now <= answer.until) else {
        return Ok(useless());
    };
    let id = text::token();
    let usable = store::take_bank_request(tx, &answer.request, &id)?
        .filter(|transact| !transact.ended && transact.proven_at.is_none() && now <= transact.began_at + LASTS_MS);
    let Some(transact) = usable else { return Ok(useless()) };
    let citizen = answer.regnum.map(|regnum| registers::citizen(tx, &regnum)).transpose()?.flatten();
    match citizen {
        Some(citizen) => welcome(tx, (&id, &transact), &citizen, Way::Bank, now),
        None => Ok(page::choose(&id, &registers::citizens(tx)?, Notice::BankDeclined)),
    }
}

fn sign_in_page(request: &str, wrong: Option<u32>) -> Response {
    let accounts = SEEDS.bank.iter();
    let body = html! {
        h1 { "Жишээ банк" }
        p lang="en" { "Sample Bank: it does not exist, and neither do its customers." }
        @if let Some(left) = wrong {
            div class="error" role="alert" {
                p { "Нэвтрэх нэр эсвэл нууц үг буруу байна. Үлдсэн оролдлого: " (left) "." }
                p lang="en" { "The user name or the password is wrong. Tries left: " (left) "." }
            }
        }
        p { "ДАН таныг хэн болохыг асууж байна. Банк зөвхөн регистрийн дугаарыг тань хэлнэ." }
        p lang="en" { "DAN asks who you are. The bank tells your registration number and nothing else." }
        form method="post" action="/sample-bank/sign-in" autocomplete="off" {
            input type="hidden" name="request" value=(request);
            label for="user" { "Нэвтрэх нэр " span lang="en" { "User name" } }
            input id="user" name="user" required maxlength="64" autocapitalize="none" spellcheck="false"
                autocomplete="username";
            label for="password" { "Нууц үг " span lang="en" { "Password" } }
            input id="password" name="password" type="password" required maxlength="64" autocomplete="current-password";
            button name="decision" value="approve" { "Нэвтрэх " span lang="en" { "Sign in" } }
            button class="plain" name="decision" value="deny" formnovalidate { "Буцах " span lang="en" { "Go back" } }
        }
        section class="sandbox" aria-labelledby="invented" {
            h2 id="invented" { "Туршилтын орчин: банк ч, данс ч зохиомол" }
            p lang="en" { "Sandbox: the bank and the accounts are samples." }
            table {
                thead { tr {
                    th scope="col" { "Регистр " span lang="en" { "Number" } }
                    th scope="col" { "Нэвтрэх нэр " span lang="en" { "User name" } }
                    th scope="col" { "Нууц үг " span lang="en" { "Password" } }
                } }
                tbody { @for one in accounts {
                    tr { td { code { (one.regnum) } } td { code { (one.user) } } td { code { (one.password) } } }
                } }
            }
        }
    };
    crate::html::page(StatusCode::OK, "Жишээ банк", &body.into_string())
}

/// ДАН told the bank of a sign-in.
pub(super) fn expect(tx: &Transaction<'_>, request: &str, now: i64) -> Result<(), rusqlite::Error> {
    tx.execute(
        "INSERT INTO bank_requests (request, began_at) VALUES (:request, :now)",
        named_params! { ":request": text::digest(request), ":now": now },
    )?;
    Ok(())
}

/// How many wrong passwords an open request has seen.
fn open(conn: &Connection, request: &str, now: i64) -> Result<Option<u32>, rusqlite::Error> {
    conn.query_row(
        "SELECT wrong_passwords FROM bank_requests
         WHERE request = :request AND ended_at IS NULL AND began_at >= :since",
        named_params! { ":request": text::digest(request), ":since": now - LASTS_MS },
        |row| row.get(0),
    )
    .optional()
}

fn count_wrong_password(tx: &Transaction<'_>, request: &str) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE bank_requests SET wrong_passwords = wrong_passwords + 1 WHERE request = :request",
        named_params! { ":request": text::digest(request) },
    )?;
    Ok(())
}

fn end(tx: &Transaction<'_>, request: &str, now: i64) -> Result<(), rusqlite::Error> {
    tx.execute(
        "UPDATE bank_requests SET ended_at = :now WHERE request = :request",
        named_params! { ":now": now, ":request": text::digest(request) },
    )?;
    Ok(())
}

/// What bank and ДАН share; made at the first use.
fn key(tx: &Transaction<'_>) -> Result<hmac::Key, rusqlite::Error> {
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &kept(tx, "bank-key", &text::random::<32>())?))
}
