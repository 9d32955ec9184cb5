//! Answers to one version of a form, carried over to another.
//!
//! Guarantees: no answer is lost: it goes over, or it is handed back with the reason.

use super::{FieldKind, Form, Problem, Values, fields, formats, is_answer, messages};
use crate::country::{CivilDate, LocalisedText};

/// What became of the answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    pub values: Values,
    /// In the order of the form that they were given to.
    pub set_aside: Vec<SetAside>,
    /// Questions, by name, that must be answered now and did not have to be before.
    pub newly_required: Vec<String>,
}

/// An answer that does not fit any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    pub name: String,
    /// As the question was put when it was answered.
    pub title: LocalisedText,
    /// In words; a file by its name.
    pub value: LocalisedText,
    pub problem: Problem,
}

impl Form {
    /// Parts answers into those that this form has a place for, and the others, in the words of the form that they were
    /// given to where that is there.
    pub fn places(&self, mut values: Values, earlier: Option<&Self>) -> (Values, Vec<SetAside>) {
        let leaves = fields::leaves(self, &values).unwrap_or_default();
        let asked = earlier.and_then(|earlier| fields::leaves(earlier, &values)).unwrap_or_default();
        let mut strangers = values.clone();
        strangers.retain(|name, _| leaves.iter().all(|leaf| leaf.path != *name));
        values.retain(|name, _| !strangers.contains_key(name));
        strangers.retain(|_, value| is_answer(value));
        let problem = messages::problem("form.no_such_field", &LocalisedText::mongolian(""));
        let aside = |(name, value): (String, String)| {
            let question = asked.iter().find(|leaf| leaf.path == name);
            let unknown = || LocalisedText::new("Одоо асуухаа больсон асуулт", "A question that is no longer asked");
            SetAside {
                title: question.map_or_else(unknown, |leaf| leaf.title.clone()),
                value: in_words(question.map(|leaf| &leaf.kind), &value),
                name,
                problem: problem.clone(),
            }
        };
        (values, strangers.into_iter().map(aside).collect())
    }

    /// Carries the answers to `earlier` over to this version. What was already wrong there stays to be mended; what has
    /// become wrong, or is not asked any more, is set aside.
    pub fn merge(&self, earlier: &Form, mut values: Values, today: CivilDate) -> Merged {
        let asked = |form: &Form| fields::leaves(form, &values).unwrap_or_default();
        let (before, after) = (earlier.state(&values, today), self.state(&values, today));
        let known = asked(self);
        let mut set_aside = Vec::new();
        for leaf in asked(earlier) {
            let Some(value) = values.get(&leaf.path).filter(|value| is_answer(value)) else { continue };
            let was_wrong = before.fields().any(|field| field.name == leaf.path && field.problem.is_some());
            let is_wrong = after.fields().find(|field| field.name == leaf.path).and_then(|field| field.problem.clone());
            let problem = if known.iter().any(|known| known.path == leaf.path) {
                is_wrong.filter(|_| !was_wrong)
            } else {
                Some(messages::problem("form.no_such_field", &LocalisedText::mongolian("")))
            };
            if let Some(problem) = problem {
                let value = in_words(Some(&leaf.kind), value);
                set_aside.push(SetAside { name: leaf.path, title: leaf.title, value, problem });
            }
        }
        set_aside.iter().for_each(|one| drop(values.remove(&one.name)));
        let open = |form: &Form| {
            let state = form.state(&values, today);
            let missing =
                |field: &&super::FieldState| field.problem.as_ref().is_some_and(|p| p.code == "form.required");
            state.fields().filter(missing).map(|field| field.name.clone()).collect::<Vec<_>>()
        };
        let was_open: Vec<String> =
            open(earlier).into_iter().filter(|name| !set_aside.iter().any(|one| one.name == *name)).collect();
        let newly_required = open(self).into_iter().filter(|name| !was_open.contains(name)).collect();
        Merged { values, set_aside, newly_required }
    }
}

/// As a person knows an answer to such a question; to one that is not known any more, as it was typed.
fn in_words(kind: Option<&FieldKind>, typed: &str) -> LocalisedText {
    let any_file = FieldKind::File { accept: Vec::new(), max_bytes: None };
    let shown = |kind: &FieldKind| Some(formats::shown(kind, &formats::read(kind, typed).ok()?));
    kind.and_then(shown).or_else(|| shown(&any_file)).unwrap_or_else(|| LocalisedText::mongolian(typed))
}
