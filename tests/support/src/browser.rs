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
    processes::{SandboxConfig, SandboxControl, TestCitizen},
};

/// Pages between the authorisation address and the callback; more is a loop.
const HOPS: usize = 6;

/// Of every invented citizen's token (`tests/sandbox/data/dan.json`).
const TOKEN_PIN: &str = "2580";

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

/// What the gateway tells anybody who asks for this path: its own description (`openapi.json`), a service's page.
pub async fn public(sandbox: &SandboxConfig, path: &str) -> Result<serde_json::Value> {
    let address = parse(&format!("{}/{path}", sandbox.origin))?;
    let answer = send(&client(sandbox)?, Request::new(Method::Get, address)).await?;
    serde_json::from_slice(&answer.body).map_err(|error| surprise(path, error.to_string()))
}

/// A person at the page that a bank's link opens: pays there. Gives what the page says then.
pub async fn pay_at_bank(sandbox: &SandboxConfig, link: &str) -> Result<String> {
    let address = parse(link)?;
    let bank = address.query_pairs().find(|(name, _)| name == "bank").map(|(_, bank)| bank.into_owned());
    let bank = bank.ok_or_else(|| surprise("a bank's link", link.to_owned()))?;
    let order = Request::new(Method::Post, address).form(&[("bank", &bank)]);
    page(walk(&client(sandbox)?, order).await?).map(|(_, body)| body)
}

async fn decide(sandbox: &SandboxConfig, authorization: &Url, citizen: &TestCitizen, decision: &str) -> Result<String> {
    let client = client(sandbox)?;
    let mut request = Request::new(Method::Get, authorization.clone());
    for _ in 0..HOPS {
        let (here, body) = match walk(&client, request).await? {
            Seen::Away(address) => return Ok(address),
            Seen::Page(here, body) => (here, body),
        };
        let fields = [("regnum", citizen.regnum.as_str()), ("code", &citizen.code), ("decision", decision)];
        request = at_dan(&here, &body, &fields)?;
    }
    Err(surprise("the sign-in", "more pages than there should be".into()))
}

/// A way in of ДАН beside the code of its app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A code that goes to the registered phone.
    CodeSent,
    Signature,
    /// The sample bank.
    Bank,
}

/// As [`approve`], in another way. What the citizen's phone and token do, the control does.
pub async fn approve_by(
    way: Way,
    sandbox: &SandboxConfig,
    authorization: &Url,
    citizen: &TestCitizen,
) -> Result<String> {
    let (client, control) = (client(sandbox)?, SandboxControl::new(sandbox)?);
    let (here, first) = page(walk(&client, Request::new(Method::Get, authorization.clone())).await?)?;
    let regnum = ("regnum", citizen.regnum.as_str());
    let choose = |name| at_dan(&here, &first, &[("way", name), regnum]);
    let consent = match way {
        Way::CodeSent => {
            let (here, asks) = page(walk(&client, choose("sms_sent")?).await?)?;
            let text = control.newest_message().await?;
            let code = text.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6);
            let code = code.ok_or_else(|| surprise("the message", text.clone()))?;
            walk(&client, at_dan(&here, &asks, &[("code", code), ("decision", "approve")])?).await?
        }
        Way::Signature => {
            let (here, asks) = page(walk(&client, choose("signature")?).await?)?;
            let challenge = between(&asks, "<output>", "</output>")?;
            let signature = control.sign(&citizen.regnum, TOKEN_PIN, challenge).await?;
            walk(&client, at_dan(&here, &asks, &[("signature", &signature), ("decision", "approve")])?).await?
        }
        Way::Bank => {
            let (here, asks) = page(walk(&client, choose("bank")?).await?)?;
            let account = between(&asks, &format!("<code>{}</code>", citizen.regnum), "</tr>")?;
            let (user, rest) = account.split_once("</code>").unwrap_or_default();
            let user = user.rsplit('>').next().unwrap_or_default();
            let fields = [
                ("request", between(&asks, "name=\"request\" value=\"", "\"")?),
                ("user", user),
                ("password", between(rest, "<code>", "</code>")?),
                ("decision", "approve"),
            ];
            let form = here.join("/sample-bank/sign-in").map_err(|error| surprise("the bank", error.to_string()))?;
            walk(&client, Request::new(Method::Post, form).form(&fields)).await?
        }
    };
    let (here, asks) = page(consent)?;
    match walk(&client, at_dan(&here, &asks, &[("decision", "approve")])?).await? {
        Seen::Away(address) => Ok(address),
        Seen::Page(_, body) => Err(surprise("the way back", body)),
    }
}

/// Where redirects end.
enum Seen {
    /// A page of the sandbox's.
    Page(Url, String),
    /// Another origin: the app's.
    Away(String),
}

async fn walk(client: &Client, mut request: Request) -> Result<Seen> {
    for _ in 0..HOPS {
        let here = request.url.clone();
        let answer = send(client, request).await?;
        let Some(location) = answer.header("location") else {
            return Ok(Seen::Page(here, String::from_utf8_lossy(&answer.body).into_owned()));
        };
        let next = here.join(location).map_err(|error| surprise("a redirect", error.to_string()))?;
        if next.origin() != here.origin() {
            return Ok(Seen::Away(next.into()));
        }
        request = Request::new(Method::Get, next);
    }
    Err(surprise("the sign-in", "more redirects than there should be".into()))
}

fn page(seen: Seen) -> Result<(Url, String)> {
    match seen {
        Seen::Page(here, body) => Ok((here, body)),
        Seen::Away(address) => Err(surprise("a page", address)),
    }
}

/// One of the page's forms, as it is sent.
fn at_dan(here: &Url, page: &str, fields: &[(&str, &str)]) -> Result<Request> {
    let word = transaction(page).ok_or_else(|| surprise("the login page", page.to_owned()))?;
    let login = here.join("/dan/login").map_err(|error| surprise("the login form", error.to_string()))?;
    let all: Vec<_> = [("transaction", word)].into_iter().chain(fields.iter().copied()).collect();
    Ok(Request::new(Method::Post, login).form(&all))
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Result<&'a str> {
    let found = text.split_once(before).and_then(|(_, rest)| rest.split_once(after));
    found.map(|(found, _)| found).ok_or_else(|| surprise("the page", text.to_owned()))
}

/// The form's hidden field.
fn transaction(page: &str) -> Option<&str> {
    page.split_once("name=\"transaction\" value=\"")?.1.split_once('"').map(|(value, _)| value)
}

pub(crate) fn client(sandbox: &SandboxConfig) -> Result<Client> {
    let config = sandbox.core_config("", "")?;
    Client::new(&config, Arc::new(SystemClock)).map_err(|error| surprise("the client", error.to_string()))
}

pub(crate) async fn send(client: &Client, request: Request) -> Result<Response> {
    client.send(request).await.map_err(|error| surprise("the sandbox", error.to_string()))
}

pub(crate) fn parse(address: &str) -> Result<Url> {
    Url::parse(address).map_err(|error| surprise("an address", error.to_string()))
}

pub(crate) fn surprise(what: &str, detail: String) -> Failure {
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
