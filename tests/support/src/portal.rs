//! A browser that looks at the sandbox's portal: one cookie, and what stands on the page.
//!
//! Guarantees: over the core's own client, so over its TLS and its pins; the cookie goes to the sandbox's origin only.

use emongolia_core::foundation::net::{Client, Method, Request};

use crate::{
    Result,
    browser::{client, parse, send, surprise},
    processes::SandboxConfig,
};

const PAGE: &str = "/web/sign-in";

/// A browser on the portal's page.
pub struct PortalBrowser {
    client: Client,
    origin: String,
    cookie: Option<String>,
}

/// What a page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalPage {
    /// What the QR code holds, and the number beside it; only while the page waits for a phone.
    pub asks: Option<(String, u32)>,
    pub html: String,
}

impl PortalPage {
    /// Whether somebody of this name is signed in.
    pub fn greets(&self, name: &str) -> bool {
        self.html.contains(&format!("{name}, та нэвтэрлээ"))
    }

    fn read(html: String, origin: &str) -> Self {
        let address = html.split_once("<a href=\"").and_then(|(_, rest)| rest.split_once('"')).map(|(href, _)| href);
        let address = address.filter(|href| href.starts_with(origin)).map(str::to_owned);
        let number = html.split_once("<output>").and_then(|(_, rest)| rest.split_once('<')?.0.parse().ok());
        Self { asks: address.zip(number), html }
    }
}

impl PortalBrowser {
    pub fn new(sandbox: &SandboxConfig) -> Result<Self> {
        Ok(Self { client: client(sandbox)?, origin: sandbox.origin.clone(), cookie: None })
    }

    /// Opens the page, or presses «Утсан дээрээ сонгосон».
    pub async fn look(&mut self) -> Result<PortalPage> {
        self.send(Method::Get).await
    }

    /// Presses «Дахин эхлэх».
    pub async fn begin_again(&mut self) -> Result<PortalPage> {
        self.send(Method::Post).await
    }

    async fn send(&mut self, method: Method) -> Result<PortalPage> {
        let mut request = Request::new(method, parse(&format!("{}{PAGE}", self.origin))?);
        if method == Method::Post {
            request = request.form(&[]); // a button without fields
        }
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie.clone());
        }
        let answer = send(&self.client, request).await?;
        if let Some(cookie) = answer.header("set-cookie").and_then(|line| line.split(';').next()) {
            self.cookie = Some(cookie.to_owned());
        }
        match answer.status {
            200 => Ok(PortalPage::read(String::from_utf8_lossy(&answer.body).into_owned(), &self.origin)),
            status => Err(surprise("the portal", format!("status {status}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_waits_shows_an_address_and_a_number_and_another_none() {
        let origin = "https://localhost:1";
        let waiting = r#"<p><output>42</output></p><a href="https://localhost:1/web/s/x">Өө</a>"#;

        let page = PortalPage::read(waiting.to_owned(), origin);

        assert_eq!(page.asks, Some(("https://localhost:1/web/s/x".to_owned(), 42)));
        let greeting = PortalPage::read("<h1>Ө.Үүрээ, та нэвтэрлээ</h1>".to_owned(), origin);
        assert!(greeting.asks.is_none() && greeting.greets("Ө.Үүрээ"));
    }
}
