//! The page of one step: what it does, what the citizen is told, and the form that takes it.

use axum::http::StatusCode;
use maud::{Markup, html};

use super::{
    fields::{self, Input, LONGEST_LINE, LONGEST_TEXT, Wrong},
    language::{Lang, Visit},
    request_page::answers,
    shell::{self, Page, Part},
    statuses::{pill, verb},
    store::Opened,
};
use crate::{
    clerk::{self, Move, Status, Text},
    forms::Fields,
};

/// As many documents as one message asks for and a citizen can keep in mind.
const MOST_DOCUMENTS: usize = 5;

/// What a clerk has written so far.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// Names of the form's fields to correct.
    corrections: Vec<String>,
    /// One a line.
    documents: String,
    message_mn: String,
    message_en: String,
}

impl Draft {
    pub(super) fn read(fields: &Fields, opened: &Opened) -> Self {
        let names = answers(opened).into_iter().map(|answer| answer.name);
        Self {
            corrections: names.filter(|name| fields.get(&checkbox(name)).is_some()).collect(),
            documents: fields::written(fields, "documents"),
            message_mn: fields::written(fields, "message_mn"),
            message_en: fields::written(fields, "message_en"),
        }
    }

    pub(super) fn check(&self, visit: &Visit, status: Status) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        if status == Status::Edit && self.corrections.is_empty() {
            let why = visit.say("Засуулах талбарыг сонгоно уу", "Choose what is to be corrected").into();
            wrong.push(Wrong { input: "corrections".into(), why });
        }
        if status == Status::FileRequested {
            self.documents_input(visit).check(visit, &mut wrong);
            let too_long = self.documents().any(|name| name.chars().count() > LONGEST_LINE);
            if too_long || self.documents().count() > MOST_DOCUMENTS {
                let why = visit
                    .say(
                        "Баримт бичгийн нэр: ихдээ 5 мөр, мөр бүр ихдээ 120 тэмдэгт",
                        "Documents: at most 5 lines of at most 120 characters",
                    )
                    .into();
                wrong.push(Wrong { input: "documents".into(), why });
            }
        }
        for input in self.message_inputs(visit, status) {
            input.check(visit, &mut wrong);
        }
        if self.message_mn.is_empty() && !self.message_en.is_empty() && !needs_message(status) {
            let why = visit
                .say("Монгол тайлбарыг бичнэ үү: англи нь дангаараа очихгүй", "Please write the Mongolian message too")
                .into();
            wrong.push(Wrong { input: "message_mn".into(), why });
        }
        wrong
    }

    /// What the citizen is asked for and reads.
    pub(super) fn step(&self, status: Status, opened: &Opened) -> Move {
        let mut step = Move { note: self.note(status, opened), ..clerk::plain(status) };
        match status {
            Status::Edit => step.fields.clone_from(&self.corrections),
            Status::FileRequested => step.documents = self.titles(),
            Status::Submitted
            | Status::Processing
            | Status::Printing
            | Status::Completed
            | Status::Printed
            | Status::Rejected
            | Status::Expired
            | Status::Granted => {}
        }
        step
    }

    fn note(&self, status: Status, opened: &Opened) -> Option<Text> {
        let english = (!self.message_en.is_empty()).then(|| self.message_en.clone());
        let message = Text { mn: self.message_mn.clone(), en: english };
        match status {
            Status::Edit => {
                let chosen = answers(opened).into_iter().filter(|answer| self.corrections.contains(&answer.name));
                Some(clerk::asking_for(&chosen.map(|answer| answer.title).collect::<Vec<_>>(), &message))
            }
            Status::FileRequested => Some(clerk::asking_for(&self.titles(), &message)),
            Status::Submitted
            | Status::Processing
            | Status::Printing
            | Status::Completed
            | Status::Printed
            | Status::Rejected
            | Status::Expired
            | Status::Granted => (!message.mn.is_empty()).then_some(message),
        }
    }

    fn titles(&self) -> Vec<Text> {
        self.documents().map(|mn| Text { mn: mn.into(), en: None }).collect()
    }

    fn documents(&self) -> impl Iterator<Item = &str> {
        self.documents.lines().map(str::trim).filter(|line| !line.is_empty())
    }

    fn documents_input<'a>(&'a self, visit: &'a Visit) -> Input<'a> {
        Input {
            name: "documents",
            label: visit.say("Шаардлагатай баримт бичиг", "Documents needed"),
            hint: Some(
                visit.say("Нэг мөрөнд нэгийг, иргэний ойлгох нэрээр нь", "One a line, named as the citizen knows it"),
            ),
            value: &self.documents,
            required: true,
            lang: Some("mn"),
            lines: 3,
            longest: LONGEST_TEXT,
        }
    }

    fn message_inputs<'a>(&'a self, visit: &'a Visit, status: Status) -> [Input<'a>; 2] {
        let required = needs_message(status);
        let mongolian = Input {
            name: "message_mn",
            label: if required {
                visit.say("Иргэнд өгөх тайлбар", "Message to the citizen, in Mongolian")
            } else {
                visit.say("Иргэнд нэмж хэлэх үг", "A word to the citizen, in Mongolian")
            },
            hint: Some(visit.say("Юу хийхийг энгийн үгээр хэлнэ үү", "Say in plain words what to do")),
            value: &self.message_mn,
            required,
            lang: Some("mn"),
            lines: 4,
            longest: LONGEST_TEXT,
        };
        let english = Input {
            name: "message_en",
            label: visit.say("Мөн англиар", "The same in English"),
            hint: None,
            value: &self.message_en,
            required: false,
            lang: Some("en"),
            lines: 3,
            longest: LONGEST_TEXT,
        };
        [mongolian, english]
    }
}

/// Nobody can act on a question or bear a refusal without words.
const fn needs_message(status: Status) -> bool {
    matches!(status, Status::Edit | Status::FileRequested | Status::Rejected)
}

/// An input's name and id; the form's own names stay apart from the desk's.
fn checkbox(name: &str) -> String {
    format!("field.{name}")
}

pub(super) fn ask(
    visit: &Visit,
    opened: &Opened,
    status: Status,
    draft: &Draft,
    wrong: &[Wrong],
    ticket: &str,
) -> Page {
    let (lang, detail) = (visit.lang, &opened.detail);
    let verb = verb(lang, status);
    let title =
        format!("{}{verb}: {}", if wrong.is_empty() { "" } else { visit.say("Алдаа: ", "Error: ") }, detail.number);
    let request = format!("/requests/{}", detail.id);
    let main = html! {
        (shell::back(visit, &request, &format!("{} {}", visit.say("Хүсэлт", "Request"), detail.number)))
        (fields::summary(visit, wrong))
        div.heading {
            p.over { (visit.say("Хүсэлт", "Request")) " " (detail.number) " · " (lang.show(&detail.service_name)) }
            h1 { (verb) }
            p.under { span.sr { (visit.say("Одоогийн төлөв: ", "Status now: ")) } (pill(lang, detail.status))
                " " (shell::sign("→")) " " span.sr { (visit.say("Болох төлөв: ", "Status after: ")) } (pill(lang, status)) }
        }
        form.card.narrow method="post" action=(visit.path()) novalidate {
            input type="hidden" name="ticket" value=(ticket);
            input type="hidden" name="seen" value=(detail.version);
            p.lead { bdi lang="mn" { (opened.citizen.short_name()) } " "
                (visit.say("энэ тухай аппдаа мэдэгдэл авна.", "is told of it in the app.")) }
            @if clerk::next(status).is_empty() {
                p.warning { (shell::sign("!")) (visit.say("Энэ алхмыг буцаах боломжгүй.", "This step can’t be taken back.")) }
            }
            @if status == Status::Edit { (corrections(visit, opened, draft, wrong)) }
            @if status == Status::FileRequested { (draft.documents_input(visit).show(visit, wrong)) }
            @for input in draft.message_inputs(visit, status) { (input.show(visit, wrong)) }
            div.buttons {
                button type="submit" { (verb) }
                a href=(request) { (visit.say("Болих", "Cancel")) }
            }
        }
    };
    Page::new(visit, Part::Requests, &title, &main)
}

fn corrections(visit: &Visit, opened: &Opened, draft: &Draft, wrong: &[Wrong]) -> Markup {
    let error = fields::why(wrong, "corrections");
    html! {
        fieldset #corrections tabindex="-1" .wrong[error.is_some()] aria-describedby=[fields::described_by("corrections", false, error.is_some())] {
            legend { (visit.say("Юуг засуулах вэ", "What is to be corrected")) }
            @if let Some(error) = error { (fields::told(visit, "corrections", error)) }
            @for answer in answers(opened) {
                @let id = checkbox(&answer.name);
                div.check {
                    input type="checkbox" id=(id) name=(id) value="yes" checked[draft.corrections.contains(&answer.name)];
                    label for=(id) { (visit.lang.show(&answer.title)) }
                }
            }
        }
    }
}

/// The step can't be taken from where the request is now.
pub(super) fn refused(visit: &Visit, opened: &Opened, now: Status) -> Page {
    let title = visit.say("Энэ алхам одоо боломжгүй", "This step is not possible now");
    let main = html! {
        h1 { (title) }
        p.lead {
            @match visit.lang {
                Lang::Mn => { (opened.detail.number) " хүсэлтийн төлөв одоо «" (visit.lang.show(&now.title())) "». Таныг нээснээс хойш өөрчлөгдсөн байж магадгүй. Юу ч илгээгээгүй." }
                Lang::En => { "Request " (opened.detail.number) " is now “" (visit.lang.show(&now.title())) "”. It may have changed since you opened it. Nothing was sent." }
            }
        }
        p { a.button href={ "/requests/" (opened.detail.id) } { (visit.say("Хүсэлтийг нээх", "Open the request")) } }
    };
    Page::new(visit, Part::Requests, title, &main).status(StatusCode::CONFLICT)
}
