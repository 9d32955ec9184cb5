//! Signing in to the portal in a browser from the phone, and everybody who would like to be let in as well.

use reqwest::{Method, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::{
    errand::signed_in,
    phone::{Call, Flaws, Phone, Session, answer, page},
    rig::Rig,
};

const TWO_MINUTES: i64 = 2 * 60_000;

/// A browser with a cookie of the portal.
pub(crate) struct Browser<'a> {
    phone: &'a Phone,
    cookie: Option<String>,
}

impl<'a> Browser<'a> {
    /// `phone` lends its connection, and nothing else.
    pub(crate) fn new(phone: &'a Phone) -> Self {
        Self { phone, cookie: None }
    }

    async fn send(&mut self, method: Method, path: &str) -> Response {
        let mut request = self.phone.http.request(method.clone(), self.phone.url(path));
        if method == Method::POST {
            request = request.form(&[] as &[(&str, &str)]); // a button without fields
        }
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, format!("other=Ө; __Host-web={cookie}"));
        }
        let response = request.send().await.unwrap();
        if let Some(line) = response.headers().get(header::SET_COOKIE) {
            let line = line.to_str().unwrap();
            assert!(line.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict"), "{line}");
            let value = line.strip_prefix("__Host-web=").unwrap().split(';').next().unwrap();
            self.cookie = Some(value.to_owned()).filter(|value| !value.is_empty());
        }
        response
    }

    pub(crate) async fn look(&mut self) -> String {
        page(self.send(Method::GET, "/web/sign-in").await).await
    }
}

/// The id in the page's address, and the number beside it.
pub(crate) fn asked(page: &str) -> (String, u64) {
    let (_, rest) = page.split_once("/web/s/").unwrap();
    let (_, number) = page.split_once("<output>").unwrap();
    (rest[..22].to_owned(), number[..2].parse().unwrap())
}

async fn preview(phone: &Phone, session: &Session, id: &str) -> (StatusCode, Value) {
    phone.get(&format!("/v1/web/sign-ins/{id}"), session).await
}

async fn choose(phone: &Phone, session: &Session, id: &str, number: Value) -> (StatusCode, Value) {
    let (path, key) = (format!("/v1/web/sign-ins/{id}/answer"), emongolia_sandbox::text::token());
    let call = Call::new(Method::POST, &path, session).key(&key).body(json!({ "number": number }));
    answer(phone.send(call).await).await
}

/// Every call of a sign-in in a browser.
pub(crate) async fn in_and_out(phone: &Phone, session: &Session) {
    let mut browser = Browser::new(phone);
    browser.look().await;
    let (id, number) = asked(&page(browser.send(Method::POST, "/web/sign-in").await).await);
    browser.send(Method::GET, &format!("/web/s/{id}")).await;
    preview(phone, session, &id).await;
    choose(phone, session, &id, json!(number)).await;
    assert!(browser.look().await.contains("та нэвтэрлээ"));
    browser.send(Method::POST, "/web/sign-out").await;
}

/// One of the three that is not the page's.
async fn wrong_number(phone: &Phone, session: &Session, id: &str, right: u64) -> u64 {
    let (_, shown) = preview(phone, session, id).await;
    let numbers: Vec<u64> = serde_json::from_value(shown["numbers"].clone()).unwrap();
    assert!(numbers.contains(&right));
    numbers.into_iter().find(|number| *number != right).unwrap()
}

#[tokio::test]
async fn the_browser_that_asked_is_let_in_under_a_new_cookie_and_out_again() {
    let rig = Rig::start().await;
    let (phone, session) = signed_in(&rig).await;
    let mut browser = Browser::new(&phone);
    let waiting = browser.look().await;
    assert!(waiting.contains("<svg") && !waiting.contains("<script") && !waiting.contains("http-equiv"));
    let pressed = page(browser.send(Method::GET, "/web/sign-in?answered=yes").await).await;
    assert!(pressed.contains("Утаснаас хариу ирээгүй") && asked(&pressed) == asked(&waiting), "{pressed}");
    let ((id, number), before) = (asked(&waiting), browser.cookie.clone());
    assert!(page(browser.send(Method::GET, &format!("/web/s/{id}")).await).await.contains("И-Монгол апп дотроос"));

    let (status, shown) = preview(&phone, &session, &id).await;
    assert_eq!((status, &shown["service"]["en"]), (StatusCode::OK, &json!("E-Mongolia portal (sandbox)")));
    assert!(shown["numbers"].as_array().unwrap().contains(&json!(number)));
    let (status, told) = choose(&phone, &session, &id, json!(number)).await;
    assert_eq!((status, &told["state"]), (StatusCode::OK, &json!("approved")), "{told}");

    let inside = browser.look().await;
    assert!(inside.contains("Ө.Эрдэнэбат, та нэвтэрлээ"));
    assert_ne!(browser.cookie, before);
    assert!(browser.look().await.contains("та нэвтэрлээ"));
    let out = browser.send(Method::POST, "/web/sign-out").await;
    assert_eq!(out.status(), StatusCode::SEE_OTHER);
    assert!(browser.look().await.contains("<svg"));
    in_and_out(&phone, &session).await;
    rig.keep_contract();
    rig.finish().await;
}

#[tokio::test]
async fn a_wrong_number_ends_the_request_for_the_right_one_too() {
    let rig = Rig::start().await;
    let (phone, session) = signed_in(&rig).await;
    let mut browser = Browser::new(&phone);
    let (id, number) = asked(&browser.look().await);
    let wrong = wrong_number(&phone, &session, &id, number).await;

    let (status, told) = choose(&phone, &session, &id, json!(wrong)).await;

    assert_eq!((status, &told["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("wrong_number")));
    let (status, _) = choose(&phone, &session, &id, json!(number)).await;
    assert_eq!(status, StatusCode::GONE);
    let page = browser.look().await;
    assert!(page.contains("Another number was chosen") && !page.contains("http-equiv"));
    rig.finish().await;
}

#[tokio::test]
async fn a_request_is_over_after_two_minutes_and_a_new_one_begins_at_a_button() {
    let rig = Rig::start().await;
    let (phone, session) = signed_in(&rig).await;
    let mut browser = Browser::new(&phone);
    let (id, number) = asked(&browser.look().await);
    preview(&phone, &session, &id).await;

    rig.running.sandbox().move_clock(TWO_MINUTES + 1000);

    let (path, key) = (format!("/v1/web/sign-ins/{id}/answer"), emongolia_sandbox::text::token());
    let late = Flaws { iat_off_s: TWO_MINUTES / 1000, ..Flaws::default() };
    let call = || Call::new(Method::POST, &path, &session).key(&key).body(json!({ "number": number }));
    phone.send(call().flawed(late.clone())).await; // the nonce may be over too
    let (status, told) = answer(phone.send(call().flawed(late)).await).await;
    assert_eq!((status, &told["code"]), (StatusCode::GONE, &json!("sign_in_expired")));
    assert!(browser.look().await.contains("has expired"));
    let again = page(browser.send(Method::POST, "/web/sign-in").await).await;
    assert_ne!(asked(&again).0, id);
    rig.finish().await;
}

#[tokio::test]
async fn an_answer_opens_once_and_only_the_browser_that_asked() {
    let rig = Rig::start().await;
    let (phone, session) = signed_in(&rig).await;
    let (mut browser, mut other) = (Browser::new(&phone), Browser::new(&phone));
    let (id, number) = asked(&browser.look().await);
    let (other_id, _) = asked(&other.look().await);
    let mut thief = Browser { phone: &phone, cookie: browser.cookie.clone() };
    let mut guesser = Browser { phone: &phone, cookie: Some(id.clone()) };
    preview(&phone, &session, &id).await;

    choose(&phone, &session, &id, json!(number)).await;

    assert!(browser.look().await.contains("та нэвтэрлээ"));
    assert!(thief.look().await.contains("has expired"), "the cookie of before opens nothing");
    let page = other.look().await;
    assert_eq!(asked(&page).0, other_id, "another browser goes on waiting");
    assert!(!guesser.look().await.contains("та нэвтэрлээ"), "what the code holds is no cookie");
    let (status, told) = choose(&phone, &session, &id, json!(number)).await;
    assert_eq!((status, &told["code"]), (StatusCode::GONE, &json!("sign_in_answered")));
    assert_eq!(preview(&phone, &session, &id).await.0, StatusCode::GONE);
    rig.finish().await;
}

#[tokio::test]
async fn who_refuses_keeps_the_browser_out() {
    let rig = Rig::start().await;
    let (phone, session) = signed_in(&rig).await;
    let mut browser = Browser::new(&phone);
    let (id, number) = asked(&browser.look().await);
    preview(&phone, &session, &id).await;

    let (status, told) = choose(&phone, &session, &id, Value::Null).await;

    assert_eq!((status, &told["state"]), (StatusCode::OK, &json!("refused")));
    assert_eq!(choose(&phone, &session, &id, json!(number)).await.0, StatusCode::GONE);
    assert!(browser.look().await.contains("It was refused on the phone"));
    rig.finish().await;
}

#[tokio::test]
async fn only_the_first_citizen_who_looked_may_answer_and_nobody_unseen() {
    let rig = Rig::start().await;
    let (phone, session) = signed_in(&rig).await;
    let neighbour = rig.phone();
    neighbour.warm_up().await;
    let hers = neighbour.sign_in(&rig.config().citizens[0]).await;
    let mut browser = Browser::new(&phone);
    let (id, number) = asked(&browser.look().await);

    assert_eq!(choose(&phone, &session, &id, json!(number)).await.0, StatusCode::NOT_FOUND, "unseen");
    assert_eq!(preview(&phone, &session, &id).await.0, StatusCode::OK);
    assert_eq!(preview(&neighbour, &hers, &id).await.0, StatusCode::NOT_FOUND);
    assert_eq!(choose(&neighbour, &hers, &id, json!(number)).await.0, StatusCode::NOT_FOUND);
    assert_eq!(preview(&phone, &session, "AAAAAAAAAAAAAAAAAAAAAA").await.0, StatusCode::NOT_FOUND);
    assert_eq!(choose(&phone, &session, &id, json!("42")).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(choose(&phone, &session, &id, json!(number)).await.0, StatusCode::OK, "the control");
    rig.finish().await;
}

#[tokio::test]
async fn an_approval_needs_a_proof_of_the_last_five_minutes_and_a_refusal_none() {
    const SIX_MINUTES: i64 = 6 * 60_000;
    let rig = Rig::start().await;
    let (phone, session) = signed_in(&rig).await;
    rig.running.sandbox().move_clock(SIX_MINUTES);
    let mut browser = Browser::new(&phone);
    let (id, number) = asked(&browser.look().await);
    let late = Flaws { iat_off_s: SIX_MINUTES / 1000, ..Flaws::default() };
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", session.refresh_token.as_str()),
        ("client_id", crate::phone::CLIENT_ID),
    ];
    phone.post_form("/oauth/token", &form, &late).await; // the nonce may be over
    let renewed: Value = phone.post_form("/oauth/token", &form, &late).await.json().await.unwrap();
    let session = Session::from(&renewed);
    let preview = format!("/v1/web/sign-ins/{id}");
    phone.send(Call::new(Method::GET, &preview, &session).flawed(late.clone())).await;
    let (status, _) = answer(phone.send(Call::new(Method::GET, &preview, &session).flawed(late.clone())).await).await;
    assert_eq!(status, StatusCode::OK);
    let path = format!("/v1/web/sign-ins/{id}/answer");
    let choose = async |number: Value, key: &str| {
        let call = Call::new(Method::POST, &path, &session).key(key).body(json!({ "number": number }));
        answer(phone.send(call.flawed(late.clone())).await).await
    };

    let (status, told) = choose(json!(number), "key-of-an-approval").await;

    assert_eq!((status, &told["code"]), (StatusCode::UNAUTHORIZED, &json!("insufficient_user_authentication")));
    assert_eq!(choose(Value::Null, "key-of-a-refusal-1").await.0, StatusCode::OK);
    assert!(browser.look().await.contains("It was refused on the phone"));
    rig.finish().await;
}

#[tokio::test]
async fn a_request_outlives_a_restart() {
    let rig = Rig::start().await;
    let (phone, session) = signed_in(&rig).await;
    let mut browser = Browser::new(&phone);
    let (id, number) = asked(&browser.look().await);

    let rig = rig.restart().await;

    assert_eq!(asked(&browser.look().await), (id.clone(), number));
    preview(&phone, &session, &id).await;
    choose(&phone, &session, &id, json!(number)).await;
    let rig = rig.restart().await;
    assert!(browser.look().await.contains("та нэвтэрлээ"));
    rig.finish().await;
}
