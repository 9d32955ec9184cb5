//! Exchanges that are the platform's and not the app's: a browser's, and those of the system's push service.
//!
//! Guarantees: only through core's client, so TLS 1.3, our roots and our pins; no redirect is followed by itself.

use std::time::Duration;

use emongolia_core::{
    Config,
    foundation::{
        clock::Clock,
        net::{self, Method, RetryClass},
    },
};
use url::Url;

use crate::errors::Failure;

/// More than any sign-in page or push has.
const BODY: usize = 512 * 1024;

/// For one exchange.
const BUDGET: Duration = Duration::from_secs(15);

#[derive(Clone)]
pub(crate) struct Https(net::Client);

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Https {
    pub(crate) fn new(config: &Config, clock: std::sync::Arc<dyn Clock>) -> Result<Self, Failure> {
        Ok(Self(net::Client::new(config, clock)?))
    }

    pub(crate) async fn get(&self, url: Url) -> Result<Answer, Failure> {
        self.send(net::Request::new(Method::Get, url)).await
    }

    /// `application/x-www-form-urlencoded`; sent once.
    pub(crate) async fn post(&self, url: Url, fields: &[(String, String)]) -> Result<Answer, Failure> {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.send(net::Request::new(Method::Post, url).form(&fields)).await
    }

    async fn send(&self, request: net::Request) -> Result<Answer, Failure> {
        let request = net::Request { retry: RetryClass::Never, cap: BODY, budget: BUDGET, ..request };
        let answer = self.0.send(request).await?;
        let location = answer.header("location").map(str::to_owned);
        Ok(Answer { status: answer.status, location, body: answer.body })
    }
}
