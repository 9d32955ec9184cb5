//! Documents that are the same for everybody, and signed: configuration, catalogue, areas, bundles, services with forms.
//!
//! Guarantees: what is read is what was signed, byte for byte, by a key of [`Config`] that is none of TLS, as the document
//! that was asked for; which version of it that is, is signed too.

use serde_json::Value;

use crate::foundation::{
    config::{Config, DocumentKey},
    crypto::jws,
};

/// `BASE64URL(protected header)..BASE64URL(signature)` over the decoded body (RFC 7515 app. F).
pub(super) const FIELD: &str = "document-signature";

/// So that nothing else that these keys sign can pass for a document.
const KIND: &str = "emongolia-document";

/// Why a document was not taken. What was there before stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("it came without a signature")]
    Unsigned,
    #[error(transparent)]
    Signature(jws::Refusal),
    #[error("what is signed is no document of a known form")]
    Kind,
    /// Also another service's page and form.
    #[error("what is signed is another document")]
    Other,
    #[error("it is older than what is known to have been published")]
    Rollback,
}

impl Refusal {
    /// For the outside.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unsigned => "document.unsigned",
            Self::Signature(_) | Self::Kind => "document.signature",
            Self::Other => "document.other",
            Self::Rollback => "document.rollback",
        }
    }
}

/// A version of a document, as its signer names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// `catalogue`, `service/<id>`.
    pub document: String,
    /// A serial number, never a time.
    pub version: i64,
    pub signed_by: String,
}

pub(super) fn verify(
    keys: &[DocumentKey],
    signature: Option<&str>,
    document: &str,
    body: &[u8],
) -> Result<Edition, Refusal> {
    let signature = signature.ok_or(Refusal::Unsigned)?;
    let signed = jws::verify_detached(signature, body, |kid| Config::document_key(keys, kid));
    let jws::Detached { kid, typ, doc, ver } = signed.map_err(Refusal::Signature)?;
    let version = ver.as_ref().and_then(Value::as_i64).filter(|version| *version > 0);
    let (Some(KIND), Some(Value::String(doc)), Some(version)) = (typ.as_deref(), doc, version) else {
        return Err(Refusal::Kind);
    };
    if doc != document {
        return Err(Refusal::Other);
    }
    Ok(Edition { document: doc, version, signed_by: kid })
}

#[cfg(test)]
pub(crate) mod testing {
    use serde_json::json;

    use crate::foundation::net::testing::{Reply, SIGNERS};

    /// The value of the header field, by the key in use.
    pub(crate) fn signature(document: &str, version: i64, body: &[u8]) -> String {
        let header = json!({"alg": "ES256", "kid": "doc-1", "typ": super::KIND, "doc": document, "ver": version});
        SIGNERS[0].sign_detached(&header, body)
    }

    /// 200 with this JSON, signed.
    pub(crate) fn published(document: &str, version: i64, body: &serde_json::Value) -> Reply {
        let signature = signature(document, version, body.to_string().as_bytes());
        Reply::json(200, body).with("Document-Signature", signature)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{testing::signature, *};
    use crate::foundation::net::testing::{SIGNERS, document_keys};

    const FORM: &[u8] = "{\"form\":{\"гарчиг\":\"Үнэмлэх сэргээлгэх\"}}".as_bytes();

    fn judge(signature: &str, document: &str, body: &[u8]) -> Result<Edition, Refusal> {
        verify(&document_keys(), Some(signature), document, body)
    }

    #[test]
    fn a_document_is_what_was_signed_as_that_document() {
        let edition = judge(&signature("service/a", 7, FORM), "service/a", FORM);

        let expected = Edition { document: "service/a".into(), version: 7, signed_by: "doc-1".into() };
        assert_eq!(edition, Ok(expected));
    }

    #[test]
    fn another_services_form_is_refused_though_well_signed() {
        let other = signature("service/b", 7, FORM);

        assert_eq!(judge(&other, "service/a", FORM), Err(Refusal::Other));
        assert!(judge(&other, "service/b", FORM).is_ok(), "control: it is good for its own service");
        assert_eq!(judge(&signature("areas", 7, FORM), "catalogue", FORM), Err(Refusal::Other));
    }

    #[test]
    fn what_nobody_signed_or_somebody_else_or_only_in_part_is_refused() {
        let good = signature("service/a", 7, FORM);
        let elsewhere = vec![document_keys().remove(1)];

        assert_eq!(verify(&document_keys(), None, "service/a", FORM), Err(Refusal::Unsigned));
        let broken = Err(Refusal::Signature(jws::Refusal::Signature));
        assert_eq!(judge(&good, "service/a", &FORM[..FORM.len() - 1]), broken);
        assert_eq!(judge(&good, "service/a", b""), broken);
        let unknown = Err(Refusal::Signature(jws::Refusal::UnknownKey));
        assert_eq!(verify(&elsewhere, Some(&good), "service/a", FORM), unknown);
    }

    #[test]
    fn a_signature_of_another_kind_or_without_a_version_is_no_documents() {
        let with = |typ: Value, doc: Value, ver: Value| {
            let header = json!({"alg": "ES256", "kid": "doc-1", "typ": typ, "doc": doc, "ver": ver});
            judge(&SIGNERS[0].sign_detached(&header, FORM), "areas", FORM)
        };

        assert!(with(json!(KIND), json!("areas"), json!(1)).is_ok(), "control");
        for (typ, doc, ver) in [
            (json!("JWT"), json!("areas"), json!(1)),
            (json!(null), json!("areas"), json!(1)),
            (json!(KIND), json!(null), json!(1)),
            (json!(KIND), json!(["areas"]), json!(1)),
            (json!(KIND), json!("areas"), json!(null)),
            (json!(KIND), json!("areas"), json!("1")),
            (json!(KIND), json!("areas"), json!(0)),
            (json!(KIND), json!("areas"), json!(-1)),
            (json!(KIND), json!("areas"), json!(u64::MAX)),
            (json!(KIND), json!("areas"), json!(1.5)),
        ] {
            assert_eq!(with(typ.clone(), doc.clone(), ver.clone()), Err(Refusal::Kind), "{typ} {doc} {ver}");
        }
    }
}
