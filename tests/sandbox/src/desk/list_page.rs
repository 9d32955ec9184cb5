//! The list of requests, with its search.

use maud::{Markup, html};

use super::{
    language::{Lang, Visit},
    moment,
    search::{Turn, Which},
    shell::{self, Page, Part},
    statuses::pill,
    store::{Found, Line},
};
use crate::clerk::Status;

pub(super) fn show(visit: &Visit, query: &str, which: Which, found: &Found) -> Page {
    let title = visit.say("Хүсэлтүүд", "Requests");
    let href = |which: Which, page: usize| {
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        let page = if page > 1 { page.to_string() } else { String::new() };
        for (name, value) in [("q", query), ("status", which.code()), ("page", page.as_str())] {
            if !value.is_empty() {
                pairs.append_pair(name, value);
            }
        }
        format!("/requests?{}", pairs.finish())
    };
    let main = html! {
        h1 { (title) }
        (form(visit, query, which, found))
        nav.groups aria-label=(visit.say("Хэний ээлж", "Whose turn")) {
            ul {
                @for group in [Which::All].into_iter().chain(Turn::ALL.map(Which::Turn)) {
                    li { a href=(href(group, 1)) aria-current=[(group == which).then_some("page")] {
                        (group_title(visit, group)) " " span.count { (count(found, group)) }
                    } }
                }
            }
        }
        p.result role="status" { (result(visit, query, found.cut.total)) }
        @if found.cut.rows.is_empty() { (nothing(visit, query, which)) } @else { (table(visit, &found.cut.rows)) }
        (shell::pager(visit, found.cut.page, found.cut.pages, |page| href(which, page)))
    };
    Page::new(visit, Part::Requests, title, &main)
}

fn form(visit: &Visit, query: &str, which: Which, found: &Found) -> Markup {
    let option = |of: Which, title: Markup| {
        html! { option value=(of.code()) selected[of == which] { (title) " (" (count(found, of)) ")" } }
    };
    html! {
        form.search role="search" method="get" action="/requests" {
            div.field.words {
                label for="q" { (visit.say("Хайх", "Search")) }
                input type="search" id="q" name="q" value=(query) autocomplete="off" spellcheck="false" aria-describedby="q-hint";
                p.hint #q-hint { (visit.say("Регистр, нэр, хүсэлтийн дугаар, үйлчилгээний нэр", "Registration number, name, request number, service")) }
            }
            div.field {
                label for="status" { (visit.say("Төлөв", "Status")) }
                select id="status" name="status" {
                    (option(Which::All, html! { (visit.say("Бүгд", "All")) }))
                    optgroup label=(visit.say("Хэний ээлж", "Whose turn")) {
                        @for turn in Turn::ALL { (option(Which::Turn(turn), html! { (group_title(visit, Which::Turn(turn))) })) }
                    }
                    optgroup label=(visit.say("Төлөв", "Status")) {
                        @for status in Status::ALL { (option(Which::Status(status), visit.lang.show(&status.title()))) }
                    }
                }
            }
            button type="submit" { (visit.say("Хайх", "Search")) }
        }
    }
}

fn group_title(visit: &Visit, which: Which) -> &str {
    match which {
        Which::All | Which::Status(_) => visit.say("Бүгд", "All"),
        Which::Turn(Turn::Clerk) => visit.say("Бидний ээлж", "Our turn"),
        Which::Turn(Turn::Citizen) => visit.say("Иргэний ээлж", "The citizen’s turn"),
        Which::Turn(Turn::Over) => visit.say("Дууссан", "Closed"),
    }
}

fn count(found: &Found, which: Which) -> usize {
    found.statuses.iter().filter(|status| which.holds(**status)).count()
}

fn result(visit: &Visit, query: &str, total: usize) -> Markup {
    match (visit.lang, query.trim().is_empty()) {
        (Lang::Mn, true) => html! { (total) " хүсэлт" },
        (Lang::Mn, false) => html! { "«" bdi { (query.trim()) } "» хайлтад " (total) " хүсэлт олдлоо" },
        (Lang::En, true) => html! { (total) @if total == 1 { " request" } @else { " requests" } },
        (Lang::En, false) => {
            html! { (total) @if total == 1 { " request" } @else { " requests" } " found for “" bdi { (query.trim()) } "”" }
        }
    }
}

fn nothing(visit: &Visit, query: &str, which: Which) -> Markup {
    html! {
        div.nothing {
            @if query.trim().is_empty() && which == Which::All {
                p { (visit.say("Хүсэлт алга байна. Иргэн аппаас хүсэлт илгээхэд энд гарч ирнэ.", "There are no requests yet. They appear here when a citizen sends one from the app.")) }
            } @else {
                p { (visit.say("Тохирох хүсэлт алга.", "No request fits.")) }
                p { a href="/requests" { (visit.say("Бүх хүсэлтийг харах", "See all requests")) } }
            }
        }
    }
}

fn table(visit: &Visit, lines: &[Line]) -> Markup {
    let [number, service, citizen, status, sent] = [
        visit.say("Дугаар", "Number"),
        visit.say("Үйлчилгээ", "Service"),
        visit.say("Иргэн", "Citizen"),
        visit.say("Төлөв", "Status"),
        visit.say("Илгээсэн", "Sent"),
    ];
    html! {
        table.rows role="table" {
            caption.sr { (visit.say("Хүсэлтүүд, шинэ нь эхэндээ", "Requests, newest first")) }
            (shell::head(&[number, service, citizen, status, sent]))
            tbody role="rowgroup" {
                @for line in lines {
                    tr role="row" {
                        th scope="row" role="rowheader" { a.number href={ "/requests/" (line.id) } { (line.number) } }
                        td role="cell" data-label=(service) { (visit.lang.show(&line.service)) }
                        (shell::citizen_cell(citizen, &line.name, &line.regnum))
                        td role="cell" data-label=(status) { (pill(visit.lang, line.status)) }
                        td role="cell" data-label=(sent) { (moment::short(visit.lang, line.submitted_at)) }
                    }
                }
            }
        }
    }
}
