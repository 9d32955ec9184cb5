//! From a schema with parts within parts to a list of questions, each with one answer.
//!
//! Guarantees: a schema of which any part can't be asked for has no list; a list of answers ends.

use serde_json::Value;

use super::{
    Form, Presentation, Words, formats, is_answer,
    model::{Choice, FieldKind, Prefill, Values},
    schema::{self, join, list, members},
};
use crate::country::LocalisedText;

/// So many of one kind: children, cars, parcels.
const MOST_ITEMS: u64 = 20;

/// One question.
pub(super) struct Leaf {
    pub(super) path: String,
    pub(super) section: usize,
    pub(super) title: LocalisedText,
    pub(super) group: Option<Group>,
    pub(super) help: Option<LocalisedText>,
    pub(super) kind: FieldKind,
    pub(super) prefill: Option<Prefill>,
    /// One of a list: the last part of the path is a number.
    pub(super) is_item: bool,
}

/// What a question is a part of.
#[derive(Clone)]
pub(super) struct Group {
    pub(super) path: String,
    pub(super) title: LocalisedText,
    pub(super) format: String,
}

/// How a question stands with the answers to the others.
pub(super) struct Standing<'s> {
    pub(super) required: bool,
    /// All that is said of its answer at this moment.
    pub(super) schemas: Vec<&'s Value>,
}

/// In the order of the sections; what no section names comes last.
pub(super) fn leaves(form: &Form, values: &Values) -> Option<Vec<Leaf>> {
    let root = form.schema.root();
    let presentation = &form.presentation;
    let mut list = List { presentation, values, leaves: Vec::new() };
    if root["type"] != "object" {
        return None;
    }
    let listed = presentation.sections.iter().enumerate();
    let listed = listed.flat_map(|(n, section)| section.fields.iter().map(move |name| (n, name)));
    let rest = members(&root["properties"]).map(|(name, _)| (presentation.sections.len(), name));
    let mut seen = Vec::new();
    for (section, name) in listed.chain(rest) {
        if let Some(schema) = root["properties"].get(name).filter(|_| !seen.contains(&name)) {
            seen.push(name);
            list.add(schema, is_name(name)?, section, None)?;
        }
    }
    Some(list.leaves)
}

/// `None`: the question does not apply.
pub(super) fn standing<'s>(root: &'s Value, answers: &Value, leaf: &Leaf) -> Option<Standing<'s>> {
    let nothing = Value::Object(serde_json::Map::new());
    let mut at = Some(answers);
    let mut schemas = Vec::new();
    schema::applied(root, answers, &mut schemas);
    let mut required = true;
    let depth = leaf.path.split('/').count() - usize::from(leaf.is_item);
    for name in leaf.path.split('/').take(depth) {
        let here = at.unwrap_or(&nothing);
        required = (required || at.is_some()) && schemas.iter().any(|one| schema::requires(one, here, name));
        let parts: Vec<&Value> = schemas.iter().filter_map(|one| one["properties"].get(name)).collect();
        if parts.iter().any(|part| **part == Value::Bool(false)) {
            return None;
        }
        at = here.get(name).filter(|_| at.is_some());
        schemas = Vec::new();
        parts.into_iter().for_each(|part| schema::applied(part, at.unwrap_or(&nothing), &mut schemas));
    }
    if leaf.is_item {
        let place = leaf.path.rsplit('/').next().and_then(|place| place.parse().ok());
        let wanted = |one: &&Value| schema::count(&one["minItems"]) > place;
        required = (required && place == Some(0)) || ((required || at.is_some()) && schemas.iter().any(wanted));
        schemas = schemas.iter().filter_map(|one| one.get("items")).collect();
    }
    Some(Standing { required, schemas })
}

struct List<'f> {
    presentation: &'f Presentation,
    values: &'f Values,
    leaves: Vec<Leaf>,
}

impl List<'_> {
    fn add(&mut self, schema: &Value, path: &str, section: usize, group: Option<&Group>) -> Option<()> {
        let format = schema["format"].as_str().unwrap_or_default();
        match (schema["type"].as_str()?, format) {
            ("object", "mn-file" | "mn-signature") => self.leaf(schema, path, section, group, None),
            ("object", _) => {
                let inner = Group { path: path.to_owned(), title: self.title(path, group), format: format.to_owned() };
                let parts = order(schema, format);
                let mut add = |(name, part): (&String, &Value)| {
                    self.add(part, &join(path, is_name(name)?), section, Some(&inner))
                };
                parts.into_iter().try_for_each(&mut add)
            }
            ("array", _) => {
                let number = self.places(schema, path)?;
                (0..number).try_for_each(|place| self.leaf(&schema["items"], path, section, group, Some(place)))
            }
            _ => self.leaf(schema, path, section, group, None),
        }
    }

    fn leaf(
        &mut self,
        schema: &Value,
        path: &str,
        section: usize,
        group: Option<&Group>,
        place: Option<u64>,
    ) -> Option<()> {
        let none = Words::default();
        let words = self.presentation.fields.get(path).unwrap_or(&none);
        let (title, nth) = (self.title(path, group), place.map(|place| place + 1));
        let numbered = |text: String| nth.map_or(text.clone(), |nth| format!("{text} {nth}"));
        self.leaves.push(Leaf {
            path: place.map_or_else(|| path.to_owned(), |place| join(path, &place.to_string())),
            section,
            title: LocalisedText { mn: numbered(title.mn), en: title.en.map(numbered) },
            group: group.cloned(),
            help: words.help.clone(),
            kind: formats::kind(schema, words.multiline, options(schema, words)?)?,
            prefill: words.prefill.clone(),
            is_item: place.is_some(),
        });
        Some(())
    }

    /// As many as there are answers, and one more as long as there may be.
    fn places(&self, schema: &Value, path: &str) -> Option<u64> {
        let least = schema::count(&schema["minItems"]).unwrap_or_default();
        let most = schema::count(&schema["maxItems"]).unwrap_or(MOST_ITEMS).min(MOST_ITEMS);
        let answered =
            |place: &u64| self.values.get(&join(path, &place.to_string())).is_some_and(|value| is_answer(value));
        let next = (0..most).rev().find(answered).map_or(1, |last| last + 2);
        (least <= most).then(|| next.max(least).min(most))
    }

    fn title(&self, path: &str, group: Option<&Group>) -> LocalisedText {
        let words = self.presentation.fields.get(path).and_then(|words| words.title.clone());
        let name = path.rsplit('/').next().unwrap_or(path);
        let usual = || parts_of(group?.format.as_str()).iter().find(|(part, ..)| *part == name);
        words
            .or_else(|| usual().map(|(_, mn, en)| LocalisedText::new(*mn, *en)))
            .unwrap_or_else(|| LocalisedText::mongolian(name))
    }
}

/// Addresses and names are asked for as the country writes them, other parts by name.
fn order<'s>(schema: &'s Value, format: &str) -> Vec<(&'s String, &'s Value)> {
    let mut parts: Vec<_> = members(&schema["properties"]).collect();
    let usual = parts_of(format);
    parts.sort_by_key(|(name, _)| usual.iter().position(|(part, ..)| part == name).unwrap_or(usual.len()));
    parts
}

/// A name that keeps its meaning within a path.
fn is_name(name: &str) -> Option<&str> {
    (!name.is_empty() && !name.contains(['/', '~'])).then_some(name)
}

fn parts_of(format: &str) -> &'static [(&'static str, &'static str, &'static str)] {
    match format {
        "mn-address" => &formats::ADDRESS,
        "mn-name" => &formats::NAME,
        _ => &[],
    }
}

/// `None` for choices that are not texts.
fn options(schema: &Value, words: &Words) -> Option<Vec<Choice>> {
    let option = |value: &Value| {
        let value = value.as_str()?.to_owned();
        let title = words.options.get(&value).cloned();
        Some(Choice { title: title.unwrap_or_else(|| LocalisedText::mongolian(value.clone())), value })
    };
    list(&schema["enum"]).iter().map(option).collect()
}
