//! A small client that does what the app does, and on demand does it wrong.

use std::{
    collections::HashMap,
    sync::{Mutex, Once},
    time::{SystemTime, UNIX_EPOCH},
};

use emongolia_sandbox::{Config, server::TestCitizen, text};
use reqwest::{Method, Response, StatusCode, header, redirect};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use url::Url;

pub(crate) fn install_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| rustls::crypto::ring::default_provider().install_default().unwrap());
}

/// How a proof is wrong; all right by default.
#[derive(Default, Clone)]
pub(crate) struct Flaws {
    pub(crate) no_nonce: bool,
    pub(crate) iat_off_s: i64,
    pub(crate) jti: Option<String>,
    pub(crate) method: Option<&'static str>,
    pub(crate) url: Option<String>,
    pub(crate) ath_of: Option<String>,
}

pub(crate) struct Key(EcdsaKeyPair);

impl Key {
    pub(crate) fn generate() -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap())
    }

    /// A JWS with this key's public half in its header.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let point = self.0.public_key().as_ref();
        let jwk = json!({
            "kty": "EC", "crv": "P-256", "x": text::base64url(&point[1..33]), "y": text::base64url(&point[33..]),
        });
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk });
        let encode = |json: &Value| text::base64url(json.to_string().as_bytes());
        let input = format!("{}.{}", encode(&header), encode(claims));
        let signature = self.0.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
        format!("{input}.{}", text::base64url(signature.as_ref()))
    }
}

/// What an app holds while signed in.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
}

pub(crate) struct Phone {
    pub(crate) http: reqwest::Client,
    pub(crate) origin: String,
    pub(crate) key: Key,
    nonces: Mutex<HashMap<&'static str, String>>,
}

/// A sign-in under way.
pub(crate) struct SignIn {
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) verifier: String,
    pub(crate) request_uri: String,
}

pub(crate) const REDIRECT_URI: &str = "mn.emongolia:/callback";
pub(crate) const CLIENT_ID: &str = "mn.emongolia.app";

impl Phone {
    pub(crate) fn new(config: &Config) -> Self {
        install_provider();
        let authority = text::from_base64(&config.ca_der_base64).unwrap();
        let http = reqwest::Client::builder()
            .tls_certs_only([reqwest::Certificate::from_der(&authority).unwrap()])
            .redirect(redirect::Policy::none())
            .https_only(true)
            .pool_max_idle_per_host(0) // a line of before a restart would only tell that it is dead
            .build()
            .unwrap();
        Self { http, origin: config.origin.clone(), key: Key::generate(), nonces: Mutex::default() }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// A proof for one call; `space` is whose nonce it carries.
    pub(crate) fn proof(
        &self,
        space: &'static str,
        method: &str,
        url: &str,
        token: Option<&str>,
        flaws: &Flaws,
    ) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let mut claims = json!({
            "jti": flaws.jti.clone().unwrap_or_else(text::token),
            "htm": flaws.method.unwrap_or(method),
            "htu": flaws.url.as_deref().unwrap_or(url).split('?').next(),
            "iat": i64::try_from(now).unwrap() + flaws.iat_off_s,
        });
        if let Some(token) = flaws.ath_of.as_deref().or(token) {
            claims["ath"] = text::base64url(&text::sha256(token.as_bytes())).into();
        }
        if let Some(nonce) = self.nonces.lock().unwrap().get(space).filter(|_| !flaws.no_nonce) {
            claims["nonce"] = nonce.clone().into();
        }
        self.key.sign(&claims)
    }

    fn keep_nonce(&self, space: &'static str, response: &Response) {
        if let Some(nonce) = response.headers().get("dpop-nonce") {
            self.nonces.lock().unwrap().insert(space, nonce.to_str().unwrap().to_owned());
        }
    }

    /// Makes sure there is a nonce of each space, so that a test sees only the answer it is about.
    pub(crate) async fn warm_up(&self) {
        let refused = self.post_form("/oauth/par", &[], &Flaws::default()).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
        let nobody = Session { access_token: "none".into(), refresh_token: "none".into() };
        let refused = self.send(Call::new(Method::GET, "/v1/inbox", &nobody)).await;
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    }

    /// One call to a direct endpoint of the authorisation server.
    pub(crate) async fn post_form(&self, path: &str, form: &[(&str, &str)], flaws: &Flaws) -> Response {
        let url = self.url(path);
        let proof = self.proof("as", "POST", &url, None, flaws);
        let response = self.http.post(&url).header("DPoP", proof).form(form).send().await.unwrap();
        self.keep_nonce("as", &response);
        response
    }

    /// As [`Phone::post_form`]; again with the nonce when that is what was missing.
    pub(crate) async fn post_form_with_nonce(&self, path: &str, form: &[(&str, &str)]) -> (StatusCode, Value) {
        let first = answer(self.post_form(path, form, &Flaws::default()).await).await;
        if first.1["error"] != "use_dpop_nonce" {
            return first;
        }
        answer(self.post_form(path, form, &Flaws::default()).await).await
    }

    pub(crate) async fn push_request(&self) -> SignIn {
        let (state, nonce, verifier) = (text::token(), text::token(), text::token());
        let challenge = text::base64url(&text::sha256(verifier.as_bytes()));
        let form = par_form(&state, &nonce, &challenge);
        let (status, body) = self.post_form_with_nonce("/oauth/par", &form).await;
        assert_eq!(status, StatusCode::CREATED, "{body}");
        SignIn { state, nonce, verifier, request_uri: body["request_uri"].as_str().unwrap().into() }
    }

    pub(crate) fn authorize_url(&self, sign_in: &SignIn) -> String {
        let mut url = Url::parse(&self.url("/oauth/authorize")).unwrap();
        url.query_pairs_mut().append_pair("client_id", CLIENT_ID).append_pair("request_uri", &sign_in.request_uri);
        url.into()
    }

    /// As a browser: from the app's link to ДАН's login page. Returns the page.
    pub(crate) async fn open_login_page(&self, sign_in: &SignIn) -> String {
        let to_dan = self.http.get(self.authorize_url(sign_in)).send().await.unwrap();
        assert_eq!(to_dan.status(), StatusCode::FOUND);
        let page = self.http.get(location(&to_dan)).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::OK);
        page.text().await.unwrap()
    }

    /// As a citizen: fills the page's first form, the ДАН app's.
    pub(crate) async fn fill(&self, page: &str, regnum: &str, code: &str, decision: &str) -> Response {
        self.at_dan(page, &[("regnum", regnum), ("code", code), ("decision", decision)]).await
    }

    /// Sends one of the page's forms.
    pub(crate) async fn at_dan(&self, page: &str, fields: &[(&str, &str)]) -> Response {
        let word = transaction(page);
        let form: Vec<(&str, &str)> =
            [("transaction", word.as_str())].into_iter().chain(fields.iter().copied()).collect();
        self.http.post(self.url("/dan/login")).form(&form).send().await.unwrap()
    }

    /// The browser's whole way; returns what the app is called back with.
    pub(crate) async fn browse(&self, sign_in: &SignIn, citizen: &TestCitizen) -> HashMap<String, String> {
        let page = self.open_login_page(sign_in).await;
        let proven = self.fill(&page, &citizen.regnum, &citizen.code, "approve").await;
        assert_eq!(proven.status(), StatusCode::OK);
        self.agree(&proven.text().await.unwrap()).await
    }

    /// Agrees on the page that asks, and goes back to the app.
    pub(crate) async fn agree(&self, consent: &str) -> HashMap<String, String> {
        let back = self.at_dan(consent, &[("decision", "approve")]).await;
        assert_eq!(back.status(), StatusCode::SEE_OTHER);
        self.follow_to_app(&back).await
    }

    /// From ДАН's redirect over the authorisation server to the app.
    pub(crate) async fn follow_to_app(&self, back: &Response) -> HashMap<String, String> {
        let to_app = self.http.get(location(back)).send().await.unwrap();
        assert_eq!(to_app.status(), StatusCode::FOUND);
        let called = Url::parse(&location(&to_app)).unwrap();
        assert_eq!((called.scheme(), called.path()), ("mn.emongolia", "/callback"));
        called.query_pairs().into_owned().collect()
    }

    pub(crate) async fn redeem(&self, sign_in: &SignIn, code: &str) -> (StatusCode, Value) {
        let form = code_form(code, &sign_in.verifier);
        self.post_form_with_nonce("/oauth/token", &form).await
    }

    pub(crate) async fn refresh(&self, refresh_token: &str) -> (StatusCode, Value) {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("client_id", CLIENT_ID)];
        self.post_form_with_nonce("/oauth/token", &form).await
    }

    /// The whole sign-in.
    pub(crate) async fn sign_in(&self, citizen: &TestCitizen) -> Session {
        let sign_in = self.push_request().await;
        let called_back = self.browse(&sign_in, citizen).await;
        let (status, tokens) = self.redeem(&sign_in, &called_back["code"]).await;
        assert_eq!(status, StatusCode::OK, "{tokens}");
        Session::from(&tokens)
    }

    /// One call to the gateway.
    pub(crate) async fn send(&self, call: Call<'_>) -> Response {
        self.try_send(call).await.unwrap()
    }

    pub(crate) async fn try_send(&self, call: Call<'_>) -> reqwest::Result<Response> {
        let url = self.url(call.path);
        let proof = self.proof("rs", call.method.as_str(), &url, Some(call.token), &call.flaws);
        let authorization = format!("DPoP {}", call.token);
        let mut request =
            self.http.request(call.method, &url).header(header::AUTHORIZATION, authorization).header("DPoP", proof);
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        if let Some((offset, piece)) = call.piece {
            request = request.header("Upload-Offset", offset).header("Content-Type", "application/partial-upload");
            request = request.body(piece);
        }
        if let Some(key) = call.key {
            request = request.header("Idempotency-Key", key);
        }
        let response = request.send().await?;
        self.keep_nonce("rs", &response);
        Ok(response)
    }

    pub(crate) async fn get(&self, path: &str, session: &Session) -> (StatusCode, Value) {
        answer(self.send(Call::new(Method::GET, path, session)).await).await
    }
}

/// A call to the gateway, to be made right or wrong.
pub(crate) struct Call<'a> {
    method: Method,
    path: &'a str,
    token: &'a str,
    body: Option<Value>,
    piece: Option<(usize, Vec<u8>)>,
    key: Option<&'a str>,
    flaws: Flaws,
}

impl<'a> Call<'a> {
    pub(crate) fn new(method: Method, path: &'a str, session: &'a Session) -> Self {
        Self { method, path, token: &session.access_token, body: None, piece: None, key: None, flaws: Flaws::default() }
    }

    pub(crate) fn body(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    /// Of an upload, at its offset.
    pub(crate) fn piece(self, offset: usize, bytes: Vec<u8>) -> Self {
        Self { piece: Some((offset, bytes)), ..self }
    }

    pub(crate) fn key(self, key: &'a str) -> Self {
        Self { key: Some(key), ..self }
    }

    pub(crate) fn flawed(self, flaws: Flaws) -> Self {
        Self { flaws, ..self }
    }
}

impl From<&Value> for Session {
    fn from(tokens: &Value) -> Self {
        let word = |name: &str| tokens[name].as_str().unwrap().to_owned();
        Self { access_token: word("access_token"), refresh_token: word("refresh_token") }
    }
}

pub(crate) fn par_form<'a>(state: &'a str, nonce: &'a str, challenge: &'a str) -> [(&'a str, &'a str); 8] {
    [
        ("client_id", CLIENT_ID),
        ("response_type", "code"),
        ("redirect_uri", REDIRECT_URI),
        ("scope", "openid offline_access"),
        ("state", state),
        ("nonce", nonce),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
    ]
}

pub(crate) fn code_form<'a>(code: &'a str, verifier: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("client_id", CLIENT_ID),
        ("code_verifier", verifier),
    ]
}

pub(crate) async fn answer(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
}

/// The page of an answer that is one.
pub(crate) async fn page(response: Response) -> String {
    assert_eq!(response.status(), StatusCode::OK);
    response.text().await.unwrap()
}

pub(crate) fn location(response: &Response) -> String {
    response.headers()[header::LOCATION].to_str().unwrap().to_owned()
}

pub(crate) fn transaction(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"transaction\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}
