//! What was typed, against the form: which questions apply, what is going to be sent, and all that is wrong.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::{
    Form, OrderRule, Problem,
    fields::{self, Leaf, Standing},
    formats, is_answer, messages,
    model::{FieldKind, FieldState, FormState, Section, Values},
    schema::{self, Fault, join},
};
use crate::{
    country::{Address, AddressParts, CivilDate, LocalisedText},
    services::requests::model::Line,
};

pub(super) struct Filled {
    pub(super) state: FormState,
    pub(super) answers: Value,
    pub(super) lines: Vec<Line>,
    /// A name that the form does not have, with an answer.
    pub(super) stranger: Option<String>,
}

/// A question with its answer.
struct Answered {
    leaf: Leaf,
    /// `None`: nothing but space was typed.
    read: Option<Result<Value, &'static str>>,
    /// It counts: what it asks for applies.
    counts: bool,
    /// Where it is among what is sent; items of a list close up.
    sent_at: String,
}

pub(super) fn fill(form: &Form, values: &Values, today: CivilDate) -> Filled {
    let leaves = fields::leaves(form, values).unwrap_or_default(); // a form that was parsed has them
    let is_stranger = |name: &str, typed: &str| is_answer(typed) && leaves.iter().all(|leaf| leaf.path != name);
    let stranger = values.iter().find(|(name, typed)| is_stranger(name, typed)).map(|(name, _)| name.clone());
    let mut all: Vec<Answered> = leaves.into_iter().map(|leaf| answered(leaf, values)).collect();
    let answers = settle(form, &mut all);
    let standing: Vec<Option<Standing<'_>>> =
        all.iter().map(|one| fields::standing(form.schema.root(), &answers, &one.leaf)).collect();
    let Problems { by_field, more } = problems(form, &all, &standing, &answers, today);
    let titles = form.presentation.sections.iter().map(|section| section.title.clone());
    let mut sections: Vec<Section> = titles.chain([None]).map(|title| Section { title, fields: Vec::new() }).collect();
    let mut complete = !more;
    for ((one, standing), problem) in all.iter().zip(&standing).zip(by_field) {
        if let (Some(standing), Some(section)) = (standing, sections.get_mut(one.leaf.section)) {
            complete &= problem.is_none();
            section.fields.push(field_state(one, standing, problem, values));
        }
    }
    sections.retain(|section| !section.fields.is_empty());
    let (service, authentication) = (form.service.clone(), form.authentication.clone());
    let state = FormState { service, version: form.version, authentication, sections, complete };
    Filled { state, lines: lines(&all, &answers), answers, stranger }
}

fn answered(leaf: Leaf, values: &Values) -> Answered {
    let typed = values.get(&leaf.path).map(|typed| typed.trim()).filter(|typed| !typed.is_empty());
    let read = typed.map(|typed| formats::read(&leaf.kind, typed)).filter(|read| *read != Ok("".into()));
    Answered { counts: matches!(read, Some(Ok(_))), sent_at: leaf.path.clone(), leaf, read }
}

/// Leaves out what was answered and does not apply. One answer can take another with it or bring it back, so one at a
/// time, in the order of the form; answers that chase each other in a circle stop after a while.
fn settle(form: &Form, all: &mut [Answered]) -> Value {
    for _ in 0..2 * all.len() {
        let answers = sent(all);
        let misplaced = all.iter_mut().find(|one| {
            let applies = || fields::standing(form.schema.root(), &answers, &one.leaf).is_some();
            matches!(one.read, Some(Ok(_))) && one.counts != applies()
        });
        match misplaced {
            Some(one) => one.counts = !one.counts,
            None => return answers,
        }
    }
    sent(all)
}

/// What is going to be sent, as far as it can be.
fn sent(all: &mut [Answered]) -> Value {
    let mut answers = Value::Object(Map::new());
    for one in all.iter_mut().filter(|one| one.counts) {
        let Some(Ok(value)) = &one.read else { continue };
        let parts: Vec<&str> = one.leaf.path.split('/').collect();
        let (last, parents) = parts.split_last().map_or(("", &[][..]), |(last, parents)| (*last, parents));
        let place = parents.iter().fold(&mut answers, |at, name| &mut at[*name]); // what is not there yet comes to be
        if !one.leaf.is_item {
            place[last] = value.clone();
            continue;
        }
        if place.is_null() {
            *place = Value::Array(Vec::new());
        }
        if let Value::Array(items) = place {
            one.sent_at = join(&parents.join("/"), &items.len().to_string());
            items.push(value.clone());
        }
    }
    answers
}

struct Problems {
    by_field: Vec<Option<Problem>>,
    /// Something is wrong that no question which applies could be blamed for.
    more: bool,
}

fn problems(
    form: &Form,
    all: &[Answered],
    standing: &[Option<Standing<'_>>],
    answers: &Value,
    today: CivilDate,
) -> Problems {
    let nothing = LocalisedText::mongolian("");
    let own = |(one, standing): (&Answered, &Option<Standing<'_>>)| match (&one.read, standing) {
        (Some(Err(code)), Some(_)) => Some(messages::problem(code, &limit(&one.leaf.kind, code))),
        (None, Some(standing)) if standing.required => Some(messages::problem("form.required", &nothing)),
        (None | Some(_), _) => None,
    };
    let mut by_field: Vec<Option<Problem>> = all.iter().zip(standing).map(own).collect();
    let title = |name: &str| all.iter().find(|one| one.leaf.path == name).map(|one| one.leaf.title.clone());
    let rules = form.presentation.order_rules.iter().filter_map(|rule| order(rule, answers, today));
    let rules = rules.map(|(at, code, other)| (at.to_owned(), code, title(other).unwrap_or_else(|| nothing.clone())));
    let faults = schema::faults(form.schema.root(), answers).into_iter();
    let faults = faults.map(|Fault { at, code, limit }| (at, code, LocalisedText::mongolian(limit)));
    let mut more = false;
    for (at, code, limit) in rules.chain(faults) {
        more |= !blame(all, standing, &mut by_field, &at, messages::problem(code, &limit));
    }
    Problems { by_field, more }
}

/// Puts a problem to the question that it is about. One about several is put to the first of them, unless one of them has
/// a problem already: mending that may mend both. A question has one problem at a time.
fn blame(
    all: &[Answered],
    standing: &[Option<Standing<'_>>],
    by_field: &mut [Option<Problem>],
    at: &str,
    problem: Problem,
) -> bool {
    let applying = || all.iter().enumerate().filter(|(n, _)| standing.get(*n).is_some_and(Option::is_some));
    let sent = applying().find(|(_, one)| one.counts && one.sent_at == at);
    let exact = sent.or_else(|| applying().find(|(_, one)| !one.counts && one.leaf.path == at));
    if let Some(place) = exact.and_then(|(n, _)| by_field.get_mut(n)) {
        place.get_or_insert(problem);
        return true;
    }
    let within = |path: &str| at.is_empty() || super::is_part_of(path, at);
    let several: Vec<usize> = applying().filter(|(_, one)| within(&one.leaf.path)).map(|(n, _)| n).collect();
    if several.iter().any(|n| by_field.get(*n).is_some_and(Option::is_some)) {
        return true;
    }
    let first = several.first().and_then(|n| by_field.get_mut(*n));
    first.map(|place| *place = Some(problem)).is_some()
}

/// A year or a day that a rule refuses: where, why, and which other question it was held against.
pub(super) fn order<'r>(
    rule: &'r OrderRule,
    answers: &Value,
    today: CivilDate,
) -> Option<(&'r str, &'static str, &'r str)> {
    let answer = |name: &str| answers.pointer(&format!("/{name}"));
    match rule {
        OrderRule::NotAfter([first, last]) => {
            (compare(answer(first)?, answer(last)?) == Ordering::Greater).then_some((last, "form.before", first))
        }
        OrderRule::NotInTheFuture(name) => {
            let answer = answer(name)?;
            let now = if answer.is_number() { today.year().into() } else { today.to_string().into() };
            (compare(answer, &now) == Ordering::Greater).then_some((name, "form.in_the_future", ""))
        }
    }
}

/// Of two years, or of two days as they are sent.
fn compare(a: &Value, b: &Value) -> Ordering {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => a.as_str().cmp(&b.as_str()),
    }
}

fn field_state(one: &Answered, standing: &Standing<'_>, problem: Option<Problem>, values: &Values) -> FieldState {
    let Leaf { path, title, group, help, kind, prefill, .. } = &one.leaf;
    let mut kind = kind.clone();
    if let FieldKind::OneOf { options } = &mut kind {
        let fits = |value: &str| standing.schemas.iter().all(|one| schema::holds(one, &Value::from(value)));
        options.retain(|option| fits(&option.value));
    }
    let sent = one.read.as_ref().and_then(|read| read.as_ref().ok()).filter(|_| problem.is_none());
    FieldState {
        name: path.clone(),
        title: title.clone(),
        group: group.as_ref().map(|group| group.title.clone()),
        help: help.clone(),
        required: standing.required,
        value: values.get(path).cloned(),
        shown: sent.map(|value| formats::shown(&kind, value)),
        kind,
        problem,
        prefill: prefill.clone(),
        prefilled_from: None,
    }
}

/// What the citizen is shown before anything is sent. Addresses and names are one line each, as people write them.
fn lines(all: &[Answered], answers: &Value) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut last = "";
    for one in all.iter().filter(|one| one.counts) {
        let Some(Ok(value)) = &one.read else { continue };
        let whole = |group: &fields::Group| as_one(&group.format, answers.pointer(&format!("/{}", group.path))?);
        match &one.leaf.group {
            Some(group) if group.path == last => {}
            Some(group) => match whole(group) {
                Some(value) => {
                    last = &group.path;
                    lines.push(Line { title: group.title.clone(), value: LocalisedText::mongolian(value) });
                }
                None => {
                    let en = group.title.en.as_ref().zip(one.leaf.title.en.as_ref());
                    let title = LocalisedText {
                        mn: format!("{}: {}", group.title.mn, one.leaf.title.mn),
                        en: en.map(|(group, title)| format!("{group}: {title}")),
                    };
                    lines.push(Line { title, value: formats::shown(&one.leaf.kind, value) });
                }
            },
            None => lines.push(Line { title: one.leaf.title.clone(), value: formats::shown(&one.leaf.kind, value) }),
        }
    }
    lines
}

fn as_one(format: &str, parts: &Value) -> Option<String> {
    let part = |name: &str| parts[name].as_str().map(str::to_owned);
    match format {
        "mn-name" => {
            let parts = formats::NAME.iter().filter_map(|(name, ..)| parts[*name].as_str());
            Some(parts.collect::<Vec<_>>().join(" "))
        }
        "mn-address" => {
            let parts = AddressParts {
                area: None,
                aimag: part("aimag"),
                soum: part("soum"),
                bag: part("bag"),
                region: part("region"),
                town: part("town"),
                street: part("street"),
                building: part("building"),
                door: part("door"),
            };
            Some(Address::new(parts).ok()?.to_string())
        }
        _ => None,
    }
}

/// What the message says of a field whose answer could not be read.
fn limit(kind: &FieldKind, code: &str) -> LocalisedText {
    let names = |accept: &[String]| {
        let short = accept.iter().filter_map(|kind| kind.rsplit('/').next());
        short.map(str::to_uppercase).collect::<Vec<_>>().join(", ")
    };
    LocalisedText::mongolian(match (code, kind) {
        ("form.too_long", _) => formats::LONGEST_TEXT.to_string(),
        ("form.file_kind", FieldKind::File { accept, .. }) => names(accept),
        ("form.file_kind", _) => "PNG".to_owned(),
        ("form.file_too_large", FieldKind::File { max_bytes, .. } | FieldKind::Signature { max_bytes }) => {
            size(max_bytes.unwrap_or_default())
        }
        _ => String::new(),
    })
}

/// In the larger of MB and KB that tells no more than is allowed.
fn size(bytes: u64) -> String {
    if bytes >= 1_000_000 { format!("{} MB", bytes / 1_000_000) } else { format!("{} KB", bytes / 1_000) }
}
