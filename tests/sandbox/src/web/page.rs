//! What a browser sees of the sign-in by phone.

use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};

use super::qr;
use crate::html::{page, page_that_asks_again};

/// How often a waiting page asks: the phone's answer is seen at once, and two minutes are forty requests.
const ASKS_EVERY_S: u32 = 3;

const TITLE: &str = "Утсаараа нэвтрэх";

/// `address` is in the code; `number` is what the citizen finds on the phone.
pub(super) fn waiting(address: &str, number: u8) -> Response {
    let body = html! {
        (head("Sign in with the phone"))
        p { "И-Монгол апп-аар уншуулаад, утсан дээрээ энэ тоог сонгоно уу:" }
        p lang="en" { "Scan this with the E-Mongolia app, then choose this number on the phone:" }
        p class="number" { output { (number) } }
        @if let Some(code) = qr::svg(address, "Утсаар унших код") { (code) }
        p { a href=(address) { "Энэ утсан дээрх апп-аар нээх " span lang="en" { "Open in the app on this phone" } } }
        p { "Энэ хуудсыг өөрөө нээгээгүй бол утсан дээрээ юу ч бүү сонгоорой." }
        p lang="en" { "If you did not open this page yourself, choose nothing on the phone." }
    };
    page_that_asks_again(TITLE, &body.into_string(), ASKS_EVERY_S)
}

pub(super) fn signed_in(name: &str) -> Response {
    let body = html! {
        h1 { (name) ", та нэвтэрлээ" }
        p lang="en" { "You are signed in." }
        form method="post" action="/web/sign-out" {
            button class="plain" { "Гарах " span lang="en" { "Sign out" } }
        }
    };
    page(StatusCode::OK, "Нэвтэрсэн", &body.into_string())
}

/// It came to nothing; nothing is asked again by itself.
pub(super) fn ended(mn: &str, en: &str) -> Response {
    let body = html! {
        (head("Sign in with the phone"))
        div class="error" role="alert" {
            p { (mn) }
            p lang="en" { (en) }
        }
        form method="post" action="/web/sign-in" {
            button { "Дахин эхлэх " span lang="en" { "Start again" } }
        }
    };
    page(StatusCode::OK, TITLE, &body.into_string())
}

/// Somebody opened the code's address with something else than the app.
pub(super) fn for_the_app() -> Response {
    let body = html! {
        (head("Sign in with the phone"))
        p { "Энэ кодыг И-Монгол апп дотроос уншуулна уу." }
        p lang="en" { "Scan this code from within the E-Mongolia app." }
    };
    page(StatusCode::OK, TITLE, &body.into_string())
}

fn head(english: &str) -> Markup {
    html! {
        h1 { (TITLE) }
        p lang="en" { (english) }
    }
}
