//! What a browser sees of the sign-in by phone.

use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};

use super::qr;
use crate::html::page;

const TITLE: &str = "Утсаараа нэвтрэх";

/// `address` is in the code; `number` is what the citizen finds on the phone. `again`: the citizen said to have answered.
/// Nothing reloads by itself: who reads by ear or finger would begin anew each time (WCAG 2.2, F41).
pub(super) fn waiting(address: &str, number: u8, again: bool) -> Response {
    let body = html! {
        (head("Sign in with the phone"))
        @if again {
            div role="status" {
                p { "Утаснаас хариу ирээгүй байна." }
                p lang="en" { "No answer has come from the phone yet." }
            }
        }
        p { "И-Монгол апп-аар уншуулаад, утсан дээрээ энэ тоог сонгоно уу:" }
        p lang="en" { "Scan this with the E-Mongolia app, then choose this number on the phone:" }
        p class="number" { output { (number) } }
        @if let Some(code) = qr::svg(address, "Утсаар унших код") { (code) }
        p { a href=(address) { "Энэ утсан дээрх апп-аар нээх " span lang="en" { "Open in the app on this phone" } } }
        form method="get" action="/web/sign-in" {
            button name="answered" value="yes" {
                "Утсан дээрээ сонгосон " span lang="en" { "I have chosen it on the phone" }
            }
        }
        p { "Энэ хуудсыг өөрөө нээгээгүй бол утсан дээрээ юу ч бүү сонгоорой." }
        p lang="en" { "If you did not open this page yourself, choose nothing on the phone." }
    };
    page(StatusCode::OK, TITLE, &body.into_string())
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

/// It came to nothing.
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
