use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    super::{
        Status,
        model::ConfirmationId,
        store::{Confirmed, put_confirmation},
        submit::Submit,
        testing::state,
        wire::SubmitWire,
    },
    store::Row,
    *,
};
use crate::{
    country::{LocalisedText, Mnt},
    foundation::{
        clock::{Clock as _, ManualClock},
        config::Language,
        events::Events,
        net,
        runtime::Spawner,
        storage::{self, Dao, Store},
    },
    gateway::{Answer, Outgoing, Problem},
    offline::outbox::{Courier, Outbox, Registry, State},
};

const HOUR: Duration = Duration::from_secs(3600);
const NOW: Timestamp = Timestamp::from_unix_s(1_795_392_000);
const FEE: i64 = 5_000;

/// The gateway's side: answers in turn, the last one for ever.
#[derive(Default)]
struct Till(Mutex<Inside>);

#[derive(Default)]
struct Inside {
    answers: Vec<(&'static str, Reply)>,
    /// Path and key of each request.
    asked: Vec<(String, Option<String>)>,
}

#[derive(Clone)]
enum Reply {
    Told(Value),
    No(u16, &'static str),
    Lost,
}

impl Courier for Till {
    fn send(&self, outgoing: Outgoing) -> BoxFuture<'_, Result<Answer, gateway::Error>> {
        Box::pin(async move {
            let mut inside = self.0.lock().unwrap();
            let place = outgoing.path.rsplit('/').next().unwrap().to_owned();
            inside.asked.push((outgoing.path.clone(), outgoing.key.map(|key| key.as_str().to_owned())));
            let turn = inside.answers.iter().position(|(of, _)| *of == place).unwrap_or_else(|| panic!("{place}"));
            let last = inside.answers.iter().filter(|(of, _)| *of == place).count() == 1;
            let reply = if last { inside.answers[turn].1.clone() } else { inside.answers.remove(turn).1 };
            match reply {
                Reply::Told(body) => {
                    let body = body.to_string().into_bytes();
                    Ok(Answer { status: 200, body, etag: None, replayed: false, retry_after_s: None })
                }
                Reply::No(status, code) => Err(gateway::Error::Problem(Problem::of(status, code))),
                Reply::Lost => Err(net::Error::Lost { host: "localhost".into() }.into()),
            }
        })
    }
}

struct Phone {
    _dir: TempDir,
    state: Store,
    outbox: Outbox,
    gateway: Arc<Till>,
    clock: ManualClock,
}

impl Phone {
    fn new(answers: Vec<(&'static str, Reply)>) -> Self {
        let dir = TempDir::new().unwrap();
        let state = state(dir.path());
        let clock = ManualClock::at(NOW);
        let gateway = Arc::new(Till(Mutex::new(Inside { answers, asked: Vec::new() })));
        let registry = Registry::default().with::<Submit>().with::<AskForInvoice>().with::<Look>();
        let events = Events::default();
        let outbox =
            Outbox::new(state.clone(), registry, gateway.clone(), Arc::new(clock.clone()), events, Spawner::current());
        Self { _dir: dir, state, outbox, gateway, clock }
    }

    async fn ask(&self) -> OperationId {
        let ask = AskForInvoice { about: citizens_words(), of: Of::Request(request()) };
        self.outbox.enqueue(ask).await.unwrap()
    }

    async fn look(&self) -> OperationId {
        let look = Entry::of(Look { request: request(), about: citizens_words() });
        self.outbox.put(look.unless(|dao| store::looked_for(dao, "r1"))).await.unwrap()
    }

    async fn sent(&self, operation: &OperationId) -> (State, Option<String>) {
        self.outbox.start();
        for _ in 0..20 {
            self.outbox.flush(HOUR).await.unwrap();
            let view = self.outbox.get(operation).await.unwrap();
            if view.state.is_final() || view.state == State::Wedged {
                return (view.state, view.problem);
            }
            self.clock.advance(Duration::from_secs(30));
        }
        panic!("never ended: {:?}", self.asked())
    }

    async fn spoil(&self) {
        let spoil =
            |dao: &mut Dao<'_>| dao.execute("UPDATE payment SET body = x'00'", &[]).map_err(storage::Error::from);
        assert_eq!(self.state.write(spoil).await.unwrap(), 1);
    }

    async fn row(&self, id: &str) -> Option<Row> {
        let id = id.to_owned();
        self.state.read(move |dao| store::row(dao, &id)).await.unwrap()
    }

    async fn payment(&self) -> Payment {
        self.payment_of(told(Settlement::Unpaid, 0)).await
    }

    async fn payment_of(&self, told: RequestWire) -> Payment {
        let row = self.row("r1").await;
        let receipts = self.state.read(|dao| store::receipts_of(dao, "r1")).await.unwrap();
        standing::payment(request(), Some(&told), row, receipts, self.clock.now()).unwrap()
    }

    fn asked(&self) -> Vec<(String, Option<String>)> {
        self.gateway.0.lock().unwrap().asked.clone()
    }
}

fn request() -> RequestId {
    RequestId::parse("r1").unwrap()
}

fn citizens_words() -> About {
    let service = ServiceId::parse("ac8a").unwrap();
    let name = LocalisedText::mongolian("Зээлийн мэдээллийн лавлагаа үүсгэх");
    About { number: Some("26-000123".into()), service, service_name: Some(name) }
}

/// The request as the feed tells it, so many seconds from now.
fn told(state: Settlement, updated_s: i64) -> RequestWire {
    let at = Timestamp::from_unix_s(NOW.unix_s() + updated_s);
    serde_json::from_value(json!({
        "id": "r1", "version": 1, "number": "26-000123", "service_id": "ac8a", "status": "SUBMITTED",
        "updated_at": at, "payment": { "state": state, "amount_mnt": FEE },
    }))
    .unwrap()
}

fn invoice(id: &str) -> Reply {
    let expires_at = NOW.saturating_add(24 * HOUR);
    Reply::Told(json!({
        "invoice_id": id, "amount_mnt": "5000.00", "qr_text": "0002010102121531", "expires_at": expires_at, "state": "unpaid",
        "links": [{ "bank": "ornokh", "title": "Өрнөх Үүр банк", "link": "ornokh://q?qPay_QRcode=1" },
                  { "bank": "x", "title": "x", "link": "javascript:x" }],
    }))
}

fn check(state: &str, paid: &[(&str, i64, &str)], at_s: i64) -> Reply {
    let at = Timestamp::from_unix_s(NOW.unix_s() + at_s);
    let receipt = |(id, amount, state): &(&str, i64, &str)| json!({ "payment_id": id, "amount_mnt": amount.to_string(), "state": state, "wallet": "Өрнөх", "at": at });
    let whole = paid.iter().filter(|(_, _, state)| *state == "paid").map(|(_, amount, _)| amount).sum::<i64>();
    Reply::Told(json!({
        "state": state, "amount_mnt": FEE, "paid_mnt": whole, "checked_at": at,
        "receipts": paid.iter().map(receipt).collect::<Vec<_>>(),
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_whose_answer_is_lost_is_asked_for_under_the_same_key_and_is_one() {
    let phone = Phone::new(vec![("invoice", Reply::Lost), ("invoice", Reply::Lost), ("invoice", invoice("26-1.1"))]);
    let operation = phone.ask().await;
    assert_eq!(phone.payment().await.state, PaymentState::Asking);

    assert_eq!(phone.sent(&operation).await.0, State::Done);

    let asked = phone.asked();
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|one| *one == asked[0] && one.1.is_some()), "{asked:?}");
    let payment = phone.payment().await;
    let invoice = payment.invoice.unwrap();
    assert_eq!((payment.state, payment.operation), (PaymentState::Waiting, None));
    assert_eq!((invoice.amount_mnt, invoice.links.len()), (Mnt::new(FEE), 1), "and what opens no bank is left out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_can_not_be_read_takes_no_page_with_it_and_is_begun_anew() {
    let phone = Phone::new(vec![("invoice", invoice("26-1.1")), ("check", check("paid", &[("7", FEE, "paid")], 1))]);
    let called_off = phone.ask().await;
    phone.spoil().await;
    assert_eq!(phone.state.read(|dao| store::asked_for(dao, "r1")).await.unwrap().as_ref(), Some(&called_off));
    phone.outbox.cancel(&called_off).await.unwrap();
    let asked = phone.ask().await;
    phone.spoil().await;

    let told = told(Settlement::Unpaid, 0);
    let (due, _) = phone.state.read(move |dao| super::told(dao, &told, NOW)).await.unwrap();
    assert_eq!(due.unwrap().mn, "Төлбөр төлөх шаардлагатай: 5,000₮.");
    assert_eq!(phone.sent(&asked).await.0, State::Done);
    assert_eq!(phone.payment().await.state, PaymentState::Waiting);
    phone.spoil().await;
    let looked = phone.look().await;
    assert_eq!(phone.sent(&looked).await.0, State::Done);

    let paid = phone.payment().await;
    assert_eq!((paid.state, &paid.about), (PaymentState::Paid, &citizens_words()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_can_not_be_read_arrives_with_its_request() {
    let phone = Phone::new(vec![
        ("requests", Reply::Told(json!({ "id": "r1", "version": 1, "number": "26-000123", "service_id": "ac8a" }))),
        ("invoice", invoice("26-1.1")),
    ]);
    let (_, asked, _) = submission(&phone).await;
    phone.spoil().await;

    assert_eq!(phone.sent(&asked).await.0, State::Done);

    let payment = phone.payment().await;
    assert_eq!((payment.state, payment.about.number.as_deref()), (PaymentState::Waiting, Some("26-000123")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_back_is_due_again_on_a_new_invoice_and_looked_for_until_it_is_paid() {
    let back = || ("check", check("refunded", &[("7", FEE, "refunded")], 2));
    let phone = Phone::new(vec![
        ("invoice", invoice("26-1.1")),
        ("invoice", invoice("26-1.2")),
        ("check", check("paid", &[("7", FEE, "paid")], 1)),
        back(),
        back(),
        ("check", check("paid", &[("7", FEE, "refunded"), ("8", FEE, "paid")], 3)),
    ]);
    let asked = phone.ask().await;
    phone.sent(&asked).await;
    for _ in 0..2 {
        let looked = phone.look().await;
        assert_eq!(phone.sent(&looked).await.0, State::Done);
    }

    assert_eq!(
        phone.payment().await.state,
        PaymentState::Refunded,
        "the request may be closed, and that not known yet"
    );
    let given_back = || told(Settlement::Refunded, 0);
    let due = phone.payment_of(given_back()).await;
    assert_eq!((due.state, due.invoice, due.missing_mnt), (PaymentState::Due, None, Mnt::new(FEE)));
    assert_eq!(due.title.mn, "Төлсөн 5,000₮ буцаагдсан тул дахин төлөх шаардлагатай: 5,000₮.");
    let asked = phone.ask().await;
    phone.sent(&asked).await;
    let waiting = phone.payment_of(given_back()).await;
    assert_eq!((waiting.state, waiting.invoice.unwrap().id.as_str()), (PaymentState::Waiting, "26-1.2"));
    let looked = phone.look().await;
    assert_eq!(phone.sent(&looked).await.0, State::Done);

    assert_eq!(
        phone.asked().iter().filter(|(path, _)| path.ends_with("check")).count(),
        4,
        "the last look asked twice"
    );
    assert_eq!(phone.payment().await.state, PaymentState::Paid);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_paid_on_another_phone_is_looked_at_instead_of_being_paid_again() {
    let phone = Phone::new(vec![
        ("invoice", Reply::No(409, "already_paid")),
        ("check", check("paid", &[("7", FEE, "paid")], 1)),
    ]);
    let operation = phone.ask().await;

    assert_eq!(phone.sent(&operation).await.0, State::Done);

    let payment = phone.payment().await;
    assert_eq!((payment.state, payment.invoice), (PaymentState::Paid, None));
    assert_eq!(payment.receipts[0].about, citizens_words());
    assert_eq!(phone.asked()[1], ("/v1/requests/r1/payment/check".into(), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_paid_whole_when_the_last_of_it_came_and_not_when_more_did_or_it_was_given_back() {
    let paid = [("1", 2_000), ("2", 3_000), ("3", FEE)];
    for (refunded, wanted) in [("", Some("2")), ("1", Some("3")), ("3", Some("2")), ("2", Some("3"))] {
        let phone = Phone::new(vec![("check", Reply::Lost)]);
        for (n, (id, amount)) in paid.into_iter().enumerate() {
            let state = if id == refunded { "refunded" } else { "paid" };
            let Reply::Told(told) = check("paid", &[(id, amount, state)], n as i64) else { unreachable!() };
            let checked = serde_json::from_value::<CheckWire>(told).unwrap().read().unwrap();
            let keep = move |dao: &mut Dao<'_>| store::checked(dao, &request(), &citizens_words(), checked);
            phone.state.write(keep).await.unwrap();
        }
        let payment = phone.payment().await;
        let at = |id: &str| payment.receipts.iter().find(|receipt| receipt.id == id).unwrap().paid_at;

        assert_eq!(standing::paid_at(&payment), wanted.map(at), "{refunded} was given back");
    }
    let untouched = standing::payment(request(), Some(&told(Settlement::Paid, 0)), None, Vec::new(), NOW).unwrap();
    assert_eq!(standing::paid_at(&untouched), None, "a hint is no receipt");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_is_over_while_it_is_asked_for_is_asked_for_again_and_not_for_ever() {
    let over = || ("invoice", Reply::No(409, "invoice_over"));
    let phone = Phone::new(vec![over(), over(), ("invoice", invoice("26-1.2"))]);
    let operation = phone.ask().await;
    assert_eq!(phone.sent(&operation).await.0, State::Done);
    let keys: std::collections::BTreeSet<_> = phone.asked().into_iter().map(|(_, key)| key).collect();
    assert_eq!(keys.len(), 3, "a refusal is kept under its key");

    let phone = Phone::new(vec![over()]);
    let operation = phone.ask().await;
    assert_eq!(phone.sent(&operation).await, (State::Wedged, Some("invoice_over".into())));
    assert_eq!(phone.payment().await.state, PaymentState::Held);
    phone.outbox.cancel(&operation).await.unwrap();
    assert_eq!(phone.payment().await.state, PaymentState::Due);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amount_that_is_not_whole_is_named_and_never_shown() {
    let Reply::Told(mut odd) = invoice("26-1.1") else { unreachable!() };
    odd["amount_mnt"] = "5000.50".into();
    let phone = Phone::new(vec![("invoice", Reply::Told(odd)), ("check", check("paid", &[("7", FEE, "paid")], 1))]);
    phone.gateway.0.lock().unwrap().answers[1].1 = Reply::Told(json!({
        "state": "paid", "amount_mnt": FEE, "paid_mnt": "4999.99", "receipts": [], "checked_at": NOW,
    }));

    let (asked, looked) = (phone.ask().await, phone.look().await);

    let not_whole = (State::Wedged, Some("payment.amount_not_whole".to_owned()));
    assert_eq!(phone.sent(&asked).await, not_whole);
    assert_eq!(phone.sent(&looked).await, not_whole);
    assert_eq!(phone.payment().await.state, PaymentState::Held);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_that_finds_nothing_is_repeated_further_and_further_apart_and_then_ends() {
    let phone = Phone::new(vec![("check", check("unpaid", &[], 1))]);
    let operation = phone.look().await;
    phone.outbox.start();
    let mut waits = Vec::new();
    let ended = loop {
        phone.outbox.poke();
        let view = phone.outbox.settle(&operation, HOUR).await.unwrap();
        let Some(next) = view.next_try_at else { break view.state };
        waits.push(next.since(phone.clock.now()).as_secs());
        phone.clock.advance(next.since(phone.clock.now()));
    };

    assert_eq!((ended, waits), (State::Done, vec![5, 15, 60, 300, 1_800]));
    assert_eq!(phone.asked().len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_look_is_unanswered_nothing_is_claimed() {
    let phone = Phone::new(vec![("invoice", invoice("26-1.1")), ("check", check("paid", &[("7", FEE, "paid")], 1))]);
    let asked = phone.ask().await;
    phone.sent(&asked).await;

    let looked = phone.look().await;
    let payment = phone.payment().await;
    assert_eq!((payment.state, payment.checked_at), (PaymentState::Checking, None));
    assert_eq!(payment.title.mn, "Төлбөрийг шалгаж байна.");

    phone.sent(&looked).await;
    assert_eq!(phone.payment().await.state, PaymentState::Paid);
}

#[tokio::test(flavor = "multi_thread")]
async fn once_a_look_has_found_a_part_that_is_shown_while_the_rest_is_looked_for() {
    let phone =
        Phone::new(vec![("invoice", invoice("26-1.1")), ("check", check("partial", &[("7", 2_000, "paid")], 1))]);
    let asked = phone.ask().await;
    phone.sent(&asked).await;

    let looked = phone.look().await;
    let view = phone.outbox.settle(&looked, HOUR).await.unwrap();
    assert_eq!(view.state, State::New, "it looks again for the rest");

    let payment = phone.payment().await;
    assert_eq!((payment.state, payment.paid_mnt), (PaymentState::Partial, Mnt::new(2_000)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_that_went_wrong_is_taken_up_by_the_next_sign_and_until_then_nothing_is_claimed() {
    let phone = Phone::new(vec![
        ("invoice", invoice("26-1.1")),
        ("check", Reply::No(404, "http_404")),
        ("check", check("paid", &[("7", FEE, "paid")], 1)),
    ]);
    let asked = phone.ask().await;
    phone.sent(&asked).await;
    let looked = phone.look().await;
    assert_eq!(phone.sent(&looked).await, (State::Wedged, Some("http_404".into())), "a login page has answered");
    assert_eq!(phone.payment().await.state, PaymentState::Checking, "it may have been paid");

    let again = phone.look().await;
    phone.outbox.hasten(again.clone()).await.unwrap();

    assert_eq!((&again, phone.sent(&again).await.0), (&looked, State::Done));
    assert_eq!(phone.payment().await.state, PaymentState::Paid);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_comes_late_undoes_nothing_and_what_was_given_back_stays_so() {
    let phone = Phone::new(vec![
        ("check", check("paid", &[("7", FEE, "paid"), ("8", FEE, "refunded")], 20)),
        ("check", check("overpaid", &[("7", FEE, "paid"), ("8", FEE, "paid")], 10)),
    ]);
    for _ in 0..2 {
        let looked = phone.look().await;
        phone.sent(&looked).await;
    }

    let payment = phone.payment().await;
    assert_eq!((payment.state, payment.paid_mnt), (PaymentState::Paid, Mnt::new(FEE)));
    let back: Vec<_> = payment.receipts.iter().map(|receipt| (receipt.id.as_str(), receipt.refunded)).collect();
    assert_eq!(back, [("7", false), ("8", true)]);
}

/// A request that waits on the phone with its payment behind it.
async fn submission(phone: &Phone) -> (OperationId, OperationId, ConfirmationId) {
    let id = ConfirmationId::mint();
    let wire = SubmitWire {
        service_id: citizens_words().service,
        form_version: 1,
        form: std::collections::BTreeMap::new(),
        shown_digest: String::new(),
        on_behalf_of: None,
    };
    let shown = Confirmation {
        id: id.clone(),
        service: citizens_words().service,
        form_version: 1,
        lines: Vec::new(),
        digest: String::new(),
        confirmed_at: NOW,
    };
    let (files, authentication) = (Vec::new(), None);
    let confirmed =
        Confirmed { shown, wire: wire.clone(), files, authentication, asked: None, whom: None, published: None };
    phone.state.write(move |dao| put_confirmation(dao, &confirmed)).await.unwrap();
    let submit = Submit { confirmation: id.clone(), wire, files: Vec::new(), authentication: None };
    let submitted = phone.outbox.enqueue(submit).await.unwrap();
    let row = submitted.clone();
    let confirmed = phone.state.read(move |dao| confirmed_of(dao, &row)).await.unwrap().unwrap().shown;
    let asked = phone.outbox.put(on_arrival(submitted.clone(), confirmed)).await.unwrap();
    (submitted, asked, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_waits_for_the_request_it_is_for_and_takes_its_name() {
    let phone = Phone::new(vec![
        ("requests", Reply::Lost),
        ("requests", Reply::Told(json!({ "id": "r1", "version": 1, "number": "26-000123", "service_id": "ac8a" }))),
        ("invoice", invoice("26-1.1")),
    ]);
    let (submitted, asked, confirmation) = submission(&phone).await;

    assert_eq!(phone.sent(&asked).await.0, State::Done);

    assert_eq!(phone.outbox.get(&submitted).await.unwrap().state, State::Done);
    let paths: Vec<_> = phone.asked().into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, ["/v1/requests", "/v1/requests", "/v1/requests/r1/invoice"]);
    assert!(phone.row(confirmation.as_str()).await.is_none());
    assert_eq!(phone.payment().await.about.number.as_deref(), Some("26-000123"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_called_off_takes_its_payment_with_it_and_not_the_other_way_round() {
    let phone = Phone::new(Vec::new());
    let (submitted, asked, confirmation) = submission(&phone).await;
    phone.outbox.cancel(&asked).await.unwrap();
    assert_eq!(phone.outbox.get(&submitted).await.unwrap().state, State::New);
    assert!(phone.row(confirmation.as_str()).await.is_none());

    let (submitted, asked, _) = submission(&phone).await;
    phone.outbox.cancel(&submitted).await.unwrap();
    assert_eq!(phone.outbox.get(&asked).await.unwrap().state, State::Cancelled);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_arrived_or_was_called_off_meanwhile_is_not_paid_for_as_if_it_waited() {
    for arrives in [true, false] {
        let phone = Phone::new(vec![
            ("requests", Reply::Told(json!({ "id": "r1", "version": 1, "service_id": "ac8a" }))),
            ("invoice", invoice("26-1.1")),
        ]);
        let (submitted, asked, id) = submission(&phone).await;
        phone.outbox.cancel(&asked).await.unwrap();
        let row = submitted.clone();
        let seen = phone.state.read(move |dao| confirmed_of(dao, &row)).await.unwrap().unwrap().shown;
        if arrives {
            assert_eq!(phone.sent(&submitted).await.0, State::Done);
        } else {
            phone.outbox.cancel(&submitted).await.unwrap();
        }

        assert_eq!(phone.outbox.put(on_arrival(submitted, seen)).await, Err(Error::NotFound));

        assert!(phone.row(id.as_str()).await.is_none());
        assert_eq!(phone.outbox.list(false, None).await.unwrap().items, []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_come_in_pages_the_newest_first() {
    let phone = Phone::new(Vec::new());
    for n in 0..60 {
        let paid = [(format!("{n}"), 100 + n)];
        let paid: Vec<_> = paid.iter().map(|(id, amount)| (id.as_str(), *amount, "paid")).collect();
        let Reply::Told(told) = check("partial", &paid, n) else { unreachable!() };
        let checked = serde_json::from_value::<CheckWire>(told).unwrap().read().unwrap();
        phone.state.write(move |dao| store::checked(dao, &request(), &citizens_words(), checked)).await.unwrap();
    }

    let first = phone.state.read(|dao| store::receipts(dao, None)).await.unwrap().unwrap();
    let first = Page::cut(first, |last| last.id.clone());
    assert_eq!((first.items.len(), first.items[0].amount_mnt, first.next.as_deref()), (50, Mnt::new(159), Some("10")));
    let rest = phone.state.read(|dao| store::receipts(dao, Some("10"))).await.unwrap().unwrap();
    assert_eq!(rest.iter().map(|receipt| receipt.id.as_str()).collect::<Vec<_>>()[..2], ["9", "8"]);
    assert!(phone.state.read(|dao| store::receipts(dao, Some("Ө"))).await.unwrap().is_none());
}

/// A payment with an invoice of a day, of which a check knew this just now.
fn kept(state: Settlement, paid: i64) -> Row {
    let Reply::Told(told) = invoice("26-1.1") else { unreachable!() };
    let invoice = serde_json::from_value::<wire::InvoiceWire>(told).unwrap().read().unwrap();
    let known = store::Known { state, amount: Mnt::new(FEE), paid: Mnt::new(paid), at: NOW };
    let kept = store::Kept { invoice: Some(invoice), known: Some(known), ..store::Kept::begun(citizens_words()) };
    Row { id: "r1".into(), asking: None, looking: None, looks: 0, looked_at: Some(NOW), kept }
}

#[test]
fn each_state_says_what_is_and_what_to_do_in_both_languages() {
    let mut seen = Vec::new();
    for (state, paid, hours, wanted, mn, en) in [
        (Settlement::Unpaid, 0, 1, PaymentState::Waiting, "Төлбөр хүлээгдэж байна: 5,000₮.", "2026.11.24 08:00"),
        (Settlement::Unpaid, 0, 25, PaymentState::Expired, "Нэхэмжлэхийн хугацаа дууссан.", "new one"),
        (
            Settlement::Partial,
            2_000,
            1,
            PaymentState::Partial,
            "Төлбөрийн 2,000₮ төлөгдсөн, 3,000₮ дутуу байна.",
            "rest",
        ),
        (
            Settlement::Partial,
            2_000,
            25,
            PaymentState::Partial,
            "Төлбөрийн 2,000₮ төлөгдсөн, 3,000₮ дутуу байна.",
            "new invoice",
        ),
        (Settlement::Failed, 0, 1, PaymentState::Failed, "Төлбөр амжилтгүй болсон, юу ч төлөгдөөгүй.", "another bank"),
        (Settlement::Paid, FEE, 1, PaymentState::Paid, "Төлбөр төлөгдсөн: 5,000₮.", "receipt"),
        (
            Settlement::Overpaid,
            10_000,
            1,
            PaymentState::Overpaid,
            "Төлбөрийг 5,000₮ илүү төлсөн байна.",
            "give back 5,000₮",
        ),
        (Settlement::Refunding, FEE, 1, PaymentState::Refunding, "Төлсөн 5,000₮ буцаагдаж байна.", "account"),
        (Settlement::Unknown, 0, 1, PaymentState::Checking, "Төлбөрийг шалгаж байна.", "do not pay again"),
    ] {
        let now = NOW.saturating_add(hours * HOUR);
        let payment =
            standing::payment(request(), Some(&told(state, 0)), Some(kept(state, paid)), Vec::new(), now).unwrap();

        assert_eq!((payment.state, payment.title.mn.as_str()), (wanted, mn));
        assert!(payment.next.in_language(Language::En).contains(en), "{:?}", payment.next);
        let to_do = words::to_do(&payment).map(|text| text.mn);
        let wanted_to_do = match (wanted, hours) {
            (PaymentState::Waiting | PaymentState::Failed, 1) => Some("2026.11.24 08:00 хүртэл 5,000₮ төлнө үү."),
            (PaymentState::Partial, 1) => Some("2026.11.24 08:00 хүртэл 3,000₮ төлнө үү."),
            (PaymentState::Partial, _) => Some("Төлбөр төлөх шаардлагатай: 3,000₮."),
            (PaymentState::Expired, _) => Some("Төлбөр төлөх шаардлагатай: 5,000₮."),
            _ => None,
        };
        assert_eq!(to_do.as_deref(), wanted_to_do, "{wanted:?}");
        let payable = matches!(wanted, PaymentState::Waiting | PaymentState::Failed | PaymentState::Checking)
            || (wanted == PaymentState::Partial && hours == 1);
        assert_eq!(payment.invoice.is_some(), payable, "{wanted:?}");
        seen.push(payment.next.mn);
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 9, "no two say the same");
}

#[test]
fn a_request_that_says_paid_is_a_reason_to_look_and_none_to_believe() {
    let paid = told(Settlement::Paid, 60);
    let unpaid = kept(Settlement::Unpaid, 0);
    let later = NOW.saturating_add(Duration::from_secs(60));

    assert!(standing::wants_look(Some(&unpaid), Some(&paid), later));
    assert!(standing::wants_look(None, Some(&paid), later), "paid on another phone");
    let shown = standing::payment(request(), Some(&paid), Some(unpaid), Vec::new(), later).unwrap();
    assert_eq!((shown.state, shown.paid_mnt), (PaymentState::Checking, Mnt::ZERO));
    let shown = standing::payment(request(), Some(&paid), None, Vec::new(), later).unwrap();
    assert_eq!(shown.state, PaymentState::Checking);
}

#[test]
fn an_invoice_that_has_just_come_is_no_reason_to_look() {
    let mut asked = kept(Settlement::Unpaid, 0);
    (asked.looked_at, asked.kept.known, asked.kept.asked_at) = (None, None, Some(NOW));
    let wants = |told: Option<RequestWire>, after_s| {
        standing::wants_look(Some(&asked), told.as_ref(), NOW.saturating_add(Duration::from_secs(after_s)))
    };

    assert!(!wants(None, 29));
    assert!(!wants(Some(told(Settlement::Unpaid, 1)), 29));
    assert!(wants(Some(told(Settlement::Paid, 1)), 29), "that is news");
    assert!(wants(None, 30));
}

#[test]
fn a_sign_leads_to_a_look_only_where_something_may_have_changed_and_not_too_soon() {
    for (state, after_s, wanted) in [
        (Settlement::Unpaid, 29, false),
        (Settlement::Unpaid, 30, true),
        (Settlement::Partial, 30, true),
        (Settlement::Overpaid, 86_399, false),
        (Settlement::Overpaid, 86_400, true),
        (Settlement::Refunding, 3_599, false),
        (Settlement::Refunding, 3_600, true),
        (Settlement::Paid, 86_400, false),
        (Settlement::Refunded, 30, true),
        (Settlement::Unpaid, 47 * 3_600, true),
        (Settlement::Unpaid, 49 * 3_600, false),
    ] {
        let now = NOW.saturating_add(Duration::from_secs(after_s));
        assert_eq!(standing::wants_look(Some(&kept(state, 0)), None, now), wanted, "{state:?} after {after_s} s");
    }
    let clock_set_back = NOW.saturating_sub(HOUR);
    assert!(standing::wants_look(Some(&kept(Settlement::Unpaid, 0)), None, clock_set_back));
    assert!(!standing::wants_look(None, Some(&told(Settlement::Unpaid, 0)), NOW), "nobody has asked for its invoice");
}

#[test]
fn what_is_closed_unpaid_is_not_to_be_paid_and_what_is_free_never_was() {
    let closed = RequestWire { status: Status::Expired, ..told(Settlement::Unpaid, 0) };
    let free = RequestWire { payment: None, ..told(Settlement::Unpaid, 0) };
    for (told, row) in [(&closed, None), (&closed, Some(kept(Settlement::Unpaid, 0))), (&free, None)] {
        assert!(standing::payment(request(), Some(told), row, Vec::new(), NOW).is_none());
    }
}

#[test]
fn what_was_paid_for_a_request_that_is_closed_is_told_and_nothing_more_is_to_be_paid() {
    for (known, wanted) in [
        (Settlement::Refunding, PaymentState::Refunding),
        (Settlement::Refunded, PaymentState::Refunded),
        (Settlement::Partial, PaymentState::Partial),
    ] {
        for status in [Status::Rejected, Status::Expired, Status::Completed] {
            let closed = RequestWire { status, ..told(known, 0) };
            let row = Some(kept(known, 2_000));
            let payment = standing::payment(request(), Some(&closed), row, Vec::new(), NOW).unwrap();
            assert_eq!((payment.state, payment.invoice), (wanted, None));
        }
    }
    let elsewhere = RequestWire { status: Status::Completed, ..told(Settlement::Paid, 0) };
    let payment = standing::payment(request(), Some(&elsewhere), None, Vec::new(), NOW).unwrap();
    assert_eq!(payment.state, PaymentState::Checking, "paid on another phone");
}
