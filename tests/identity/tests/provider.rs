//! The core's sign-in and session against a provider that is certified for OpenID Connect and FAPI 2.0.
//!
//! The gateway's inbox is the provider's own protected resource (`provider/op.mjs`): who may read it, the provider says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on should stop")]

use std::time::Duration;

use emongolia_core::{
    App, Error,
    auth::{Freshness, SessionState, SignedIn},
    notify::inbox::Filter,
    offline::outbox::State,
};
use emongolia_identity::{
    browser,
    phone::Phone,
    provider::{
        Provider, Switch,
        Switch::{Nonces, Rotate},
    },
};
use emongolia_support::front::{Act, Front, Told};
use serde_json::json;

/// Longer than anything here takes on a busy machine; reached only when something hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// What `op.mjs` gives an access token.
const TOKEN_LIFE: Duration = Duration::from_secs(300);

const HOUR_MS: i64 = 3_600_000;

const METADATA: &str = "/.well-known/oauth-authorization-server";
const PUSHED: &str = "/request";
const KEYS: &str = "/jwks";
const TOKEN: &str = "/token";
const REVOCATION: &str = "/token/revocation";
const INBOX: &str = "/v1/inbox";
const REGISTRATION: &str = "/v1/push/registration";

/// A provider, and a phone that nobody has signed in on.
fn begun(switches: &[Switch]) -> (Provider, Phone, App) {
    let provider = Provider::start(switches).unwrap();
    let phone = Phone::new(&provider.front).unwrap();
    let app = phone.start().unwrap();
    (provider, phone, app)
}

async fn signed_in(switches: &[Switch]) -> (Provider, Phone, App) {
    let (provider, phone, app) = begun(switches);
    sign_in(&app, &phone).await;
    (provider, phone, app)
}

async fn sign_in(app: &App, phone: &Phone) -> SignedIn {
    let request = app.auth().begin_sign_in().await.unwrap();
    let callback = browser::approve(&phone.config, &request.url, "citizen-1").await.unwrap();
    app.auth().complete_sign_in(&callback).await.unwrap()
}

/// What the provider's resource says to the citizen, and to nobody else.
async fn inbox(app: &App) -> Vec<String> {
    app.inbox().refresh().await.unwrap();
    let page = app.inbox().page(Filter::All, None).await.unwrap();
    page.value.items.into_iter().map(|message| message.title.mn).collect()
}

fn statuses(front: &Front, path: &str) -> Vec<Option<u16>> {
    front.of(path).iter().map(|exchange| exchange.status).collect()
}

/// The refresh tokens that were brought to the provider so far, in order.
fn brought(front: &Front) -> Vec<String> {
    let field = |body: &[u8]| {
        let mut fields = url::form_urlencoded::parse(body);
        fields.find(|(name, _)| name == "refresh_token").map(|(_, value)| value.into_owned())
    };
    front.of(TOKEN).iter().filter_map(|exchange| field(&exchange.request.body)).collect()
}

/// The next token answer is lost on its way, and the gateway knows where to register for pushes.
fn lose_one_token_answer(front: &Front) {
    let mut lost = false;
    front.rule(move |seen| match seen.path.as_str() {
        TOKEN if !lost => {
            lost = true;
            Act::DropReply
        }
        REGISTRATION => Act::Say(Told::json(200, &json!({}))),
        _ => Act::Pass,
    });
}

async fn is_active(app: &App) -> bool {
    matches!(app.auth().state().await.unwrap(), SessionState::Active { .. })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_full_flow_with_par_and_nonces() {
    let (provider, phone, app) = begun(&[Nonces]);

    let request = app.auth().begin_sign_in().await.unwrap();
    let callback = browser::approve(&phone.config, &request.url, "citizen-1").await.unwrap();
    let citizen = app.auth().complete_sign_in(&callback).await.unwrap().citizen;

    let shown: Vec<_> = request.url.query_pairs().map(|(name, _)| name.into_owned()).collect();
    assert_eq!(shown, ["client_id", "request_uri"], "the browser carries nothing of the request");
    assert_eq!((citizen.subject.as_str(), citizen.name.as_str()), ("citizen-1", "Ү.Өнөрмаа"));
    assert_eq!(citizen.registration_number.unwrap().to_string(), "УЖ95121206");
    assert_eq!(inbox(&app).await, ["Үнэмлэх бэлэн боллоо"]);
    let front = &provider.front;
    assert_eq!(statuses(front, PUSHED), [Some(400), Some(201)], "a nonce is demanded once and then carried");
    assert_eq!(statuses(front, TOKEN), [Some(200)]);
    assert_eq!(statuses(front, INBOX), [Some(401), Some(200)], "the resource has nonces of its own");
    assert!(is_active(&app).await);
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_nonces_it_is_the_same() {
    let (provider, phone, app) = begun(&[]);

    let citizen = sign_in(&app, &phone).await.citizen;

    assert_eq!(citizen.name, "Ү.Өнөрмаа");
    assert_eq!(inbox(&app).await, ["Үнэмлэх бэлэн боллоо"]);
    let front = &provider.front;
    let all = [PUSHED, TOKEN, INBOX].map(|path| statuses(front, path));
    assert_eq!(all, [[Some(201)], [Some(200)], [Some(200)]], "nothing is asked twice");
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn first_sign_in_takes_at_most_six_requests() {
    let (provider, phone, app) = begun(&[Nonces]);

    let request = app.auth().begin_sign_in().await.unwrap();
    let before_the_browser = provider.front.exchanges().len();
    let callback = browser::approve(&phone.config, &request.url, "citizen-1").await.unwrap();
    let after_the_browser = provider.front.exchanges().len();
    app.auth().complete_sign_in(&callback).await.unwrap();

    let exchanges = provider.front.exchanges();
    let ours = exchanges[..before_the_browser].iter().chain(&exchanges[after_the_browser..]);
    let ours: Vec<_> = ours.map(|exchange| exchange.request.path.as_str()).collect();
    println!("requests of a first sign-in: {}", ours.len());
    assert!(ours.len() <= 6, "{ours:?}");
    assert_eq!(ours, [METADATA, PUSHED, PUSHED, KEYS, TOKEN]);
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn refresh_without_rotation_survives_a_lost_reply() {
    let (provider, phone, app) = signed_in(&[Nonces]).await;

    lose_one_token_answer(&provider.front);
    phone.clock.advance(TOKEN_LIFE);
    let read = inbox(&app).await;

    assert_eq!(read, ["Үнэмлэх бэлэн боллоо"]);
    assert_eq!(statuses(&provider.front, TOKEN), [Some(200); 3], "the code, the lost renewal, the renewal");
    let [lost, heard] = &brought(&provider.front)[..] else { panic!("not two renewals") };
    assert_eq!(lost, heard);
    assert!(is_active(&app).await);
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rotation_moves_on_and_reuse_ends_the_session_not_the_outbox() {
    let (provider, phone, app) = signed_in(&[Nonces, Rotate]).await;
    for _ in 0..2 {
        phone.clock.advance(TOKEN_LIFE);
        inbox(&app).await;
    }
    let [first, second] = &brought(&provider.front)[..] else { panic!("not two renewals") };
    assert_ne!(first, second, "each renewal brought another refresh token, and it was kept");

    // The provider has rotated and the phone never hears of it: what the phone has is now a used token.
    lose_one_token_answer(&provider.front);
    phone.clock.advance(TOKEN_LIFE);
    let operation = app.push().register("fcm:APA91bE-test_token").await.unwrap();
    let waiting = app.outbox().settle(&operation, PATIENCE).await.unwrap();

    let reuse = brought(&provider.front).split_off(2);
    assert!(reuse.len() == 2 && reuse[0] == reuse[1], "asked once more, with the token it has");
    assert_eq!(provider.front.of(TOKEN).last().unwrap().status, Some(400));
    assert!(matches!(app.auth().state().await.unwrap(), SessionState::Expired { .. }));
    assert_eq!(app.inbox().refresh().await.err(), Some(Error::SignInRequired));
    assert!(!waiting.state.is_final(), "{:?}", waiting.state);
    assert!(provider.front.of(REGISTRATION).is_empty());

    sign_in(&app, &phone).await;
    app.outbox().flush(PATIENCE).await.unwrap();

    assert_eq!(app.outbox().get(&operation).await.unwrap().state, State::Done);
    assert_eq!(statuses(&provider.front, REGISTRATION), [Some(200)]);
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn revocation_is_heard() {
    let (provider, phone, app) = signed_in(&[Nonces]).await;
    app.shutdown(PATIENCE).await.unwrap();
    let copy = phone.copy().unwrap().start().unwrap();
    assert_eq!(inbox(&copy).await, ["Үнэмлэх бэлэн боллоо"], "until then the same tokens are good");

    let app = phone.start().unwrap();
    let signed_out = app.sign_out().await.unwrap();

    assert!(signed_out.revoked);
    assert_eq!(statuses(&provider.front, REVOCATION), [Some(200)]);
    assert_eq!(copy.inbox().refresh().await.err(), Some(Error::SignInRequired));
    assert_eq!(provider.front.of(INBOX).last().unwrap().status, Some(401), "the access token went with it");
    assert_eq!(provider.front.of(TOKEN).last().unwrap().status, Some(400), "and the refresh token");
    copy.shutdown(PATIENCE).await.unwrap();
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_device_key_gets_nothing() {
    let (provider, phone, app) = signed_in(&[Nonces]).await;
    app.shutdown(PATIENCE).await.unwrap();
    let copy = phone.copy().unwrap().start().unwrap();
    assert_eq!(inbox(&copy).await, ["Үнэмлэх бэлэн боллоо"], "all that the phone has, under its key, is good");
    copy.shutdown(PATIENCE).await.unwrap();
    let answered = provider.front.exchanges().len();

    let thief = phone.copy_that_signs_otherwise().unwrap().start().unwrap();
    let stolen = thief.inbox().refresh().await;

    assert_eq!(stolen.err(), Some(Error::SignInRequired));
    let answers = provider.front.exchanges().split_off(answered);
    let of = |path: &str| answers.iter().filter(|each| each.request.path == path).map(|each| each.status).collect();
    let (read, renewed): (Vec<_>, Vec<_>) = (of(INBOX), of(TOKEN));
    assert_eq!(read, [Some(401), Some(401)], "a nonce, and then no");
    assert_eq!(renewed, [Some(400), Some(400)], "a nonce, and then no");
    thief.shutdown(PATIENCE).await.unwrap();

    phone.clock.advance(TOKEN_LIFE);
    let app = phone.start().unwrap();
    assert_eq!(inbox(&app).await, ["Үнэмлэх бэлэн боллоо"], "and the thief's try cost the citizen nothing");
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_citizen_who_cancels_is_heard_and_can_begin_again() {
    let (provider, phone, app) = begun(&[Nonces]);

    let request = app.auth().begin_sign_in().await.unwrap();
    let callback = browser::cancel(&phone.config, &request.url).await.unwrap();
    let cancelled = app.auth().complete_sign_in(&callback).await;

    assert_eq!(cancelled.err(), Some(Error::Cancelled));
    assert!(provider.front.of(TOKEN).is_empty());
    assert_eq!(app.auth().state().await.unwrap(), SessionState::SignedOut);
    assert_eq!(sign_in(&app, &phone).await.citizen.name, "Ү.Өнөрмаа");
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_an_hour_off_signs_in() {
    for (off_ms, switches) in [(HOUR_MS, &[][..]), (-HOUR_MS, &[]), (HOUR_MS, &[Nonces]), (-HOUR_MS, &[Nonces])] {
        let provider = Provider::start(switches).unwrap();
        let phone = Phone::new(&provider.front).unwrap();
        phone.clock.shift(off_ms);
        let app = phone.start().unwrap();

        sign_in(&app, &phone).await;

        assert_eq!(inbox(&app).await, ["Үнэмлэх бэлэн боллоо"], "{off_ms} {switches:?}");
        assert!(is_active(&app).await, "{off_ms} {switches:?}");
        app.shutdown(PATIENCE).await.unwrap();
    }
}

/// The control of the test above: the provider does look at the time, and its `Date` is what puts ours right.
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_an_hour_off_that_is_not_told_the_time_is_refused() {
    let provider = Provider::start(&[]).unwrap();
    provider.front.rule(|_| Act::Withhold("date"));
    let phone = Phone::new(&provider.front).unwrap();
    phone.clock.shift(HOUR_MS);
    let app = phone.start().unwrap();

    let begun = app.auth().begin_sign_in().await;

    assert!(matches!(begun, Err(Error::Unexpected { .. })), "{begun:?}");
    assert_eq!(statuses(&provider.front, PUSHED), [Some(400)]);
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_rotated_before_and_just_before_signing_is_followed() {
    let (provider, phone, app) = signed_in(&[Nonces]).await;

    provider.keys().change().unwrap();
    sign_in(&app, &phone).await;
    assert_eq!(statuses(&provider.front, KEYS), [Some(200); 2], "asked for at each sign-in");

    let (keys, mut changed) = (provider.keys(), false);
    provider.front.rule(move |seen| {
        if seen.path == TOKEN && !changed {
            changed = true;
            keys.change().unwrap(); // we have asked for the keys, and it has not signed yet
        }
        Act::Pass
    });
    sign_in(&app, &phone).await;
    assert_eq!(statuses(&provider.front, KEYS), [Some(200); 4], "and once more for a name that was not among them");
    assert_eq!(inbox(&app).await, ["Үнэмлэх бэлэн боллоо"]);

    for _ in 0..2 {
        provider.keys().change().unwrap(); // a renewal brings an ID token too
        phone.clock.advance(TOKEN_LIFE);
        assert_eq!(inbox(&app).await, ["Үнэмлэх бэлэн боллоо"]);
    }
    assert_eq!(statuses(&provider.front, KEYS), [Some(200); 6]);
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn step_up_with_max_age() {
    const SIGNATURE: &str = "urn:mn:dan:signature";
    let (provider, phone, app) = signed_in(&[Nonces]).await;
    let step_up = async |wanted: Freshness| {
        let request = app.auth().step_up(wanted).await.unwrap();
        let callback = browser::approve(&phone.config, &request.url, "citizen-1").await.unwrap();
        app.auth().complete_sign_in(&callback).await
    };

    let stepped_up = step_up(Freshness::within(60)).await.unwrap();

    assert_eq!(stepped_up.citizen.name, "Ү.Өнөрмаа");
    let asked = String::from_utf8(provider.front.of(PUSHED).last().unwrap().request.body.to_vec()).unwrap();
    assert!(asked.contains("max_age=60") && asked.contains("prompt=login"), "{asked}");
    assert_eq!(inbox(&app).await, ["Үнэмлэх бэлэн боллоо"]);

    // The provider's page asks for a name and attests no way of proving it.
    let refused = step_up(Freshness { max_age_s: 60, acr: Some(SIGNATURE.into()) }).await;

    assert!(matches!(refused, Err(Error::Unexpected { .. })), "{refused:?}");
    assert!(provider.front.of(REVOCATION).is_empty(), "a grant may be the session's own");
    phone.clock.advance(TOKEN_LIFE);
    assert_eq!(inbox(&app).await, ["Үнэмлэх бэлэн боллоо"], "the session goes on");
    app.shutdown(PATIENCE).await.unwrap();
}
