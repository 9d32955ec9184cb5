//! What a citizen confirmed is what is sent: the digest that goes with a form is made anew from what came.

use serde_json::{Map, Value};

use crate::text;

/// What the digest is of, where it is there.
const MEMBERS: [&str; 4] = ["service_id", "form_version", "form", "on_behalf_of"];

/// SHA-256, in hex, of the canonical JSON of what a citizen was shown.
pub fn shown_digest(body: &Value) -> String {
    let of = |name: &str| Some((name.to_owned(), body.get(name).filter(|value| !value.is_null())?.clone()));
    let shown: Map<String, Value> = MEMBERS.into_iter().filter_map(of).collect();
    text::hex(&text::sha256(text::canonical(&shown.into()).as_bytes()))
}

/// The body with the digest that an app sends with it.
pub fn as_shown(mut body: Value) -> Value {
    body["shown_digest"] = shown_digest(&body).into();
    body
}
