//! The part of a sign-in that the browser walks: to ДАН and back to the app (RFC 6749 §4.1, RFC 9207).

use axum::{
    extract::{Query, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;

use super::{CLIENT_ID, par::REQUEST_URI_LASTS_MS, store};
use crate::{
    dan, html,
    oauth::dan_client::{self, DanError, Who},
    registers,
    state::{Sandbox, complain},
    text,
};

/// How long a citizen may take at ДАН.
const AT_DAN_LASTS_MS: i64 = 15 * 60_000;

#[derive(Deserialize)]
pub(super) struct Begin {
    client_id: Option<String>,
    request_uri: Option<String>,
}

/// `GET /oauth/authorize`.
pub(super) async fn begin(
    State(sandbox): State<Sandbox>,
    Query(query): Query<Begin>,
) -> Result<Response, html::Failed> {
    let (Some(CLIENT_ID), Some(request_uri)) = (query.client_id.as_deref(), query.request_uri) else {
        return Ok(useless());
    };
    let (dan_state, now) = (text::token(), sandbox.now());
    let stored = dan_state.clone();
    let begun = sandbox
        .db()
        .write(move |tx| {
            let known = store::by_request_uri(tx, &request_uri)?;
            let Some(usable) = known.filter(|a| !a.at_dan && now <= a.pushed_at + REQUEST_URI_LASTS_MS) else {
                return Ok(false);
            };
            store::sent_to_dan(tx, usable.id, &stored)?;
            Ok(true)
        })
        .await?;
    Ok(if begun { found(&dan_client::authorize_url(&sandbox, &dan_state)) } else { useless() })
}

#[derive(Deserialize)]
pub(super) struct Back {
    code: Option<String>,
    error: Option<String>,
    state: Option<String>,
}

/// `GET /oauth/dan-callback`.
pub(super) async fn back_from_dan(
    State(sandbox): State<Sandbox>,
    Query(query): Query<Back>,
) -> Result<Response, html::Failed> {
    let Some(state) = query.state else { return Ok(useless()) };
    let now = sandbox.now();
    let known = sandbox.db().read(move |conn| store::by_dan_state(conn, &state)).await?;
    let usable = known.filter(|a| a.code_issued_at.is_none() && now <= a.pushed_at + AT_DAN_LASTS_MS);
    let Some(authorization) = usable else { return Ok(useless()) };
    let pushed = authorization.pushed;
    let back = |answer: &[(&str, &str)]| to_app(&sandbox, &pushed.redirect_uri, &pushed.state, answer);

    let Some(code) = query.code else {
        let error =
            if query.error.as_deref() == Some(dan::ACCESS_DENIED) { dan::ACCESS_DENIED } else { "server_error" };
        sandbox.db().write(move |tx| store::forget(tx, authorization.id)).await?;
        return Ok(back(&[("error", error)]));
    };
    let Who { regnum, at_ms, acr, operations } = match dan_client::who(&sandbox, &code).await {
        Ok(who) => who,
        Err(error) => {
            complain(&error);
            let error = if matches!(error, DanError::Refused(_)) { "access_denied" } else { "temporarily_unavailable" };
            return Ok(back(&[("error", error)]));
        }
    };
    if pushed.acr_values.as_deref().is_some_and(|ways| ways.split(' ').all(|way| way != acr)) {
        sandbox.db().write(move |tx| store::forget(tx, authorization.id)).await?;
        return Ok(back(&[("error", "unmet_authentication_requirements")])); // RFC 9470 §5
    }
    let code = text::token();
    let stored = code.clone();
    let issued = sandbox
        .db()
        .write(move |tx| {
            let Some(citizen) = registers::citizen(tx, &regnum)? else { return Ok(false) };
            let who = (citizen.sub.as_str(), citizen.regnum.as_str());
            store::insert_code(tx, authorization.id, &stored, who, (at_ms, acr, &operations.join(" ")), now)
        })
        .await?;
    Ok(if issued { back(&[("code", &code)]) } else { useless() })
}

fn to_app(sandbox: &Sandbox, redirect_uri: &str, state: &str, answer: &[(&str, &str)]) -> Response {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(answer).append_pair("state", state).append_pair("iss", sandbox.origin());
    found(&format!("{redirect_uri}?{}", query.finish()))
}

fn found(location: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(location) else { return useless() };
    let headers = [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (StatusCode::FOUND, headers).into_response()
}

/// Without a known request there is nobody to send an error back to (RFC 6749 §4.1.2.1).
fn useless() -> Response {
    html::message(
        StatusCode::BAD_REQUEST,
        "Энэ нэвтрэх хүсэлт хүчингүй эсвэл хугацаа нь дууссан. Апп руугаа буцаад дахин эхлүүлнэ үү.",
        "This sign-in request is not valid or has expired. Go back to the app and start again.",
    )
}
