//! One request opened: what was asked, whose it is, what may be done now, and what was done.

use maud::{Markup, html};

use super::{
    files,
    language::{Lang, Visit},
    moment,
    shell::{self, Page, Part},
    statuses::{Direction, paid, pill, verb},
    store::Opened,
};
use crate::{
    clerk::{self, ActorKind, Status},
    gateway::{self, Answer, Duration, Shown},
    text::mnt,
};

pub(super) fn show(visit: &Visit, opened: &Opened, done: Option<usize>) -> Page {
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
                (files::card(visit, opened))
                div.pair { (citizen(visit, opened)) (service(visit, opened)) }
            }
            div.side { (steps(visit, opened)) }
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
        Shown::File(name, bytes) => html! { bdi { (name) } " (" (bytes.div_ceil(1000)) " KB)" },
        Shown::Empty => html! { span.none { (visit.say("бөглөөгүй", "not filled in")) } },
    }
}

fn steps(visit: &Visit, opened: &Opened) -> Markup {
    html! {
        section.card.steps aria-labelledby="steps" {
            h2 #steps { (visit.say("Дараагийн алхам", "Next step")) }
            @if opened.detail.waits_for_payment() && !open_to(opened).is_empty() {
                p { (visit.say("Төлбөр төлөгдтөл хүлээнэ. Одоогоор зөвхөн хааж болно.", "It waits for its payment. Until then it can only be closed.")) }
            }
            @if open_to(opened).is_empty() {
                p { (visit.say("Энэ хүсэлт дууссан. Төлөвийг цаашид өөрчлөхгүй.", "This request is closed. Its status no longer changes.")) }
            } @else {
                @for direction in Direction::ALL { (group(visit, opened, direction)) }
            }
        }
    }
}

fn open_to(opened: &Opened) -> &'static [Status] {
    clerk::open_to(opened.detail.status, opened.detail.waits_for_payment())
}

/// The first step forward is the usual one, and stands out.
fn group(visit: &Visit, opened: &Opened, direction: Direction) -> Markup {
    let detail = &opened.detail;
    let steps = open_to(opened).iter().filter(|status| Direction::of(**status) == direction);
    html! {
        ul { @for (n, status) in steps.enumerate() {
            li { a.button.plain[direction == Direction::Asking || (direction == Direction::Forward && n > 0)]
                .grave[direction == Direction::Ending]
                href={ "/requests/" (detail.id) "/steps/" (status.code()) } { (verb(visit.lang, *status)) } }
        } }
    }
}

fn citizen(visit: &Visit, opened: &Opened) -> Markup {
    let citizen = &opened.citizen;
    let to: String = url::form_urlencoded::byte_serialize(citizen.regnum.as_bytes()).collect();
    html! {
        section.card aria-labelledby="citizen" {
            h2 #citizen { (visit.say("Иргэн", "Citizen")) }
            dl {
                div { dt { (visit.say("Нэр", "Name")) } dd { bdi lang="mn" { (citizen.short_name()) } } }
                div { dt { (visit.say("Регистр", "Registration number")) } dd.regnum { (citizen.regnum) } }
                @if let Some(person) = &opened.detail.on_behalf_of {
                    div { dt { (visit.say("Хэний өмнөөс", "On behalf of")) }
                        dd { bdi lang="mn" { (person.name) } " " span.regnum { (person.regnum) } ": " bdi { (person.reason) } } }
                }
                div { dt { (visit.say("Утас", "Phone")) } dd { a href={ "tel:" (citizen.phone) } { (citizen.phone) } } }
                div { dt { (visit.say("Хаяг", "Address")) } dd { bdi lang="mn" { (citizen.address.formatted) } } }
            }
            p { a.button.plain href={ "/notices/new?to=" (to) } {
                (visit.say("Мэдэгдэл бичих", "Write a notice"))
            } }
        }
    }
}

/// What the catalogue says of it; what it does not say is not shown.
fn service(visit: &Visit, opened: &Opened) -> Markup {
    let offer = gateway::catalogue().ok().and_then(|catalogue| catalogue.offer(&opened.detail.service_id));
    let fee = offer.and_then(|offer| offer.service.fee).map(|fee| fee.amount_mnt);
    let takes = offer.and_then(|offer| offer.service.duration);
    html! {
        section.card aria-labelledby="service" {
            h2 #service { (visit.say("Үйлчилгээ", "Service")) }
            dl {
                div { dt { (visit.say("Байгууллага", "Institution")) } dd { (visit.lang.show(&opened.organisation)) } }
                @if let Some(fee) = fee {
                    div { dt { (visit.say("Хураамж", "Fee")) } dd { (mnt(fee)) @if fee == 0 { " · " (visit.say("үнэгүй", "free")) } } }
                }
                @if let Some(payment) = &opened.detail.payment {
                    div { dt { (visit.say("Төлбөр", "Payment")) } dd { (mnt(payment.amount_mnt)) " · " (paid(visit.lang, payment.state)) } }
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
