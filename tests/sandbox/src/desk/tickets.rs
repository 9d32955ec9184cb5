//! A form's ticket: says that this desk wrote the form, for which page, and tells one sending from another.
//!
//! Guarantees: nobody without the sandbox's secret can make one; one made for a page is worth nothing on another.

use ring::hmac;

use crate::text;

pub(super) struct Tickets(hmac::Key);

impl Tickets {
    pub(super) fn new(secret: &str) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, format!("desk forms {secret}").as_bytes()))
    }

    /// A new one for the form on the page at `path`.
    pub(super) fn issue(&self, path: &str) -> String {
        let once = text::base64url(&text::random::<16>());
        let seal = text::base64url(hmac::sign(&self.0, &signed(&once, path)).as_ref());
        format!("{once}.{seal}")
    }

    /// What is never the same twice, when the ticket is ours and for this page.
    pub(super) fn admit(&self, ticket: &str, path: &str) -> Option<String> {
        let (once, seal) = ticket.split_once('.')?;
        hmac::verify(&self.0, &signed(once, path), &text::from_base64url(seal)?).ok()?;
        Some(once.to_owned())
    }
}

/// Neither part can hold the line's end.
fn signed(once: &str, path: &str) -> Vec<u8> {
    format!("{once}\n{path}").into_bytes()
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_ticket_holds_for_its_page_and_over_a_restart() {
        let ticket = Tickets::new("Өвөө").issue("/notices/new");

        assert!(Tickets::new("Өвөө").admit(&ticket, "/notices/new").is_some());
        assert_eq!(Tickets::new("Өвөө").admit(&ticket, "/requests/1/steps/EDIT"), None);
        assert_eq!(Tickets::new("Эмээ").admit(&ticket, "/notices/new"), None);
    }

    #[test]
    fn what_is_no_ticket_is_refused() {
        let tickets = Tickets::new("Үнэн");
        let (once, _) = tickets.issue("/").split_once('.').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();

        for forged in ["", ".", "Ө.Ү", &once, &format!("{once}."), &format!("{once}.AAAA")] {
            assert_eq!(tickets.admit(forged, "/"), None, "{forged}");
        }
    }
}
