//! Who may come in, and with what.

use std::net::SocketAddr;

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};

use super::{HOST, ORIGIN, Rig};
use crate::{clerk::Status, desk::NotLoopback};

#[tokio::test]
async fn a_name_that_was_rebound_to_this_address_is_refused() {
    let rig = Rig::with(1).await;
    let asked_as =
        |host: &str| rig.call(Request::get("/requests").header(header::HOST, host).body(Body::empty()).unwrap());

    for own in [HOST, "localhost:20001"] {
        assert_eq!(asked_as(own).await.status, StatusCode::OK, "{own}");
    }
    for other in ["evil.example:20001", "127.0.0.1", "127.0.0.1:20002", "localhost:20001.evil.example", ""] {
        let refused = asked_as(other).await;
        assert_eq!(refused.status, StatusCode::MISDIRECTED_REQUEST, "{other}");
        refused.lacks("УӨ88052317");
    }
    let nameless = rig.call(Request::get("/requests").body(Body::empty()).unwrap()).await;
    assert_eq!(nameless.status, StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn a_form_from_another_site_changes_nothing() {
    let rig = Rig::with(0).await;
    let id = rig.request("Өргөө", &[]).await;
    let path = format!("/requests/{id}/steps/PROCESSING");
    let send = async |headers: &[(&str, &str)]| {
        let form = rig.get(&path).await;
        let body = format!("ticket={}&seen={}", form.hidden("ticket"), form.hidden("seen"));
        let mut request = Request::post(&path)
            .header(header::HOST, HOST)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        rig.call(request.body(Body::from(body)).unwrap()).await.status
    };

    for foreign in [
        &[("origin", "http://evil.example")][..],
        &[("origin", "null")],
        &[("origin", "https://127.0.0.1:20001")],
        &[("origin", "http://localhost:20001")], // another name than the one that was asked
        &[("origin", "http://evil.example"), ("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[],
    ] {
        assert_eq!(send(foreign).await, StatusCode::FORBIDDEN, "{foreign:?}");
    }
    assert_eq!(rig.status(&id).await, Status::Submitted);

    assert_eq!(send(&[("origin", ORIGIN)]).await, StatusCode::SEE_OTHER, "the desk's own form");
    assert_eq!(rig.status(&id).await, Status::Processing);
}

#[tokio::test]
async fn a_form_without_this_desks_ticket_changes_nothing() {
    let rig = Rig::with(0).await;
    let id = rig.request("Өргөө", &[]).await;
    let path = format!("/requests/{id}/steps/PROCESSING");
    let of_another_page = rig.get(&format!("/requests/{id}/steps/REJECTED")).await.hidden("ticket");
    let seen = rig.get(&path).await.hidden("seen");

    for ticket in ["", "Ө.Ү", "AAAA.AAAA", &of_another_page] {
        let reply = rig.post(&path, &[("ticket", ticket), ("seen", &seen)]).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{ticket}");
        reply.holds("Маягт хүчингүй байна");
    }
    assert_eq!(rig.status(&id).await, Status::Submitted);
}

#[tokio::test]
async fn the_desk_is_served_on_the_loopback_alone() {
    let rig = Rig::with(0).await;
    let at = |address: &str| {
        let address: SocketAddr = address.parse().unwrap();
        crate::desk::router(rig.sandbox.clone(), address, "нууц").map(|_| ()).map_err(|NotLoopback(at)| at == address)
    };

    for within in ["127.0.0.1:20001", "[::1]:20001", "127.8.8.8:1"] {
        assert_eq!(at(within), Ok(()), "{within}");
    }
    for beyond in ["0.0.0.0:20001", "[::]:20001", "192.168.1.8:20001", "203.0.113.9:80"] {
        assert_eq!(at(beyond), Err(true), "{beyond}");
    }
}

#[tokio::test]
async fn every_answer_forbids_scripts_frames_and_anything_from_elsewhere() {
    let rig = Rig::with(1).await;

    for path in ["/", "/requests", "/notices", "/notices/new", "/desk.css", "/icon.svg", "/байхгүй", "/requests/none"]
    {
        let path: String = url::Url::parse("http://x").unwrap().join(path).unwrap().path().into();
        let reply = rig.get(&path).await;
        let policy = reply.header(header::CONTENT_SECURITY_POLICY);
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{path}");
        assert_eq!(reply.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{path}");
        assert!(reply.header(header::CACHE_CONTROL).starts_with("no-"), "{path}");
        super::assert_harmless(&reply);
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_language_of_the_page() {
    let rig = Rig::with(0).await;

    for path in
        ["/nowhere", "/requests/none", "/requests/%ff", "/requests/none/steps/EDIT", "/notices/none", "/notices/%ff"]
    {
        let (mn, en) = (rig.get_in("mn", path).await, rig.get_in("en", path).await);
        assert_eq!((mn.status, en.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND), "{path}");
        mn.holds("<html lang=\"mn\">");
        mn.holds(" алга</h1>");
        en.holds("<html lang=\"en\">");
        en.holds("There is no such ");
    }
    let id = rig.request("Өргөө", &[]).await;
    assert_eq!(rig.get(&format!("/requests/{id}/steps/%D0%A3%D0%A0")).await.status, StatusCode::NOT_FOUND);
    let wrong_way = rig.post("/requests", &[]).await;
    assert_eq!(wrong_way.status, StatusCode::METHOD_NOT_ALLOWED);
    wrong_way.holds("Ийм үйлдэл боломжгүй");
}

#[tokio::test]
async fn the_language_is_asked_for_then_remembered_then_the_browsers() {
    let rig = Rig::with(0).await;
    let language = async |path: &str, headers: &[(&str, &str)]| {
        let mut request = Request::get(path).header(header::HOST, HOST);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let reply = rig.call(request.body(Body::empty()).unwrap()).await;
        (reply.all("<html lang=\"", "\"")[0].to_owned(), reply.header(header::SET_COOKIE).to_owned())
    };

    let (asked, cookie) = language("/requests?lang=en", &[("cookie", "desk_lang=mn"), ("accept-language", "mn")]).await;
    assert_eq!(asked, "en");
    assert!(cookie.starts_with("desk_lang=en;") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
    let remembered = language("/requests", &[("cookie", "a=b; desk_lang=en"), ("accept-language", "mn")]).await;
    assert_eq!(remembered, ("en".into(), String::new()));
    assert_eq!(language("/requests", &[("accept-language", "en-GB,en;q=0.8,mn;q=0.2")]).await.0, "en");
    assert_eq!(language("/requests", &[]).await.0, "mn");
    assert_eq!(language("/requests?lang=%D3%A8", &[("cookie", "desk_lang=Ө")]).await, ("mn".into(), String::new()));
}

#[tokio::test]
async fn the_link_to_the_other_language_leads_to_this_desk_whatever_the_address() {
    let rig = Rig::with(0).await;

    for path in ["//evil.example/%D3%A8?q=%D2%AE&lang=mn", "///evil.example", "/nowhere?q=%D2%AE", "/requests?q=%D2%AE"]
    {
        let here = url::Url::parse(&format!("{ORIGIN}{path}")).unwrap();
        let page = rig.get(path).await;
        let link = page.all("class=\"language\" href=\"", "\"")[0].replace("&amp;", "&");
        let there = here.join(&link).unwrap();

        assert_eq!((there.origin(), there.path()), (here.origin(), here.path()), "{path}: {link}");
        let asked =
            |name: &str| there.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
        assert_eq!(asked("lang").as_deref(), Some("en"), "{link}");
        assert_eq!(asked("q").as_deref(), here.query().map(|_| "Ү"), "{link}");
    }
}
