//! The gateway's JSON for payments. Money is read strictly: an amount that is no whole ₮, or less than nothing, is an
//! error with a name, never another amount.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::model::{BankLink, Invoice, Settlement};
use crate::{
    country::Mnt,
    foundation::{
        clock::Timestamp,
        error::{Outcome, Outward, outward_from},
        json,
    },
    offline::tolerant,
};

/// Amounts come as numbers and as text; this one is neither of whole ₮.
pub(super) const NOT_WHOLE: &str = "payment.amount_not_whole";

/// A deep link is some hundred letters; QPay's QR text is one too.
const LONGEST_LINK: usize = 2048;

/// What opens something else than a bank.
const NO_BANKS: [&str; 8] = ["javascript", "data", "file", "content", "intent", "tel", "sms", "about"];

#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("an amount is not of whole ₮")]
    AmountNotWhole,
}

impl Outward for Error {
    fn outcome(&self) -> Outcome {
        match self {
            Self::AmountNotWhole => Outcome::Defect(NOT_WHOLE),
        }
    }
}

outward_from!(Error);

/// An amount as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Amount(Option<Mnt>);

impl Amount {
    pub(super) fn whole(self) -> Result<Mnt, Error> {
        self.0.filter(|amount| *amount >= Mnt::ZERO).ok_or(Error::AmountNotWhole)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Ok(Self(json::take(Value::deserialize(d)?)))
    }
}

/// The answer to whoever asks for an invoice.
#[derive(Debug, Deserialize)]
pub struct InvoiceWire {
    invoice_id: String,
    amount_mnt: Amount,
    qr_text: String,
    #[serde(default, deserialize_with = "tolerant::part")]
    links: Vec<BankLink>,
    expires_at: Timestamp,
}

impl InvoiceWire {
    pub(super) fn read(self) -> Result<Invoice, Error> {
        let Self { invoice_id, amount_mnt, qr_text, links, expires_at } = self;
        let links = links.into_iter().filter(|link| opens_a_bank(&link.link)).collect();
        Ok(Invoice { id: invoice_id, amount_mnt: amount_mnt.whole()?, qr_text, links, expires_at })
    }
}

/// What QPay said when the gateway asked it.
#[derive(Debug, Deserialize)]
pub struct CheckWire {
    #[serde(deserialize_with = "tolerant::known")]
    state: Settlement,
    amount_mnt: Amount,
    paid_mnt: Amount,
    receipts: Vec<ReceiptWire>,
    checked_at: Timestamp,
}

#[derive(Debug, Deserialize)]
struct ReceiptWire {
    payment_id: String,
    amount_mnt: Amount,
    #[serde(deserialize_with = "tolerant::known")]
    state: Settlement,
    #[serde(default, deserialize_with = "tolerant::known")]
    wallet: String,
    at: Timestamp,
}

/// An answer whose amounts were read.
pub(super) struct Checked {
    pub(super) state: Settlement,
    pub(super) amount: Mnt,
    pub(super) paid: Mnt,
    pub(super) payments: Vec<Paid>,
    pub(super) at: Timestamp,
}

pub(super) struct Paid {
    pub(super) id: String,
    pub(super) amount: Mnt,
    pub(super) refunded: bool,
    pub(super) wallet: String,
    pub(super) at: Timestamp,
}

impl CheckWire {
    pub(super) fn read(self) -> Result<Checked, Error> {
        let Self { state, amount_mnt, paid_mnt, receipts, checked_at } = self;
        let (amount, paid) = (amount_mnt.whole()?, paid_mnt.whole()?);
        let contradicted = matches!(state, Settlement::Paid | Settlement::Overpaid) && paid < amount;
        let payments = receipts.into_iter().map(ReceiptWire::read).collect::<Result<_, Error>>()?;
        let state = if contradicted { Settlement::Unknown } else { state };
        Ok(Checked { state, amount, paid, payments, at: checked_at })
    }
}

impl ReceiptWire {
    fn read(self) -> Result<Paid, Error> {
        let Self { payment_id, amount_mnt, state, wallet, at } = self;
        let refunded = state == Settlement::Refunded;
        Ok(Paid { id: payment_id, amount: amount_mnt.whole()?, refunded, wallet, at })
    }
}

fn opens_a_bank(link: &str) -> bool {
    let Some((scheme, rest)) = link.split_once(':') else { return false };
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let other = NO_BANKS.iter().any(|name| scheme.eq_ignore_ascii_case(name));
    is_scheme && !other && !rest.is_empty() && link.len() <= LONGEST_LINK && !link.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(amount: &Value, paid: &Value) -> Result<Checked, Error> {
        let told = json!({
            "state": "paid", "amount_mnt": amount, "paid_mnt": paid, "checked_at": "2026-11-28T00:00:00Z",
            "receipts": [{ "payment_id": "1", "amount_mnt": paid, "state": "paid", "at": "2026-11-28T00:00:00Z" }],
        });
        serde_json::from_value::<CheckWire>(told).unwrap().read()
    }

    #[test]
    fn amounts_are_whole_however_they_are_written_and_else_an_error_with_a_name() {
        for amount in [json!(5000), json!("5000"), json!("5000.00"), json!(5000.0)] {
            let checked = check(&amount, &amount).unwrap();
            assert_eq!(
                (checked.amount, checked.paid, checked.payments[0].amount),
                (Mnt::new(5000), Mnt::new(5000), Mnt::new(5000))
            );
        }
        for odd in
            [json!("5000.50"), json!(5000.5), json!("таван мянга"), json!(null), json!(-1), json!("5,00"), json!({})]
        {
            assert!(matches!(check(&json!(5000), &odd), Err(Error::AmountNotWhole)), "{odd}");
            assert!(matches!(check(&odd, &json!(5000)), Err(Error::AmountNotWhole)), "{odd}");
        }
    }

    #[test]
    fn a_state_that_its_own_amounts_contradict_is_not_known() {
        assert_eq!(check(&json!(5000), &json!(4999)).unwrap().state, Settlement::Unknown);
        assert_eq!(check(&json!(5000), &json!(5000)).unwrap().state, Settlement::Paid);
    }

    #[test]
    fn a_link_opens_a_bank_or_is_left_out() {
        for good in ["khanbank://q?qPay_QRcode=1", "https://localhost:1/qpay/pay/1?bank=khokh", "most://q?qPay=Ө"] {
            assert!(opens_a_bank(good), "{good}");
        }
        for bad in [
            "JavaScript:alert(1)",
            "intent://x#Intent;end",
            "file:///etc/passwd",
            "Өрнөх://q",
            "khanbank",
            ":x",
            "a:",
            "a:\n",
        ] {
            assert!(!opens_a_bank(bad), "{bad}");
        }
    }
}
