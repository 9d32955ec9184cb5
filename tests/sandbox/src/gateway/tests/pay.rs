//! Paying: one invoice whatever happens, nothing believed but QPay's own answer, and back what was paid for nothing.

use axum::body::Body;
use serde_json::{Value, json};

use super::{Call, ERDENEBAT, Reply, Rig, UURIINTUYA, key};
use crate::{
    clerk::{self, Refusal, Status},
    oauth::Principal,
    pay::{
        self,
        switches::{Amounts, Callback, ExpiresIn, Refunds, Traps, WalletKey},
    },
};

/// The sandbox's own fee: 5,000 ₮.
const CREDIT: &str = "Зээлийн мэдээллийн сангийн лавлагаа";
const FEE: i64 = 5_000;

const DAY_MS: i64 = 24 * 3600 * 1000;

/// A request that costs something; its id.
async fn request(rig: &Rig, citizen: &Principal, n: usize) -> String {
    let body = json!({
        "service_id": rig.service_id(CREDIT).await, "form_version": 1, "form": { "forUsage": "«Өрнөх Үүр» банк" },
    });
    let made = rig.post(citizen, &key(n), &body).await.json();
    assert_eq!(made["payment"], json!({ "state": "unpaid", "amount_mnt": FEE }), "{made}");
    made["id"].as_str().unwrap().into()
}

async fn detail(rig: &Rig, citizen: &Principal, id: &str) -> Value {
    rig.get(citizen, &format!("/v1/requests/{id}")).await.json()
}

async fn invoice(rig: &Rig, citizen: &Principal, id: &str, n: usize) -> Reply {
    rig.call(Call::new("POST", &format!("/v1/requests/{id}/invoice")).by(citizen).key(&key(n))).await
}

async fn check(rig: &Rig, citizen: &Principal, id: &str) -> Value {
    let reply = rig.call(Call::new("POST", &format!("/v1/requests/{id}/payment/check")).by(citizen)).await;
    assert_eq!(reply.status, 200, "{}", reply.json());
    reply.json()
}

async fn paid(rig: &Rig, order: Value) -> Result<Value, (u16, String)> {
    let done = pay::control::pay(&rig.sandbox, serde_json::from_value(order).unwrap()).await;
    done.map_err(|problem| (problem.status().as_u16(), problem.code().to_owned()))
}

/// How many are done now: those that wait, and that payment's.
async fn given_back(rig: &Rig, of: Value) -> Value {
    pay::control::refund(&rig.sandbox, serde_json::from_value(of).unwrap()).await.unwrap()["refunded"].take()
}

async fn at_the_page(rig: &Rig, path: &str, bank: &str) -> Reply {
    let mut call = Call::new("POST", path).header("content-type", "application/x-www-form-urlencoded");
    call.1 = Body::from(format!("bank={bank}"));
    rig.call(call).await
}

async fn step(rig: &Rig, id: &str, status: Status) -> Result<(), Refusal> {
    let (id, now) = (id.to_owned(), rig.sandbox.now());
    let taken = rig.sandbox.db().write(move |tx| clerk::advance(tx, &id, &clerk::plain(status), now)).await.unwrap();
    crate::gateway::give_back(&rig.sandbox).await;
    taken.map(drop)
}

fn fault(rig: &Rig, operation: &str, kind: &str) {
    let fault = serde_json::from_value(json!({ "operation": operation, "kind": kind, "times": 1 })).unwrap();
    rig.sandbox.faults().add(vec![fault]);
}

#[tokio::test]
async fn a_request_waits_for_its_payment_and_then_moves_on() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let id = request(&rig, &citizen, 1).await;
    let waits = step(&rig, &id, Status::Processing).await;
    assert_eq!(waits, Err(Refusal::Illegal { from: Status::Submitted, to: Status::Processing }));
    let asked = invoice(&rig, &citizen, &id, 2).await.json();
    assert_eq!((&asked["amount_mnt"], &asked["state"]), (&json!(FEE), &json!("unpaid")));

    let page = asked["links"][1]["link"].as_str().unwrap().strip_prefix("https://localhost:20000").unwrap();
    let shown = rig.call(Call::get(page)).await;
    let html = String::from_utf8(shown.body.to_vec()).unwrap();
    assert!(html.contains("5,000\u{a0}₮") && html.contains(CREDIT) && html.contains("lang=\"en\""), "{html}");
    assert!(html.contains("Хөх Тэнгэр банк") && !html.contains("<script"), "{html}");
    assert_eq!(at_the_page(&rig, page, "nobody").await.status, 400);
    let done = at_the_page(&rig, page, "khokh").await;
    assert_eq!(done.status, 303);
    let after = rig.call(Call::get(done.header("location"))).await;
    assert!(String::from_utf8_lossy(&after.body).contains("Төлбөр төлөгдсөн."));

    let moved = detail(&rig, &citizen, &id).await;
    assert_eq!((&moved["status"], &moved["payment"]["state"]), (&json!("PROCESSING"), &json!("paid")));
    assert_eq!(moved["history"][1]["actor"], json!({ "kind": "system", "name": "QPay" }));
    let told = check(&rig, &citizen, &id).await;
    assert_eq!((&told["state"], &told["paid_mnt"]), (&json!("paid"), &json!(FEE)));
    let receipt = &told["receipts"][0];
    assert_eq!((&receipt["wallet"], &receipt["amount_mnt"]), (&json!("Хөх Тэнгэр банк"), &json!(FEE)));
    assert_eq!(invoice(&rig, &citizen, &id, 3).await.refusal(), (409, "already_paid".into()));
}

#[tokio::test]
async fn a_request_has_one_live_invoice_however_often_and_through_whatever_it_is_asked_for() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let id = request(&rig, &citizen, 1).await;

    fault(&rig, "qpayCreateInvoice", "drop_reply");
    let lost = invoice(&rig, &citizen, &id, 2).await;
    assert_eq!(lost.refusal(), (503, "payment_unavailable".into()));
    let rig = rig.restart();
    let at_once = futures_util::future::join_all((3..11).map(|n| invoice(&rig, &citizen, &id, n))).await;
    let again = invoice(&rig, &citizen, &id, 2).await;

    assert!(at_once.iter().chain([&again]).all(|reply| reply.json() == again.json()));
    assert_eq!((rig.count("qpay_invoices").await, rig.count("invoices").await), (1, 1));
    let number = again.json()["invoice_id"].as_str().unwrap().to_owned();
    assert!(number.len() <= 45, "{number}");
    let replayed = invoice(&rig, &citizen, &id, 2).await;
    assert_eq!(replayed.header("idempotency-replayed"), "true");
    let second = "INSERT INTO invoices (sender_invoice_no, request_id, amount_mnt, expires_at, live)
                  SELECT 'other', request_id, 1, 0, 1 FROM invoices";
    let second = rig.sandbox.db().write(move |tx| tx.execute(second, [])).await;
    assert!(second.is_err(), "the index itself keeps the promise");
}

#[tokio::test]
async fn no_callback_is_needed_and_none_is_believed() {
    for callback in [Callback::After, Callback::Before, Callback::Never, Callback::Twice] {
        let rig = Rig::start();
        rig.sandbox.pay().set(Traps { callback, ..Traps::default() });
        let citizen = rig.citizen(ERDENEBAT).await;
        let id = request(&rig, &citizen, 1).await;
        let number = invoice(&rig, &citizen, &id, 2).await.json()["invoice_id"].as_str().unwrap().to_owned();

        let lie = rig.call(Call::get(&format!("/v1/payments/{number}/callback?qpay_payment_id=1"))).await;
        assert_eq!((lie.status.as_u16(), &lie.body[..]), (200, b"SUCCESS".as_slice()));
        assert_eq!(detail(&rig, &citizen, &id).await["payment"]["state"], "unpaid");
        paid(&rig, json!({ "invoice": number })).await.unwrap();
        let seen = detail(&rig, &citizen, &id).await["payment"]["state"].clone();
        let told = matches!(callback, Callback::After | Callback::Twice);
        assert_eq!(seen, if told { "paid" } else { "unpaid" }, "{callback:?}");

        assert_eq!(check(&rig, &citizen, &id).await["state"], "paid");
        let history = detail(&rig, &citizen, &id).await["history"].clone();
        assert_eq!(history.as_array().unwrap().len(), 2, "one step, however often it is told: {callback:?}");
    }
}

#[tokio::test]
async fn every_trap_of_the_wire_is_read() {
    for (amounts, expires_in, wallet_key) in [
        (Amounts::Text, ExpiresIn::Absolute, WalletKey::Misspelt),
        (Amounts::Number, ExpiresIn::Relative, WalletKey::Right),
    ] {
        let rig = Rig::start();
        rig.sandbox.pay().set(Traps { amounts, expires_in, wallet_key, ..Traps::default() });
        let citizen = rig.citizen(ERDENEBAT).await;
        let id = request(&rig, &citizen, 1).await;
        let asked = invoice(&rig, &citizen, &id, 2).await.json();
        paid(&rig, json!({ "invoice": asked["invoice_id"] })).await.unwrap();
        rig.sandbox.move_clock(DAY_MS); // the token is over

        let told = check(&rig, &citizen, &id).await;

        assert_eq!((&told["state"], &told["receipts"][0]["wallet"]), (&json!("paid"), &json!("Өрнөх Үүр банк")));
    }
}

#[tokio::test]
async fn a_part_the_whole_too_much_and_nothing_are_told_apart() {
    let rig = Rig::start();
    rig.sandbox.pay().set(Traps { refunds: Refunds::Later, ..Traps::default() });
    let citizen = rig.citizen(ERDENEBAT).await;
    let id = request(&rig, &citizen, 1).await;
    let number = invoice(&rig, &citizen, &id, 2).await.json()["invoice_id"].clone();
    let state = async || check(&rig, &citizen, &id).await["state"].clone();

    paid(&rig, json!({ "invoice": number, "fails": true })).await.unwrap();
    assert_eq!(state().await, "failed");
    paid(&rig, json!({ "invoice": number, "amount_mnt": 2_000 })).await.unwrap();
    assert_eq!(state().await, "partial");
    assert_eq!(detail(&rig, &citizen, &id).await["status"], "SUBMITTED");
    assert_eq!(invoice(&rig, &citizen, &id, 3).await.json()["invoice_id"], number, "the rest is paid on the same");
    paid(&rig, json!({ "invoice": number })).await.unwrap();
    assert_eq!(state().await, "paid");
    assert_eq!(paid(&rig, json!({ "invoice": number })).await, Err((409, "invoice_paid".into())));
    paid(&rig, json!({ "invoice": number, "again": true })).await.unwrap();
    let told = check(&rig, &citizen, &id).await;
    assert_eq!((&told["state"], &told["paid_mnt"]), (&json!("overpaid"), &json!(2 * FEE)));

    assert_eq!(given_back(&rig, json!({})).await, 1, "nobody had to ask for it");
    let told = check(&rig, &citizen, &id).await;
    assert_eq!((&told["state"], told["receipts"].as_array().unwrap().len()), (&json!("paid"), 3));
    assert_eq!(detail(&rig, &citizen, &id).await["status"], "PROCESSING");
}

#[tokio::test]
async fn a_payment_too_many_is_given_back_and_one_that_was_too_large_is_not() {
    for (payments, left, state) in [
        (&[(FEE, false), (FEE, true), (FEE, true)][..], FEE, "paid"),
        (&[(7_000, false)], 7_000, "overpaid"),
        (&[(2_000, false), (7_000, true)], 7_000, "overpaid"),
        (&[(2_000, false), (3_000, false), (FEE, true)], FEE, "paid"),
    ] {
        let rig = Rig::start();
        rig.sandbox.pay().set(Traps { callback: Callback::Never, ..Traps::default() });
        let citizen = rig.citizen(ERDENEBAT).await;
        let id = request(&rig, &citizen, 1).await;
        let number = invoice(&rig, &citizen, &id, 2).await.json()["invoice_id"].clone();
        for (amount, again) in payments {
            paid(&rig, json!({ "invoice": number, "amount_mnt": amount, "again": again })).await.unwrap();
        }

        let told = check(&rig, &citizen, &id).await;

        assert_eq!((&told["state"], &told["paid_mnt"]), (&json!(state), &json!(left)), "{payments:?}");
        assert_eq!(check(&rig, &citizen, &id).await["paid_mnt"], left, "and no more than that");
    }
}

#[tokio::test]
async fn what_is_given_back_while_a_request_is_open_is_due_again() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let id = request(&rig, &citizen, 1).await;
    let asked = invoice(&rig, &citizen, &id, 2).await.json();
    let payment = paid(&rig, json!({ "invoice": asked["invoice_id"] })).await.unwrap();
    assert_eq!(given_back(&rig, payment).await, 1);
    assert_eq!(check(&rig, &citizen, &id).await["state"], "refunded");

    let again = invoice(&rig, &citizen, &id, 3).await.json();
    assert_eq!((&again["amount_mnt"], &again["state"]), (&json!(FEE), &json!("refunded")));
    paid(&rig, json!({ "invoice": again["invoice_id"] })).await.unwrap();

    let told = check(&rig, &citizen, &id).await;
    assert_eq!((&told["state"], told["receipts"].as_array().unwrap().len()), (&json!("paid"), 2));
}

#[tokio::test]
async fn an_expired_invoice_is_replaced_by_one_for_what_is_left_and_can_not_be_paid() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let id = request(&rig, &citizen, 1).await;
    let first = invoice(&rig, &citizen, &id, 2).await.json();
    rig.sandbox.move_clock(DAY_MS + 1);

    let second = invoice(&rig, &citizen, &id, 3).await.json();
    assert_ne!(first["invoice_id"], second["invoice_id"]);
    assert_eq!(paid(&rig, json!({ "invoice": first["invoice_id"] })).await, Err((409, "invoice_closed".into())));
    paid(&rig, json!({ "invoice": second["invoice_id"], "amount_mnt": 1_000 })).await.unwrap();
    rig.sandbox.move_clock(DAY_MS + 1);
    let third = invoice(&rig, &citizen, &id, 4).await.json();
    assert_eq!(third["amount_mnt"], FEE - 1_000);
    paid(&rig, json!({ "invoice": third["invoice_id"] })).await.unwrap();

    assert_eq!(check(&rig, &citizen, &id).await["state"], "paid");
}

#[tokio::test]
async fn what_was_paid_just_before_an_invoice_expired_counts() {
    let rig = Rig::start();
    rig.sandbox.pay().set(Traps { callback: Callback::Never, ..Traps::default() });
    let citizen = rig.citizen(ERDENEBAT).await;
    let id = request(&rig, &citizen, 1).await;
    let asked = invoice(&rig, &citizen, &id, 2).await.json();
    paid(&rig, json!({ "invoice": asked["invoice_id"] })).await.unwrap();
    rig.sandbox.move_clock(DAY_MS + 1);

    assert_eq!(invoice(&rig, &citizen, &id, 3).await.refusal(), (409, "already_paid".into()));
    assert_eq!(detail(&rig, &citizen, &id).await["status"], "PROCESSING");
    assert_eq!(rig.count("qpay_invoices").await, 1);
}

#[tokio::test]
async fn what_was_paid_for_nothing_is_given_back() {
    for refunds in [Refunds::AtOnce, Refunds::Later] {
        let rig = Rig::start();
        rig.sandbox.pay().set(Traps { refunds, ..Traps::default() });
        let citizen = rig.citizen(ERDENEBAT).await;
        let id = request(&rig, &citizen, 1).await;
        let asked = invoice(&rig, &citizen, &id, 2).await.json();
        paid(&rig, json!({ "invoice": asked["invoice_id"] })).await.unwrap();

        step(&rig, &id, Status::Rejected).await.unwrap();

        let state = detail(&rig, &citizen, &id).await["payment"]["state"].clone();
        assert_eq!(state, if refunds == Refunds::AtOnce { "refunded" } else { "refunding" });
        given_back(&rig, json!({})).await;
        let told = check(&rig, &citizen, &id).await;
        assert_eq!((&told["state"], &told["paid_mnt"]), (&json!("refunded"), &json!(0)));
        assert_eq!(told["receipts"][0]["state"], "refunded");
    }
}

#[tokio::test]
async fn an_unpaid_request_that_is_withdrawn_leaves_nothing_to_pay() {
    let rig = Rig::start();
    let citizen = rig.citizen(ERDENEBAT).await;
    let id = request(&rig, &citizen, 1).await;
    let asked = invoice(&rig, &citizen, &id, 2).await.json();

    let path = format!("/v1/requests/{id}/withdrawal");
    let gone = rig.call(Call::new("POST", &path).by(&citizen).key(&key(3)).json(&json!({}))).await;

    assert_eq!(gone.json()["status"], "REJECTED");
    assert_eq!(paid(&rig, json!({ "invoice": asked["invoice_id"] })).await, Err((409, "invoice_closed".into())));
    assert_eq!(invoice(&rig, &citizen, &id, 4).await.refusal(), (409, "request_closed".into()));

    let other = request(&rig, &citizen, 5).await;
    fault(&rig, "qpayCreateInvoice", "drop_reply");
    invoice(&rig, &citizen, &other, 6).await;
    step(&rig, &other, Status::Expired).await.unwrap();
    let open = "SELECT COUNT(*) FROM qpay_invoices WHERE NOT cancelled";
    let open = rig.sandbox.db().read(move |conn| conn.query_row(open, [], |row| row.get::<_, i64>(0))).await.unwrap();
    assert_eq!(open, 0, "nor what QPay has and nobody was told of");
}

#[tokio::test]
async fn what_is_free_or_anothers_has_no_invoice() {
    let rig = Rig::start();
    let (citizen, other) = (rig.citizen(ERDENEBAT).await, rig.citizen(UURIINTUYA).await);
    let free = rig.apply(&citizen, &key(1)).await.json();
    assert_eq!(free.get("payment"), None);
    let free = free["id"].as_str().unwrap();
    let costly = request(&rig, &citizen, 2).await;

    assert_eq!(invoice(&rig, &citizen, free, 3).await.refusal(), (409, "free_of_charge".into()));
    assert_eq!(invoice(&rig, &other, &costly, 3).await.refusal(), (404, "unknown_request".into()));
    let foreign = rig.call(Call::new("POST", &format!("/v1/requests/{costly}/payment/check")).by(&other)).await;
    assert_eq!(foreign.refusal(), (404, "unknown_request".into()));
    let nobody = rig.call(Call::get("/v1/payments/26-999999.1/callback")).await;
    assert_eq!(nobody.refusal(), (404, "unknown_invoice".into()));
}

#[tokio::test]
async fn qpay_knows_its_merchant_its_tokens_and_its_numbers() {
    let rig = Rig::start();
    rig.sandbox.pay().set(Traps { callback: Callback::Never, ..Traps::default() });
    let ask = async |method: &str, path: &str, authorization: &str, body: &Value| {
        let call = Call::new(method, path).header("authorization", authorization);
        let reply = rig.call(if body.is_null() { call } else { call.json(body) }).await;
        (reply.status.as_u16(), reply.json())
    };
    let (status, told) = ask("POST", "/qpay/v2/auth/token", "Basic 0JTQsNC9", &Value::Null).await;
    assert_eq!((status, &told["error"]), (401, &json!("NO_CREDENDIALS")));
    let (_, token) = ask("POST", "/qpay/v2/auth/token", &pay::basic(&rig.sandbox), &Value::Null).await;
    let bearer = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let order = json!({
        "invoice_code": "X", "sender_invoice_no": "26-000001.1", "invoice_receiver_code": ERDENEBAT,
        "invoice_description": "Өргөдөл", "amount": 100, "callback_url": "https://localhost:20000/nowhere",
    });
    let with = |name: &str, value: Value| {
        let mut order = order.clone();
        order[name] = value;
        order
    };
    let create = async |bearer: &str, order: &Value| ask("POST", "/qpay/v2/invoice", bearer, order).await;

    assert_eq!(create("Bearer 9999999999.x", &order).await.0, 401);
    let (status, made) = create(&bearer, &order).await;
    assert_eq!((status, &create(&bearer, &order).await.1), (200, &made), "the same number is the same invoice");
    for (wrong, why) in [
        (with("amount", json!(101)), "SENDER_INVOICE_NO_DUPLICATED"),
        (with("sender_invoice_no", json!("9".repeat(46))), "SENDER_INVOICE_NO_INVALID"),
        (with("invoice_description", json!("Ө".repeat(256))), "INVOICE_LINE_INVALID"),
        (with("invoice_code", json!("")), "INVOICE_CODE_INVALID"),
        (json!({}), "INVALID_BODY"),
    ] {
        let (status, told) = create(&bearer, &wrong).await;
        assert_eq!((status, &told["error"]), (400, &json!(why)));
    }
    let id = made["invoice_id"].as_str().unwrap();
    paid(&rig, json!({ "invoice": id })).await.unwrap();
    let (status, told) = ask("DELETE", &format!("/qpay/v2/invoice/{id}"), &bearer, &Value::Null).await;
    assert_eq!((status, &told["error"]), (400, &json!("INVOICE_PAID")));
    let (status, told) = ask("DELETE", "/qpay/v2/payment/refund/123456789012345", &bearer, &Value::Null).await;
    assert_eq!((status, &told["error"]), (400, &json!("PAYMENT_NOTFOUND")));
}
