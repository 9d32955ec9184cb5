use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};

use super::{SoftKey, id_token_claims, jwks, jwt, metadata};
use crate::foundation::{
    clock::{Clock, Timestamp},
    crypto::{
        digest::{base64url, from_base64url, sha256},
        random,
    },
    net::testing::{Reply, Seen},
};

/// What the other side knows and does. A test changes it as it pleases.
pub(crate) struct World {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rotate: bool,
    pub(crate) access_life_s: u64,
    pub(crate) subject: String,
    pub(crate) spoil_claims: fn(&mut Value),
    pub(crate) spoil_metadata: fn(&mut Value),
    pub(crate) spoil_tokens: fn(&mut Value),
    /// How long a session lives, if the server says so.
    pub(crate) session_life_s: Option<u64>,
    /// Renewals bring an ID token, with these claims.
    pub(crate) id_token_on_refresh: Option<fn(&mut Value)>,
    /// Nobody can have the keys that sign ID tokens.
    pub(crate) without_keys: bool,
    /// So many token requests take full effect and are not answered.
    pub(crate) lose_token_answers: usize,
    /// So many token requests are answered 503.
    pub(crate) fail_token_requests: usize,
    /// Held back until the notice comes.
    pub(crate) hold_tokens: Option<Arc<tokio::sync::Notify>>,
    /// Held back until the notice comes, and only then looked at.
    pub(crate) answer_later: Option<Arc<tokio::sync::Notify>>,
    /// A token that is revoked ends what goes with it.
    pub(crate) revocation_is_heard: bool,
    /// Token requests that have arrived.
    pub(crate) token_requests: usize,
    /// The gateway demands a nonce that nobody can have.
    pub(crate) insatiable: bool,
    pub(crate) resource: Arc<dyn Fn(&Seen) -> Reply + Send + Sync>,
    key: SoftKey,
    nonces: [String; 2],
    pushed: HashMap<String, HashMap<String, String>>,
    pub(crate) last_pushed: HashMap<String, String>,
    codes: HashMap<String, HashMap<String, String>>,
    refresh_tokens: HashSet<String>,
    spent_refresh_tokens: HashSet<String>,
    access_tokens: HashSet<String>,
    jtis: HashSet<String>,
    pub(crate) refreshes: usize,
    pub(crate) nonce_challenges: usize,
    pub(crate) revoked: Vec<String>,
}

impl World {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            rotate: false,
            access_life_s: 300,
            subject: "citizen-1".into(),
            spoil_claims: |_| {},
            spoil_metadata: |_| {},
            spoil_tokens: |_| {},
            session_life_s: None,
            id_token_on_refresh: None,
            without_keys: false,
            lose_token_answers: 0,
            fail_token_requests: 0,
            hold_tokens: None,
            answer_later: None,
            revocation_is_heard: true,
            token_requests: 0,
            insatiable: false,
            resource: Arc::new(|_| Reply::json(200, &json!({"сайн": "уу"}))),
            key: SoftKey::new(),
            nonces: [random::hex::<8>(), random::hex::<8>()],
            pushed: HashMap::new(),
            last_pushed: HashMap::new(),
            codes: HashMap::new(),
            refresh_tokens: HashSet::new(),
            spent_refresh_tokens: HashSet::new(),
            access_tokens: HashSet::new(),
            jtis: HashSet::new(),
            refreshes: 0,
            nonce_challenges: 0,
            revoked: Vec::new(),
        }
    }

    pub(crate) fn expire_access_tokens(&mut self) {
        self.access_tokens.clear();
    }

    pub(crate) fn end_all_sessions(&mut self) {
        self.access_tokens.clear();
        self.refresh_tokens.clear();
    }

    /// What the browser would bring back after the citizen said yes.
    pub(crate) fn approve(&mut self, url: &url::Url) -> String {
        let query: HashMap<_, _> = url.query_pairs().into_owned().collect();
        let form = self.pushed.remove(&query["request_uri"]).expect("a request_uri is good once");
        assert_eq!(query["client_id"], form["client_id"]);
        let code = random::hex::<8>();
        let issuer = url.origin().ascii_serialization();
        let back = format!("{}?code={code}&state={}&iss={issuer}", form["redirect_uri"], form["state"]);
        self.codes.insert(code, form);
        back
    }

    pub(super) fn answer(&mut self, seen: &Seen) -> Reply {
        let issuer = format!("https://{}", seen.header("host").unwrap());
        match seen.path() {
            "/.well-known/oauth-authorization-server" => {
                let mut document = metadata(&issuer);
                (self.spoil_metadata)(&mut document);
                Reply::json(200, &document)
            }
            "/oauth/jwks" if self.without_keys => Reply::status(503),
            "/oauth/jwks" => Reply::json(200, &jwks(&self.key, "k1")),
            "/oauth/par" => self.guarded(seen, 0, Self::par),
            "/oauth/token" => self.guarded(seen, 0, Self::token),
            "/oauth/revoke" => {
                self.revoked.push(seen.form()["token"].clone());
                if self.revocation_is_heard {
                    self.end_all_sessions();
                }
                Reply::status(200)
            }
            "/v1/configuration" => (self.resource.clone())(seen),
            path if path.starts_with("/public") => (self.resource.clone())(seen),
            _ => self.guarded(seen, 1, Self::resource),
        }
    }

    fn par(&mut self, seen: &Seen) -> Reply {
        let form = seen.form();
        assert_eq!((form["response_type"].as_str(), form["code_challenge_method"].as_str()), ("code", "S256"));
        assert_eq!(form["scope"], "openid offline_access");
        let uri = format!("urn:ietf:params:oauth:request_uri:{}", random::hex::<8>());
        self.last_pushed = form.clone();
        self.pushed.insert(uri.clone(), form);
        Reply::json(201, &json!({"request_uri": uri, "expires_in": 60}))
    }

    fn token(&mut self, seen: &Seen) -> Reply {
        if let Some(left) = self.fail_token_requests.checked_sub(1) {
            self.fail_token_requests = left;
            return Reply::status(503);
        }
        let reply = self.grant(&seen.form(), &format!("https://{}", seen.header("host").unwrap()));
        match self.lose_token_answers.checked_sub(1) {
            Some(left) => {
                self.lose_token_answers = left;
                Reply::Cut(Vec::new())
            }
            None => reply,
        }
    }

    fn grant(&mut self, form: &HashMap<String, String>, issuer: &str) -> Reply {
        let refused = || Reply::json(400, &json!({"error": "invalid_grant", "error_description": "Өөр"}));
        let mut answer = json!({"token_type": "DPoP", "expires_in": self.access_life_s});
        if form["grant_type"] == "authorization_code" {
            let Some(asked) = self.codes.remove(&form["code"]) else { return refused() };
            assert_eq!(asked["redirect_uri"], form["redirect_uri"]);
            if base64url(&sha256(form["code_verifier"].as_bytes())) != asked["code_challenge"] {
                return refused();
            }
            let mut claims = id_token_claims(issuer, &form["client_id"], &asked["nonce"], self.clock.now());
            claims["sub"] = json!(self.subject);
            (self.spoil_claims)(&mut claims);
            answer["id_token"] = json!(jwt(&self.key, &json!({"alg": "ES256", "kid": "k1"}), &claims));
            answer["refresh_token"] = json!(self.new_refresh_token());
        } else {
            self.refreshes += 1;
            let token = &form["refresh_token"];
            if self.spent_refresh_tokens.contains(token) {
                self.end_all_sessions(); // re-use: the whole family goes (RFC 9700 §4.14.2)
            }
            if !self.refresh_tokens.contains(token) {
                return refused();
            }
            if self.rotate {
                self.refresh_tokens.remove(token);
                self.spent_refresh_tokens.insert(token.clone());
                answer["refresh_token"] = json!(self.new_refresh_token());
            }
            if let Some(spoil) = self.id_token_on_refresh {
                let mut claims = id_token_claims(issuer, &form["client_id"], "", self.clock.now());
                claims.as_object_mut().unwrap().remove("nonce");
                spoil(&mut claims);
                answer["id_token"] = json!(jwt(&self.key, &json!({"alg": "ES256", "kid": "k1"}), &claims));
            }
        }
        if let Some(life) = self.session_life_s {
            answer["authorization_expires_in"] = json!(life);
        }
        let access = random::hex::<8>();
        answer["access_token"] = json!(access);
        self.access_tokens.insert(access);
        (self.spoil_tokens)(&mut answer);
        Reply::json(200, &answer)
    }

    fn new_refresh_token(&mut self) -> String {
        let token = random::hex::<8>();
        self.refresh_tokens.insert(token.clone());
        token
    }

    fn resource(&mut self, seen: &Seen) -> Reply {
        let token = seen.header("authorization").and_then(|a| a.strip_prefix("DPoP ")).unwrap_or_default();
        if !self.access_tokens.contains(token) {
            return Reply::status(401).with("WWW-Authenticate", r#"DPoP error="invalid_token""#);
        }
        (self.resource.clone())(seen)
    }

    /// Checks the proof (RFC 9449 §4.3), then does `then`. `space`: whose nonces.
    fn guarded(&mut self, seen: &Seen, space: usize, then: fn(&mut Self, &Seen) -> Reply) -> Reply {
        let refused = |error: &str| match space {
            0 => Reply::json(400, &json!({"error": error})),
            _ => Reply::status(401).with("WWW-Authenticate", format!(r#"DPoP algs="ES256", error="{error}""#)),
        };
        let Some(claims) = seen.header("dpop").and_then(proof_claims) else { return refused("invalid_dpop_proof") };
        let htu = format!("https://{}{}", seen.header("host").unwrap(), seen.path());
        let dated = Timestamp::from_unix_s(claims["iat"].as_i64().unwrap());
        let now = self.clock.now();
        let in_time = now.since(dated).max(dated.since(now)).as_secs() <= 60;
        let named = claims["htm"] == json!(seen.method) && claims["htu"] == json!(htu);
        let fresh = self.jtis.insert(claims["jti"].as_str().unwrap().to_owned());
        let token = seen.header("authorization").and_then(|a| a.strip_prefix("DPoP "));
        let bound = token.is_none_or(|token| claims["ath"] == json!(base64url(&sha256(token.as_bytes()))));
        if !(in_time && named && fresh && bound) {
            return refused("invalid_dpop_proof");
        }
        if claims["nonce"] != json!(self.nonces[space]) || (self.insatiable && space == 1) {
            self.nonce_challenges += 1;
            return refused("use_dpop_nonce").with("DPoP-Nonce", self.nonces[space].clone());
        }
        then(self, seen)
    }

    pub(crate) fn change_nonces(&mut self) {
        self.nonces = [random::hex::<8>(), random::hex::<8>()];
    }
}

fn proof_claims(jwt: &str) -> Option<Value> {
    let mut parts = jwt.split('.');
    let (head, body, signature) = (parts.next()?, parts.next()?, parts.next()?);
    let read = |part: &str| serde_json::from_slice::<Value>(&from_base64url(part)?).ok();
    let header = read(head)?;
    assert_eq!((&header["typ"], &header["alg"]), (&json!("dpop+jwt"), &json!("ES256")));
    let half = |name: &str| from_base64url(header["jwk"][name].as_str()?);
    let point = [vec![4], half("x")?, half("y")?].concat();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
        .verify(format!("{head}.{body}").as_bytes(), &from_base64url(signature)?)
        .ok()?;
    read(body)
}
