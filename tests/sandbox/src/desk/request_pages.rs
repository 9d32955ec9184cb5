//! The list of requests, and one of them opened.

use maud::{Markup, html};

use super::{
    language::{Lang, Visit},
    moment,
    search::{Turn, Which},
    shell::{self, Page, Part},
    store::{Found, Line, Opened},
};
use crate::{
    clerk::{self, ActorKind, Status},
    gateway::{self, Answer, Duration, Shown},
};

pub(super) fn list(visit: &Visit, query: &str, which: Which, found: &Found) -> Page {
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

fn group_title<'a>(visit: &'a Visit, which: Which) -> &'a str {
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

/// Roles are said: a narrow screen shows rows as cards, and a browser then forgets that they are a table.
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
            thead role="rowgroup" { tr role="row" { @for title in [number, service, citizen, status, sent] {
                th scope="col" role="columnheader" { (title) }
            } } }
            tbody role="rowgroup" {
                @for line in lines {
                    tr role="row" {
                        th scope="row" role="rowheader" { a.number href={ "/requests/" (line.id) } { (line.number) } }
                        td role="cell" data-label=(service) { (visit.lang.show(&line.service)) }
                        td role="cell" data-label=(citizen) { div { bdi lang="mn" { (line.name) } " " span.regnum { (line.regnum) } } }
                        td role="cell" data-label=(status) { (pill(visit.lang, line.status)) }
                        td role="cell" data-label=(sent) { (moment::short(visit.lang, line.submitted_at)) }
                    }
                }
            }
        }
    }
}

/// A state in words; the colour only repeats them.
pub(super) fn pill(lang: Lang, status: Status) -> Markup {
    let tone = match status {
        Status::Submitted => "new",
        Status::Processing | Status::Printing | Status::Printed => "moving",
        Status::Edit | Status::FileRequested => "asked",
        Status::Granted | Status::Completed => "good",
        Status::Rejected => "bad",
        Status::Expired => "old",
    };
    html! { span class={ "pill " (tone) } { (lang.show(&status.title())) } }
}

pub(super) fn open(visit: &Visit, opened: &Opened, done: Option<usize>) -> Page {
    let detail = &opened.detail;
    let lang = visit.lang;
    let sent = moment::from_wire(&detail.submitted_at);
    let title = format!("{} {}", visit.say("Хүсэлт", "Request"), detail.number);
    let main = html! {
        (shell::back(visit, "/requests", visit.say("Хүсэлтүүд", "Requests")))
        @if let Some(done) = done { (what_was_done(visit, opened, done)) }
        div.heading {
            p.over { (title) }
            h1 { (lang.show(&detail.service_name)) }
            p.under { (pill(lang, detail.status)) " " span { (visit.say("Илгээсэн: ", "Sent: ")) (moment::full(lang, sent)) } }
        }
        div.sheet {
            div.column {
                @if let Some(outcome) = &detail.outcome {
                    section.card aria-labelledby="outcome" {
                        h2 #outcome { (visit.say("Шийдвэр", "Outcome")) }
                        p.written { (lang.show(outcome)) }
                    }
                }
                section.card aria-labelledby="answers" {
                    h2 #answers { (visit.say("Маягтын хариулт", "Answers in the form")) }
                    dl { @for answer in answers(opened) {
                        div { dt { (lang.show(&answer.title)) } dd { (value(visit, &answer.value)) } }
                    } }
                }
            }
            div.column.side {
                (steps(visit, opened))
                (citizen(visit, opened))
            }
            section.card.past aria-labelledby="history" {
                h2 #history { (visit.say("Түүх", "History")) }
                (history(visit, opened))
            }
        }
    };
    Page::new(visit, Part::Requests, &title, &main)
}

/// Read from the history, not from the address.
fn what_was_done(visit: &Visit, opened: &Opened, step: usize) -> Markup {
    let history = &opened.detail.history;
    let Some(taken) = history.get(step).filter(|_| step > 0 && step + 1 == history.len()) else { return html! {} };
    let status = taken.status.title();
    shell::done(&html! {
        p { strong {
            @match visit.lang {
                Lang::Mn => { "Төлөвийг «" (status.mn) "» болголоо." }
                Lang::En => { "The status is now “" (visit.lang.show(&status)) "”." }
            }
        } }
        p { bdi lang="mn" { (opened.citizen.short_name()) } " "
            (visit.say("мэдэгдэл хүлээн авна.", "is told of it in the app.")) }
    })
}

/// The form's own words for the names; the names themselves when it is of another version.
pub(super) fn answers(opened: &Opened) -> Vec<Answer> {
    let Some(answers) = opened.detail.form.as_object() else { return Vec::new() };
    let offer = gateway::catalogue().ok().and_then(|catalogue| catalogue.offer(&opened.detail.service_id));
    let form = offer.and_then(|offer| offer.form.as_ref()).filter(|form| form.version == opened.detail.form_version);
    match form {
        Some(form) => form.shown(answers),
        None => answers.iter().map(|(name, value)| Answer::unknown(name, value)).collect(),
    }
}

fn value(visit: &Visit, value: &Shown) -> Markup {
    match value {
        Shown::Written(text) => html! { bdi { (text) } },
        Shown::Chosen(text) => visit.lang.show(text),
        Shown::YesNo(true) => html! { (visit.say("Тийм", "Yes")) },
        Shown::YesNo(false) => html! { (visit.say("Үгүй", "No")) },
        Shown::Empty => html! { span.none { (visit.say("бөглөөгүй", "not filled in")) } },
    }
}

fn steps(visit: &Visit, opened: &Opened) -> Markup {
    let next = clerk::next(opened.detail.status);
    html! {
        section.card.steps aria-labelledby="steps" {
            h2 #steps { (visit.say("Дараагийн алхам", "Next step")) }
            @if next.is_empty() {
                p { (visit.say("Энэ хүсэлт дууссан. Төлөвийг цаашид өөрчлөхгүй.", "This request is closed. Its status no longer changes.")) }
            } @else {
                ul { @for status in next {
                    li { a class={ "button " (weight(*status)) } href={ "/requests/" (opened.detail.id) "/steps/" (status.code()) } {
                        (verb(visit.lang, *status))
                    } }
                } }
            }
        }
    }
}

/// What the step is called by who takes it.
pub(super) fn verb(lang: Lang, status: Status) -> &'static str {
    match status {
        Status::Submitted => lang.pick("Дахин хүлээн авах", "Take it in again"),
        Status::Processing => lang.pick("Шийдвэрлэж эхлэх", "Start processing"),
        Status::Edit => lang.pick("Засвар хүсэх", "Ask for a correction"),
        Status::FileRequested => lang.pick("Нэмэлт баримт хүсэх", "Ask for a document"),
        Status::Printing => lang.pick("Хэвлэлд өгөх", "Send to print"),
        Status::Printed => lang.pick("Хэвлэснийг тэмдэглэх", "Mark as printed"),
        Status::Completed => lang.pick("Шийдвэрлэж дуусгах", "Complete"),
        Status::Granted => lang.pick("Зөвшөөрөх", "Grant"),
        Status::Rejected => lang.pick("Татгалзах", "Reject"),
        Status::Expired => lang.pick("Хугацаа дууссанд тооцох", "Close as expired"),
    }
}

const fn weight(status: Status) -> &'static str {
    match status {
        Status::Processing | Status::Granted | Status::Completed | Status::Printing | Status::Printed => "main",
        Status::Submitted | Status::Edit | Status::FileRequested => "plain",
        Status::Rejected | Status::Expired => "grave",
    }
}

fn citizen(visit: &Visit, opened: &Opened) -> Markup {
    let (lang, citizen) = (visit.lang, &opened.citizen);
    let offer = gateway::catalogue().ok().and_then(|catalogue| catalogue.offer(&opened.detail.service_id));
    let fee = offer.and_then(|offer| offer.service.fee).map(|fee| fee.amount_mnt);
    let takes = offer.and_then(|offer| offer.service.duration);
    html! {
        section.card aria-labelledby="citizen" {
            h2 #citizen { (visit.say("Иргэн", "Citizen")) }
            dl {
                div { dt { (visit.say("Нэр", "Name")) } dd { bdi lang="mn" { (citizen.short_name()) } } }
                div { dt { (visit.say("Регистр", "Registration number")) } dd.regnum { (citizen.regnum) } }
                div { dt { (visit.say("Утас", "Phone")) } dd { a href={ "tel:" (citizen.phone) } { (citizen.phone) } } }
                div { dt { (visit.say("Хаяг", "Address")) } dd { bdi lang="mn" { (citizen.address.formatted) } } }
            }
            p { a.button.plain href={ "/notices/new?to=" (url::form_urlencoded::byte_serialize(citizen.regnum.as_bytes()).collect::<String>()) } {
                (visit.say("Мэдэгдэл бичих", "Write a notice"))
            } }
        }
        section.card aria-labelledby="service" {
            h2 #service { (visit.say("Үйлчилгээ", "Service")) }
            dl {
                div { dt { (visit.say("Байгууллага", "Institution")) } dd { (lang.show(&opened.organisation)) } }
                @if let Some(fee) = fee {
                    div { dt { (visit.say("Хураамж", "Fee")) } dd { (moment::mnt(fee)) @if fee == 0 { " · " (visit.say("үнэгүй", "free")) } } }
                }
                @if let Some(takes) = takes {
                    div { dt { (visit.say("Хугацаа", "Takes")) } dd { @match takes {
                        Duration::Immediate => { (visit.say("Шууд", "At once")) }
                        Duration::WorkingDays { days } => { (days) " " (visit.say("ажлын өдөр", "working days")) }
                    } } }
                }
            }
        }
    }
}

/// Newest first, as the clerk needs it.
fn history(visit: &Visit, opened: &Opened) -> Markup {
    let kind = |kind: ActorKind| match kind {
        ActorKind::Citizen => visit.say("иргэн", "citizen"),
        ActorKind::Clerk => visit.say("ажилтан", "clerk"),
        ActorKind::System => visit.say("систем", "system"),
    };
    html! {
        ol.history reversed {
            @for step in opened.detail.history.iter().rev() {
                li {
                    p.what { (pill(visit.lang, step.status)) }
                    p.when { (moment::full(visit.lang, moment::from_wire(&step.at))) " · "
                        bdi lang="mn" { (step.actor.name) } ", " (kind(step.actor.kind)) }
                    @if let Some(note) = &step.note { p.written { (visit.lang.show(note)) } }
                }
            }
        }
    }
}
