//! The hand on the wire: tells one tale to one phone, and for the rest the truth.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use serde_json::{Value, json};
use url::form_urlencoded;

use super::{
    Errand, KEYS, METADATA, PUSHED, TOKEN, Tale,
    forge::{self, Forge, With},
};
use crate::{
    Result,
    front::{Act, Front, Told},
    gateway_double::Seen,
};

/// What of the gateway needs a citizen.
const GATEWAY: &str = "/v1/";

/// Cheap to clone; all clones have one key.
#[derive(Clone)]
pub struct Liar {
    forge: Arc<Forge>,
    lying: Arc<AtomicBool>,
}

impl Liar {
    pub fn new() -> Result<Self> {
        Ok(Self { forge: Arc::new(Forge::new()?), lying: Arc::default() })
    }

    /// From now on the front tells this tale; one for somebody who is signed in waits for [`Liar::begin`].
    pub fn tell(&self, front: &Front, errand: Errand, tale: Tale) {
        let at_once = matches!(errand, Errand::SignIn | Errand::SignOut);
        self.lying.store(at_once, Ordering::SeqCst);
        let mut telling = Telling { liar: self.clone(), tale, told: 0, keys_asked: 0, sign_in: Arc::default() };
        front.rule(move |seen| telling.act(seen));
    }

    /// The truth ends here.
    pub fn begin(&self) {
        self.lying.store(true, Ordering::SeqCst);
    }
}

struct Telling {
    liar: Liar,
    tale: Tale,
    /// How often it was told so far, where that counts.
    told: usize,
    keys_asked: usize,
    /// What was claimed at the sign-in.
    sign_in: Arc<Mutex<Value>>,
}

impl Telling {
    fn act(&mut self, seen: &Seen) -> Act {
        let forge = Arc::clone(&self.liar.forge);
        let tale = if self.is_lying() { self.tale } else { Tale::Truth };
        if let Some(said) = self.instead(tale, seen) {
            return Act::Say(said);
        }
        match (seen.path.as_str(), tale) {
            (METADATA, Tale::Metadata(change)) => Act::Alter(Box::new(change)),
            (PUSHED, Tale::Pushed(change)) => Act::Alter(Box::new(move |told| {
                // Not a demand for a nonce.
                if told.status == 201 {
                    change(told);
                }
            })),
            (KEYS, tale) => {
                self.keys_asked += 1;
                let late = matches!(tale, Tale::LateKeys) && self.keys_asked == 1;
                Act::Alter(Box::new(move |told| publish(&forge, tale, late, told)))
            }
            (TOKEN, tale) if is_renewal(seen) => self.renewed(forge, tale),
            (TOKEN, tale) => {
                let claims = Arc::clone(&self.sign_in);
                Act::Alter(Box::new(move |told| {
                    if told.status == 200 {
                        *claims.lock().unwrap_or_else(PoisonError::into_inner) = signed_in(&forge, tale, told);
                    }
                }))
            }
            (path, Tale::GatewayTold(change)) if path.starts_with(GATEWAY) => Act::Alter(Box::new(change)),
            (_, _) => Act::Pass,
        }
    }

    /// What is said without asking the server.
    fn instead(&mut self, tale: Tale, seen: &Seen) -> Option<Told> {
        let (times, told) = match (tale, seen.path.as_str()) {
            (Tale::Demand { path, times, nonce }, asked) if path == asked => (times, demand(path, nonce)),
            (Tale::Gateway { times, say }, asked) if asked.starts_with(GATEWAY) => (times, say()),
            (_, _) => return None,
        };
        if self.told == times {
            return None;
        }
        self.told += 1;
        Some(told)
    }

    fn renewed(&self, forge: Arc<Forge>, tale: Tale) -> Act {
        let Tale::Renewal(change) = tale else { return Act::Pass };
        let claims = self.sign_in.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Act::Alter(Box::new(move |told| {
            if told.status == 200 {
                change(&forge, &claims, told);
            }
        }))
    }

    fn is_lying(&self) -> bool {
        self.liar.lying.load(Ordering::SeqCst)
    }
}

fn is_renewal(seen: &Seen) -> bool {
    form_urlencoded::parse(&seen.body).any(|(name, value)| name == "grant_type" && value == "refresh_token")
}

fn publish(forge: &Forge, tale: Tale, late: bool, told: &mut Told) {
    let keys = if let Tale::IdToken { keys, .. } = tale {
        keys(forge)
    } else {
        vec![forge.jwk(if late { With::Other } else { With::Own })]
    };
    told.body = json!({ "keys": keys }).to_string().into();
    if let Tale::KeySet(change) = tale {
        change(forge, told);
    }
}

/// Puts an ID token of the liar's in the place of the server's; gives back what that one claims.
fn signed_in(forge: &Forge, tale: Tale, told: &mut Told) -> Value {
    let mut claims = Value::Null;
    told.change(|answer| {
        claims = forge::claims(answer["id_token"].as_str().unwrap_or_default());
        if let Tale::Claims(change) = tale {
            change(&mut claims);
        }
        let token = if let Tale::IdToken { token, .. } = tale { token(forge, &claims) } else { forge.token(&claims) };
        answer["id_token"] = token.into();
    });
    if let Tale::Tokens(change) = tale {
        change(forge, told);
    }
    claims
}

/// A demand for a nonce (RFC 9449 §8, §9), with or without one.
fn demand(path: &str, nonce: Option<&str>) -> Told {
    let told = if path.starts_with(GATEWAY) {
        let challenge = r#"DPoP error="use_dpop_nonce", algs="ES256""#;
        Told::json(401, &json!({"code": "use_dpop_nonce"})).with("www-authenticate", challenge)
    } else {
        Told::json(400, &json!({"error": "use_dpop_nonce"}))
    };
    nonce.map_or_else(|| told.clone(), |nonce| told.clone().with("dpop-nonce", nonce))
}
