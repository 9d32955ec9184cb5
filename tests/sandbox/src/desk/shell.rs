//! What stands around every page: head, navigation, languages; and the pages that only say no.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use maud::{DOCTYPE, Markup, html};

use super::language::{Lang, Visit};
use crate::{clerk, db::DbError, state::complain};

const STYLE: &str = include_str!("desk.css");

const ICON: &str = include_str!("icon.svg");

/// A newer desk on the same port has another look.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// Which part of the desk a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Requests,
    Notices,
    Neither,
}

pub(super) struct Page {
    status: StatusCode,
    html: String,
}

impl Page {
    /// `title` is the page's own; `main` begins with its `h1`.
    pub(super) fn new(visit: &Visit, part: Part, title: &str, main: &Markup) -> Self {
        Self { status: StatusCode::OK, html: whole(visit, part, title, main).into_string() }
    }

    pub(super) fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        (self.status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], self.html).into_response()
    }
}

fn whole(visit: &Visit, part: Part, title: &str, main: &Markup) -> Markup {
    let desk = visit.say("Ажилтны ширээ", "Clerk’s desk");
    let other = visit.lang.other();
    let here = |of: Part| (of == part).then_some("page");
    html! {
        (DOCTYPE)
        html lang=(visit.lang.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/desk.css";
                title { (title) " · " (desk) }
            }
            body {
                a.skip href="#main" { (visit.say("Үндсэн агуулга руу очих", "Skip to the main content")) }
                header.top {
                    div.bar {
                        a.brand href="/requests" {
                            img src="/icon.svg" alt="" width="40" height="40";
                            span { span.name { (desk) } " " span.of { "E-Mongolia" } }
                        }
                        nav.parts aria-label=(visit.say("Үндсэн цэс", "Main")) {
                            ul {
                                li { a href="/requests" aria-current=[here(Part::Requests)] { (visit.say("Хүсэлт", "Requests")) } }
                                li { a href="/notices" aria-current=[here(Part::Notices)] { (visit.say("Мэдэгдэл", "Notices")) } }
                            }
                        }
                        p.who { span.sr { (visit.say("Ажилтан: ", "Clerk: ")) } bdi lang="mn" { (clerk::on_duty().name) } }
                        a.language href=(visit.in_other_language()) lang=(other.code()) hreflang=(other.code()) { (other.name()) }
                    }
                }
                main #main tabindex="-1" { (main) }
                footer {
                    p { strong { (visit.say("Туршилтын орчин.", "Sandbox.")) } " "
                        (visit.say(
                            "Иргэд, хүсэлт бүгд зохиомол. Энэ хуудас зөвхөн энэ компьютерт харагдана.",
                            "Every citizen and request is invented. This page is seen on this computer only."))
                    }
                }
            }
        }
    }
}

/// A sign beside words that say the same.
pub(super) fn sign(sign: &str) -> Markup {
    html! { span.sign aria-hidden="true" { (sign) } }
}

/// What was done: read out when the page opens, and with the focus on it.
pub(super) fn done(what: &Markup) -> Markup {
    html! { div.done role="status" tabindex="-1" autofocus { (sign("✓")) div { (what) } } }
}

/// The way back, above the heading.
pub(super) fn back(visit: &Visit, href: &str, to: &str) -> Markup {
    html! {
        p.back { a href=(href) { (sign("←")) span.sr { (visit.say("Буцах: ", "Back: ")) } (to) } }
    }
}

/// The titles over a table's columns. Roles are said: a narrow screen shows rows as cards, and a browser then forgets
/// that they are a table.
pub(super) fn head(titles: &[&str]) -> Markup {
    html! {
        thead role="rowgroup" { tr role="row" { @for title in titles {
            th scope="col" role="columnheader" { (title) }
        } } }
    }
}

/// A table's cell that says whose row it is.
pub(super) fn citizen_cell(label: &str, name: &str, regnum: &str) -> Markup {
    html! { td role="cell" data-label=(label) { div { bdi lang="mn" { (name) } " " span.regnum { (regnum) } } } }
}

/// Earlier and later pages of a list. `href` makes the address of a page.
pub(super) fn pager(visit: &Visit, page: usize, pages: usize, href: impl Fn(usize) -> String) -> Markup {
    html! {
        @if pages > 1 {
            nav.pager aria-label=(visit.say("Хуудаслалт", "Pages")) {
                @if page > 1 { a rel="prev" href=(href(page - 1)) { (sign("←")) (visit.say("Өмнөх", "Previous")) } }
                p { (visit.say("Хуудас", "Page")) " " (page) " / " (pages) }
                @if page < pages { a rel="next" href=(href(page + 1)) { (visit.say("Дараах", "Next")) (sign("→")) } }
            }
        }
    }
}

/// A page that says why there is nothing to do here.
pub(super) fn refusal(visit: &Visit, status: StatusCode, title: &str, why: &str) -> Page {
    let main = html! {
        h1 { (title) }
        p.lead { (why) }
        p { a.button href="/requests" { (visit.say("Хүсэлтийн жагсаалт", "To the requests")) } }
    };
    Page::new(visit, Part::Neither, title, &main).status(status)
}

pub(super) fn no_such_page(visit: &Visit) -> Page {
    let title = visit.say("Ийм хуудас алга", "There is no such page");
    let why = visit.say("Хаягаа шалгаад дахин оролдоно уу.", "Please check the address and try again.");
    refusal(visit, StatusCode::NOT_FOUND, title, why)
}

/// Neither this desk's form nor this page's.
pub(super) fn stale_form(visit: &Visit) -> Page {
    let title = visit.say("Маягт хүчингүй байна", "This form is not valid");
    let why = visit.say(
        "Юу ч өөрчлөгдөөгүй. Хуудсыг дахин нээгээд шинээр бөглөнө үү.",
        "Nothing was changed. Please open the page again and fill in the form anew.",
    );
    refusal(visit, StatusCode::FORBIDDEN, title, why)
}

/// The database failed while a browser waits; in which language it waits is not known here.
pub(super) struct Failed;

impl From<DbError> for Failed {
    fn from(error: DbError) -> Self {
        complain(&error);
        Self
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let visit = Visit::home(Lang::Mn);
        let main = html! {
            h1 { "Системийн алдаа гарлаа" }
            p.lead { "Дахин оролдоно уу. " span lang="en" { "The system failed. Please try again." } }
        };
        let page = Page::new(&visit, Part::Neither, "Системийн алдаа", &main);
        page.status(StatusCode::INTERNAL_SERVER_ERROR).into_response()
    }
}

pub(super) async fn style() -> Response {
    (
        [
            (header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8")),
            (header::CACHE_CONTROL, REVALIDATE),
        ],
        STYLE,
    )
        .into_response()
}

pub(super) async fn icon() -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")), (header::CACHE_CONTROL, REVALIDATE)], ICON)
        .into_response()
}
