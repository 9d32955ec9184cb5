//! The authorisation server's description of itself (RFC 8414), and its keys.
//!
//! Guarantees: the issuer is ours byte for byte; every endpoint is https on the issuer's own origin; a server that
//! can't do PAR, PKCE S256, DPoP ES256 and `iss` is refused before anything is sent to it.

use serde::Deserialize;
use url::Url;

use super::{Error, Result};
use crate::foundation::{json, net::origin};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Metadata {
    pub(super) authorization: Url,
    pub(super) token: Url,
    pub(super) pushed_authorization: Url,
    pub(super) revocation: Url,
    pub(super) jwks: Url,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    pushed_authorization_request_endpoint: String,
    revocation_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    code_challenge_methods_supported: Vec<String>,
    #[serde(default)]
    dpop_signing_alg_values_supported: Vec<String>,
    #[serde(default)]
    id_token_signing_alg_values_supported: Vec<String>,
    #[serde(default)]
    response_types_supported: Vec<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// Where the metadata lives: `/.well-known/…` between host and path of the issuer (RFC 8414 §3.1).
pub(super) fn well_known(issuer: &str) -> Result<Url> {
    let wrong = || Error::Metadata("the configured issuer is no https address");
    let mut url = Url::parse(issuer).map_err(|_| wrong())?;
    if url.scheme() != "https" || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong());
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("/.well-known/oauth-authorization-server{path}"));
    Ok(url)
}

impl Metadata {
    pub(super) fn read(text: &[u8], issuer: &str) -> Result<Self> {
        let found: Document = json::parse_strict(text).map_err(|_| Error::Metadata("unreadable"))?;
        if found.issuer != issuer {
            return Err(Error::Metadata("of another issuer"));
        }
        let can = |list: &[String], what: &str| list.iter().any(|each| each == what);
        if !can(&found.code_challenge_methods_supported, "S256") {
            return Err(Error::Metadata("no PKCE S256"));
        }
        if !can(&found.dpop_signing_alg_values_supported, "ES256") {
            return Err(Error::Metadata("no DPoP ES256"));
        }
        if !can(&found.id_token_signing_alg_values_supported, "ES256") {
            return Err(Error::Metadata("no ID tokens in ES256"));
        }
        if !can(&found.response_types_supported, "code") {
            return Err(Error::Metadata("no code flow"));
        }
        if !found.authorization_response_iss_parameter_supported {
            return Err(Error::Metadata("no iss in the callback"));
        }
        let home = origin(&well_known(issuer)?);
        let at_home = |text: String| {
            let url = Url::parse(&text).ok().filter(|url| origin(url) == home && url.fragment().is_none());
            url.ok_or(Error::Metadata("an endpoint is not on the issuer's origin"))
        };
        Ok(Self {
            authorization: at_home(found.authorization_endpoint)?,
            token: at_home(found.token_endpoint)?,
            pushed_authorization: at_home(found.pushed_authorization_request_endpoint)?,
            revocation: at_home(found.revocation_endpoint)?,
            jwks: at_home(found.jwks_uri)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://sso.mn:8443";

    fn document() -> Value {
        crate::auth::testing::metadata(ISSUER)
    }

    fn refusal(document: &Value) -> &'static str {
        match Metadata::read(document.to_string().as_bytes(), ISSUER) {
            Err(Error::Metadata(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_good_document_is_taken() {
        let metadata = Metadata::read(document().to_string().as_bytes(), ISSUER).unwrap();

        assert_eq!(metadata.token.as_str(), "https://sso.mn:8443/oauth/token");
    }

    #[test]
    fn the_issuer_is_compared_byte_for_byte() {
        for other in ["https://sso.mn:8443/", "https://SSO.mn:8443", "https://sso.mn", "https://ssо.mn:8443"] {
            let mut lie = document();
            lie["issuer"] = json!(other);
            assert_eq!(refusal(&lie), "of another issuer", "{other}");
        }
    }

    #[test]
    fn an_endpoint_elsewhere_is_refused() {
        let endpoints = [
            "authorization_endpoint",
            "token_endpoint",
            "pushed_authorization_request_endpoint",
            "revocation_endpoint",
            "jwks_uri",
        ];
        for endpoint in endpoints {
            for lie in ["http://sso.mn:8443/x", "https://sso.mn/x", "https://evil.mn:8443/x", "https://sso.mn:8443/#x"]
            {
                let mut document = document();
                document[endpoint] = json!(lie);
                assert_eq!(refusal(&document), "an endpoint is not on the issuer's origin", "{endpoint} {lie}");
            }
        }
    }

    #[test]
    fn a_server_that_lacks_what_we_need_is_refused() {
        for (field, value) in [
            ("code_challenge_methods_supported", json!(["plain"])),
            ("dpop_signing_alg_values_supported", json!(["RS256"])),
            ("id_token_signing_alg_values_supported", json!(["none"])),
            ("response_types_supported", json!(["token"])),
            ("authorization_response_iss_parameter_supported", json!(false)),
        ] {
            let mut wanting = document();
            wanting[field] = value;
            refusal(&wanting);
            wanting.as_object_mut().unwrap().remove(field);
            refusal(&wanting);
        }
        let mut wanting = document();
        wanting.as_object_mut().unwrap().remove("pushed_authorization_request_endpoint");
        assert_eq!(refusal(&wanting), "unreadable");
    }

    #[test]
    fn a_key_twice_is_refused() {
        let text = document().to_string().replacen('{', r#"{"issuer":"https://evil.mn","#, 1);

        assert!(matches!(Metadata::read(text.as_bytes(), ISSUER), Err(Error::Metadata("unreadable"))));
    }

    #[test]
    fn the_well_known_path_goes_between_host_and_path() {
        assert_eq!(
            well_known("https://sso.mn/tenant").unwrap().as_str(),
            "https://sso.mn/.well-known/oauth-authorization-server/tenant"
        );
        for bad in ["http://sso.mn", "sso.mn", "https://sso.mn?x", "https://sso.mn#x"] {
            assert!(well_known(bad).is_err(), "{bad}");
        }
    }
}
