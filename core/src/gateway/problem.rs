//! What the gateway says is wrong (RFC 9457), read from anything.

use serde_json::Value;

use crate::foundation::{
    error::{Error as Public, Outcome},
    json,
};

/// A code or a field name is a short word; a longer one is not ours.
const MAX_WORD: usize = 64;
const MAX_DETAIL: usize = 500;

/// The API of 2021 refuses in words alone: `{result: false, message, data}`.
const PUBLISHED: &str = "published.refused";

/// A refusal. Always has a status and a code, whatever the body was.
#[derive(Clone, PartialEq, Eq)]
pub struct Problem {
    pub status: u16,
    /// A stable word such as `unknown_service`; `http_502` if the gateway gave none.
    pub code: String,
    /// The form field it is about.
    pub field: Option<String>,
    /// For people. May repeat what they typed: never logged.
    pub detail: Option<String>,
    pub retry_after_s: Option<u32>,
}

impl std::fmt::Debug for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Problem({} {})", self.status, self.code)
    }
}

impl Problem {
    /// Nothing but a status and a code.
    pub fn of(status: u16, code: &str) -> Self {
        Self { status, code: code.to_owned(), field: None, detail: None, retry_after_s: None }
    }

    /// It speaks for itself, with a code; else a proxy or a login page may have spoken.
    pub fn is_the_gateways(&self) -> bool {
        !self.code.starts_with("http_")
    }

    /// Total: a body that is no problem document gives the status alone.
    pub(super) fn read(status: u16, body: &[u8], retry_after_s: Option<u32>) -> Self {
        let document: Value = json::parse(body).unwrap_or(Value::Null);
        let text = |name: &str| document.get(name).and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty());
        let published = document.get("result") == Some(&Value::Bool(false)) && text("message").is_some();
        let code = text("code").filter(|t| is_word(t)).or(published.then_some(PUBLISHED));
        Self {
            status,
            code: code.map_or_else(|| format!("http_{status}"), str::to_owned),
            field: text("field").filter(|t| t.chars().count() <= MAX_WORD).map(str::to_owned),
            detail: text("detail").or(text("message")).map(|t| t.chars().take(MAX_DETAIL).collect()),
            retry_after_s,
        }
    }

    pub(super) fn outcome(&self) -> Outcome {
        let busy = |s| Outcome::Expected(Public::Busy { retry_after_s: s });
        let invalid = || Outcome::Expected(Public::invalid(self.field.clone().unwrap_or_default(), self.code.clone()));
        match self.status {
            401 => Outcome::Expected(Public::SignInRequired),
            403 => Outcome::Expected(Public::Forbidden),
            404 => Outcome::Expected(Public::NotFound),
            408 | 504 => Outcome::Expected(Public::Timeout),
            409 if self.code == "key_in_progress" => busy(self.retry_after_s.or(Some(1))),
            429 | 502 | 503 => busy(self.retry_after_s),
            400 | 409 | 410 | 422 => invalid(),
            400..=499 => Outcome::Defect("gateway.refused"),
            _ => Outcome::Defect("gateway.failed"),
        }
    }
}

fn is_word(text: &str) -> bool {
    text.len() <= MAX_WORD && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_document_is_read() {
        let body = r#"{"type":"about:blank","title":"x","status":422,"code":"invalid_field","field":"утас","detail":"Өөрөөр бичнэ үү"}"#;

        let problem = Problem::read(422, body.as_bytes(), None);

        assert_eq!((problem.code.as_str(), problem.field.as_deref()), ("invalid_field", Some("утас")));
        let Outcome::Expected(public) = problem.outcome() else { panic!() };
        assert_eq!(public, Public::invalid("утас", "invalid_field"));
    }

    #[test]
    fn any_other_body_still_gives_a_problem() {
        let deep = "[".repeat(100_000);
        for body in ["", "null", "<html>502 Алдаа</html>", "[1]", r#"{"code":7}"#, r#"{"code":"Өөр үг"}"#, &deep]
        {
            let problem = Problem::read(502, body.as_bytes(), Some(3));

            assert_eq!(
                (problem.code.as_str(), problem.field, problem.retry_after_s),
                ("http_502", None, Some(3)),
                "{body:.40}"
            );
        }
    }

    #[test]
    fn the_api_of_2021_refuses_in_words() {
        let body = r#"{"result":false,"message":"Хүсэлтийг аль хэдийн илгээсэн","data":null}"#;

        let refused = Problem::read(400, body.as_bytes(), None);
        let a_page = Problem::read(400, r#"{"result":false}"#.as_bytes(), None);

        assert!(refused.is_the_gateways() && refused.code == "published.refused");
        assert_eq!(refused.detail.as_deref(), Some("Хүсэлтийг аль хэдийн илгээсэн"));
        assert!(!a_page.is_the_gateways(), "control");
    }

    #[test]
    fn a_problem_shows_no_detail_by_accident() {
        let problem = Problem::read(422, r#"{"code":"invalid_field","detail":"УЖ95121206"}"#.as_bytes(), None);

        assert_eq!(format!("{problem:?}"), "Problem(422 invalid_field)");
    }
}
