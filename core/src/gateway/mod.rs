//! The gateway, in typed calls: base address, citizen's authorisation, language, key and patience are added here.
//!
//! Guarantees: a try carries its own proof; a nonce, a clock or a token is put right once per try; an answer is believed
//! only as JSON of the expected shape, within size and depth, and a public document only as it was signed; no error
//! repeats what was sent or received.

mod endpoint;
mod error;
mod id;
mod key;
mod problem;
mod published;
pub(crate) mod signed;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::de::DeserializeOwned;
use url::Url;

pub use endpoint::{Access, Call, Endpoint, Route};
pub use error::{Error, Result};
pub(crate) use id::is_id;
pub use key::IdempotencyKey;
pub use problem::Problem;
pub use published::AuthToken;
pub use signed::{Edition, Refusal};

use crate::{
    auth::{self, Tokens, Tried, Verdict},
    foundation::{
        config::{Backend, Config, DocumentKey, Language},
        json,
        net::{Body, Client, Method, Request, Response, RetryClass, limits, origin},
    },
};

/// Cheap to clone. Its futures need the core's runtime; all of them are abandonable.
#[derive(Clone)]
pub struct Gateway {
    net: Client,
    tokens: Tokens,
    base: Url,
    /// Of the API of 2021, where requests go there.
    published: Option<Url>,
    languages: &'static str,
    document_keys: Arc<[DocumentKey]>,
}

/// A typed answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply<T> {
    Fresh {
        value: T,
        etag: Option<String>,
    },
    /// What the caller has is still right.
    NotModified,
}

/// JSON that came and has not been looked at.
pub struct Unread {
    endpoint: &'static str,
    response: Response,
    /// Of a signed document, whose signature was found good.
    pub edition: Option<Edition>,
}

impl Unread {
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        json::parse(&self.response.body).map_err(|why| self.malformed(why))
    }

    fn malformed(&self, why: json::Malformed) -> Error {
        log::warn!(target: "emongolia", "{}: {why} ({})", self.endpoint, self.response.request_id);
        Error::Malformed { endpoint: self.endpoint }
    }
}

/// A request whose form the caller knows: the outbox keeps them for as long as it takes.
#[derive(Clone)]
pub struct Outgoing {
    pub method: Method,
    /// Filled and percent-encoded, from the root: `/v1/inbox/7/read`.
    pub path: String,
    pub query: Vec<(String, String)>,
    pub access: Access,
    pub body: Option<Content>,
    pub key: Option<IdempotencyKey>,
    pub if_none_match: Option<String>,
    /// To the API of 2021, for whom this token stands; `path` is then meant from its base address.
    pub published: Option<AuthToken>,
    /// Of who asks, where it was read along with what is sent.
    pub known: Option<auth::Known>,
}

/// What a request carries.
#[derive(Clone)]
pub enum Content {
    Json(Vec<u8>),
    /// Bytes of a file from an offset on (draft-ietf-httpbis-resumable-upload).
    Part {
        offset: u64,
        bytes: Vec<u8>,
    },
}

impl Content {
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Json(bytes) | Self::Part { bytes, .. } => bytes,
        }
    }
}

/// It is the citizen's.
impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Content({} bytes)", self.bytes().len())
    }
}

/// Any answer that is not about who asks. Its meaning is the caller's.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    pub etag: Option<String>,
    /// The gateway had done it before, under the same key.
    pub replayed: bool,
    pub retry_after_s: Option<u32>,
}

/// Neither address, query nor body: they are the citizen's.
impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Outgoing({}, {} bytes)",
            self.method.as_str(),
            self.body.as_ref().map_or(0, |body| body.bytes().len())
        )
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answer({}, {} bytes)", self.status, self.body.len())
    }
}

impl Answer {
    /// What is wrong, by the gateway's words (RFC 9457). For an answer that is no 2xx.
    pub fn problem(&self) -> Problem {
        Problem::read(self.status, &self.body, self.retry_after_s)
    }

    /// Whether the gateway did what was asked.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Gateway {
    pub fn new(config: &Config, net: Client, tokens: Tokens) -> Result<Self> {
        let base = base_address(&config.gateway)?;
        let published = match &config.backend {
            Backend::Gateway => None,
            Backend::Published2021 { base } => Some(base_address(base)?),
        };
        let languages = match config.language {
            Language::Mn => "mn, en;q=0.5",
            Language::En => "en, mn;q=0.5",
        };
        let document_keys = config.document_keys.clone().into();
        Ok(Self { net, tokens, base, published, languages, document_keys })
    }

    /// Requests go over the API of 2021.
    pub fn is_published(&self) -> bool {
        self.published.is_some()
    }

    /// Scheme, host and port of the base address, as one writes them.
    pub(crate) fn origin(&self) -> String {
        origin(&self.base)
    }

    /// One typed read, repeated on its way as far as that helps.
    pub async fn call<Res: DeserializeOwned>(&self, endpoint: &Endpoint<Res>, call: Call<'_>) -> Result<Reply<Res>> {
        Ok(match self.fetch(endpoint.route, call).await? {
            Reply::Fresh { value: body, etag } => Reply::Fresh { value: body.read()?, etag },
            Reply::NotModified => Reply::NotModified,
        })
    }

    /// Whether a document that this key has signed can still be judged.
    pub fn knows(&self, kid: &str) -> bool {
        Config::document_key(&self.document_keys, kid).is_some()
    }

    /// As [`Gateway::call`], for whoever reads the answer later.
    pub async fn fetch(&self, route: Route, call: Call<'_>) -> Result<Reply<Unread>> {
        let document = route.signed.map(|name| endpoint::document(name, &call.params)).transpose()?;
        let outgoing = Outgoing {
            method: Method::Get,
            path: endpoint::fill(route.path, &call.params)?,
            query: call.query,
            access: route.access,
            body: None,
            key: None,
            if_none_match: call.if_none_match.map(str::to_owned),
            published: None,
            known: None,
        };
        let conditional = outgoing.if_none_match.is_some();
        let response = self.deliver(outgoing, RetryClass::Safe).await?;
        log::debug!(target: "emongolia", "{}: {} ({})", route.name, response.status, response.request_id);
        match response.status {
            304 if conditional => Ok(Reply::NotModified),
            200..=299 if response.body.is_empty() || response.is_json() => {
                let etag = response.header("etag").map(str::to_owned);
                let edition = document.map(|document| {
                    let signature = response.header(signed::FIELD);
                    let judged = signed::verify(&self.document_keys, signature, &document, &response.body);
                    judged.map_err(|why| Error::Refused { endpoint: route.name, why })
                });
                Ok(Reply::Fresh {
                    value: Unread { endpoint: route.name, edition: edition.transpose()?, response },
                    etag,
                })
            }
            200..=399 => Err(Error::Malformed { endpoint: route.name }),
            status => Err(Error::Problem(Problem::read(status, &response.body, response.retry_after_s()))),
        }
    }

    /// One request exactly as given, repeated only if nothing was sent: the outbox has its own patience.
    pub async fn send(&self, outgoing: Outgoing) -> Result<Answer> {
        let response = self.deliver(outgoing, RetryClass::Never).await?;
        Ok(Answer {
            status: response.status,
            etag: response.header("etag").map(str::to_owned),
            replayed: response.header("idempotency-replayed").is_some_and(|v| v.eq_ignore_ascii_case("true")),
            retry_after_s: response.retry_after_s(),
            body: response.body,
        })
    }

    async fn deliver(&self, mut outgoing: Outgoing, retry: RetryClass) -> Result<Response> {
        let (access, known) = (outgoing.access, outgoing.known.take());
        let request = self.request(outgoing)?;
        let mut tries = self.net.tries(retry);
        let all = async {
            loop {
                let outcome = self.try_once(&request, access, known.clone()).await;
                let seen = match &outcome {
                    Ok(response) => Ok(response),
                    Err(Error::Net(error)) => Err(Some(error)),
                    Err(
                        Error::Auth(_)
                        | Error::Problem(_)
                        | Error::Malformed { .. }
                        | Error::Refused { .. }
                        | Error::Address,
                    ) => Err(None),
                };
                if !tries.again(seen).await {
                    return outcome;
                }
            }
        };
        self.net.within(limits::TOTAL, &request.url, all).await?
    }

    /// One try: as many exchanges as the authorisation takes.
    async fn try_once(&self, request: &Request, access: Access, mut known: Option<auth::Known>) -> Result<Response> {
        match access {
            Access::Public => {
                let response = self.net.exchange(request).await?;
                self.tokens.learn(&request.url, &response);
                Ok(response)
            }
            Access::Citizen => {
                let mut tried = Tried::default();
                loop {
                    let authorization =
                        self.tokens.authorization_by(known.take(), request.method, &request.url).await?;
                    let mut dressed = request.clone();
                    dressed.headers.extend(authorization.headers());
                    let response = self.net.exchange(&dressed).await?;
                    match self.tokens.challenged(&mut tried, &authorization, &request.url, &response).await? {
                        Verdict::Accepted => return Ok(response),
                        Verdict::TryAgain => {}
                        Verdict::StepUp(wanted) => return Err(auth::Error::StepUp(wanted).into()),
                        Verdict::SignIn => return Err(auth::Error::SignInRequired.into()),
                        Verdict::Challenged => return Err(auth::Error::Challenged.into()),
                    }
                }
            }
        }
    }

    fn request(&self, outgoing: Outgoing) -> Result<Request> {
        let base = if outgoing.published.is_some() { self.published.as_ref() } else { Some(&self.base) };
        let url = address(base.ok_or(Error::Address)?, &outgoing.path, &outgoing.query)?;
        let mut request = Request::new(outgoing.method, url)
            .header("accept", "application/json")
            .header("accept-language", self.languages);
        if let Some(token) = outgoing.published {
            request = request.header("x-auth-token", token.as_str());
        }
        if let Some(key) = outgoing.key {
            request = request.header("idempotency-key", key.as_str());
        }
        if let Some(etag) = outgoing.if_none_match {
            request = request.header("if-none-match", etag);
        }
        request.body = match outgoing.body {
            None => None,
            Some(Content::Json(bytes)) => Some(Body { content_type: "application/json", bytes }),
            Some(Content::Part { offset, bytes }) => {
                request = request.header("upload-offset", offset.to_string());
                Some(Body { content_type: "application/partial-upload", bytes })
            }
        };
        Ok(request)
    }
}

fn base_address(text: &str) -> Result<Url> {
    let base = Url::parse(text.trim_end_matches('/')).map_err(|_| Error::Address)?;
    let is_one = base.scheme() == "https" && base.query().is_none() && base.fragment().is_none();
    is_one.then_some(base).ok_or(Error::Address)
}

/// Under that base address and nowhere else: what the parser would tidy up is refused.
fn address(base: &Url, path: &str, query: &[(String, String)]) -> Result<Url> {
    let mut url = Url::parse(&format!("{}{path}", base.as_str().trim_end_matches('/'))).map_err(|_| Error::Address)?;
    let expected = format!("{}{path}", base.path().trim_end_matches('/'));
    let ours = path.starts_with('/')
        && url.path() == expected
        && origin(&url) == origin(base)
        && url.query().is_none()
        && url.fragment().is_none();
    if !ours {
        return Err(Error::Address);
    }
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    Ok(url)
}
