//! A small working authorisation server with a guarded gateway behind it, and the ports a phone would lend.
//!
//! It checks every proof as RFC 9449 wants, so that what passes here passes elsewhere.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard},
};

use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
    },
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Auth, MIGRATION, der};
use crate::foundation::{
    clock::{Clock, OffsetClock, Timestamp},
    config::Config,
    crypto::{
        digest::{base64url, from_base64url, sha256},
        keys::{File, KeyRing},
        random,
        seal::Sealer,
    },
    events::Events,
    net::{
        Client,
        testing::{Authority, QuickClock, Reply, Seen, Server},
    },
    ports::{DeviceKey, PortError, Ports, SecretStore},
    runtime::Spawner,
    storage::{Migrations, Store},
};

pub(crate) const MIGRATIONS: Migrations = &[MIGRATION];

/// A P-256 key in memory. Its wrapping is for show.
pub(crate) struct SoftKey(EcdsaKeyPair);

impl SoftKey {
    pub(crate) fn new() -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).unwrap())
    }

    fn jwk(&self) -> Value {
        let point = self.0.public_key().as_ref();
        json!({"kty": "EC", "crv": "P-256", "x": base64url(&point[1..33]), "y": base64url(&point[33..])})
    }
}

impl DeviceKey for SoftKey {
    fn public_key(&self) -> Result<Vec<u8>, PortError> {
        Ok(self.0.public_key().as_ref().to_vec())
    }
    fn sign_es256(&self, message: &[u8]) -> Result<Vec<u8>, PortError> {
        Ok(self.0.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec())
    }
    fn wrap(&self, key: &[u8]) -> Result<Vec<u8>, PortError> {
        Ok(key.iter().map(|b| b ^ 0x5a).collect())
    }
    fn unwrap(&self, wrapped: &[u8]) -> Result<Vec<u8>, PortError> {
        self.wrap(wrapped)
    }
    fn delete(&self) -> Result<(), PortError> {
        Ok(())
    }
}

#[derive(Default)]
pub(crate) struct MemorySecrets(Mutex<HashMap<String, Vec<u8>>>);

impl SecretStore for MemorySecrets {
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        Ok(self.0.lock().unwrap().get(name).cloned())
    }
    fn put(&self, name: &str, value: &[u8]) -> Result<(), PortError> {
        self.0.lock().unwrap().insert(name.to_owned(), value.to_vec());
        Ok(())
    }
    fn delete(&self, name: &str) -> Result<(), PortError> {
        self.0.lock().unwrap().remove(name);
        Ok(())
    }
}

pub(crate) fn metadata(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/oauth/authorize"),
        "token_endpoint": format!("{issuer}/oauth/token"),
        "pushed_authorization_request_endpoint": format!("{issuer}/oauth/par"),
        "revocation_endpoint": format!("{issuer}/oauth/revoke"),
        "jwks_uri": format!("{issuer}/oauth/jwks"),
        "require_pushed_authorization_requests": true,
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "authorization_response_iss_parameter_supported": true,
        "id_token_signing_alg_values_supported": ["ES256"],
        "response_types_supported": ["code"],
    })
}

pub(crate) fn jwks(key: &SoftKey, kid: &str) -> Value {
    let mut jwk = key.jwk();
    (jwk["kid"], jwk["alg"], jwk["use"]) = (json!(kid), json!("ES256"), json!("sig"));
    json!({"keys": [jwk]})
}

pub(crate) fn jwt(key: &SoftKey, header: &Value, claims: &Value) -> String {
    jws(key, &header.to_string(), &claims.to_string())
}

pub(crate) fn jws(key: &SoftKey, header: &str, payload: &str) -> String {
    let signed = format!("{}.{}", base64url(header.as_bytes()), base64url(payload.as_bytes()));
    let signature = der::to_raw(&key.sign_es256(signed.as_bytes()).unwrap()).unwrap();
    format!("{signed}.{}", base64url(&signature))
}

pub(crate) fn id_token_claims(issuer: &str, client: &str, nonce: &str, now: Timestamp) -> Value {
    let s = now.unix_s();
    json!({
        "iss": issuer, "aud": client, "sub": "citizen-1", "exp": s + 600, "iat": s, "auth_time": s, "nonce": nonce,
        "name": "Б.Өнөрмаа", "given_name": "Өнөрмаа", "family_name": "Бүрэнбаяр", "clan_name": "Боржигон",
        "regnum": "УЖ95121206", "civil_id": "112233445566", "birthdate": "1995-12-12", "gender": "female",
        "phone_number": "+97699112233",
        "address": {"aimag_code": "011", "soum_code": "01107", "bag_code": "0110751", "formatted": "Улаанбаатар, Хан-Уул"},
    })
}

/// What the other side knows and does. A test changes it as it pleases.
pub(crate) struct World {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rotate: bool,
    pub(crate) access_life_s: u64,
    pub(crate) subject: String,
    pub(crate) spoil_claims: fn(&mut Value),
    pub(crate) spoil_metadata: fn(&mut Value),
    /// So many token requests take full effect and are not answered.
    pub(crate) lose_token_answers: usize,
    /// So many token requests are answered 503.
    pub(crate) fail_token_requests: usize,
    /// Held back until the notice comes.
    pub(crate) hold_tokens: Option<Arc<tokio::sync::Notify>>,
    /// The gateway demands a nonce that nobody can have.
    pub(crate) insatiable: bool,
    pub(crate) resource: Arc<dyn Fn(&Seen) -> Reply + Send + Sync>,
    key: SoftKey,
    nonces: [String; 2],
    pushed: HashMap<String, HashMap<String, String>>,
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
    fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            rotate: false,
            access_life_s: 300,
            subject: "citizen-1".into(),
            spoil_claims: |_| {},
            spoil_metadata: |_| {},
            lose_token_answers: 0,
            fail_token_requests: 0,
            hold_tokens: None,
            insatiable: false,
            resource: Arc::new(|_| Reply::json(200, &json!({"сайн": "уу"}))),
            key: SoftKey::new(),
            nonces: [random::hex::<8>(), random::hex::<8>()],
            pushed: HashMap::new(),
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

    fn answer(&mut self, seen: &Seen) -> Reply {
        let issuer = format!("https://{}", seen.header("host").unwrap());
        match seen.path() {
            "/.well-known/oauth-authorization-server" => {
                let mut document = metadata(&issuer);
                (self.spoil_metadata)(&mut document);
                Reply::json(200, &document)
            }
            "/oauth/jwks" => Reply::json(200, &jwks(&self.key, "k1")),
            "/oauth/par" => self.guarded(seen, 0, Self::par),
            "/oauth/token" => self.guarded(seen, 0, Self::token),
            "/oauth/revoke" => {
                self.revoked.push(seen.form()["token"].clone());
                self.end_all_sessions();
                Reply::status(200)
            }
            "/public" => (self.resource.clone())(seen),
            _ => self.guarded(seen, 1, Self::resource),
        }
    }

    fn par(&mut self, seen: &Seen) -> Reply {
        let form = seen.form();
        assert_eq!((form["response_type"].as_str(), form["code_challenge_method"].as_str()), ("code", "S256"));
        assert_eq!(form["scope"], "openid offline_access");
        let uri = format!("urn:ietf:params:oauth:request_uri:{}", random::hex::<8>());
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
        }
        let access = random::hex::<8>();
        answer["access_token"] = json!(access);
        self.access_tokens.insert(access);
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

/// A phone, the other side, and the wire between them.
pub(crate) struct Bench {
    pub(crate) auth: Auth,
    pub(crate) clock: QuickClock,
    pub(crate) world: Arc<Mutex<World>>,
    pub(crate) server: Server,
    pub(crate) store: Store,
    pub(crate) net: Client,
    pub(crate) config: Config,
    pub(crate) events: Events,
    pub(crate) ports: Ports,
    dir: TempDir,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with_phone_off_by(0).await
    }

    /// The phone's clock is so many milliseconds ahead of the server's.
    pub(crate) async fn with_phone_off_by(ms: i64) -> Self {
        let clock = QuickClock::new();
        let world = Arc::new(Mutex::new(World::new(Arc::new(clock.clone()))));
        let ca = Authority::new("ours");
        let its_world = world.clone();
        let server = Server::start(ca.identity(), move |seen| {
            let mut world = its_world.lock().unwrap();
            let reply = world.answer(&seen).with("Date", http_date(world.clock.now()));
            match &world.hold_tokens {
                Some(notice) if seen.path() == "/oauth/token" => Reply::Hold(notice.clone(), Box::new(reply)),
                Some(_) | None => reply,
            }
        })
        .await;
        let dir = TempDir::new().unwrap();
        let config = ca.config(&server);
        let mut ports = Ports::new(Arc::new(MemorySecrets::default()), Arc::new(SoftKey::new()));
        ports.clock = Arc::new(OffsetClock::new(clock.clone(), ms));
        let (auth, store, net, events) = phone(&dir, &config, &ports);
        Self { auth, clock, world, server, store, net, config, events, ports, dir }
    }

    /// Another process of the same installation.
    pub(crate) fn other_process(&self) -> (Auth, Store) {
        self.other_process_with(&self.ports)
    }

    pub(crate) fn other_process_with(&self, ports: &Ports) -> (Auth, Store) {
        let (auth, store, ..) = phone(&self.dir, &self.config, ports);
        (auth, store)
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    pub(crate) async fn sign_in(&self) {
        let request = self.auth.begin_sign_in().await.unwrap();
        let callback = self.world().approve(&request.url);
        self.auth.complete_sign_in(&callback).await.unwrap();
    }
}

fn phone(dir: &TempDir, config: &Config, ports: &Ports) -> (Auth, Store, Client, Events) {
    let (keys, spawner, events) = (KeyRing::default(), Spawner::current(), Events::default());
    keys.unlock(ports).unwrap();
    let sealer = Sealer::new(keys.clone(), File::State);
    let (store, _) = Store::open(dir.path(), MIGRATIONS, sealer, File::State, spawner.clone()).unwrap();
    let net = Client::new(config, ports.clock.clone()).unwrap();
    let auth = Auth::new(config, ports, keys, store.clone(), net.clone(), spawner, events.clone()).unwrap();
    (auth, store, net, events)
}

fn http_date(at: Timestamp) -> String {
    let date = chrono::DateTime::from_timestamp(at.unix_s(), 0).unwrap();
    date.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
