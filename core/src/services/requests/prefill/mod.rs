//! What the registers know already: shown by operation, agreed to once, filled in where nothing was answered.
//!
//! Guarantees: nothing of a register stands in a form without the citizen's word for that operation; whoever has spoken
//! is not asked again, and may take it back; what the citizen typed or took away is never filled over.

mod store;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
pub(super) use store::{consents, put_consent};

use super::form::{self, FieldState, Form, FormState, Values};
use crate::{
    country::{CivilDate, LocalisedText},
    foundation::storage::{self, Dao},
    offline::cache::{Cache, Refreshing},
};

/// The registers, as requests see them.
pub trait Registers: Send + Sync {
    /// From `cache.db`: what each operation that was asked has answered.
    fn answers(&self, dao: &Dao<'_>) -> storage::Result<Answers>;
    /// Asks them all; what they answer is kept.
    fn ask(&self, cache: &Cache) -> Refreshing;
}

/// By operation. One that is missing was never asked.
pub type Answers = BTreeMap<String, Answer>;

/// What a register has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Found(Value),
    /// It knows of nothing.
    Nothing,
    /// The citizen did not agree to it at sign-in, or it could not answer.
    Refused,
}

/// What a register could fill in, and what the citizen said to that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// ХУР operation.
    pub operation: String,
    /// Whose register it is, and what it tells.
    pub title: LocalisedText,
    /// Questions that apply and that it may answer, by name. None: it was agreed to, and the citizen has seen to all of
    /// them.
    pub fields: Vec<String>,
    pub consent: Consent,
    /// Why something is still open, though the citizen agreed.
    pub missing: Option<LocalisedText>,
}

/// The citizen's word for one operation, in whatever form it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    #[default]
    NotAsked,
    Given,
    /// Or taken back.
    Refused,
}

/// By operation.
pub(super) type Consents = BTreeMap<String, Consent>;

/// Which answers of a draft are a register's, and which the citizen has seen to.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Origins {
    /// The operation, by field.
    filled: BTreeMap<String, String>,
    /// Typed or taken away by the citizen: hands off.
    own: BTreeSet<String>,
}

impl Origins {
    pub(super) fn typed(&mut self, field: &str) {
        self.filled.remove(field);
        self.own.insert(field.to_owned());
    }

    /// The operation that gave this answer.
    pub(super) fn of(&self, field: &FieldState) -> Option<String> {
        self.filled.get(&field.name).filter(|_| field.value.is_some()).cloned()
    }

    /// Takes out what came of an operation that the citizen does not agree to any more.
    pub(super) fn withdraw(&mut self, operation: &str, values: &mut Values) {
        self.filled.retain(|field, from| {
            let goes = from == operation;
            if goes {
                values.remove(field);
            }
            !goes
        });
    }

    /// Fills in what is open, applies and was agreed to, as far as it fits; an answer may bring more questions. Whether
    /// anything was.
    pub(super) fn fill_in(
        &mut self,
        form: &Form,
        values: &mut Values,
        consents: &Consents,
        answers: &Answers,
        today: CivilDate,
    ) -> bool {
        let (mut unfit, mut any) = (BTreeSet::new(), false);
        loop {
            let state = form.state(values, today);
            let open = |field: &&FieldState| self.is_open(field, values) && !unfit.contains(&field.name);
            let next = state.fields().filter(open).find_map(|field| {
                let prefill = field.prefill.as_ref()?;
                let given = consents.get(&prefill.operation) == Some(&Consent::Given);
                let value = answers.get(&prefill.operation).filter(|_| given)?.text_at(&prefill.path)?;
                Some((field.name.clone(), prefill.operation.clone(), value))
            });
            let Some((field, operation, value)) = next else { return any };
            values.insert(field.clone(), value);
            let state = form.state(values, today);
            if state.fields().any(|one| one.name == field && one.problem.is_some()) {
                values.remove(&field);
                unfit.insert(field);
            } else {
                self.filled.insert(field, operation);
                any = true;
            }
        }
    }

    /// What is offered for a form as it stands, in its order.
    pub(super) fn offers(
        &self,
        form: &FormState,
        values: &Values,
        consents: &Consents,
        answers: &Answers,
    ) -> Vec<Offer> {
        let mut offers: Vec<Offer> = Vec::new();
        for field in form.fields() {
            let Some(prefill) = &field.prefill else { continue };
            let operation = &prefill.operation;
            let consent = consents.get(operation).copied().unwrap_or_default();
            let own = self.own.contains(&field.name);
            if own && consent != Consent::Given {
                continue; // what was agreed to can be taken back
            }
            let place = offers.iter().position(|offer| offer.operation == *operation).unwrap_or_else(|| {
                let (title, operation) = (words::title(operation), operation.clone());
                offers.push(Offer { operation, title, fields: Vec::new(), consent, missing: None });
                offers.len() - 1
            });
            if own {
                continue;
            }
            let offer = &mut offers[place];
            offer.fields.push(field.name.clone());
            let answer = answers.get(operation);
            let expected = field.required || !matches!(answer, Some(Answer::Found(_)));
            if offer.consent == Consent::Given && expected && self.is_open(field, values) {
                offer.missing.get_or_insert_with(|| words::missing(answer));
            }
        }
        offers
    }

    fn is_open(&self, field: &FieldState, values: &Values) -> bool {
        let answered = values.get(&field.name).is_some_and(|value| form::is_answer(value));
        !answered && !self.own.contains(&field.name)
    }
}

impl Answer {
    /// As somebody would type it.
    fn text_at(&self, path: &str) -> Option<String> {
        let Self::Found(answer) = self else { return None };
        let text = match answer.pointer(path)? {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Bool(yes) => yes.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        };
        (!text.is_empty()).then_some(text)
    }
}
