//! The client, and the loop that tries again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rustls::{ClientConfig, crypto::CryptoProvider, version::TLS13};
use tokio::sync::Semaphore;
use url::Url;

use super::{
    Error, Request, Response, RetryClass, Stage, Unfit, exchange, limits, provider,
    retry::{self, Allowance, Next},
    verifier::{TlsTime, Verifier},
};
use crate::foundation::{
    clock::Clock,
    config::{Config, PinSet},
};

/// Cheap to clone; all clones share connections, turns and the allowance for repetitions. Needs the core's runtime.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

pub(super) struct Inner {
    pub(super) http: reqwest::Client,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) turns: Semaphore,
    verifier: Arc<Verifier>,
    allowance: Allowance,
    closed: AtomicBool,
}

impl Client {
    /// The one factory: there is no other client in the core, and none without our verifier.
    pub fn new(config: &Config, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let provider = Arc::new(provider::provider());
        let verifier = Arc::new(Verifier::new(provider.clone(), config)?);
        Ok(Self(Arc::new(Inner {
            http: http(provider, verifier.clone(), &clock)?,
            verifier,
            clock,
            turns: Semaphore::new(limits::CONCURRENT),
            allowance: Allowance::full(),
            closed: AtomicBool::new(false),
        })))
    }

    /// One exchange or, as the request's class allows, several, within its budget. Any status is an answer.
    pub async fn send(&self, request: Request) -> Result<Response, Error> {
        let all = async {
            let mut tries = self.tries(request.retry);
            loop {
                let outcome = self.exchange(&request).await;
                if !tries.again(outcome.as_ref().map_err(Some)).await {
                    return outcome;
                }
            }
        };
        self.within(request.budget, &request.url, all).await?
    }

    /// Exactly one exchange, within the request's budget.
    pub async fn exchange(&self, request: &Request) -> Result<Response, Error> {
        if self.0.closed.load(Ordering::Relaxed) {
            return Err(Error::Closed);
        }
        self.within(request.budget, &request.url, exchange::run(&self.0, request)).await?
    }

    /// For callers who dress every try anew: a DPoP proof must not be sent twice.
    pub fn tries(&self, class: RetryClass) -> Tries {
        self.0.allowance.earn();
        Tries { inner: self.0.clone(), class, made: 0 }
    }

    /// `work`, or [`Error::Timeout`] when `budget` is over first.
    pub async fn within<T>(&self, budget: Duration, url: &Url, work: impl Future<Output = T>) -> Result<T, Error> {
        let late = || Error::Timeout { host: host(url), stage: Stage::Total };
        within(&*self.0.clock, budget, work).await.ok_or_else(late)
    }

    /// Whether a set of pins that a host of ours told of may be given to [`Client::pin`]. It is judged while that host is
    /// believed: after an answer of it.
    pub fn judge_pins(&self, set: &PinSet) -> Result<(), Unfit> {
        self.0.verifier.judge_pins(set, self.0.clock.now())
    }

    /// From the next handshake on, these sets add to those of [`Config`] and replace those of the call before.
    pub fn pin(&self, sets: Vec<PinSet>) {
        self.0.verifier.tell(sets);
    }

    /// Refuses new calls until [`Client::resume`]; those on their way run to their end.
    pub fn suspend(&self) {
        self.0.closed.store(true, Ordering::Relaxed);
    }

    pub fn resume(&self) {
        self.0.closed.store(false, Ordering::Relaxed);
    }
}

/// The tries of one call.
pub struct Tries {
    inner: Arc<Inner>,
    class: RetryClass,
    made: u32,
}

impl Tries {
    /// Whether to try again after this outcome; waits as long as that takes. An error that is none of ours is `None`.
    pub async fn again(&mut self, outcome: Result<&Response, Option<&Error>>) -> bool {
        self.made += 1;
        match retry::next(self.class, self.made, outcome, retry::fraction()) {
            Next::After(wait) if self.inner.allowance.spend() => {
                self.inner.clock.sleep(wait).await;
                true
            }
            Next::After(_) | Next::Settled => false,
        }
    }
}

#[allow(clippy::disallowed_methods)] // this is the factory
fn http(
    provider: Arc<CryptoProvider>,
    verifier: Arc<Verifier>,
    clock: &Arc<dyn Clock>,
) -> Result<reqwest::Client, Error> {
    let tls = ClientConfig::builder_with_details(provider, Arc::new(TlsTime(clock.clone())))
        .with_protocol_versions(&[&TLS13])
        .map_err(|_| Error::Setup("TLS 1.3 is not to be had"))?
        .dangerous() // rustls' word for a verifier of one's own; ours does more than the usual one, not less
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .https_only(true)
        .http1_only()
        .http1_max_headers(limits::HEADERS * 2) // ours is counted in `exchange`, with a name of its own
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(limits::CONNECT)
        .pool_idle_timeout(limits::IDLE)
        .pool_max_idle_per_host(limits::CONCURRENT)
        .user_agent(concat!("emongolia-core/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|_| Error::Setup("the client can't be built"))
}

/// `None` when `span` is over first. Time is the injected clock's.
pub(super) async fn within<T>(clock: &dyn Clock, span: Duration, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        done = work => Some(done),
        () = clock.sleep(span) => None,
    }
}

pub(super) fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}
