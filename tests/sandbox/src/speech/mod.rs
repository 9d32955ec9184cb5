//! The recogniser for phones that have none for Mongolian, as the app meets it. It understands nothing: what is "heard"
//! next is said by the control.
//!
//! Guarantees: what was sent is real Opus in Ogg of ten seconds at most; nothing of it, nor of what was heard, is kept.
//! Needs no sign-in: services are found signed out, and a token would put a name to a voice.

mod ogg;

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::post,
};
use serde::{Deserialize, Serialize};

use crate::{problem::Problem, state::Sandbox};

/// BCP 47.
const LANGUAGES: [&str; 1] = ["mn-MN"];

/// Who looks for a service says a few words.
const LONGEST_MS: u64 = 10_000;

/// Ten seconds at 96 kbit/s, thrice what speech needs, with the containers around it.
const LARGEST: usize = 128 * 1024;

/// What recognisers give at most, and what a query is cut to.
const MOST_HYPOTHESES: usize = 10;
const LONGEST_TEXT: usize = 300;

/// Utterances a test may say ahead.
const MOST_WAITING: usize = 100;

/// One way to understand what was said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hypothesis {
    text: String,
    /// From 0 to 1; not every recogniser knows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confidence: Option<f32>,
}

/// One utterance as it was understood, best first. None: speech was not understood.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heard {
    hypotheses: Vec<Hypothesis>,
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unfit(&'static str);

/// What will be heard, in this order; in memory alone.
#[derive(Default)]
pub struct Utterances(Mutex<VecDeque<Heard>>);

impl Utterances {
    /// Says one more; gives how many wait.
    pub fn say(&self, heard: Heard) -> Result<usize, Unfit> {
        if heard.hypotheses.len() > MOST_HYPOTHESES {
            return Err(Unfit("there are at most 10 hypotheses"));
        }
        let fits = |text: &str| !text.trim().is_empty() && text.chars().count() <= LONGEST_TEXT;
        if !heard.hypotheses.iter().all(|hypothesis| fits(&hypothesis.text)) {
            return Err(Unfit("a text has 1 to 300 characters"));
        }
        if !heard.hypotheses.iter().filter_map(|h| h.confidence).all(|sure| (0.0..=1.0).contains(&sure)) {
            return Err(Unfit("a confidence is from 0 to 1"));
        }
        let mut waiting = self.lock();
        if waiting.len() == MOST_WAITING {
            return Err(Unfit("100 utterances wait already"));
        }
        waiting.push_back(heard);
        Ok(waiting.len())
    }

    fn hear(&self) -> Heard {
        self.lock().pop_front().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Heard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub fn routes() -> Router<Sandbox> {
    Router::new().route("/v1/speech", post(recognise))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    language: String,
}

/// `POST /v1/speech`: whoever is refused has used up nothing of what is said next.
async fn recognise(
    State(sandbox): State<Sandbox>,
    asked: Result<Query<Asked>, QueryRejection>,
    headers: HeaderMap,
    audio: Bytes,
) -> Result<Response, Problem> {
    let Query(asked) = asked.map_err(|_| Problem::bad_request("invalid_query"))?;
    if !LANGUAGES.iter().any(|known| known.eq_ignore_ascii_case(&asked.language)) {
        return Err(Problem::unprocessable("unsupported_language").detail(&LANGUAGES.join(", ")));
    }
    if !is_opus_in_ogg(&headers) {
        let wanted = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_audio");
        return Err(wanted.detail("audio/ogg; codecs=opus"));
    }
    if audio.len() > LARGEST {
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "audio_too_large"));
    }
    let length = ogg::length_ms(&audio);
    let length = length.map_err(|broken| Problem::unprocessable("unreadable_audio").detail(&broken.to_string()))?;
    if length > LONGEST_MS {
        return Err(Problem::unprocessable("audio_too_long").detail("10 seconds at most"));
    }
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(sandbox.utterances().hear())).into_response())
}

/// RFC 7845 §9 and RFC 6381: `audio/ogg; codecs=opus`, quoted or not.
fn is_opus_in_ogg(headers: &HeaderMap) -> bool {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = declared.split(';').map(str::trim);
    let is_ogg = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("audio/ogg"));
    let is_opus = |part: &str| {
        part.split_once('=').is_some_and(|(name, value)| {
            name.trim().eq_ignore_ascii_case("codecs") && value.trim().trim_matches('"').eq_ignore_ascii_case("opus")
        })
    };
    is_ogg && parts.any(is_opus)
}
