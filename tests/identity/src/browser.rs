//! What a citizen does at the provider: logs in and agrees, in a browser that keeps cookies.
//!
//! Guarantees: over the core's own client, so over its TLS and its pins; redirects are followed by hand; a cookie goes
//! only where its path says.

use std::sync::Arc;

use emongolia_core::{
    Config,
    foundation::{
        clock::SystemClock,
        net::{Client, Method, Request, Response},
    },
};
use emongolia_support::{Failure, Result};
use url::Url;

/// Pages and redirects between the authorisation address and the callback: about eight; more is a loop.
const HOPS: usize = 16;

/// Logs in under this name, agrees to whatever is asked, and gives the callback address the browser ends at.
pub async fn approve(config: &Config, authorization: &Url, login: &str) -> Result<String> {
    walk(config, authorization, Some(login)).await
}

/// Opens the first page, cancels, and gives the callback address the browser ends at.
pub async fn cancel(config: &Config, authorization: &Url) -> Result<String> {
    walk(config, authorization, None).await
}

async fn walk(config: &Config, authorization: &Url, login: Option<&str>) -> Result<String> {
    let client = Client::new(config, Arc::new(SystemClock)).map_err(|error| surprise("the client", error))?;
    let mut cookies = Jar::default();
    let mut request = Request::new(Method::Get, authorization.clone());
    for _ in 0..HOPS {
        let here = request.url.clone();
        let carrying = cookies.carried_to(here.path());
        let request_with_cookies = if carrying.is_empty() { request } else { request.header("cookie", carrying) };
        let answer = client.send(request_with_cookies).await.map_err(|error| surprise("the provider", error))?;
        answer.header_all("set-cookie").for_each(|line| cookies.take(line));
        let page = String::from_utf8_lossy(&answer.body).into_owned();
        request = if let Some(next) = redirect(&here, &answer)? {
            if next.origin() != here.origin() {
                return Ok(next.into());
            }
            Request::new(Method::Get, next)
        } else if let Some(login) = login {
            let form = Form::of(&page).ok_or_else(|| surprise("a page without a form", &page))?;
            let action = here.join(form.action).map_err(|error| surprise("the form's address", error))?;
            let fields = [("prompt", form.prompt), ("login", login), ("password", "үл хамаарна")];
            Request::new(Method::Post, action).form(&fields)
        } else {
            let way_out = cancellation(&page).ok_or_else(|| surprise("a page that can't be cancelled", &page))?;
            Request::new(Method::Get, here.join(way_out).map_err(|error| surprise("the way out", error))?)
        };
    }
    Err(surprise("the sign-in", "more pages than there should be"))
}

fn redirect(here: &Url, answer: &Response) -> Result<Option<Url>> {
    let next = answer.header("location").map(|location| here.join(location)).transpose();
    next.map_err(|error| surprise("a redirect", error))
}

/// Where the page's cancelling link leads.
fn cancellation(page: &str) -> Option<&str> {
    let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split_once('"').map(|(address, _)| address));
    links.into_iter().find(|address| address.ends_with("/abort"))
}

/// The form of the provider's login and consent pages.
#[derive(Debug, PartialEq, Eq)]
struct Form<'a> {
    action: &'a str,
    /// Which of the two it is: its hidden field.
    prompt: &'a str,
}

impl<'a> Form<'a> {
    fn of(page: &'a str) -> Option<Self> {
        let form = page.split_once("<form ")?.1;
        let quoted_after = |mark: &str| form.split_once(mark)?.1.split_once('"').map(|(value, _)| value);
        Some(Self { action: quoted_after("action=\"")?, prompt: quoted_after("name=\"prompt\" value=\"")? })
    }
}

/// The cookies of one origin (RFC 6265 §5), as far as the provider goes: paths, and ends in the past.
#[derive(Debug, Default)]
struct Jar(Vec<Cookie>);

#[derive(Debug)]
struct Cookie {
    name: String,
    value: String,
    path: String,
}

impl Jar {
    fn take(&mut self, line: &str) {
        let mut parts = line.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { return };
        let attributes: Vec<_> = parts.filter_map(|part| part.split_once('=')).collect();
        let attribute =
            |wanted: &str| attributes.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, v)| *v);
        let path = attribute("path").unwrap_or("/");
        self.0.retain(|kept| kept.name != name || kept.path != path);
        let taken_back = value.is_empty() || attribute("expires").is_some_and(|end| end.contains(" 1970 "));
        if !taken_back {
            self.0.push(Cookie { name: name.to_owned(), value: value.to_owned(), path: path.to_owned() });
        }
    }

    /// The value of the `Cookie` field for a request of this path; empty when there is none.
    fn carried_to(&self, path: &str) -> String {
        let goes = |cookie: &&Cookie| {
            let rest = path.strip_prefix(cookie.path.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || cookie.path.ends_with('/'))
        };
        let pair = |cookie: &Cookie| format!("{}={}", cookie.name, cookie.value);
        self.0.iter().filter(goes).map(pair).collect::<Vec<_>>().join("; ")
    }
}

fn surprise(what: &str, detail: impl ToString) -> Failure {
    Failure::Malformed { what: what.to_owned(), detail: detail.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_found_with_its_address_and_its_kind() {
        let page = r#"<p>Өө</p><form autocomplete="off" action="https://localhost:1/interaction/a" method="post">
            <input type="hidden" name="prompt" value="consent"/><button>Үргэлжлүүлэх</button></form>"#;

        let form = Form { action: "https://localhost:1/interaction/a", prompt: "consent" };
        assert_eq!(Form::of(page), Some(form));
        assert_eq!(Form::of("<p>Үүсээгүй</p>"), None);
    }

    #[test]
    fn the_way_out_of_a_page_is_found_among_its_links() {
        let page =
            r#"<a href="https://localhost:1/">Эхлэл</a> <a href="https://localhost:1/interaction/a/abort">Болих</a>"#;

        assert_eq!(cancellation(page), Some("https://localhost:1/interaction/a/abort"));
        assert_eq!(cancellation("<p>Өөр гарцгүй</p>"), None);
    }

    #[test]
    fn a_cookie_goes_only_where_its_path_says_and_is_gone_when_taken_back() {
        let mut jar = Jar::default();
        jar.take("_session=s; path=/; secure; httponly");
        jar.take("_interaction=i; path=/interaction/a; samesite=lax");
        jar.take("_interaction.sig=g; Path=/interaction/a");

        assert_eq!(jar.carried_to("/interaction/a/submit"), "_session=s; _interaction=i; _interaction.sig=g");
        assert_eq!(jar.carried_to("/interaction/ab"), "_session=s");
        assert_eq!(jar.carried_to("/auth/a"), "_session=s");

        jar.take("_interaction=; path=/interaction/a; expires=Thu, 01 Jan 1970 00:00:00 GMT");
        jar.take("_session=t; path=/");
        assert_eq!(jar.carried_to("/interaction/a"), "_interaction.sig=g; _session=t");
    }
}
