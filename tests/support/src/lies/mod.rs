//! A provider that lies: what is told, how it must be refused, and what would come of it if nobody looked.
//!
//! Guarantees: behind the front stands an honest server; ID tokens are signed anew with the liar's own key, which is what
//! it publishes, so that each lie differs from the truth in the one thing that it names.

mod callback;
mod claims;
pub mod forge;
mod from;
mod gateway;
mod liar;
mod metadata;
mod pushed;
mod renewal;
mod signed;
mod tokens;
mod variants;

use emongolia_core::foundation::checks::Check;
use serde_json::Value;

use self::forge::Forge;
pub use self::liar::Liar;
use crate::front::{Exchange, Told};

/// Tests of the OpenID Foundation's suite that a lie is told in.
pub type From = &'static [&'static str];

/// Where the honest server has what.
pub const METADATA: &str = "/.well-known/oauth-authorization-server";
pub const PUSHED: &str = "/oauth/par";
pub const KEYS: &str = "/oauth/jwks";
pub const TOKEN: &str = "/oauth/token";
pub const REVOCATION: &str = "/oauth/revoke";
pub const INBOX: &str = "/v1/inbox";

/// How old a proof may be at a step-up, in seconds, and in which way it has to be given.
pub const FRESH: (u32, &str) = (300, "urn:mn:dan:app");

/// What the citizen is about when the lie is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand {
    /// Signing in.
    SignIn,
    /// Signed in without a lie; the access token has run out, and the inbox is read.
    Renew,
    /// Signed in without a lie; the inbox is read.
    Read,
    /// Signing in, and out again.
    SignOut,
    /// Signed in without a lie; then proving anew who they are, as [`FRESH`] demands.
    StepUp,
}

/// What is told instead of the truth.
#[derive(Clone, Copy)]
pub enum Tale {
    /// Everything is as it should be.
    Truth,
    /// What the server says of itself.
    Metadata(fn(&mut Told)),
    /// The answer to the pushed request.
    Pushed(fn(&mut Told)),
    /// The published keys.
    KeySet(fn(&Forge, &mut Told)),
    /// The published keys are those only when they are asked for once more.
    LateKeys,
    /// The answer to the code, its ID token signed already.
    Tokens(fn(&Forge, &mut Told)),
    /// What the ID token claims.
    Claims(fn(&mut Value)),
    /// The ID token that is made of these claims, and the keys that are published.
    IdToken { keys: fn(&Forge) -> Vec<Value>, token: fn(&Forge, &Value) -> String },
    /// So many requests of this path are not let through: a nonce is demanded.
    Demand { path: &'static str, times: usize, nonce: Option<&'static str> },
    /// What the browser brings back.
    Callback(fn(&str) -> String),
    /// The browser comes back after ten minutes.
    LateCallback,
    /// The browser comes back with a `state` that has brought a refusal before.
    UsedState,
    /// The browser brings back what somebody else began.
    Unasked,
    /// The answer to a renewal. The claims are those of the sign-in.
    Renewal(fn(&Forge, &Value, &mut Told)),
    /// So many answers of the gateway are this instead, without the gateway's hearing of the request.
    Gateway { times: usize, say: fn() -> Told },
    /// The gateway's answers, changed.
    GatewayTold(fn(&mut Told)),
}

/// What the core's public error must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// `Unexpected` with this code.
    Code(&'static str),
    /// `Invalid { field: "callback" }` with this reason.
    Callback(&'static str),
    /// `SignInRequired`, and the session stands.
    SignInRequired,
    /// `StepUpRequired`, and the session stands.
    StepUpRequired,
}

/// How one sees that the lie would have worked.
#[derive(Clone, Copy)]
pub enum Works {
    /// The errand ends well.
    AllTheWay,
    /// Such a request was made: something went where, or was used as, it must not.
    Seen(fn(&Exchange) -> bool),
}

/// What comes of it when one check is left out.
#[derive(Clone, Copy)]
pub enum Control {
    Without(Check, Works),
    /// Nothing could: there is no check to leave out, for this reason.
    None(&'static str),
}

pub struct Lie {
    pub name: &'static str,
    pub from: From,
    pub errand: Errand,
    pub tale: Tale,
    pub refused: Refused,
    pub control: Control,
}

/// Said otherwise, and true: must be believed.
pub struct Variant {
    pub name: &'static str,
    pub from: From,
    pub errand: Errand,
    pub tale: Tale,
}

/// Every lie, in the order of a sign-in.
pub fn lies() -> Vec<Lie> {
    [
        metadata::lies(),
        pushed::lies(),
        callback::lies(),
        tokens::lies(),
        signed::lies(),
        claims::lies(),
        renewal::lies(),
        gateway::lies(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

pub use variants::variants;

impl Lie {
    /// Of a sign-in, and without that check all the way.
    const fn of(name: &'static str, from: From, tale: Tale, refused: Refused, check: Check) -> Self {
        let control = Control::Without(check, Works::AllTheWay);
        Self { name, from, errand: Errand::SignIn, tale, refused, control }
    }

    const fn during(self, errand: Errand) -> Self {
        Self { errand, ..self }
    }

    /// It would not have gone all the way, but so far.
    const fn so_far(mut self, seen: fn(&Exchange) -> bool) -> Self {
        if let Control::Without(_, works) = &mut self.control {
            *works = Works::Seen(seen);
        }
        self
    }

    const fn ported(self, from: From) -> Self {
        Self { from, ..self }
    }

    /// For a lie that no check keeps away.
    const fn shapeless(name: &'static str, tale: Tale, refused: Refused, why: &'static str) -> Self {
        Self { name, from: &[], errand: Errand::SignIn, tale, refused, control: Control::None(why) }
    }
}

/// Another address of the same machine: who is sent there is sent elsewhere.
pub const ELSEWHERE: &str = "127.0.0.1";

/// Whether the request went to another origin than the one configured.
pub fn went_elsewhere(exchange: &Exchange) -> bool {
    exchange.request.headers.get("host").is_some_and(|host| host.starts_with(ELSEWHERE))
}

fn html(told: &mut Told) {
    told.set("content-type", "text/html; charset=utf-8");
}

/// The first member once more before it, so that who takes the last sees no lie.
fn first_member_twice(told: &mut Told, lie: &str) {
    let text = String::from_utf8_lossy(&told.body).replacen('{', &format!("{{{lie},"), 1);
    told.body = text.into();
}

fn remove(value: &mut Value, member: &str) {
    if let Some(object) = value.as_object_mut() {
        object.remove(member);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_lies_have_one_name() {
        let (lies, variants) = (lies(), variants());
        let names: HashSet<_> = lies.iter().map(|lie| lie.name).chain(variants.iter().map(|each| each.name)).collect();

        assert_eq!(names.len(), lies.len() + variants.len());
    }

    #[test]
    fn a_member_is_put_before_all_others() {
        let mut told = Told::json(200, &serde_json::json!({"нэр": "Ү"}));

        first_member_twice(&mut told, r#""нэр":"Ө""#);

        assert_eq!(String::from_utf8(told.body).unwrap(), r#"{"нэр":"Ө","нэр":"Ү"}"#);
    }
}
