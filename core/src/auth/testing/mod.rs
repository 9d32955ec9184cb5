//! A small working authorisation server with a guarded gateway behind it, and the ports a phone would lend.
//!
//! It checks every proof as RFC 9449 wants, so that what passes here passes elsewhere.

mod world;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
};

use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use world::World;

pub(crate) use super::MIGRATIONS;
use super::{Auth, Doors, der};
use crate::foundation::{
    clock::{OffsetClock, Timestamp},
    config::{Config, Mode},
    crypto::{
        digest::base64url,
        keys::{File, KeyRing},
        seal::Sealer,
    },
    events::Events,
    net::{
        Client,
        testing::{Authority, QuickClock, Reply, Server},
    },
    policy::Policies,
    ports::{DeviceKey, PortError, Ports, SecretStore},
    runtime::Spawner,
    storage::Store,
};

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
    /// Of the authority that vouches for the server.
    pub(crate) pin: [u8; 32],
    pub(crate) keys: KeyRing,
    /// A sign-out has begun.
    pub(crate) wiping: Arc<AtomicBool>,
    pub(crate) policies: Policies,
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
            let asks_for_tokens = seen.path() == "/oauth/token";
            world.token_requests += usize::from(asks_for_tokens);
            if let (Some(notice), true) = (world.answer_later.clone(), asks_for_tokens) {
                let world = its_world.clone();
                let answer = move || {
                    let mut world = world.lock().unwrap();
                    world.answer(&seen).with("Date", http_date(world.clock.now()))
                };
                return Reply::Later(notice, Box::new(answer));
            }
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
        let (wiping, policies) = (Arc::default(), Policies::default());
        let (auth, store, net, events, keys) = phone(&dir, &config, &ports, &wiping, &policies);
        let pin = ca.spki_sha256();
        Self { auth, clock, world, server, store, net, config, events, ports, pin, keys, wiping, policies, dir }
    }

    /// Another process of the same installation.
    pub(crate) fn other_process(&self) -> (Auth, Store) {
        self.other_process_with(&self.ports)
    }

    pub(crate) fn other_process_with(&self, ports: &Ports) -> (Auth, Store) {
        let (auth, store, ..) = phone(&self.dir, &self.config, ports, &self.wiping, &self.policies);
        (auth, store)
    }

    /// The notification extension of the same installation.
    pub(crate) fn extension(&self) -> (Auth, Store) {
        let config = Config { mode: Mode::Extension, ..self.config.clone() };
        let (auth, store, ..) = phone(&self.dir, &config, &self.ports, &self.wiping, &self.policies);
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

fn phone(
    dir: &TempDir,
    config: &Config,
    ports: &Ports,
    wiping: &Arc<AtomicBool>,
    policies: &Policies,
) -> (Auth, Store, Client, Events, KeyRing) {
    let (keys, spawner, events) = (KeyRing::default(), Spawner::current(), Events::default());
    keys.unlock(ports).unwrap();
    let sealer = Sealer::new(keys.clone(), File::State);
    let (store, _) = Store::open(dir.path(), MIGRATIONS, sealer, File::State, spawner.clone()).unwrap();
    let net = Client::new(config, ports.clock.clone()).unwrap();
    let (wiping, policies) = (wiping.clone(), policies.clone());
    let doors = Doors { keys: keys.clone(), wiping: Arc::new(move || wiping.load(Ordering::SeqCst)), policies };
    let auth = Auth::new(config, ports, doors, store.clone(), net.clone(), spawner, events.clone()).unwrap();
    (auth, store, net, events, keys)
}

fn http_date(at: Timestamp) -> String {
    let date = chrono::DateTime::from_timestamp(at.unix_s(), 0).unwrap();
    date.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
