//! Paying for a request: its invoice, how it stands, receipts.

use std::time::Duration;

use emongolia_core::{
    offline::outbox::State,
    services::requests::{
        RequestId,
        payment::{Payment, PaymentState, Receipt},
    },
};

use super::{follow, request::waiting, show_sent};
use crate::{
    args,
    errors::Failure,
    output::{Page, Table, words},
    terminal::Terminal,
    texts,
};

pub(super) async fn run(command: args::Paying, terminal: &Terminal) -> Result<(), Failure> {
    match command {
        args::Paying::Pay { request_id, wait } => pay(&request_id, wait, terminal).await,
        args::Paying::Payment { request_id, check } => show(&request_id, check, terminal).await,
        args::Paying::Receipts { before } => receipts(before, terminal).await,
    }
}

async fn pay(id: &RequestId, wait_s: u64, terminal: &Terminal) -> Result<(), Failure> {
    let requests = terminal.app.requests();
    let submission = waiting(id, terminal).await;
    let operation = match &submission {
        Some(submission) => requests.pay_on_arrival(submission).await?,
        None => requests.request_payment(id).await?,
    };
    let view = follow(&operation, Duration::from_secs(wait_s), terminal).await?;
    if view.state != State::Done {
        return show_sent(&view, texts::DONE, texts::INVOICE_WAITING, terminal);
    }
    let request = match &submission {
        Some(submission) => requests.of_operation(submission).await?.value.summary.id,
        None => None,
    };
    show(request.as_ref().unwrap_or(id), false, terminal).await
}

async fn show(id: &RequestId, check: bool, terminal: &Terminal) -> Result<(), Failure> {
    let requests = terminal.app.requests();
    let payment = if check { requests.check_payment(id).await? } else { requests.payment(id).await? };
    terminal.output.result(terminal.now(), &payment, |page| payment_page(page, &payment))?;
    match payment.state {
        PaymentState::Due | PaymentState::Expired => terminal.output.hint(texts::PAY, &[id.as_str()]),
        PaymentState::Waiting | PaymentState::Checking | PaymentState::Partial | PaymentState::Failed => {
            terminal.output.hint(texts::CHECK_PAYMENT, &[id.as_str()]);
        }
        PaymentState::Asking
        | PaymentState::Held
        | PaymentState::Paid
        | PaymentState::Overpaid
        | PaymentState::Refunding
        | PaymentState::Refunded => {}
    }
    Ok(())
}

fn payment_page(page: &mut Page, payment: &Payment) {
    let language = page.language;
    let name = payment.about.service_name.as_ref().map(|name| name.in_language(language));
    page.title(name.unwrap_or(payment.about.service.as_str()));
    page.line(payment.title.in_language(language));
    page.paragraph(payment.next.in_language(language));
    page.gap();
    let mut pairs = vec![
        (texts::NUMBER_OF, payment.about.number.clone().unwrap_or_else(|| "—".to_owned())),
        (texts::FEE, payment.amount_mnt.to_string()),
        (texts::PAID_SO_FAR, payment.paid_mnt.to_string()),
        (texts::CHECKED_AT, payment.checked_at.map_or_else(|| "—".to_owned(), words::moment)),
    ];
    if let Some(invoice) = &payment.invoice {
        pairs.push((texts::INVOICE, invoice.id.clone()));
        pairs.push((texts::TO_PAY, invoice.amount_mnt.to_string()));
        pairs.push((texts::PAY_UNTIL, words::moment(invoice.expires_at)));
    }
    page.pairs(&pairs);
    if let Some(invoice) = &payment.invoice {
        page.gap();
        page.qr(&invoice.qr_text);
        page.heading(texts::BANKS);
        let mut table = Table::new().column(page.word(texts::BANK)).whole(page.word(texts::LINK));
        invoice.links.iter().for_each(|link| table.row([link.title.clone(), link.link.clone()]));
        page.table(&table);
    }
    if !payment.receipts.is_empty() {
        page.heading(texts::RECEIPTS);
        receipt_table(page, &payment.receipts);
    }
}

async fn receipts(before: Option<String>, terminal: &Terminal) -> Result<(), Failure> {
    let receipts = terminal.app.requests().receipts(before).await?;
    terminal.output.result(terminal.now(), &receipts, |page| {
        if receipts.items.is_empty() {
            page.say(texts::NO_RECEIPTS);
        } else {
            receipt_table(page, &receipts.items);
        }
        if let Some(next) = &receipts.next {
            page.more(&format!("emongolia request receipts --before {}", words::quoted(next)));
        }
    })
}

fn receipt_table(page: &mut Page, receipts: &[Receipt]) {
    let word = |text| page.word(text);
    let mut table = Table::new()
        .whole(word(texts::PAID_AT))
        .whole(word(texts::AMOUNT))
        .column(word(texts::SERVICE))
        .column(word(texts::BANK))
        .whole(word(texts::ID));
    for receipt in receipts {
        let back = receipt.refunded.then(|| format!(" ({})", word(texts::GIVEN_BACK)));
        let name = receipt.about.service_name.as_ref().map(|name| name.in_language(page.language));
        table.row([
            words::moment(receipt.paid_at),
            format!("{}{}", receipt.amount_mnt, back.unwrap_or_default()),
            name.unwrap_or(receipt.about.service.as_str()).to_owned(),
            receipt.wallet.clone(),
            receipt.id.clone(),
        ]);
    }
    page.table(&table);
}

#[cfg(test)]
mod tests {
    use emongolia_core::{
        Language,
        country::{LocalisedText, Mnt},
        foundation::clock::Timestamp,
        services::{
            ServiceId,
            requests::payment::{About, BankLink, Invoice},
        },
    };

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_s(1_795_392_000);

    fn about() -> About {
        About {
            number: Some("26-000123".into()),
            service: ServiceId::parse("ac8a").unwrap(),
            service_name: Some(LocalisedText::mongolian("Зээлийн лавлагаа")),
        }
    }

    fn payment() -> Payment {
        let receipt = Receipt {
            id: "123456789012345".into(),
            request: RequestId::parse("r1").unwrap(),
            about: about(),
            amount_mnt: Mnt::new(2_000),
            refunded: true,
            wallet: "Өрнөх Үүр банк".into(),
            paid_at: NOW,
        };
        let link =
            BankLink { bank: "ornokh".into(), title: "Өрнөх Үүр банк".into(), link: "ornokh://q?1".into() };
        Payment {
            request: RequestId::parse("r1").unwrap(),
            about: about(),
            state: PaymentState::Partial,
            title: LocalisedText::new("2,000₮ дутуу.", "Missing."),
            next: LocalisedText::new("Төлнө үү.", "Pay."),
            amount_mnt: Mnt::new(5_000),
            paid_mnt: Mnt::new(3_000),
            missing_mnt: Mnt::new(2_000),
            invoice: Some(Invoice {
                id: "26-000123.1".into(),
                amount_mnt: Mnt::new(5_000),
                qr_text: "QR".into(),
                links: vec![link],
                expires_at: NOW,
            }),
            receipts: vec![receipt],
            checked_at: Some(NOW),
            operation: None,
        }
    }

    #[test]
    fn a_payment_has_a_stable_shape() {
        assert_eq!(
            serde_json::to_string(&payment()).unwrap(),
            r#"{"request":"r1","about":{"number":"26-000123","service":"ac8a","service_name":{"mn":"Зээлийн лавлагаа"}},"state":"partial","title":{"mn":"2,000₮ дутуу.","en":"Missing."},"next":{"mn":"Төлнө үү.","en":"Pay."},"amount_mnt":5000,"paid_mnt":3000,"missing_mnt":2000,"invoice":{"id":"26-000123.1","amount_mnt":5000,"qr_text":"QR","links":[{"bank":"ornokh","title":"Өрнөх Үүр банк","link":"ornokh://q?1"}],"expires_at":"2026-11-23T00:00:00.000Z"},"receipts":[{"id":"123456789012345","request":"r1","about":{"number":"26-000123","service":"ac8a","service_name":{"mn":"Зээлийн лавлагаа"}},"amount_mnt":2000,"refunded":true,"wallet":"Өрнөх Үүр банк","paid_at":"2026-11-23T00:00:00.000Z"}],"checked_at":"2026-11-23T00:00:00.000Z","operation":null}"#
        );
    }

    #[test]
    fn a_person_reads_a_payment_as_a_page() {
        let mut page = Page::for_tests(Language::Mn, NOW);

        payment_page(&mut page, &payment());

        let text = page.into_text();
        let (before, after) = (text.split("\n\n").next().unwrap(), text.split('█').next_back().unwrap());
        assert_eq!(before, "Зээлийн лавлагаа\n2,000₮ дутуу.\nТөлнө үү.");
        assert!(text.contains("  Төлөх хугацаа  2026.11.23 08:00\n") && text.contains('▀'), "{text}");
        assert!(after.contains("Өрнөх Үүр банк  ornokh://q?1\n"), "{after}");
        assert!(
            after
                .contains("2026.11.23 08:00  2,000₮ (буцаагдсан)  Зээлийн лавлагаа  Өрнөх Үүр банк  123456789012345\n")
        );
    }
}
