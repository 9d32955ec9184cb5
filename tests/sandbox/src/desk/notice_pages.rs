//! The notices that were sent, one of them, and the form for a new one.

use maud::{Markup, html};

use super::{
    fields::{self, Input, LONGEST_LINE, LONGEST_TEXT, Wrong},
    language::{Lang, Visit},
    moment,
    search::Cut,
    shell::{self, Page, Part},
    store::Notice,
};
use crate::{clerk::Text, forms::Fields, registers::Citizen};

/// What a clerk has written so far.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) regnum: String,
    title_mn: String,
    title_en: String,
    body_mn: String,
    body_en: String,
}

impl Draft {
    pub(super) fn to(regnum: String) -> Self {
        Self { regnum, ..Self::default() }
    }

    pub(super) fn read(fields: &Fields) -> Self {
        Self {
            regnum: fields::line(fields, "regnum"),
            title_mn: fields::line(fields, "title_mn"),
            title_en: fields::line(fields, "title_en"),
            body_mn: fields::written(fields, "body_mn"),
            body_en: fields::written(fields, "body_en"),
        }
    }

    pub(super) fn check(&self, visit: &Visit) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        if self.regnum.is_empty() {
            let why = visit.say("Хэнд илгээхээ сонгоно уу", "Choose to whom it goes").into();
            wrong.push(Wrong { input: "regnum".into(), why });
        }
        for input in self.inputs(visit) {
            input.check(visit, &mut wrong);
        }
        if self.title_en.is_empty() != self.body_en.is_empty() {
            let input = if self.title_en.is_empty() { "title_en" } else { "body_en" };
            let why = visit
                .say(
                    "Англиар бичвэл гарчиг, агуулга хоёуланг нь бичнэ үү",
                    "In English, please write both the title and the text",
                )
                .into();
            wrong.push(Wrong { input: input.into(), why });
        }
        wrong
    }

    /// Title and body.
    pub(super) fn texts(&self) -> (Text, Text) {
        let text = |mn: &str, en: &str| Text { mn: mn.into(), en: (!en.is_empty()).then(|| en.into()) };
        (text(&self.title_mn, &self.title_en), text(&self.body_mn, &self.body_en))
    }

    fn inputs<'a>(&'a self, visit: &'a Visit) -> [Input<'a>; 4] {
        let line = |name, label, value, lang| {
            let required = lang == "mn";
            Input { name, label, hint: None, value, required, lang: Some(lang), lines: 1, longest: LONGEST_LINE }
        };
        let text =
            |name, label, value, lang| Input { lines: 5, longest: LONGEST_TEXT, ..line(name, label, value, lang) };
        [
            line("title_mn", visit.say("Гарчиг", "Title in Mongolian"), self.title_mn.as_str(), "mn"),
            text("body_mn", visit.say("Агуулга", "Text in Mongolian"), self.body_mn.as_str(), "mn"),
            line("title_en", visit.say("Гарчиг англиар", "Title in English"), self.title_en.as_str(), "en"),
            text("body_en", visit.say("Агуулга англиар", "Text in English"), self.body_en.as_str(), "en"),
        ]
    }
}

pub(super) fn no_such_citizen(visit: &Visit) -> Wrong {
    let why = visit.say("Ийм регистртэй иргэн алга", "There is no citizen of this registration number").into();
    Wrong { input: "regnum".into(), why }
}

pub(super) fn list(visit: &Visit, query: &str, cut: &Cut<Notice>) -> Page {
    let title = visit.say("Мэдэгдлүүд", "Notices");
    let href = |page: usize| {
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        if !query.is_empty() {
            pairs.append_pair("q", query);
        }
        format!("/notices?{}", pairs.append_pair("page", &page.to_string()).finish())
    };
    let total = cut.total;
    let main = html! {
        div.titled {
            h1 { (title) }
            a.button.main href="/notices/new" { (visit.say("Мэдэгдэл бичих", "Write a notice")) }
        }
        form.search role="search" method="get" action="/notices" {
            div.field.words {
                label for="q" { (visit.say("Хайх", "Search")) }
                input type="search" id="q" name="q" value=(query) autocomplete="off" spellcheck="false" aria-describedby="q-hint";
                p.hint #q-hint { (visit.say("Гарчиг, регистр, нэр", "Title, registration number, name")) }
            }
            button type="submit" { (visit.say("Хайх", "Search")) }
        }
        p.result role="status" { @match visit.lang {
            Lang::Mn => { (total) " мэдэгдэл" }
            Lang::En => { (total) @if total == 1 { " notice" } @else { " notices" } }
        } }
        @if cut.rows.is_empty() {
            div.nothing { p { (visit.say("Мэдэгдэл алга.", "There are no notices.")) } }
        } @else { (table(visit, &cut.rows)) }
        (shell::pager(visit, cut.page, cut.pages, href))
    };
    Page::new(visit, Part::Notices, title, &main)
}

fn table(visit: &Visit, notices: &[Notice]) -> Markup {
    let [title, citizen, state, sent] = [
        visit.say("Гарчиг", "Title"),
        visit.say("Иргэн", "Citizen"),
        visit.say("Төлөв", "State"),
        visit.say("Илгээсэн", "Sent"),
    ];
    html! {
        table.rows role="table" {
            caption.sr { (visit.say("Илгээсэн мэдэгдлүүд, шинэ нь эхэндээ", "Notices sent, newest first")) }
            (shell::head(&[title, citizen, state, sent]))
            tbody role="rowgroup" {
                @for notice in notices {
                    tr role="row" {
                        th scope="row" role="rowheader" { a href={ "/notices/" (notice.id) } { (heading(visit, notice)) } }
                        (shell::citizen_cell(citizen, &notice.name, &notice.regnum))
                        td role="cell" data-label=(state) { (read(visit, notice)) }
                        td role="cell" data-label=(sent) { (moment::short(visit.lang, notice.sent_at)) }
                    }
                }
            }
        }
    }
}

fn heading(visit: &Visit, notice: &Notice) -> Markup {
    if notice.deleted {
        return html! { (visit.say("Иргэн устгасан мэдэгдэл", "Notice deleted by the citizen")) };
    }
    html! { bdi { (visit.lang.show(&notice.title)) } }
}

fn read(visit: &Visit, notice: &Notice) -> Markup {
    let (tone, state) = match (notice.deleted, notice.read_at) {
        (true, _) => ("old", visit.say("Устгасан", "Deleted")),
        (false, Some(_)) => ("good", visit.say("Уншсан", "Read")),
        (false, None) => ("new", visit.say("Уншаагүй", "Unread")),
    };
    html! { span class={ "pill " (tone) } { (state) } }
}

pub(super) fn open(visit: &Visit, notice: &Notice) -> Page {
    let title = visit.say("Мэдэгдэл", "Notice");
    let text = |lang: &str, title: &str, body: &str| {
        html! { section.card lang=(lang) { h2 { bdi { (title) } } p.written { (body) } } }
    };
    let main = html! {
        (shell::back(visit, "/notices", visit.say("Мэдэгдлүүд", "Notices")))
        @if visit.asked("done").is_some() {
            (shell::done(&html! {
                p { strong { (visit.say("Мэдэгдлийг илгээлээ.", "The notice was sent.")) } }
                p { bdi lang="mn" { (notice.name) } " " (visit.say("аппдаа харна.", "sees it in the app.")) }
            }))
        }
        div.heading {
            h1 { (title) }
            p.under { (read(visit, notice)) " " bdi lang="mn" { (notice.name) } " " span.regnum { (notice.regnum) } " · "
                (moment::full(visit.lang, notice.sent_at)) }
        }
        @if notice.deleted {
            p.lead { (visit.say("Иргэн энэ мэдэгдлийг устгасан тул агуулга нь үлдээгүй.", "The citizen deleted this notice, so its text is gone.")) }
        } @else {
            div.narrow {
                (text("mn", &notice.title.mn, &notice.body.mn))
                @if let (Some(title), Some(body)) = (&notice.title.en, &notice.body.en) { (text("en", title, body)) }
            }
        }
        p.after { a.button.plain href="/notices/new" { (visit.say("Дахин мэдэгдэл бичих", "Write another notice")) } }
    };
    Page::new(visit, Part::Notices, title, &main)
}

pub(super) fn ask(visit: &Visit, citizens: &[Citizen], draft: &Draft, wrong: &[Wrong], ticket: &str) -> Page {
    let heading = visit.say("Мэдэгдэл бичих", "Write a notice");
    let title = format!("{}{heading}", if wrong.is_empty() { "" } else { visit.say("Алдаа: ", "Error: ") });
    let error = fields::why(wrong, "regnum");
    let main = html! {
        (shell::back(visit, "/notices", visit.say("Мэдэгдлүүд", "Notices")))
        (fields::summary(visit, wrong))
        div.heading { h1 { (heading) } }
        form.card.narrow method="post" action=(visit.path()) novalidate {
            input type="hidden" name="ticket" value=(ticket);
            div.field.wrong[error.is_some()] {
                label for="regnum" { (visit.say("Хэнд", "To whom")) }
                @if let Some(error) = error { (fields::told(visit, "regnum", error)) }
                select id="regnum" name="regnum" aria-required="true" aria-invalid=[error.map(|_| "true")]
                    aria-describedby=[fields::described_by("regnum", false, error.is_some())] {
                    option value="" { (visit.say("Иргэнээ сонгоно уу", "Choose a citizen")) }
                    @for citizen in citizens {
                        option value=(citizen.regnum) lang="mn" selected[citizen.regnum == draft.regnum] {
                            (citizen.regnum) " · " (citizen.short_name())
                        }
                    }
                }
            }
            @for input in draft.inputs(visit) { (input.show(visit, wrong)) }
            div.buttons {
                button type="submit" { (visit.say("Илгээх", "Send")) }
                a href="/notices" { (visit.say("Болих", "Cancel")) }
            }
        }
    };
    Page::new(visit, Part::Notices, &title, &main)
}
