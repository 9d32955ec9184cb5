//! What a citizen does in the browser, and what a phone's operating system does with pushes.
//!
//! Guarantees: over the core's own client, so over its TLS and its pins; redirects are followed by hand, on the
//! sandbox's origin only.

use std::{sync::Arc, time::Duration};

use emongolia_core::foundation::{
    clock::SystemClock,
    net::{Client, Method, Request, Response},
};
use url::Url;

use crate::{
    Failure, Result,
    processes::{SandboxConfig, TestCitizen},
};

/// Pages between the authorisation address and the callback; more is a loop.
const HOPS: usize = 6;

/// One poll is held so long: under the client's patience between two pieces of an answer.
const POLL: Duration = Duration::from_secs(8);

/// Signs the citizen in at ДАН and agrees; gives the callback address the browser ends at.
pub async fn approve(sandbox: &SandboxConfig, authorization: &Url, citizen: &TestCitizen) -> Result<String> {
    decide(sandbox, authorization, citizen, "approve").await
}

/// Opens the page and refuses.
pub async fn deny(sandbox: &SandboxConfig, authorization: &Url, citizen: &TestCitizen) -> Result<String> {
    decide(sandbox, authorization, citizen, "deny").await
}

/// One push message for this device token, if one comes within `wait`.
pub async fn poll_push(sandbox: &SandboxConfig, token: &str, wait: Duration) -> Result<Option<Vec<u8>>> {
    let client = client(sandbox)?;
    let mut left = wait;
    loop {
        let held = left.min(POLL);
        let address = format!("{}/push/{token}?wait={}", sandbox.origin, held.as_secs());
        let answer = send(&client, Request::new(Method::Get, parse(&address)?)).await?;
        left -= held;
        match answer.status {
            200 => return Ok(Some(answer.body)),
            204 if left.is_zero() => return Ok(None),
            204 => {}
            status => return Err(surprise("the push stand-in", format!("status {status}"))),
        }
    }
}

/// The sandbox's own description of what it speaks, as anybody may read it.
pub async fn description(sandbox: &SandboxConfig) -> Result<serde_json::Value> {
    let address = parse(&format!("{}/openapi.json", sandbox.origin))?;
    let answer = send(&client(sandbox)?, Request::new(Method::Get, address)).await?;
    serde_json::from_slice(&answer.body).map_err(|error| surprise("the description", error.to_string()))
}

async fn decide(sandbox: &SandboxConfig, authorization: &Url, citizen: &TestCitizen, decision: &str) -> Result<String> {
    let client = client(sandbox)?;
    let mut request = Request::new(Method::Get, authorization.clone());
    for _ in 0..HOPS {
        let here = request.url.clone();
        let answer = send(&client, request).await?;
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        if let Some(location) = answer.header("location") {
            let next = here.join(location).map_err(|error| surprise("a redirect", error.to_string()))?;
            if next.origin() != here.origin() {
                return Ok(next.into());
            }
            request = Request::new(Method::Get, next);
            continue;
        }
        let transaction = transaction(&body).ok_or_else(|| surprise("the login page", body.clone()))?;
        let login = here.join("/dan/login").map_err(|error| surprise("the login form", error.to_string()))?;
        request = Request::new(Method::Post, login).form(&[
            ("transaction", transaction),
            ("regnum", &citizen.regnum),
            ("code", &citizen.code),
            ("decision", decision),
        ]);
    }
    Err(surprise("the sign-in", "more pages than there should be".into()))
}

/// The form's hidden field.
fn transaction(page: &str) -> Option<&str> {
    page.split_once("name=\"transaction\" value=\"")?.1.split_once('"').map(|(value, _)| value)
}

fn client(sandbox: &SandboxConfig) -> Result<Client> {
    let config = sandbox.core_config("", "")?;
    Client::new(&config, Arc::new(SystemClock)).map_err(|error| surprise("the client", error.to_string()))
}

async fn send(client: &Client, request: Request) -> Result<Response> {
    client.send(request).await.map_err(|error| surprise("the sandbox", error.to_string()))
}

fn parse(address: &str) -> Result<Url> {
    Url::parse(address).map_err(|error| surprise("an address", error.to_string()))
}

fn surprise(what: &str, detail: String) -> Failure {
    Failure::Malformed { what: what.to_owned(), detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hidden_field_is_found_and_a_page_without_one_has_none() {
        assert_eq!(transaction(r#"<input type="hidden" name="transaction" value="a-b">Өө"#), Some("a-b"));
        assert_eq!(transaction("<p>Үүсээгүй</p>"), None);
    }
}
