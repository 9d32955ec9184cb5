//! What a clerk writes into a form, as it is kept; what is wrong with it, in words; and the form's inputs.

use maud::{Markup, html};

use super::{language::Visit, shell};
use crate::forms::Fields;

/// A line of an inbox and of a list.
pub(super) const LONGEST_LINE: usize = 120;

/// A screen or two of a phone.
pub(super) const LONGEST_TEXT: usize = 1000;

/// What is wrong in a form, and at which input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    /// The input's id.
    pub(super) input: String,
    pub(super) why: String,
}

/// As it was sent, without what no text holds: line ends are one character, other controls are gone.
pub(super) fn written(fields: &Fields, name: &str) -> String {
    let text = fields.get(name).unwrap_or_default().replace("\r\n", "\n");
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect::<String>().trim().to_owned()
}

/// In one line.
pub(super) fn line(fields: &Fields, name: &str) -> String {
    written(fields, name).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text to fill in.
pub(super) struct Input<'a> {
    /// Also the id.
    pub(super) name: &'a str,
    pub(super) label: &'a str,
    pub(super) hint: Option<&'a str>,
    pub(super) value: &'a str,
    pub(super) required: bool,
    /// The language to write in, when it is not the page's to say.
    pub(super) lang: Option<&'a str>,
    /// A line, or so many lines.
    pub(super) lines: usize,
    pub(super) longest: usize,
}

impl Input<'_> {
    pub(super) fn check(&self, visit: &Visit, wrong: &mut Vec<Wrong>) {
        if self.required && self.value.is_empty() {
            let why = format!("{}: {}", self.label, visit.say("заавал бичнэ", "please fill this in"));
            wrong.push(Wrong { input: self.name.into(), why });
        }
        let length = self.value.chars().count();
        if length > self.longest {
            let longest = self.longest;
            let why = match visit.lang.code() {
                "en" => format!("{}: {length} characters; at most {longest} fit", self.label),
                _ => format!("{}: {length} тэмдэгт байна; ихдээ {longest} багтана", self.label),
            };
            wrong.push(Wrong { input: self.name.into(), why });
        }
    }

    /// No `required` and no `maxlength` attribute: the page itself says what is wrong, in the page's language.
    pub(super) fn show(&self, visit: &Visit, wrong: &[Wrong]) -> Markup {
        let error = why(wrong, self.name);
        let described = described_by(self.name, self.hint.is_some(), error.is_some());
        html! {
            div.field.wrong[error.is_some()] {
                label for=(self.name) { (self.label) @if !self.required { " " span.optional { (visit.say("(заавал биш)", "(optional)")) } } }
                @if let Some(hint) = self.hint { p.hint id={ (self.name) "-hint" } { (hint) } }
                @if let Some(error) = error { (told(visit, self.name, error)) }
                @if self.lines == 1 {
                    input type="text" id=(self.name) name=(self.name) value=(self.value) lang=[self.lang] autocomplete="off"
                        aria-required=[self.required.then_some("true")] aria-invalid=[error.map(|_| "true")]
                        aria-describedby=[described];
                } @else {
                    // A first line end is the parser's, not the text's.
                    textarea id=(self.name) name=(self.name) rows=(self.lines) lang=[self.lang]
                        aria-required=[self.required.then_some("true")] aria-invalid=[error.map(|_| "true")]
                        aria-describedby=[described] { "\n" (self.value) }
                }
            }
        }
    }
}

pub(super) fn why<'a>(wrong: &'a [Wrong], input: &str) -> Option<&'a str> {
    wrong.iter().find(|wrong| wrong.input == input).map(|wrong| wrong.why.as_str())
}

/// The line at the input itself.
pub(super) fn told(visit: &Visit, input: &str, why: &str) -> Markup {
    html! { p.error id={ (input) "-error" } { span.sr { (visit.say("Алдаа: ", "Error: ")) } (why) } }
}

/// Ids of the lines that explain an input.
pub(super) fn described_by(input: &str, hint: bool, error: bool) -> Option<String> {
    let ids = [hint.then(|| format!("{input}-hint")), error.then(|| format!("{input}-error"))];
    let ids: Vec<String> = ids.into_iter().flatten().collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

/// Above the form, with the focus on it: what is wrong, each a link to its input.
pub(super) fn summary(visit: &Visit, wrong: &[Wrong]) -> Markup {
    html! {
        @if !wrong.is_empty() {
            div.summary role="alert" tabindex="-1" autofocus aria-labelledby="wrong" {
                h2 #wrong { (shell::sign("!")) (visit.say("Илгээгээгүй: дараахыг засна уу", "Not sent: please correct this")) }
                ul { @for Wrong { input, why } in wrong { li { a href={ "#" (input) } { (why) } } } }
            }
        }
    }
}
