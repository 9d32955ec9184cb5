//! An operation of the gateway, declared once by the feature that uses it.

use std::marker::PhantomData;

use super::{Error, Result};

/// Whom an operation answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody: nothing about the citizen is sent.
    Public,
    /// The citizen who is signed in.
    Citizen,
}

/// Where a read goes, without the type of its answer.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// For the log.
    pub name: &'static str,
    /// From the root, with `{parameters}`, each a whole segment.
    pub path: &'static str,
    pub access: Access,
    /// The name under which its answer must be signed, with the same `{parameters}`. `None`: it is not signed.
    pub signed: Option<&'static str>,
}

/// A read: `static MESSAGE: Endpoint<Message> = Endpoint::get("getMessage", "/v1/inbox/{id}", Access::Citizen);`
/// What changes something goes through the outbox, which has its own form of a request: [`super::Outgoing`].
pub struct Endpoint<Res> {
    pub route: Route,
    answers: PhantomData<fn() -> Res>,
}

impl<Res> Endpoint<Res> {
    pub const fn get(name: &'static str, path: &'static str, access: Access) -> Self {
        Self { route: Route { name, path, access, signed: None }, answers: PhantomData }
    }

    /// As [`Endpoint::get`], for a document that is the same for everybody and signed: `catalogue`, `service/{id}`.
    pub const fn document(name: &'static str, path: &'static str, document: &'static str) -> Self {
        let route = Route { name, path, access: Access::Public, signed: Some(document) };
        Self { route, answers: PhantomData }
    }
}

/// What one call of an endpoint brings along.
#[derive(Default)]
pub struct Call<'a> {
    pub(super) params: Vec<(&'static str, &'a str)>,
    pub(super) query: Vec<(String, String)>,
    pub(super) if_none_match: Option<&'a str>,
}

impl<'a> Call<'a> {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn param(mut self, name: &'static str, value: &'a str) -> Self {
        self.params.push((name, value));
        self
    }

    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        self.query.push((name.to_owned(), value.to_string()));
        self
    }

    pub fn if_none_match(mut self, etag: Option<&'a str>) -> Self {
        self.if_none_match = etag;
        self
    }
}

/// Every parameter once, every value a whole segment and nothing but a segment.
pub(super) fn fill(template: &str, params: &[(&'static str, &str)]) -> Result<String> {
    Ok(format!("/{}", document(template.strip_prefix('/').ok_or(Error::Address)?, params)?))
}

/// As [`fill`], without the root.
pub(super) fn document(template: &str, params: &[(&'static str, &str)]) -> Result<String> {
    let mut filled = String::with_capacity(template.len() + 32);
    let mut used = 0;
    for (n, segment) in template.split('/').enumerate() {
        if n > 0 {
            filled.push('/');
        }
        match segment.strip_prefix('{').and_then(|s| s.strip_suffix('}')) {
            Some(name) => {
                let (_, value) = params.iter().find(|(each, _)| *each == name).ok_or(Error::Address)?;
                if matches!(*value, "" | "." | "..") {
                    return Err(Error::Address); // would name another resource
                }
                push_encoded(&mut filled, value);
                used += 1;
            }
            None => filled.push_str(segment),
        }
    }
    if used == params.len() { Ok(filled) } else { Err(Error::Address) }
}

/// RFC 3986 §2.1: everything but the unreserved characters.
fn push_encoded(out: &mut String, value: &str) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_becomes_one_segment_whatever_is_in_it() {
        for (value, expected) in [
            ("26-000123", "/v1/requests/26-000123"),
            ("Өргөдөл", "/v1/requests/%D3%A8%D1%80%D0%B3%D3%A9%D0%B4%D3%A9%D0%BB"),
            ("Үл мэдэх", "/v1/requests/%D2%AE%D0%BB%20%D0%BC%D1%8D%D0%B4%D1%8D%D1%85"),
            ("a/b?c#d%2e", "/v1/requests/a%2Fb%3Fc%23d%252e"),
        ] {
            assert_eq!(fill("/v1/requests/{id}", &[("id", value)]).unwrap(), expected);
        }
    }

    #[test]
    fn a_parameter_that_would_lead_elsewhere_is_refused() {
        for value in ["", ".", ".."] {
            assert!(matches!(fill("/v1/inbox/{id}/read", &[("id", value)]), Err(Error::Address)));
        }
    }

    #[test]
    fn a_missing_or_superfluous_parameter_is_refused() {
        assert!(fill("/v1/{a}/{b}", &[("a", "1")]).is_err());
        assert!(fill("/v1/{a}", &[("a", "1"), ("b", "2")]).is_err());
        assert!(fill("v1", &[]).is_err());
    }
}
