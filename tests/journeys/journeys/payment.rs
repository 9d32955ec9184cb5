//! A fee, from the invoice through the bank to the receipt, past each trap of QPay v2 by name; and what peers got wrong.

use std::time::Duration;

use emongolia_core::{
    App, Error,
    country::{Mnt, TimeZone},
    foundation::clock::{Clock as _, ManualClock, SystemClock, Timestamp},
    offline::outbox::State,
    services::{
        ServiceId,
        requests::{
            Acts, RequestId,
            payment::{Invoice, Payment, PaymentState},
        },
    },
};
use emongolia_support::{
    Failure, browser,
    processes::{Cli, FaultKind, SandboxProcess, ServerFault},
    temp::temp_dir,
};
use serde_json::{Value, json};

use crate::phone::{PATIENCE, Phone, citizen, confirm, count, pass, settled, sign_in, sync};

/// «Зээлийн мэдээллийн сангийн лавлагаа», with the sandbox's own fee.
pub(crate) const CREDIT: &str = "223abc561181cd4ab6b55626";
const FEE: Mnt = Mnt::new(5_000);

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A request that costs something and has arrived.
pub(crate) async fn applied(app: &App, text: &str) -> RequestId {
    let confirmation = confirm(app, &ServiceId::parse(CREDIT).unwrap(), text).await;
    let operation = app.requests().submit(&confirmation).await.unwrap();
    assert_eq!(settled(app, &operation).await.state, State::Done);
    app.requests().of_operation(&operation).await.unwrap().value.summary.id.unwrap()
}

pub(crate) async fn invoice(app: &App, request: &RequestId) -> Invoice {
    let operation = app.requests().request_payment(request).await.unwrap();
    settled(app, &operation).await;
    app.outbox().flush(PATIENCE).await.unwrap();
    assert_eq!(app.outbox().get(&operation).await.unwrap().state, State::Done);
    app.requests().payment(request).await.unwrap().invoice.unwrap()
}

struct Errand {
    sandbox: SandboxProcess,
    phone: Phone,
    app: App,
    request: RequestId,
}

impl Errand {
    async fn begin() -> Self {
        Self::with(Phone::new).await
    }

    async fn with(phone: impl FnOnce(&SandboxProcess) -> Phone) -> Self {
        let sandbox = SandboxProcess::start_fresh().unwrap();
        let phone = phone(&sandbox);
        let app = phone.start();
        sign_in(&app, &sandbox).await;
        let request = applied(&app, "Өрнөх Үүр банканд").await;
        Self { sandbox, phone, app, request }
    }

    async fn invoice(&self) -> Invoice {
        invoice(&self.app, &self.request).await
    }

    async fn payment(&self) -> Payment {
        self.app.requests().payment(&self.request).await.unwrap()
    }

    async fn check(&self) -> Payment {
        self.app.requests().check_payment(&self.request).await.unwrap()
    }

    /// At the bank.
    async fn pay(&self, invoice: &Invoice, how: Value) -> String {
        let mut order = json!({ "invoice": invoice.id });
        order.as_object_mut().unwrap().extend(how.as_object().unwrap().clone());
        self.sandbox.control().unwrap().pay(order).await.unwrap()
    }

    async fn traps(&self, traps: Value) {
        self.sandbox.control().unwrap().pay_traps(traps).await.unwrap();
    }

    async fn fault(&self, operation: &str, kind: FaultKind) {
        self.sandbox.control().unwrap().faults(&[ServerFault::next(operation, kind)]).await.unwrap();
    }

    async fn flush(&self) {
        self.app.outbox().flush(PATIENCE).await.unwrap();
    }

    async fn end(self) {
        self.app.shutdown(PATIENCE).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fee_is_paid_at_a_bank_and_its_receipt_stays_with_the_citizen() {
    let errand = Errand::begin().await;
    let due = errand.payment().await;
    assert_eq!((due.state, due.amount_mnt, due.missing_mnt), (PaymentState::Due, FEE, FEE));
    assert_eq!(due.title.mn, "Төлбөр төлөх шаардлагатай: 5,000₮.");
    let to_do = async || {
        let progress = errand.app.requests().detail(&errand.request).await.unwrap().value.summary.progress;
        (progress.who_acts, progress.to_pay.map(|words| words.mn))
    };
    let pay = |words: &str| (Acts::Citizen, Some(words.to_owned()));
    assert_eq!(to_do().await, pay("Төлбөр төлөх шаардлагатай: 5,000₮."));
    let invoice = errand.invoice().await;
    let until = TimeZone::Ulaanbaatar.civil(invoice.expires_at);
    assert_eq!(to_do().await, pay(&format!("{until} хүртэл 5,000₮ төлнө үү.")));
    assert_eq!((errand.payment().await.state, invoice.amount_mnt), (PaymentState::Waiting, FEE));
    let bank = invoice.links.iter().find(|link| link.title == "Хөх Тэнгэр банк").unwrap();

    let page = browser::pay_at_bank(errand.sandbox.config(), &bank.link).await.unwrap();
    assert!(page.contains("Төлбөр төлөгдсөн."), "{page}");
    errand.app.requests().back_from_bank(&errand.request).await.unwrap();
    errand.flush().await;

    let paid = errand.payment().await;
    assert_eq!((paid.state, paid.paid_mnt, &paid.invoice), (PaymentState::Paid, FEE, &None));
    assert!(paid.checked_at.is_some());
    assert_eq!(to_do().await, (Acts::Organisation, None), "nothing is to be done");
    let receipts = errand.app.requests().receipts(None).await.unwrap();
    assert_eq!((receipts.items.as_slice(), receipts.next), (paid.receipts.as_slice(), None));
    assert_eq!((paid.receipts[0].wallet.as_str(), paid.receipts[0].amount_mnt), ("Хөх Тэнгэр банк", FEE));
    assert_eq!(paid.receipts[0].about.service_name.as_ref().unwrap().mn, "Зээлийн мэдээллийн сангийн лавлагаа");
    let again = errand.app.requests().request_payment(&errand.request).await;
    assert_eq!(again.err(), Some(Error::invalid("payment", "payment.not_due")));
    errand.app.shutdown(PATIENCE).await.unwrap();
    drop(errand.sandbox);
    let app = errand.phone.start();
    assert_eq!(app.requests().payment(&errand.request).await.unwrap(), paid, "from the device, with no network");
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn days_before_it_was_paid_are_not_counted_against_the_organisation() {
    let clock = ManualClock::at(SystemClock.now());
    let mut errand = Errand::with(|sandbox| Phone::new(sandbox).clock(clock.clone())).await;
    sync(&errand.app).await;
    errand.app.shutdown(PATIENCE).await.unwrap();
    let catalogue = rusqlite::Connection::open(errand.phone.dirs.cache().join("cache.db")).unwrap();
    let at_once = r#"UPDATE service SET duration = '"immediate"' WHERE id = ?1"#;
    assert_eq!(catalogue.execute(at_once, [CREDIT]).unwrap(), 1);
    errand.app = errand.phone.start();
    let told = async || {
        errand.app.requests().refresh().await.unwrap();
        let progress = errand.app.requests().detail(&errand.request).await.unwrap().value.summary.progress;
        (progress.who_acts, progress.by, progress.overdue)
    };

    pass(7 * DAY, &clock, &errand.sandbox).await;
    assert_eq!(told().await, (Acts::Citizen, None, false));
    let invoice = errand.invoice().await;
    errand.pay(&invoice, json!({})).await;
    assert_eq!(errand.check().await.state, PaymentState::Paid);

    let today = TimeZone::Ulaanbaatar.civil(clock.now()).date();
    assert_eq!(told().await, (Acts::Organisation, Some(today), false));
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_amounts_as_text_and_an_end_as_a_moment_or_a_span_lead_to_one_amount_and_one_answer() {
    let errand = Errand::begin().await;
    for traps in [
        json!({ "amounts": "text", "expires_in": "absolute", "wallet_key": "payemnt_wallet" }),
        json!({ "amounts": "number", "expires_in": "relative", "wallet_key": "payment_wallet" }),
    ] {
        errand.traps(traps).await;
        let request = applied(&errand.app, "Үнэлгээнд").await;
        let invoice = invoice(&errand.app, &request).await;
        errand.pay(&invoice, json!({})).await;

        let paid = errand.app.requests().check_payment(&request).await.unwrap();

        assert_eq!((paid.state, paid.paid_mnt), (PaymentState::Paid, FEE));
        assert_eq!(paid.receipts[0].wallet, "Өрнөх Үүр банк");
    }
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_a_callback_before_after_twice_or_never_is_neither_needed_nor_believed() {
    let errand = Errand::begin().await;
    for callback in ["before", "after", "twice", "never"] {
        errand.traps(json!({ "callback": callback })).await;
        let request = applied(&errand.app, "Төлбөр").await;
        let invoice = invoice(&errand.app, &request).await;
        let payment = async || errand.app.requests().payment(&request).await.unwrap();

        errand.pay(&invoice, json!({})).await;
        assert_eq!(payment().await.state, PaymentState::Waiting, "{callback}: nobody has asked");
        sync(&errand.app).await;
        assert!(matches!(payment().await.state, PaymentState::Waiting | PaymentState::Checking | PaymentState::Paid));
        let paid = errand.app.requests().check_payment(&request).await.unwrap();

        assert_eq!((paid.state, paid.receipts.len()), (PaymentState::Paid, 1), "{callback}");
    }
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_a_part_says_what_is_missing_and_the_rest_is_paid_on_the_same_invoice() {
    let errand = Errand::begin().await;
    let invoice = errand.invoice().await;
    errand.pay(&invoice, json!({ "fails": true })).await;
    let failed = errand.check().await;
    assert_eq!((failed.state, failed.invoice.as_ref()), (PaymentState::Failed, Some(&invoice)));

    errand.pay(&invoice, json!({ "amount_mnt": 2_000 })).await;
    let part = errand.check().await;
    assert_eq!((part.state, part.missing_mnt), (PaymentState::Partial, Mnt::new(3_000)));
    assert_eq!(part.title.mn, "Төлбөрийн 2,000₮ төлөгдсөн, 3,000₮ дутуу байна.");
    assert_eq!(errand.invoice().await.id, invoice.id);
    errand.pay(&invoice, json!({})).await;

    let paid = errand.check().await;
    let amounts: Vec<_> = paid.receipts.iter().map(|receipt| receipt.amount_mnt.amount()).collect();
    assert_eq!((paid.state, amounts), (PaymentState::Paid, vec![2_000, 3_000]));
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_what_is_paid_twice_is_there_twice_and_its_refund_is_followed() {
    let clock = ManualClock::at(SystemClock.now());
    let errand = Errand::with(|sandbox| Phone::new(sandbox).clock(clock.clone())).await;
    errand.traps(json!({ "refunds": "later" })).await;
    let invoice = errand.invoice().await;
    errand.pay(&invoice, json!({})).await;
    let twice = errand.pay(&invoice, json!({ "again": true })).await;

    let over = errand.check().await;
    assert_eq!((over.state, over.paid_mnt, over.receipts.len()), (PaymentState::Overpaid, Mnt::new(10_000), 2));
    let goes_back = "Дахин төлөх хэрэггүй. Давхар хийсэн төлбөр төлсөн дансанд чинь өөрөө буцна.";
    assert!(over.next.mn.starts_with(goes_back), "{}", over.next.mn);
    errand.sandbox.control().unwrap().refund(None).await.unwrap();
    pass(DAY, &clock, &errand.sandbox).await;
    sync(&errand.app).await; // nothing has changed in the feed: what is to be given back is looked at by and by
    errand.app.network_available();
    checked_after(over.checked_at, &errand).await;

    let paid = errand.payment().await;
    let refunded: Vec<_> = paid.receipts.iter().map(|receipt| (receipt.id == twice, receipt.refunded)).collect();
    assert_eq!((paid.state, paid.paid_mnt), (PaymentState::Paid, FEE));
    assert!(refunded.iter().all(|(second, back)| second == back), "{refunded:?}");
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_bank_gives_back_before_the_request_is_closed_is_paid_again_on_this_phone() {
    let errand = Errand::begin().await;
    let invoice = errand.invoice().await;
    let payment = errand.pay(&invoice, json!({})).await;
    assert_eq!(errand.check().await.state, PaymentState::Paid);
    errand.sandbox.control().unwrap().refund(Some(&payment)).await.unwrap();

    errand.check().await;
    sync(&errand.app).await;
    let due = errand.payment().await;
    assert_eq!((due.state, due.invoice), (PaymentState::Due, None));
    let to_pay = errand.app.requests().detail(&errand.request).await.unwrap().value.summary.progress.to_pay;
    assert_eq!(to_pay.unwrap().mn, "Төлбөр төлөх шаардлагатай: 5,000₮.");
    let again = errand.invoice().await;
    errand.pay(&again, json!({})).await;

    let paid = errand.check().await;
    let back: Vec<_> = paid.receipts.iter().map(|receipt| receipt.refunded).collect();
    assert_eq!((paid.state, back), (PaymentState::Paid, vec![true, false]));
    errand.end().await;
}

/// Waits for the answer to a look that a sign began.
async fn checked_after(before: Option<Timestamp>, errand: &Errand) {
    while errand.payment().await.checked_at == before {
        assert!(errand.app.next_event().await.unwrap().is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn trap_a_lost_reply_to_the_invoice_makes_no_second_one() {
    let errand = Errand::begin().await;
    errand.fault("invoiceRequest", FaultKind::DropReply).await;
    errand.fault("qpayCreateInvoice", FaultKind::DropReply).await;
    let operation = errand.app.requests().request_payment(&errand.request).await.unwrap();
    assert_eq!(errand.app.requests().request_payment(&errand.request).await.unwrap(), operation);
    settled(&errand.app, &operation).await;
    for _ in 0..4 {
        errand.flush().await;
    }

    assert_eq!(errand.app.outbox().get(&operation).await.unwrap().state, State::Done);
    assert_eq!((count(&errand.sandbox, "invoices"), count(&errand.sandbox, "qpay_invoices")), (1, 1));
    assert_eq!(errand.payment().await.state, PaymentState::Waiting);
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_4_the_wish_to_pay_outlives_the_process_between_invoice_and_answer() {
    let mut errand = Errand::begin().await;
    errand.sandbox.kill().unwrap();
    let operation = errand.app.requests().request_payment(&errand.request).await.unwrap();
    assert_eq!(errand.payment().await.state, PaymentState::Asking);
    errand.app.shutdown(PATIENCE).await.unwrap();
    errand.sandbox.restart().unwrap();
    errand.fault("invoiceRequest", FaultKind::DropReply).await;
    let app = errand.phone.start();
    settled(&app, &operation).await;
    app.shutdown(PATIENCE).await.unwrap(); // asked for, and not answered

    errand.app = errand.phone.start();
    errand.flush().await;

    assert_eq!(errand.app.outbox().get(&operation).await.unwrap().state, State::Done);
    assert_eq!((errand.payment().await.state, count(&errand.sandbox, "invoices")), (PaymentState::Waiting, 1));
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_phones_of_one_citizen_share_the_invoice_and_the_receipt() {
    let errand = Errand::begin().await;
    let other = Phone::new(&errand.sandbox);
    let app = other.start();
    sign_in(&app, &errand.sandbox).await;
    sync(&app).await;

    let (here, there) = tokio::join!(errand.invoice(), invoice(&app, &errand.request));
    assert_eq!(here, there);
    errand.pay(&here, json!({})).await;
    assert_eq!(errand.check().await.state, PaymentState::Paid);
    let operation = app.requests().request_payment(&errand.request).await.unwrap();
    settled(&app, &operation).await;
    app.outbox().flush(PATIENCE).await.unwrap();

    let payment = app.requests().payment(&errand.request).await.unwrap();
    assert_eq!((payment.state, payment.invoice, payment.receipts.len()), (PaymentState::Paid, None, 1));
    assert_eq!(count(&errand.sandbox, "invoices"), 1);
    app.shutdown(PATIENCE).await.unwrap();
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_invoice_is_replaced_by_one_for_what_is_left_and_the_old_one_can_not_be_paid() {
    let clock = ManualClock::at(SystemClock.now());
    let errand = Errand::with(|sandbox| Phone::new(sandbox).clock(clock.clone())).await;
    let first = errand.invoice().await;
    errand.pay(&first, json!({ "amount_mnt": 1_000 })).await;
    pass(DAY + Duration::from_secs(60), &clock, &errand.sandbox).await;
    assert_eq!(errand.payment().await.state, PaymentState::Expired);
    let part = errand.check().await;
    assert_eq!((part.state, &part.invoice), (PaymentState::Partial, &None));

    let second = errand.invoice().await;

    assert_eq!((second.amount_mnt, second.id == first.id), (Mnt::new(4_000), false));
    let old = errand.sandbox.control().unwrap().pay(json!({ "invoice": first.id })).await;
    assert!(old.unwrap_err().to_string().contains("invoice_closed"));
    errand.pay(&second, json!({})).await;
    assert_eq!(errand.check().await.state, PaymentState::Paid);
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_paid_for_a_request_that_is_refused_is_followed_until_it_is_given_back() {
    let errand = Errand::begin().await;
    errand.traps(json!({ "refunds": "later" })).await;
    let invoice = errand.invoice().await;
    errand.pay(&invoice, json!({})).await;
    assert_eq!(errand.check().await.state, PaymentState::Paid);

    errand.sandbox.control().unwrap().advance(errand.request.as_str(), "REJECTED", None).await.unwrap();
    let back = errand.check().await;
    assert_eq!((back.state, back.title.mn.as_str()), (PaymentState::Refunding, "Төлсөн 5,000₮ буцаагдаж байна."));
    errand.sandbox.control().unwrap().refund(None).await.unwrap();

    let given = errand.check().await;
    assert_eq!((given.state, given.title.mn.as_str()), (PaymentState::Refunded, "Төлсөн 5,000₮ буцаагдсан."));
    assert!(given.receipts[0].refunded);
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_waits_has_its_invoice_asked_for_right_behind_it() {
    let mut errand = Errand::begin().await;
    let confirmation = confirm(&errand.app, &ServiceId::parse(CREDIT).unwrap(), "Өвөлжөөнд").await;
    errand.sandbox.kill().unwrap();
    let submitted = errand.app.requests().submit(&confirmation).await.unwrap();
    let asked = errand.app.requests().pay_on_arrival(&submitted).await.unwrap();
    assert_eq!(errand.app.requests().pay_on_arrival(&submitted).await.unwrap(), asked);

    errand.sandbox.restart().unwrap();
    errand.flush().await;

    let request = errand.app.requests().of_operation(&submitted).await.unwrap().value.summary.id.unwrap();
    assert_eq!(errand.app.outbox().get(&asked).await.unwrap().state, State::Done);
    let payment = errand.app.requests().payment(&request).await.unwrap();
    assert_eq!((payment.state, payment.about.number.is_some()), (PaymentState::Waiting, true));
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_network_gone_a_payment_is_being_checked_and_nothing_is_claimed() {
    let mut errand = Errand::begin().await;
    let invoice = errand.invoice().await;
    errand.pay(&invoice, json!({})).await;
    errand.sandbox.kill().unwrap();

    errand.app.requests().back_from_bank(&errand.request).await.unwrap();
    assert_eq!(errand.app.requests().check_payment(&errand.request).await.err(), Some(Error::Offline));

    let unknown = errand.payment().await;
    assert_eq!((unknown.state, unknown.paid_mnt, unknown.checked_at), (PaymentState::Checking, Mnt::ZERO, None));
    assert_eq!(unknown.next.mn, "Төлсөн бол дахин бүү төлөөрэй. Хариу ирмэгц энд харагдана.");
    errand.sandbox.restart().unwrap();
    errand.flush().await;
    assert_eq!(errand.payment().await.state, PaymentState::Paid);
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_hint_leads_to_a_question_and_its_answer_to_the_receipt() {
    let errand = Errand::begin().await;
    let token = "phone-of-a-payer";
    settled(&errand.app, &errand.app.push().register(token).await.unwrap()).await;
    sync(&errand.app).await;
    let invoice = errand.invoice().await;

    errand.pay(&invoice, json!({})).await;
    let paid = loop {
        // One of them is about the message that says so.
        let push = browser::poll_push(errand.sandbox.config(), token, Duration::from_secs(20)).await.unwrap().unwrap();
        errand.app.handle_push(&push, PATIENCE).await.unwrap();
        errand.flush().await;
        let payment = errand.payment().await;
        if payment.state != PaymentState::Waiting {
            break payment;
        }
    };

    assert_eq!((paid.state, paid.receipts.len()), (PaymentState::Paid, 1));
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_1_a_check_whose_token_is_over_gives_the_second_answer() {
    let errand = Errand::begin().await;
    let invoice = errand.invoice().await;
    errand.pay(&invoice, json!({})).await;
    errand.sandbox.control().unwrap().expire_tokens().await.unwrap();

    assert_eq!(errand.check().await.state, PaymentState::Paid);
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_6_checks_at_once_with_a_token_that_is_over_renew_it_once() {
    let errand = Errand::begin().await;
    let invoice = errand.invoice().await;
    errand.pay(&invoice, json!({})).await;
    let control = errand.sandbox.control().unwrap();
    control.expire_tokens().await.unwrap();
    let renewals = async || {
        let sent = control.sent().await.unwrap();
        sent.iter().filter(|one| one.operation == "issueToken").count()
    };
    let before = renewals().await;

    let checks = (0..8).map(|_| errand.app.requests().check_payment(&errand.request)).map(tokio::spawn);
    for check in checks.collect::<Vec<_>>() {
        assert_eq!(check.await.unwrap().unwrap().state, PaymentState::Paid);
    }

    assert_eq!(renewals().await - before, 1);
    assert_eq!(errand.app.requests().receipts(None).await.unwrap().items.len(), 1);
    errand.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn defect_7_an_invoice_that_can_not_be_had_is_shown_and_ends_when_the_citizen_says_so() {
    let errand = Errand::begin().await;
    errand.fault("invoiceRequest", FaultKind::Status { status: 422, retry_after: None }).await;
    let operation = errand.app.requests().request_payment(&errand.request).await.unwrap();
    let view = settled(&errand.app, &operation).await;

    assert_eq!(view.state, State::Wedged);
    let held = errand.payment().await;
    assert_eq!((held.state, held.operation.as_ref()), (PaymentState::Held, Some(&operation)));
    assert_eq!(held.title.mn, "Нэхэмжлэх авч чадсангүй.");
    errand.app.outbox().retry(&operation).await.unwrap();
    errand.flush().await;
    assert_eq!(errand.payment().await.state, PaymentState::Waiting);
    errand.end().await;
}

/// How a payment stands on a phone whose citizen went to the bank and came back without paying.
async fn back_without_paying(believes: bool) -> PaymentState {
    let phone = |sandbox: &SandboxProcess| {
        let mut phone = Phone::new(sandbox);
        phone.controls.believe_banks = believes;
        phone
    };
    let errand = Errand::with(phone).await;
    errand.invoice().await;
    errand.app.requests().back_from_bank(&errand.request).await.unwrap();
    errand.flush().await;
    let state = errand.payment().await.state;
    errand.end().await;
    state
}

#[tokio::test(flavor = "multi_thread")]
async fn control_a_phone_that_believes_the_way_back_from_a_bank_shows_what_nobody_paid() {
    assert_eq!(back_without_paying(true).await, PaymentState::Paid);
    assert!(matches!(back_without_paying(false).await, PaymentState::Checking | PaymentState::Waiting));
}

/// As a person pays at a terminal: each command is a process, and one is killed before its answer has come.
#[tokio::test(flavor = "multi_thread")]
async fn a_fee_is_paid_from_a_terminal_that_is_killed_between_invoice_and_answer() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let control = sandbox.control().unwrap();
    let dir = temp_dir("payment-").unwrap();
    let cli = Cli::new(dir.path().join("утас"), &sandbox).unwrap();
    let citizen = citizen(&sandbox);
    cli.json(["sync"]).unwrap();
    cli.json(["sign-in", "--citizen", &citizen.regnum, "--code", &citizen.code]).unwrap();
    let confirmed = cli.json(["request", "confirm", CREDIT, "--set", "forUsage=Өрнөх Үүр банк"]).unwrap();
    cli.json(["request", "submit", confirmed["id"].as_str().unwrap()]).unwrap();
    let listed = cli.json(["request", "list"]).unwrap();
    let id = listed["value"]["items"][0]["id"].as_str().unwrap();
    assert_eq!(cli.json(["request", "payment", id]).unwrap()["state"], "due");

    control.faults(&[ServerFault::next("invoiceRequest", FaultKind::Silence)]).await.unwrap();
    let made = || Ok::<_, Failure>(count(&sandbox, "invoices") > 0);
    assert!(cli.killed_once(["request", "pay", id], made).unwrap(), "it waits for the answer");
    assert_eq!(cli.json(["request", "payment", id]).unwrap()["state"], "asking");

    let invoice = cli.json(["request", "pay", id]).unwrap();
    assert_eq!((&invoice["state"], count(&sandbox, "invoices")), (&json!("waiting"), 1));
    let shown = cli.run(["request", "payment", id]).unwrap().stdout;
    assert!(shown.contains("▀") && shown.contains("Хөх Тэнгэр банк") && shown.contains("5,000₮"), "{shown}");
    control.pay(json!({ "invoice": invoice["invoice"]["id"] })).await.unwrap();
    assert_eq!(cli.json(["request", "payment", id, "--check"]).unwrap()["state"], "paid");
    let receipts = cli.json(["request", "receipts"]).unwrap();
    assert_eq!((&receipts["items"][0]["amount_mnt"], &receipts["next"]), (&json!(5_000), &Value::Null));
    let again = cli.run(["--json", "request", "pay", id]).unwrap();
    assert!(again.stderr.contains("payment.not_due"), "{again:?}");
}
