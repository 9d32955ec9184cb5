//! A citizen signs in: PAR, browser, ДАН, code, tokens.

use emongolia_sandbox::text;
use reqwest::StatusCode;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};

use crate::{
    phone::{CLIENT_ID, Flaws, Phone, SignIn, code_form, par_form},
    rig::{ERDENEBAT, Rig},
};

/// The claims, with the signature checked against the server's key set.
async fn verified(phone: &Phone, id_token: &str) -> Value {
    let jwks: Value = phone.http.get(phone.url("/oauth/jwks")).send().await.unwrap().json().await.unwrap();
    let parts: Vec<&str> = id_token.split('.').collect();
    let read = |part: &str| -> Value { serde_json::from_slice(&text::from_base64url(part).unwrap()).unwrap() };
    let header = read(parts[0]);
    assert_eq!(header["alg"], "ES256");
    let key = jwks["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).unwrap();
    let coordinate = |name: &str| text::from_base64url(key[name].as_str().unwrap()).unwrap();
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let signed = format!("{}.{}", parts[0], parts[1]);
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
        .verify(signed.as_bytes(), &text::from_base64url(parts[2]).unwrap())
        .unwrap();
    read(parts[1])
}

/// A sign-in that has its code.
async fn with_code(rig: &Rig, phone: &Phone) -> (SignIn, String) {
    let sign_in = phone.push_request().await;
    let called_back = phone.browse(&sign_in, &rig.config().citizens[0]).await;
    (sign_in, called_back["code"].clone())
}

#[tokio::test]
async fn the_app_is_called_back_with_its_own_state_and_the_issuer() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let sign_in = phone.push_request().await;

    let called_back = phone.browse(&sign_in, &rig.config().citizens[0]).await;

    assert_eq!(called_back["state"], sign_in.state);
    assert_eq!(called_back["iss"], rig.config().issuer);
    assert_eq!(called_back.len(), 3);
    rig.finish().await;
}

#[tokio::test]
async fn the_id_token_says_who_signed_in_letter_for_letter() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let sign_in = phone.push_request().await;
    let citizen = rig.config().citizens.iter().find(|c| c.regnum == ERDENEBAT).unwrap();
    let called_back = phone.browse(&sign_in, citizen).await;

    let (status, tokens) = phone.redeem(&sign_in, &called_back["code"]).await;

    assert_eq!(status, StatusCode::OK);
    let claims = verified(&phone, tokens["id_token"].as_str().unwrap()).await;
    assert_eq!(claims["iss"], rig.config().issuer);
    assert_eq!(claims["aud"], CLIENT_ID);
    assert_eq!(claims["nonce"], sign_in.nonce);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
    assert_eq!(claims["name"], "Ө.Эрдэнэбат");
    assert_eq!(claims["given_name"], "Эрдэнэбат");
    assert_eq!(claims["family_name"], "Өлзийбаатар");
    assert_eq!(claims["regnum"], ERDENEBAT);
    assert_eq!(claims["birthdate"], "1988-05-23");
    assert_eq!(claims["phone_number"], "+97688001201");
    assert_eq!(claims["address"]["bag_code"].as_str().unwrap().len(), 6);
    assert_ne!(claims["sub"], claims["regnum"]);
    rig.finish().await;
}

#[tokio::test]
async fn a_fresh_token_opens_the_gateway() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    phone.warm_up().await;
    let session = phone.sign_in(&rig.config().citizens[0]).await;

    let (status, inbox) = phone.get("/v1/inbox", &session).await;

    assert_eq!((status, &inbox["more"]), (StatusCode::OK, &json!(false)));
    rig.finish().await;
}

#[tokio::test]
async fn a_code_with_another_verifier_is_refused_and_not_spent() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let (sign_in, code) = with_code(&rig, &phone).await;
    let stranger = SignIn { verifier: text::token(), ..sign_in };

    let (status, refused) = phone.redeem(&stranger, &code).await;

    assert_eq!((status, &refused["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")));
    rig.finish().await;
}

#[tokio::test]
async fn a_code_is_worth_nothing_to_another_key() {
    let rig = Rig::start().await;
    let (phone, thief) = (rig.phone(), rig.phone());
    let (sign_in, code) = with_code(&rig, &phone).await;

    let (status, refused) = thief.redeem(&sign_in, &code).await;

    assert_eq!((status, &refused["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")));
    assert_eq!(phone.redeem(&sign_in, &code).await.0, StatusCode::OK);
    rig.finish().await;
}

#[tokio::test]
async fn a_code_used_twice_ends_the_session_it_began() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    phone.warm_up().await;
    let (sign_in, code) = with_code(&rig, &phone).await;
    let (_, tokens) = phone.redeem(&sign_in, &code).await;

    let (status, refused) = phone.redeem(&sign_in, &code).await;

    assert_eq!((status, &refused["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")));
    let (status, _) = phone.get("/v1/inbox", &(&tokens).into()).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(phone.refresh(tokens["refresh_token"].as_str().unwrap()).await.1["error"], "invalid_grant");
    rig.finish().await;
}

#[tokio::test]
async fn a_code_for_another_redirect_uri_is_refused() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let (sign_in, code) = with_code(&rig, &phone).await;
    let mut form = code_form(&code, &sign_in.verifier);
    form[2].1 = "http://127.0.0.1:49152/callback";

    let (status, refused) = phone.post_form_with_nonce("/oauth/token", &form).await;

    assert_eq!((status, &refused["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")));
    rig.finish().await;
}

#[tokio::test]
async fn a_code_expires() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let (sign_in, code) = with_code(&rig, &phone).await;
    rig.running.sandbox().move_clock(61_000);
    let form = code_form(&code, &sign_in.verifier);

    let late = Flaws { iat_off_s: 61, ..Flaws::default() };
    let refused = phone.post_form("/oauth/token", &form, &late).await;

    assert_eq!(refused.json::<Value>().await.unwrap()["error"], "invalid_grant");
    rig.finish().await;
}

#[tokio::test]
async fn a_request_uri_works_once() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let sign_in = phone.push_request().await;
    phone.open_login_page(&sign_in).await;

    let again = phone.http.get(phone.authorize_url(&sign_in)).send().await.unwrap();

    assert_eq!(again.status(), StatusCode::BAD_REQUEST);
    assert!(again.text().await.unwrap().contains("хугацаа нь дууссан"));
    rig.finish().await;
}

#[tokio::test]
async fn a_request_uri_expires() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let sign_in = phone.push_request().await;
    rig.running.sandbox().move_clock(61_000);

    let late = phone.http.get(phone.authorize_url(&sign_in)).send().await.unwrap();

    assert_eq!(late.status(), StatusCode::BAD_REQUEST);
    rig.finish().await;
}

#[tokio::test]
async fn a_terminal_is_called_back_on_its_loopback_port() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let challenge = text::base64url(&text::sha256(b"verifier"));
    let mut form = par_form("state", "nonce", &challenge);
    form[2].1 = "http://127.0.0.1:49152/callback";
    let (status, pushed) = phone.post_form_with_nonce("/oauth/par", &form).await;
    assert_eq!(status, StatusCode::CREATED);
    let request_uri = pushed["request_uri"].as_str().unwrap().to_owned();
    let sign_in = SignIn { state: "state".into(), nonce: "nonce".into(), verifier: "verifier".into(), request_uri };
    let page = phone.open_login_page(&sign_in).await;

    let back = phone.fill(&page, "", "", "deny").await;
    let to_app = phone.http.get(crate::phone::location(&back)).send().await.unwrap();

    assert!(crate::phone::location(&to_app).starts_with("http://127.0.0.1:49152/callback?error=access_denied&"));
    rig.finish().await;
}

#[tokio::test]
async fn what_a_pushed_request_lacks_is_told() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    phone.warm_up().await;
    let challenge = text::base64url(&text::sha256(b"verifier"));
    let cases = [
        (0, "another.app", "invalid_client"),
        (1, "token", "unsupported_response_type"),
        (2, "https://evil.example/callback", "invalid_request"),
        (3, "openid everything", "invalid_scope"),
        (4, "", "invalid_request"),
        (5, "", "invalid_request"),
        (6, "plain", "invalid_request"),
        (7, "plain", "invalid_request"),
    ];

    for (field, value, error) in cases {
        let mut form = par_form("state", "nonce", &challenge);
        form[field].1 = value;
        let refused = phone.post_form("/oauth/par", &form, &Flaws::default()).await;
        assert_eq!(refused.json::<Value>().await.unwrap()["error"], error, "{} = {value}", form[field].0);
    }
    rig.finish().await;
}
