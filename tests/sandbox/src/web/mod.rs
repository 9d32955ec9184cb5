//! A stand-in for the portal in a browser, which a citizen signs in to with the phone.
//!
//! Guarantees: what a QR code holds can't be turned into the browser's cookie; a request lasts two minutes, is answered
//! once and opens one browser, the one that made it; a wrong number ends it.

mod cookie;
mod page;
mod phone;
mod qr;
mod store;

use axum::{
    Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use rusqlite::Transaction;
use serde::Deserialize;
use store::{Asked, State as Standing};

use crate::{html::Failed, registers, state::Sandbox, text};

/// How long a request waits for the phone.
pub(crate) const LASTS_MS: i64 = 2 * 60_000;

/// How long a citizen may take to turn from the phone back to the browser.
const FETCHED_WITHIN_MS: i64 = 2 * 60_000;

/// How long a browser stays signed in.
const SESSION_LASTS_MS: i64 = 30 * 60_000;

pub fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/web/sign-in", get(look).post(begin_again))
        .route("/web/sign-out", post(sign_out))
        .route("/web/s/{id}", get(async || page::for_the_app()))
        .route("/v1/web/sign-ins/{id}", get(phone::preview))
        .route("/v1/web/sign-ins/{id}/answer", post(phone::answer))
}

/// The id in the QR code: 128 bits that follow from the cookie and lead nowhere back.
fn id_of(cookie: &str) -> String {
    text::base64url(&text::sha256(format!("web sign-in {cookie}").as_bytes())[..16])
}

#[derive(Deserialize)]
struct Look {
    /// The citizen has answered on the phone, and says so.
    answered: Option<String>,
}

/// `GET /web/sign-in`: whatever this browser is to see.
async fn look(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    Query(Look { answered }): Query<Look>,
) -> Result<Response, Failed> {
    let (now, origin) = (sandbox.now(), sandbox.origin().to_owned());
    let cookie = cookie::read(&headers);
    Ok(sandbox.db().write(move |tx| shown(tx, cookie, answered.is_some(), (&origin, now))).await?)
}

fn shown(
    tx: &Transaction<'_>,
    cookie: Option<String>,
    answered: bool,
    (origin, now): (&str, i64),
) -> Result<Response, rusqlite::Error> {
    let Some(cookie) = cookie else { return begin(tx, origin, now) };
    if let Some(sub) = store::session(tx, &cookie, now - SESSION_LASTS_MS)? {
        let citizen = registers::citizen_by_sub(tx, &sub)?;
        return Ok(page::signed_in(&citizen.map(|one| one.short_name()).unwrap_or_default()));
    }
    let Some(asked) = store::by_browser(tx, &cookie)? else { return begin(tx, origin, now) };
    Ok(match asked.state {
        Standing::Open if now <= asked.asked_at + LASTS_MS => waiting(&cookie, &asked, origin, answered),
        Standing::Approved if now <= asked.answered_at + FETCHED_WITHIN_MS => return enter(tx, &cookie, &asked, now),
        Standing::Refused => page::ended("Утаснаасаа татгалзсан байна.", "It was refused on the phone."),
        Standing::Burnt => page::ended(
            "Утсан дээр өөр тоо сонгосон тул энэ хүсэлт хүчингүй боллоо.",
            "Another number was chosen on the phone, so this request is void.",
        ),
        Standing::Open | Standing::Approved | Standing::Used => {
            page::ended("Хүсэлтийн хугацаа дууссан.", "This request has expired.")
        }
    })
}

/// The browser that asked is let in, under a new cookie: the one that could be seen while it waited opens nothing.
fn enter(tx: &Transaction<'_>, cookie: &str, asked: &Asked, now: i64) -> Result<Response, rusqlite::Error> {
    let (Some(sub), true) = (&asked.seen_by, store::use_up(tx, cookie)?) else {
        return Ok(page::ended("Хүсэлтийн хугацаа дууссан.", "This request has expired."));
    };
    let session = text::token();
    store::insert_session(tx, &session, sub, now)?;
    let citizen = registers::citizen_by_sub(tx, sub)?;
    let page = page::signed_in(&citizen.map(|one| one.short_name()).unwrap_or_default());
    Ok(cookie::set(page, &session))
}

/// `POST /web/sign-in`: a new request; the one before is void.
async fn begin_again(State(sandbox): State<Sandbox>, headers: HeaderMap) -> Result<Response, Failed> {
    let (now, origin) = (sandbox.now(), sandbox.origin().to_owned());
    let cookie = cookie::read(&headers);
    let begun = sandbox.db().write(move |tx| {
        if let Some(cookie) = cookie {
            store::call_off(tx, &cookie, now)?;
        }
        begin(tx, &origin, now)
    });
    Ok(begun.await?)
}

fn begin(tx: &Transaction<'_>, origin: &str, now: i64) -> Result<Response, rusqlite::Error> {
    let cookie = text::token();
    let asked = store::begin(tx, &cookie, &id_of(&cookie), numbers(), now)?;
    Ok(cookie::set(waiting(&cookie, &asked, origin, false), &cookie))
}

fn waiting(cookie: &str, asked: &Asked, origin: &str, answered: bool) -> Response {
    page::waiting(&format!("{origin}/web/s/{}", id_of(cookie)), asked.number, answered)
}

/// The page's number, and the three that the phone offers, in an order of their own.
fn numbers() -> (u8, [u8; 3]) {
    let mut all = [0; 3];
    let mut found = 0;
    while found < all.len() {
        let number = two_digits();
        if !all[..found].contains(&number) {
            all[found] = number;
            found += 1;
        }
    }
    let place = usize::from(text::random::<1>()[0] % 3); // 256 = 3 · 85 + 1: as good as even
    (all[place], all)
}

/// 10 to 99: two digits are compared at a glance.
fn two_digits() -> u8 {
    loop {
        let byte = text::random::<1>()[0];
        if byte < 180 {
            return 10 + byte % 90;
        }
    }
}

/// `POST /web/sign-out`.
async fn sign_out(State(sandbox): State<Sandbox>, headers: HeaderMap) -> Result<Response, Failed> {
    if let Some(cookie) = cookie::read(&headers) {
        sandbox.db().write(move |tx| store::end_session(tx, &cookie)).await?;
    }
    let back = (StatusCode::SEE_OTHER, [(header::LOCATION, "/web/sign-in"), (header::CACHE_CONTROL, "no-store")]);
    Ok(cookie::drop_from(back.into_response()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_numbers_differ_and_the_pages_is_among_them_in_every_place() {
        let mut places = [0; 3];

        for _ in 0..600 {
            let (number, offered) = numbers();
            assert!(offered.iter().all(|one| (10..100).contains(one)));
            assert!(offered[0] != offered[1] && offered[1] != offered[2] && offered[0] != offered[2]);
            places[offered.iter().position(|one| *one == number).unwrap()] += 1;
        }

        assert!(places.iter().all(|times| *times > 100), "{places:?}");
    }

    #[test]
    fn an_id_has_128_bits_and_is_not_the_cookie() {
        let cookie = text::token();

        assert_eq!(text::from_base64url(&id_of(&cookie)).unwrap().len(), 16);
        assert!(!cookie.contains(&id_of(&cookie)));
        assert_ne!(id_of(&cookie), id_of(&text::token()));
    }
}
