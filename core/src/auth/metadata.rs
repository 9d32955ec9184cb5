//! The authorisation server's description of itself (RFC 8414), and its keys.
//!
//! Guarantees: the issuer is ours byte for byte; every endpoint is https on the issuer's own origin; a server that
//! can't do PAR, PKCE S256, DPoP ES256 and `iss` is refused before anything is sent to it.

use serde::Deserialize;
use url::Url;

use super::Result;
use crate::foundation::{
    checks::{Check, Checks},
    json::Malformed,
    net::origin,
};

/// Why a server's description of itself was not taken, or the configuration does not lead to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the configured issuer is no https address")]
    Configured,
    #[error("not said to be JSON")]
    MediaType,
    #[error("unreadable")]
    Unreadable,
    #[error("a member comes twice")]
    Twice,
    #[error("of another issuer")]
    Issuer,
    #[error("no PKCE S256")]
    Pkce,
    #[error("no DPoP ES256")]
    Dpop,
    #[error("no ID tokens in ES256")]
    IdToken,
    #[error("no code flow")]
    CodeFlow,
    #[error("no iss in the callback")]
    Iss,
    #[error("no pushed requests")]
    NoPushed,
    #[error("the authorisation endpoint is not on the issuer's origin")]
    Authorization,
    #[error("the token endpoint is not on the issuer's origin")]
    Token,
    #[error("the endpoint for pushed requests is not on the issuer's origin")]
    Pushed,
    #[error("the revocation endpoint is not on the issuer's origin")]
    Revocation,
    #[error("the keys are not on the issuer's origin")]
    Keys,
}

impl Refusal {
    /// What support is told; stable.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Configured => "auth.metadata.configured",
            Self::MediaType => "auth.metadata.media_type",
            Self::Unreadable => "auth.metadata.unreadable",
            Self::Twice => "auth.metadata.twice",
            Self::Issuer => "auth.metadata.issuer",
            Self::Pkce => "auth.metadata.pkce",
            Self::Dpop => "auth.metadata.dpop",
            Self::IdToken => "auth.metadata.id_token",
            Self::CodeFlow => "auth.metadata.code_flow",
            Self::Iss => "auth.metadata.iss",
            Self::NoPushed => "auth.metadata.no_pushed",
            Self::Authorization => "auth.metadata.authorization",
            Self::Token => "auth.metadata.token",
            Self::Pushed => "auth.metadata.pushed",
            Self::Revocation => "auth.metadata.revocation",
            Self::Keys => "auth.metadata.keys",
        }
    }
}

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
    pushed_authorization_request_endpoint: Option<String>,
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
    let mut url = Url::parse(issuer).map_err(|_| Refusal::Configured)?;
    if url.scheme() != "https" || url.query().is_some() || url.fragment().is_some() {
        return Err(Refusal::Configured.into());
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("/.well-known/oauth-authorization-server{path}"));
    Ok(url)
}

impl Metadata {
    pub(super) fn read(text: &[u8], issuer: &str, checks: Checks) -> Result<Self> {
        let found: Document = checks.read(Check::MetadataOnce, text).map_err(|why| match why {
            Malformed::Duplicate => Refusal::Twice,
            Malformed::Syntax { .. } | Malformed::Shape | Malformed::Deep => Refusal::Unreadable,
        })?;
        checks.demand(Check::MetadataIssuer, found.issuer == issuer, Refusal::Issuer)?;
        let can = |list: &[String], what: &str| list.iter().any(|each| each == what);
        let (pkce, dpop) = (&found.code_challenge_methods_supported, &found.dpop_signing_alg_values_supported);
        checks.demand(Check::MetadataPkce, can(pkce, "S256"), Refusal::Pkce)?;
        checks.demand(Check::MetadataDpop, can(dpop, "ES256"), Refusal::Dpop)?;
        let id_token = can(&found.id_token_signing_alg_values_supported, "ES256");
        checks.demand(Check::MetadataIdToken, id_token, Refusal::IdToken)?;
        checks.demand(Check::MetadataCode, can(&found.response_types_supported, "code"), Refusal::CodeFlow)?;
        checks.demand(Check::MetadataIss, found.authorization_response_iss_parameter_supported, Refusal::Iss)?;
        let pushed = found.pushed_authorization_request_endpoint.ok_or(Refusal::NoPushed)?;
        let home = origin(&well_known(issuer)?);
        let at_home = |text: &str, check: Check, elsewhere: Refusal| {
            let url = Url::parse(text).map_err(|_| elsewhere)?;
            checks.demand(check, origin(&url) == home && url.fragment().is_none(), elsewhere)?;
            Ok::<_, Refusal>(url)
        };
        Ok(Self {
            authorization: at_home(&found.authorization_endpoint, Check::AuthorizationHome, Refusal::Authorization)?,
            token: at_home(&found.token_endpoint, Check::TokenHome, Refusal::Token)?,
            pushed_authorization: at_home(&pushed, Check::PushedHome, Refusal::Pushed)?,
            revocation: at_home(&found.revocation_endpoint, Check::RevocationHome, Refusal::Revocation)?,
            jwks: at_home(&found.jwks_uri, Check::KeysHome, Refusal::Keys)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::auth::Error;

    const ISSUER: &str = "https://sso.mn:8443";

    fn document() -> Value {
        crate::auth::testing::metadata(ISSUER)
    }

    fn read(text: &str) -> Result<Metadata> {
        Metadata::read(text.as_bytes(), ISSUER, Checks::default())
    }

    fn refusal(document: &Value) -> Refusal {
        match read(&document.to_string()) {
            Err(Error::Metadata(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_good_document_is_taken() {
        let metadata = read(&document().to_string()).unwrap();

        assert_eq!(metadata.token.as_str(), "https://sso.mn:8443/oauth/token");
    }

    #[test]
    fn the_issuer_is_compared_byte_for_byte() {
        for other in ["https://sso.mn:8443/", "https://SSO.mn:8443", "https://sso.mn", "https://ssо.mn:8443"] {
            let mut lie = document();
            lie["issuer"] = json!(other);
            assert_eq!(refusal(&lie), Refusal::Issuer, "{other}");
        }
    }

    #[test]
    fn an_endpoint_elsewhere_is_refused() {
        let endpoints = [
            ("authorization_endpoint", Refusal::Authorization),
            ("token_endpoint", Refusal::Token),
            ("pushed_authorization_request_endpoint", Refusal::Pushed),
            ("revocation_endpoint", Refusal::Revocation),
            ("jwks_uri", Refusal::Keys),
        ];
        for (endpoint, expected) in endpoints {
            for lie in ["http://sso.mn:8443/x", "https://sso.mn/x", "https://evil.mn:8443/x", "https://sso.mn:8443/#x"]
            {
                let mut document = document();
                document[endpoint] = json!(lie);
                assert_eq!(refusal(&document), expected, "{endpoint} {lie}");
            }
        }
    }

    #[test]
    fn a_server_that_lacks_what_we_need_is_refused() {
        for (field, value, expected) in [
            ("code_challenge_methods_supported", json!(["plain"]), Refusal::Pkce),
            ("dpop_signing_alg_values_supported", json!(["RS256"]), Refusal::Dpop),
            ("id_token_signing_alg_values_supported", json!(["none"]), Refusal::IdToken),
            ("response_types_supported", json!(["token"]), Refusal::CodeFlow),
            ("authorization_response_iss_parameter_supported", json!(false), Refusal::Iss),
            ("pushed_authorization_request_endpoint", json!(null), Refusal::NoPushed),
        ] {
            let mut wanting = document();
            wanting[field] = value;
            assert_eq!(refusal(&wanting), expected, "{field}");
            wanting.as_object_mut().unwrap().remove(field);
            assert_eq!(refusal(&wanting), expected, "{field}");
        }
        let mut wanting = document();
        wanting.as_object_mut().unwrap().remove("token_endpoint");
        assert_eq!(refusal(&wanting), Refusal::Unreadable);
    }

    #[test]
    fn a_key_twice_is_refused() {
        let text = document().to_string().replacen('{', r#"{"issuer":"https://evil.mn","#, 1);

        assert!(matches!(read(&text), Err(Error::Metadata(Refusal::Twice))));
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
