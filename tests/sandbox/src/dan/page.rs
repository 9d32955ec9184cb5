//! ДАН's pages: choose a way, prove it, agree. No script; Mongolian first, English beneath.

use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};

use super::{ASKING, messages::SPECIAL_NUMBER, operations, ways::Way};
use crate::{html::page, registers::Citizen};

/// What stands above the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notice {
    None,
    Wrong { left: u32 },
    Missing,
    TooMany,
    Expired,
    NotYet,
    BankDeclined,
}

/// `id` is the forms' own word. The first form is the ДАН app's.
pub(super) fn choose(id: &str, citizens: &[Citizen], notice: Notice) -> Response {
    show(
        StatusCode::OK,
        "ДАН нэвтрэх систем",
        "DAN, the national sign-on",
        html! {
            (told(notice))
            p { "«" (ASKING.name.0) "»-д нэвтрэх гэж байна." }
            p lang="en" { "You are signing in to " (ASKING.name.1) "." }
            form method="post" action="/dan/login" autocomplete="off" {
                h2 { "ДАН апп-ын кодоор " span lang="en" { "With the code of the DAN app" } }
                (word(id))
                (number("regnum"))
                (one_time_code())
                button name="decision" value="approve" { "Үргэлжлүүлэх " span lang="en" { "Continue" } }
                (refuse())
            }
            form method="post" action="/dan/login" autocomplete="off" {
                h2 { "Өөр аргаар " span lang="en" { "Another way" } }
                (word(id))
                (number("regnum-other"))
                button name="way" value=(Way::SmsSent.as_str()) {
                    "Утсандаа код авах " span lang="en" { "Get a code on the phone" }
                }
                button name="way" value=(Way::SmsReceived.as_str()) {
                    "Утаснаасаа код илгээх " span lang="en" { "Send a code from the phone" }
                }
                button name="way" value=(Way::Signature.as_str()) {
                    "Тоон гарын үсгээр " span lang="en" { "Digital signature" }
                }
                button name="way" value=(Way::Bank.as_str()) formnovalidate {
                    "Банкаар: Жишээ банк " span lang="en" { "Through a bank: Sample Bank" }
                }
            }
            section class="sandbox" aria-labelledby="invented" {
                h2 id="invented" { "Туршилтын орчин: эдгээр иргэд зохиомол" }
                p lang="en" { "Sandbox: these citizens are invented, and so are their codes." }
                table {
                    thead { tr {
                        th scope="col" { "Нэр " span lang="en" { "Name" } }
                        th scope="col" { "Регистр " span lang="en" { "Number" } }
                        th scope="col" { "Код " span lang="en" { "Code" } }
                    } }
                    tbody { @for citizen in citizens {
                        tr {
                            td { (citizen.short_name()) }
                            td { code { (citizen.regnum) } }
                            td { code { (citizen.one_time_code) } }
                        }
                    } }
                }
            }
        },
    )
}

/// A code went to the phone, if the number is anybody's.
pub(super) fn code_sent(id: &str, messages: &[String], notice: Notice) -> Response {
    show(
        StatusCode::OK,
        "Код илгээлээ",
        "A code was sent",
        html! {
            (told(notice))
            p { "Таны бүртгэлтэй утсанд 6 оронтой код илгээлээ. 5 минут хүчинтэй." }
            p lang="en" { "A code of six digits went to your registered phone. It is good for five minutes." }
            form method="post" action="/dan/login" autocomplete="off" {
                (word(id))
                (one_time_code())
                button name="decision" value="approve" { "Үргэлжлүүлэх " span lang="en" { "Continue" } }
                (refuse())
            }
            section class="sandbox" aria-labelledby="phone" {
                h2 id="phone" { "Туршилтын орчин: зохиомол утас" }
                p lang="en" { "Sandbox: what the invented phone shows." }
                ul { @for message in messages { li { (message) } } }
            }
        },
    )
}

/// The citizen is to send this code.
pub(super) fn code_shown(id: &str, code: &str, notice: Notice) -> Response {
    show(
        StatusCode::OK,
        "Код илгээнэ үү",
        "Send a code",
        html! {
            (told(notice))
            p { "Доорх кодыг бүртгэлтэй утаснаасаа тусгай дугаар руу илгээнэ үү. 5 минут хүчинтэй." }
            p lang="en" { "Send this code from your registered phone to the special number. It is good for five minutes." }
            dl {
                dt { "Код " span lang="en" { "Code" } }
                dd { output { (code) } }
                dt { "Тусгай дугаар (жишээ) " span lang="en" { "Special number (sample)" } }
                dd { output { (SPECIAL_NUMBER) } }
            }
            form method="post" action="/dan/login" {
                (word(id))
                button name="decision" value="approve" { "Илгээсэн " span lang="en" { "I have sent it" } }
                (refuse())
            }
            (by_control("POST /control/sms", "Зохиомол утсыг удирдлага тоглоно", "the control plays the invented phone"))
        },
    )
}

/// The citizen's token is to sign this.
pub(super) fn challenge(id: &str, challenge: &str, notice: Notice) -> Response {
    show(
        StatusCode::OK,
        "Тоон гарын үсэг",
        "Digital signature",
        html! {
            (told(notice))
            p { "Дараах бичвэрийг төхөөрөмжөөрөө гарын үсэглэнэ үү. 5 минут хүчинтэй." }
            p lang="en" { "Sign this text with your token. It is good for five minutes." }
            pre { output { (challenge) } }
            form method="post" action="/dan/login" autocomplete="off" {
                (word(id))
                label for="signature" { "Гарын үсэг (base64) " span lang="en" { "Signature (base64)" } }
                input id="signature" name="signature" required maxlength="128" autocapitalize="none" spellcheck="false";
                button name="decision" value="approve" { "Үргэлжлүүлэх " span lang="en" { "Continue" } }
                (refuse())
            }
            (by_control("POST /control/sign", "Зохиомол төхөөрөмжийг удирдлага тоглоно", "the control plays the invented token"))
        },
    )
}

/// Who asks for what, and what for.
pub(super) fn consent(id: &str, citizen: &Citizen, services: &[String], way: Way) -> Response {
    show(
        StatusCode::OK,
        "Зөвшөөрөл",
        "Consent",
        html! {
            p { (citizen.short_name()) ", «" (ASKING.name.0) "» таны дараах мэдээллийг авахыг хүсэж байна:" }
            p lang="en" { (ASKING.name.1) " asks for these of your data:" }
            ul { @for name in services { (operation(name, way)) } }
            h2 { "Юунд хэрэглэх " span lang="en" { "What for" } }
            p { (ASKING.purpose.0) }
            p lang="en" { (ASKING.purpose.1) }
            form method="post" action="/dan/login" {
                (word(id))
                button name="decision" value="approve" { "Зөвшөөрөх " span lang="en" { "Agree" } }
                (refuse())
            }
        },
    )
}

/// `back` tells the service that nobody signed in.
pub(super) fn too_young(back: &str) -> Response {
    show(
        StatusCode::FORBIDDEN,
        "16 нас хүрээгүй байна",
        "Younger than 16",
        html! {
            div class="error" role="alert" {
                p { "ДАН-аар 16 нас хүрсэн иргэн нэвтэрнэ." }
                p lang="en" { "DAN is for citizens from the age of 16." }
            }
            p { a href=(back) { "Апп руугаа буцах " span lang="en" { "Back to the app" } } }
        },
    )
}

fn show(status: StatusCode, title: &str, english: &str, body: Markup) -> Response {
    let body = html! {
        h1 { (title) }
        p lang="en" { (english) }
        (body)
    };
    page(status, title, &body.into_string())
}

fn word(id: &str) -> Markup {
    html! { input type="hidden" name="transaction" value=(id); }
}

fn number(id: &str) -> Markup {
    html! {
        label for=(id) { "Регистрийн дугаар " span lang="en" { "Registration number" } }
        input id=(id) name="regnum" required maxlength="10" autocapitalize="characters" spellcheck="false";
    }
}

fn one_time_code() -> Markup {
    html! {
        label for="code" { "Нэг удаагийн код " span lang="en" { "One-time code" } }
        input id="code" name="code" required maxlength="6" inputmode="numeric" autocomplete="one-time-code";
    }
}

fn refuse() -> Markup {
    html! {
        button class="plain" name="decision" value="deny" formnovalidate { "Татгалзах " span lang="en" { "Refuse" } }
    }
}

fn by_control(call: &str, mn: &str, en: &str) -> Markup {
    html! {
        section class="sandbox" aria-labelledby="control" {
            h2 id="control" { "Туршилтын орчин" }
            p { (mn) ": " code { (call) } "." }
            p lang="en" { "Sandbox: " (en) "." }
        }
    }
}

fn operation(name: &str, way: Way) -> Markup {
    html! {
        li {
            @if let Some(known) = operations::operation(name) {
                (known.what()) " — " (known.provider_mn) " "
            }
            code { (name) }
            @if !way.may_ask(name) {
                br;
                "Энэ аргаар нэвтэрсэн үед өгөхгүй. "
                span lang="en" { "Not given to who signs in this way." }
            }
        }
    }
}

fn told(notice: Notice) -> Markup {
    let (mn, en) = match notice {
        Notice::None => return html! {},
        Notice::Wrong { left } => (
            format!("Регистрийн дугаар эсвэл код буруу байна. Үлдсэн оролдлого: {left}."),
            format!("The registration number or the code is wrong. Tries left: {left}."),
        ),
        Notice::Missing => ("Регистрийн дугаараа бичнэ үү.".into(), "Please write your registration number.".into()),
        Notice::TooMany => (
            "Хэт олон код хүссэн байна. Өөр арга сонгоно уу, эсвэл дараа дахин оролдоно уу.".into(),
            "Too many codes were asked for. Choose another way, or try again later.".into(),
        ),
        Notice::Expired => {
            ("Хугацаа нь дууссан. Дахин сонгоно уу.".into(), "It has expired. Please choose again.".into())
        }
        Notice::NotYet => (
            "Таны бүртгэлтэй дугаараас код ирээгүй байна.".into(),
            "No code has come from your registered number yet.".into(),
        ),
        Notice::BankDeclined => {
            ("Банк таныг баталгаажуулаагүй.".into(), "The bank did not confirm who you are.".into())
        }
    };
    html! {
        div class="error" role="alert" {
            p { (mn) }
            p lang="en" { (en) }
        }
    }
}
