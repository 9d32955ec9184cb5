//! The ways in of ДАН: each proves who it is, and each is refused when something about it is wrong.

use std::collections::HashMap;

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use url::Url;

use crate::{
    phone::{Phone, SignIn, location, page, transaction},
    rig::{ERDENEBAT, Rig},
};

/// Эрдэнэбат's phone, and somebody else's.
const HIS_PHONE: &str = "88001201";
const HER_PHONE: &str = "88001202";

/// Үүрийнтуяа.
const UURIINTUYA: &str = "ЧҮ03311428";

/// Үржин is twelve.
const URJIN: &str = "ҮӨ14291532";

const FIVE_MINUTES: i64 = 5 * 60_000;

const CONSENT: &str = "<h1>Зөвшөөрөл</h1>";

async fn login_page(phone: &Phone) -> String {
    phone.open_login_page(&phone.push_request().await).await
}

async fn choose(phone: &Phone, page_before: &str, way: &str, regnum: &str) -> String {
    page(phone.at_dan(page_before, &[("way", way), ("regnum", regnum)]).await).await
}

async fn answer_code(phone: &Phone, page: &str, code: &str) -> Response {
    phone.at_dan(page, &[("code", code), ("decision", "approve")]).await
}

/// The newest code that went to this phone.
async fn code_on(rig: &Rig, number: &str) -> Option<String> {
    let (status, messages) = rig.control(Method::GET, "/control/sms", Value::Null).await;
    assert_eq!(status, 200);
    let newest = messages.as_array().unwrap().iter().find(|m| m["number"] == number && m["to_citizen"] == true)?;
    let text = newest["text"].as_str().unwrap();
    Some(text.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6).unwrap().to_owned())
}

async fn send_sms(rig: &Rig, from: &str, text: &str) -> bool {
    let (status, told) = rig.control(Method::POST, "/control/sms", json!({ "from": from, "text": text })).await;
    assert_eq!(status, 200, "{told}");
    told["taken"].as_bool().unwrap()
}

async fn sign(rig: &Rig, regnum: &str, text: &str) -> String {
    let call = json!({ "regnum": regnum, "pin": "2580", "text": text });
    let (status, told) = rig.control(Method::POST, "/control/sign", call).await;
    assert_eq!(status, 200, "{told}");
    told["signature"].as_str().unwrap().to_owned()
}

/// What stands in the page's first `<output>`.
fn output(page: &str) -> String {
    let (_, rest) = page.split_once("<output>").unwrap();
    rest.split_once("</output>").unwrap().0.to_owned()
}

fn other_than(code: &str) -> String {
    if code == "000000" { "000001".into() } else { "000000".into() }
}

/// The whole sign-in by the page that asks for consent; gives `acr` and `auth_time`.
async fn claims(phone: &Phone, sign_in: &SignIn, consent: &str) -> (String, i64) {
    let called_back = phone.agree(consent).await;
    let (status, tokens) = phone.redeem(sign_in, &called_back["code"]).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    let claims = tokens["id_token"].as_str().unwrap().split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&emongolia_sandbox::text::from_base64url(claims).unwrap()).unwrap();
    (claims["acr"].as_str().unwrap().to_owned(), claims["auth_time"].as_i64().unwrap())
}

#[tokio::test]
async fn the_code_of_the_dan_app_signs_in() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let sign_in = phone.push_request().await;
    let first = phone.open_login_page(&sign_in).await;

    let consent = page(phone.fill(&first, ERDENEBAT, "314159", "approve").await).await;

    assert_eq!(claims(&phone, &sign_in, &consent).await.0, "urn:mn:dan:app");
    rig.finish().await;
}

#[tokio::test]
async fn a_code_sent_to_the_phone_signs_in() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let sign_in = phone.push_request().await;
    let first = phone.open_login_page(&sign_in).await;

    let asks = choose(&phone, &first, "sms_sent", &ERDENEBAT.to_lowercase()).await;
    let consent = page(answer_code(&phone, &asks, &code_on(&rig, HIS_PHONE).await.unwrap()).await).await;

    assert!(consent.contains(CONSENT) && consent.contains("Ө.Эрдэнэбат"));
    assert_eq!(claims(&phone, &sign_in, &consent).await.0, "urn:mn:dan:sms");
    rig.finish().await;
}

#[tokio::test]
async fn the_time_of_a_sign_in_is_when_it_was_proven_not_when_the_citizen_agreed() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let sign_in = phone.push_request().await;
    let first = phone.open_login_page(&sign_in).await;
    let proven_by_ms = rig.running.sandbox().now();
    let consent = page(phone.fill(&first, ERDENEBAT, "314159", "approve").await).await;

    rig.running.sandbox().move_clock(30_000);

    let (_, auth_time) = claims(&phone, &sign_in, &consent).await;
    assert!((auth_time * 1000 - proven_by_ms).abs() < 20_000, "{auth_time} {proven_by_ms}");
    rig.finish().await;
}

#[tokio::test]
async fn five_wrong_codes_lock_the_right_one_out_whichever_way_they_came() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let first = login_page(&phone).await;
    let wrong_app = phone.fill(&first, ERDENEBAT, "000000", "approve").await;
    let asks = choose(&phone, &page(wrong_app).await, "sms_sent", ERDENEBAT).await;
    let code = code_on(&rig, HIS_PHONE).await.unwrap();

    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(answer_code(&phone, &asks, &other_than(&code)).await.status().as_u16());
    }
    let right = answer_code(&phone, &asks, &code).await;

    assert_eq!(statuses, [200, 200, 200, 403]);
    assert_eq!(right.status(), StatusCode::FORBIDDEN);
    rig.finish().await;
}

#[tokio::test]
async fn a_code_expires_by_the_sandboxs_clock_and_another_can_be_asked_for() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let asks = choose(&phone, &login_page(&phone).await, "sms_sent", ERDENEBAT).await;
    let old = code_on(&rig, HIS_PHONE).await.unwrap();

    rig.running.sandbox().move_clock(FIVE_MINUTES + 1000);
    let late = page(answer_code(&phone, &asks, &old).await).await;

    assert!(late.contains("Хугацаа нь дууссан") && late.contains("It has expired") && !late.contains(CONSENT));
    let asks = choose(&phone, &late, "sms_sent", ERDENEBAT).await;
    let new = code_on(&rig, HIS_PHONE).await.unwrap();
    assert!(page(answer_code(&phone, &asks, &new).await).await.contains(CONSENT));
    rig.finish().await;
}

#[tokio::test]
async fn a_new_code_makes_the_one_before_void() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let first = login_page(&phone).await;
    choose(&phone, &first, "sms_sent", ERDENEBAT).await;
    let old = code_on(&rig, HIS_PHONE).await.unwrap();

    let asks = choose(&phone, &first, "sms_sent", ERDENEBAT).await;

    let new = code_on(&rig, HIS_PHONE).await.unwrap();
    if old != new {
        assert!(!page(answer_code(&phone, &asks, &old).await).await.contains(CONSENT));
    }
    assert!(page(answer_code(&phone, &asks, &new).await).await.contains(CONSENT));
    rig.finish().await;
}

#[tokio::test]
async fn codes_are_not_sent_without_end() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let mut sent = 0;

    for _ in 0..5 {
        let first = login_page(&phone).await;
        for n in 0..4 {
            let answered = choose(&phone, &first, "sms_sent", ERDENEBAT).await;
            assert!(n < 3 || answered.contains("Too many codes"), "a fourth code of one sign-in");
            sent += usize::from(!answered.contains("Too many codes"));
        }
    }

    assert_eq!(sent, 10, "ten an hour");
    rig.running.sandbox().move_clock(3600 * 1000 + 1);
    // Straight at ДАН: the phone's own clock has not moved.
    let first = phone.http.get(authorize(&phone, &["WS100101_getCitizenIDCardInfo"])).send().await.unwrap();
    assert!(!choose(&phone, &page(first).await, "sms_sent", ERDENEBAT).await.contains("Too many codes"));
    rig.finish().await;
}

/// ДАН's address for a service that asks for these operations.
pub(crate) fn authorize(phone: &Phone, operations: &[&str]) -> String {
    let scope = json!([{ "services": operations, "wsdl": "https://xyp.gov.mn/citizen-1.5.0/ws?WSDL" }]).to_string();
    let mut url = Url::parse(&phone.url("/dan/oauth2/authorize")).unwrap();
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", "e-mongolia-gateway")
        .append_pair("redirect_uri", &phone.url("/oauth/dan-callback"))
        .append_pair("state", "төлөв")
        .append_pair("scope", &emongolia_sandbox::text::base64(scope.as_bytes()));
    url.into()
}

#[tokio::test]
async fn whether_a_number_is_anybodys_can_not_be_told_from_the_page() {
    let rig = Rig::start().await;
    let phone = rig.phone();

    for way in ["sms_sent", "sms_received", "signature"] {
        let mut told = Vec::new();
        for regnum in [ERDENEBAT, "ӨҮ99999999"] {
            let asks = choose(&phone, &login_page(&phone).await, way, regnum).await;
            let again = page(answer_code(&phone, &asks, "000000").await).await;
            let shown: Vec<String> = [asks, again]
                .into_iter()
                .map(|page| {
                    let word = transaction(&page);
                    // The invented phone is shown for whoever tries this out.
                    let (page, _phone) = page.split_once("<section").unwrap();
                    let made = if page.contains("<output>") { output(page) } else { String::new() };
                    page.replace(&word, "").replace(&made, "")
                })
                .collect();
            told.push(shown);
        }
        assert_eq!(told[0], told[1], "{way}");
    }
    assert_eq!(code_on(&rig, "99999999").await, None);
    rig.finish().await;
}

#[tokio::test]
async fn a_code_sent_from_the_registered_phone_signs_in() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let sign_in = phone.push_request().await;
    let first = phone.open_login_page(&sign_in).await;
    let asks = choose(&phone, &first, "sms_received", ERDENEBAT).await;
    let early = page(phone.at_dan(&asks, &[("decision", "approve")]).await).await;
    assert!(early.contains("No code has come") && !early.contains(CONSENT));

    let taken = send_sms(&rig, "+976 8800-1201", &format!(" {} ", output(&asks))).await;

    assert!(taken);
    let consent = page(phone.at_dan(&asks, &[("decision", "approve")]).await).await;
    assert!(consent.contains(CONSENT) && consent.contains("Ө.Эрдэнэбат"));
    assert_eq!(claims(&phone, &sign_in, &consent).await.0, "urn:mn:dan:sms");
    rig.finish().await;
}

#[tokio::test]
async fn a_message_from_another_number_or_with_another_code_or_too_late_proves_nothing() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let asks = choose(&phone, &login_page(&phone).await, "sms_received", ERDENEBAT).await;
    let code = output(&asks);

    assert!(!send_sms(&rig, HER_PHONE, &code).await, "another number");
    assert!(!send_sms(&rig, "", &code).await, "a hidden number");
    assert!(!send_sms(&rig, HIS_PHONE, &other_than(&code)).await, "another code");
    let still = page(phone.at_dan(&asks, &[("decision", "approve")]).await).await;
    assert!(!still.contains(CONSENT));
    rig.running.sandbox().move_clock(FIVE_MINUTES + 1000);
    assert!(!send_sms(&rig, HIS_PHONE, &code).await, "too late");
    assert!(page(phone.at_dan(&asks, &[("decision", "approve")]).await).await.contains("It has expired"));
    rig.finish().await;
}

#[tokio::test]
async fn a_message_proves_once_and_in_one_browser() {
    let rig = Rig::start().await;
    let (phone, neighbour) = (rig.phone(), rig.phone());
    let asks = choose(&phone, &login_page(&phone).await, "sms_received", ERDENEBAT).await;
    let hers = choose(&neighbour, &login_page(&neighbour).await, "sms_received", ERDENEBAT).await;

    assert!(send_sms(&rig, HIS_PHONE, &output(&asks)).await);
    assert!(!send_sms(&rig, HIS_PHONE, &output(&asks)).await, "the same message again");

    assert!(!page(neighbour.at_dan(&hers, &[("decision", "approve")]).await).await.contains(CONSENT));
    assert!(page(phone.at_dan(&asks, &[("decision", "approve")]).await).await.contains(CONSENT));
    let again = phone.at_dan(&asks, &[("decision", "approve")]).await;
    assert_eq!(again.status(), StatusCode::BAD_REQUEST);
    rig.finish().await;
}

/// The bank's page, and the word of its form.
async fn at_bank(phone: &Phone, first: &str) -> (String, String) {
    let to_bank = phone.at_dan(first, &[("way", "bank")]).await;
    assert_eq!(to_bank.status(), StatusCode::SEE_OTHER);
    let address = location(&to_bank);
    let query: HashMap<_, _> = Url::parse(&address).unwrap().query_pairs().into_owned().collect();
    (page(phone.http.get(&address).send().await.unwrap()).await, query["request"].clone())
}

async fn bank_sign_in(phone: &Phone, request: &str, user: &str, password: &str, decision: &str) -> Response {
    let form = [("request", request), ("user", user), ("password", password), ("decision", decision)];
    phone.http.post(phone.url("/sample-bank/sign-in")).form(&form).send().await.unwrap()
}

/// Every page on the way through the bank; gives the one that asks for consent.
pub(crate) async fn through_the_bank(phone: &Phone) -> String {
    let (_, request) = at_bank(phone, &login_page(phone).await).await;
    let back = bank_sign_in(phone, &request, "uuriintuya", "үүр-цайх-1202", "approve").await;
    page(phone.http.get(location(&back)).send().await.unwrap()).await
}

#[tokio::test]
async fn a_bank_that_is_marked_as_a_sample_signs_in() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let sign_in = phone.push_request().await;
    let (bank, request) = at_bank(&phone, &phone.open_login_page(&sign_in).await).await;
    assert!(bank.contains("Sample Bank: it does not exist"));

    let back = bank_sign_in(&phone, &request, "uuriintuya", "үүр-цайх-1202", "approve").await;

    assert_eq!(back.status(), StatusCode::SEE_OTHER);
    let consent = page(phone.http.get(location(&back)).send().await.unwrap()).await;
    assert!(consent.contains(CONSENT) && consent.contains("М.Үүрийнтуяа"));
    assert_eq!(claims(&phone, &sign_in, &consent).await.0, "urn:mn:dan:bank");
    rig.keep_contract();
    rig.finish().await;
}

#[tokio::test]
async fn a_banks_answer_works_once() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let (_, request) = at_bank(&phone, &login_page(&phone).await).await;
    let back = location(&bank_sign_in(&phone, &request, "uuriintuya", "үүр-цайх-1202", "approve").await);

    let first = phone.http.get(&back).send().await.unwrap();
    let replayed = phone.http.get(&back).send().await.unwrap();

    assert_eq!((first.status(), replayed.status()), (StatusCode::OK, StatusCode::BAD_REQUEST));
    let bank_again = bank_sign_in(&phone, &request, "uuriintuya", "үүр-цайх-1202", "approve").await;
    assert_eq!(bank_again.status(), StatusCode::BAD_REQUEST, "and the bank answers a request once");
    rig.finish().await;
}

#[tokio::test]
async fn a_banks_answer_that_is_altered_or_late_or_of_nobodys_asking_is_refused() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let (_, request) = at_bank(&phone, &login_page(&phone).await).await;
    let back = location(&bank_sign_in(&phone, &request, "uuriintuya", "үүр-цайх-1202", "approve").await);
    let told: HashMap<_, _> = Url::parse(&back).unwrap().query_pairs().into_owned().collect();
    let read = emongolia_sandbox::text::from_base64url(&told["answer"]).unwrap();
    let other = String::from_utf8(read).unwrap().replace(UURIINTUYA, ERDENEBAT);
    let forged = emongolia_sandbox::text::base64url(other.as_bytes());
    let go = async |answer: &str, mark: &str| {
        let address = format!("{}?answer={answer}&mark={mark}", phone.url("/dan/bank-back"));
        phone.http.get(address).send().await.unwrap().status()
    };

    assert_eq!(go(&forged, &told["mark"]).await, StatusCode::BAD_REQUEST, "altered");
    assert_eq!(go(&told["answer"], "AAAA").await, StatusCode::BAD_REQUEST, "another mark");
    rig.running.sandbox().move_clock(2 * 60_000 + 1000);
    assert_eq!(go(&told["answer"], &told["mark"]).await, StatusCode::BAD_REQUEST, "late");
    rig.running.sandbox().move_clock(-2 * 60_000 - 1000);
    assert_eq!(go(&told["answer"], &told["mark"]).await, StatusCode::OK, "the control");
    rig.finish().await;
}

#[tokio::test]
async fn five_wrong_passwords_lock_the_right_one_out_and_whoever_goes_back_chooses_again() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let first = login_page(&phone).await;
    let (_, request) = at_bank(&phone, &first).await;

    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(bank_sign_in(&phone, &request, "aigul", "буруу үг", "approve").await.status().as_u16());
    }
    let right = bank_sign_in(&phone, &request, "aigul", "алтан-үүл-1204", "approve").await;

    assert_eq!(statuses, [200, 200, 200, 200, 403]);
    assert_eq!(right.status(), StatusCode::FORBIDDEN);
    let (_, request) = at_bank(&phone, &first).await;
    let declined = bank_sign_in(&phone, &request, "", "", "deny").await;
    let chooses = page(phone.http.get(location(&declined)).send().await.unwrap()).await;
    assert!(chooses.contains("The bank did not confirm"));
    assert!(page(phone.fill(&chooses, ERDENEBAT, "314159", "approve").await).await.contains(CONSENT));
    rig.finish().await;
}

#[tokio::test]
async fn a_digital_signature_signs_in() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let sign_in = phone.push_request().await;
    let first = phone.open_login_page(&sign_in).await;
    let asks = choose(&phone, &first, "signature", ERDENEBAT).await;

    let signature = sign(&rig, ERDENEBAT, &output(&asks)).await;
    let consent = page(phone.at_dan(&asks, &[("signature", &signature), ("decision", "approve")]).await).await;

    assert!(consent.contains(CONSENT));
    assert_eq!(claims(&phone, &sign_in, &consent).await.0, "urn:mn:dan:signature");
    rig.finish().await;
}

#[tokio::test]
async fn a_signature_that_is_broken_of_another_key_or_of_another_challenge_is_refused() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let before = output(&choose(&phone, &login_page(&phone).await, "signature", ERDENEBAT).await);
    let asks = choose(&phone, &login_page(&phone).await, "signature", ERDENEBAT).await;
    let right = sign(&rig, ERDENEBAT, &output(&asks)).await;
    let mut broken = emongolia_sandbox::text::from_base64(&right).unwrap();
    broken[10] ^= 1;

    for (why, wrong) in [
        ("broken", emongolia_sandbox::text::base64(&broken)),
        ("of another key", sign(&rig, UURIINTUYA, &output(&asks)).await),
        ("of another challenge", sign(&rig, ERDENEBAT, &before).await),
        ("no base64", "Ө үгүй".to_owned()),
    ] {
        let told = page(phone.at_dan(&asks, &[("signature", &wrong), ("decision", "approve")]).await).await;
        assert!(!told.contains(CONSENT) && told.contains("буруу байна"), "{why}");
    }

    let consent = page(phone.at_dan(&asks, &[("signature", &right), ("decision", "approve")]).await).await;
    assert!(consent.contains(CONSENT), "the control");
    rig.finish().await;
}

#[tokio::test]
async fn a_token_signs_for_its_pin_and_is_blocked_after_five_others() {
    let rig = Rig::start().await;
    let call = |pin: &str| json!({ "regnum": ERDENEBAT, "pin": pin, "text": "Өглөө" });

    let mut told = Vec::new();
    for pin in ["0000", "0000", "0000", "0000", "2580", "0000", "2580"] {
        told.push(rig.control(Method::POST, "/control/sign", call(pin)).await.0);
    }
    let unknown = json!({ "regnum": "ӨҮ99999999", "pin": "2580", "text": "" });

    assert_eq!(told, [422, 422, 422, 422, 200, 422, 403]);
    assert_eq!(rig.control(Method::POST, "/control/sign", unknown).await.0, 404);
    rig.finish().await;
}

#[tokio::test]
async fn nobody_under_sixteen_signs_in_whichever_way() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    assert!(rig.config().citizens.iter().all(|citizen| citizen.regnum != URJIN));

    let by_app = phone.fill(&login_page(&phone).await, URJIN, "358979", "approve").await;
    let (_, request) = at_bank(&phone, &login_page(&phone).await).await;
    let back = bank_sign_in(&phone, &request, "urjin", "үржин-өөлд-1209", "approve").await;
    let by_bank = phone.http.get(location(&back)).send().await.unwrap();

    for refused in [by_app, by_bank] {
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
        let told = refused.text().await.unwrap();
        assert!(told.contains("16 нас") && told.contains("from the age of 16"));
        assert!(told.contains("error=access_denied") && !told.contains("code="));
    }
    rig.finish().await;
}

#[tokio::test]
async fn a_sign_in_goes_on_after_a_restart_at_every_page() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let sign_in = phone.push_request().await;
    let asks = choose(&phone, &phone.open_login_page(&sign_in).await, "sms_sent", ERDENEBAT).await;
    let code = code_on(&rig, HIS_PHONE).await.unwrap();

    let rig = rig.restart().await;
    let consent = page(answer_code(&phone, &asks, &code).await).await;
    let rig = rig.restart().await;

    assert_eq!(claims(&phone, &sign_in, &consent).await.0, "urn:mn:dan:sms");
    rig.finish().await;
}
