//! ДАН's page and its two back doors for the registered service.

use reqwest::{StatusCode, header};
use serde_json::{Value, json};

use crate::{
    phone::{answer, transaction},
    rig::Rig,
};

#[tokio::test]
async fn the_page_says_who_asks_and_who_is_invented() {
    let rig = Rig::start().await;
    let phone = rig.phone();

    let page = phone.open_login_page(&phone.push_request().await).await;

    assert!(page.contains("«И-Монгол»"));
    assert!(page.contains("эдгээр иргэд зохиомол"));
    for citizen in &rig.config().citizens {
        assert!(page.contains(&citizen.regnum) && page.contains(&citizen.code));
    }
    assert!(rig.config().citizens.len() >= 6);
    assert!(!page.contains("<script"));
    assert!(page.contains(r#"<label for="regnum">"#) && page.contains(r#"<label for="code">"#));
    rig.finish().await;
}

#[tokio::test]
async fn a_wrong_code_is_told_in_both_languages_and_the_page_goes_on() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let citizen = &rig.config().citizens[0];
    let page = phone.open_login_page(&phone.push_request().await).await;

    let wrong = phone.fill(&page, &citizen.regnum, "000000", "approve").await;

    assert_eq!(wrong.status(), StatusCode::OK);
    let page = wrong.text().await.unwrap();
    assert!(page.contains("код буруу байна") && page.contains("code is wrong"));
    let right = phone.fill(&page, &citizen.regnum, &citizen.code, "approve").await;
    assert_eq!(right.status(), StatusCode::OK);
    assert!(right.text().await.unwrap().contains("<h1>Зөвшөөрөл</h1>"));
    rig.finish().await;
}

#[tokio::test]
async fn an_unknown_number_and_a_wrong_code_are_told_alike() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let citizen = &rig.config().citizens[0];
    let mut told = Vec::new();

    for (regnum, code) in [("ӨҮ99999999", citizen.code.as_str()), (citizen.regnum.as_str(), "000000")] {
        let page = phone.open_login_page(&phone.push_request().await).await;
        let again = phone.fill(&page, regnum, code, "approve").await.text().await.unwrap();
        told.push(again.replace(&transaction(&again), ""));
    }

    assert_eq!(told[0], told[1]);
    rig.finish().await;
}

#[tokio::test]
async fn five_wrong_codes_lock_even_the_right_one_out() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let citizen = &rig.config().citizens[0];
    let page = phone.open_login_page(&phone.push_request().await).await;

    let mut statuses = Vec::new();
    for _ in 0..5 {
        statuses.push(phone.fill(&page, &citizen.regnum, "000000", "approve").await.status().as_u16());
    }
    let right = phone.fill(&page, &citizen.regnum, &citizen.code, "approve").await;

    assert_eq!(statuses, [200, 200, 200, 200, 403]);
    assert_eq!(right.status(), StatusCode::FORBIDDEN);
    assert!(right.text().await.unwrap().contains("түгжигдлээ"));
    rig.finish().await;
}

#[tokio::test]
async fn a_citizen_who_refuses_goes_back_to_the_app_without_a_code() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let sign_in = phone.push_request().await;
    let page = phone.open_login_page(&sign_in).await;

    let back = phone.fill(&page, "", "", "deny").await;
    let called_back = phone.follow_to_app(&back).await;

    assert_eq!(called_back["error"], "access_denied");
    assert_eq!(called_back["state"], sign_in.state);
    assert_eq!(called_back["iss"], rig.config().issuer);
    assert!(!called_back.contains_key("code"));
    rig.finish().await;
}

#[tokio::test]
async fn a_registration_number_is_taken_in_small_letters_too() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let citizen = &rig.config().citizens[0];
    let page = phone.open_login_page(&phone.push_request().await).await;

    let proven = phone.fill(&page, &citizen.regnum.to_lowercase(), &citizen.code, "approve").await;

    assert!(proven.text().await.unwrap().contains("<h1>Зөвшөөрөл</h1>"));
    rig.finish().await;
}

#[tokio::test]
async fn a_page_that_was_answered_is_of_no_more_use() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let citizen = &rig.config().citizens[0];
    let page = phone.open_login_page(&phone.push_request().await).await;
    phone.fill(&page, &citizen.regnum, &citizen.code, "approve").await;

    let again = phone.fill(&page, &citizen.regnum, &citizen.code, "approve").await;

    assert_eq!(again.status(), StatusCode::BAD_REQUEST);
    rig.finish().await;
}

#[tokio::test]
async fn a_page_no_service_asked_for_is_not_shown() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let good = [
        ("response_type", "code".to_owned()),
        ("client_id", "e-mongolia-gateway".to_owned()),
        ("redirect_uri", phone.url("/oauth/dan-callback")),
        ("state", "state".to_owned()),
        (
            "scope",
            "W3sic2VydmljZXMiOlsiV1MxMDAxMDFfZ2V0Q2l0aXplbklEQ2FyZEluZm8iXSwid3NkbCI6Imh0dHBzOi8veHlwLmdvdi5tbi8ifV0="
                .to_owned(),
        ),
    ];
    let ask = async |query: &[(&str, String)]| {
        phone.http.get(phone.url("/dan/oauth2/authorize")).query(query).send().await.unwrap().status()
    };
    assert_eq!(ask(&good).await, StatusCode::OK);

    for (n, bad) in [(1, "somebody"), (2, "https://evil.example/"), (4, "bm90IGpzb24=")] {
        let mut query = good.clone();
        query[n].1 = bad.to_owned();
        assert_eq!(ask(&query).await, StatusCode::BAD_REQUEST, "{}", good[n].0);
    }
    rig.finish().await;
}

#[tokio::test]
async fn the_back_door_opens_to_the_registered_service_alone() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let redirect_uri = phone.url("/oauth/dan-callback");
    let form = [
        ("grant_type", "authorization_code"),
        ("code", "guessed"),
        ("client_id", "e-mongolia-gateway"),
        ("client_secret", "guessed"),
        ("redirect_uri", redirect_uri.as_str()),
    ];

    let token = answer(phone.http.post(phone.url("/dan/oauth2/token")).form(&form).send().await.unwrap()).await;
    let service = phone.http.get(phone.url("/dan/oauth2/api/v1/service"));
    let service = answer(service.header(header::AUTHORIZATION, "Bearer guessed").send().await.unwrap()).await;

    assert_eq!(token, (StatusCode::UNAUTHORIZED, json!({ "error": "invalid_client" })));
    assert_eq!(service, (StatusCode::UNAUTHORIZED, json!({ "error": "invalid_token" })));
    rig.finish().await;
}

#[tokio::test]
async fn when_dan_is_down_the_app_is_told_to_come_back() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let sign_in = phone.push_request().await;
    rig.fault(json!({ "operation": "danToken", "kind": "status", "status": 503, "times": 1 })).await;

    let called_back = phone.browse(&sign_in, &rig.config().citizens[0]).await;

    assert_eq!(called_back["error"], "temporarily_unavailable");
    rig.finish().await;
}

#[tokio::test]
async fn the_client_secret_never_leaves_in_a_page_or_a_file_of_the_client() {
    let rig = Rig::start().await;
    let phone = rig.phone();
    let secret = rig.running.sandbox().keys().dan_secret().to_owned();
    let page = phone.open_login_page(&phone.push_request().await).await;
    let config: Value = serde_json::from_slice(&std::fs::read(&rig.running.config_path).unwrap()).unwrap();

    assert!(!page.contains(&secret));
    assert!(!config.to_string().contains(&secret));
    assert!(secret.len() >= 43);
    rig.finish().await;
}
