use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::{
    foundation::storage::{self, Dao},
    services::{ServiceId, requests::testing::state},
};

const CARD: &str = "WS100101_getCitizenIDCardInfo";
const CHILDREN: &str = "WS101117_getChildrenInfo";

/// A name and a number that the card knows, a door that is asked for with delivery, and a child of another register.
fn form() -> Form {
    let text = json!({ "type": "string", "maxLength": 40 });
    let from = |operation: &str, path: &str| json!({ "prefill": { "operation": operation, "path": path } });
    let written = json!({
        "version": 1,
        "schema": {
            "type": "object", "additionalProperties": false, "required": ["name", "door"],
            "properties": {
                "name": text, "regnum": { "type": "string", "format": "mn-registration-number" }, "home": text,
                "door": text, "child": text,
            },
            "if": { "required": ["home"] }, "else": { "properties": { "door": false } },
        },
        "presentation": {
            "sections": [{ "fields": ["name", "regnum", "home", "door", "child"] }],
            "fields": {
                "name": from(CARD, "/firstname"), "regnum": from(CARD, "/regnum"), "home": from(CARD, "/aimagCityName"),
                "door": from(CARD, "/addressDetail"), "child": from(CHILDREN, "/listData/0/firstname"),
            },
        },
    });
    Form::parse(ServiceId::parse("a1").unwrap(), written).unwrap()
}

struct Filling {
    form: Form,
    values: Values,
    origins: Origins,
    consents: Consents,
    answers: Answers,
}

impl Filling {
    fn new(consents: &[(&str, Consent)]) -> Self {
        let card = json!({
            "firstname": "Үүрийнтуяа", "regnum": "Өөр зүйл", "aimagCityName": "Өвөрхангай", "addressDetail": 45,
        });
        let children = json!({ "listData": [{ "firstname": "Өлзий" }] });
        let answers = [(CARD, card), (CHILDREN, children)].map(|(name, found)| (name.to_owned(), Answer::Found(found)));
        Self {
            form: form(),
            values: Values::new(),
            origins: Origins::default(),
            consents: consents.iter().map(|(operation, consent)| ((*operation).to_owned(), *consent)).collect(),
            answers: answers.into(),
        }
    }

    fn fill_in(&mut self) -> bool {
        let today = CivilDate::new(2026, 11, 27).unwrap();
        self.origins.fill_in(&self.form, &mut self.values, &self.consents, &self.answers, today)
    }

    fn state(&self) -> FormState {
        self.form.state(&self.values, CivilDate::new(2026, 11, 27).unwrap())
    }

    fn offers(&self) -> Vec<Offer> {
        self.origins.offers(&self.state(), &self.values, &self.consents, &self.answers)
    }

    fn values(&self) -> Vec<(&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
}

#[test]
fn only_what_was_agreed_to_is_filled_in_as_far_as_it_fits_and_with_what_that_brings() {
    let mut silent = Filling::new(&[(CHILDREN, Consent::Refused)]);
    assert!(!silent.fill_in() && silent.values.is_empty());

    let mut agreed = Filling::new(&[(CARD, Consent::Given)]);
    assert!(agreed.fill_in());

    let expected = [("door", "45"), ("home", "Өвөрхангай"), ("name", "Үүрийнтуяа")];
    assert_eq!(agreed.values(), expected, "no number that is none, and nothing of another register");
    assert!(agreed.state().fields().all(|field| agreed.origins.of(field).is_some() == field.value.is_some()));
    assert!(!agreed.fill_in(), "once");
}

#[test]
fn what_the_citizen_typed_or_took_away_is_theirs() {
    let mut filling = Filling::new(&[(CARD, Consent::Given)]);
    filling.values.insert("name".into(), "Өөрийн нэр".into());
    filling.origins.typed("name");
    filling.origins.typed("home"); // and cleared

    filling.fill_in();

    assert_eq!(filling.values(), [("name", "Өөрийн нэр")]);
    assert!(filling.offers().iter().all(|offer| !offer.fields.contains(&"name".to_owned())));
}

#[test]
fn taken_back_what_came_of_it_goes_and_nothing_else() {
    let mut filling = Filling::new(&[(CARD, Consent::Given), (CHILDREN, Consent::Given)]);
    filling.fill_in();
    filling.origins.typed("name");

    filling.origins.withdraw(CARD, &mut filling.values);

    assert_eq!(filling.values(), [("child", "Өлзий"), ("name", "Үүрийнтуяа")], "what was looked at and typed stays");
}

#[test]
fn an_offer_says_what_it_is_for_and_why_nothing_came() {
    let mut filling = Filling::new(&[(CARD, Consent::Given)]);
    filling.answers.clear();
    let told = |filling: &Filling| {
        let offers = filling.offers().into_iter();
        offers.map(|offer| (offer.operation, offer.fields.len(), offer.consent, offer.missing)).collect::<Vec<_>>()
    };

    let not_here = Some(words::missing(None));
    let unasked = (CHILDREN.to_owned(), 1, Consent::NotAsked, None);
    assert_eq!(told(&filling), [(CARD.to_owned(), 3, Consent::Given, not_here), unasked.clone()]);
    filling.answers.insert(CARD.into(), Answer::Refused);
    assert_eq!(told(&filling)[0].3, Some(words::missing(Some(&Answer::Refused))));
    filling.answers.insert(CARD.into(), Answer::Found(json!({ "firstname": "Ө", "aimagCityName": "Ү" })));
    filling.fill_in();
    let silent = Some(words::missing(Some(&Answer::Nothing)));
    assert_eq!(told(&filling), [(CARD.to_owned(), 4, Consent::Given, silent), unasked], "a door must be answered");
}

#[test]
fn what_was_agreed_to_is_offered_back_also_when_all_that_it_may_answer_is_the_citizens_own() {
    let mut filling = Filling::new(&[(CARD, Consent::Given)]);
    for name in ["name", "regnum", "home", "door", "child"] {
        filling.origins.typed(name);
    }

    let offers: Vec<_> = filling.offers().into_iter().map(|offer| (offer.operation, offer.fields)).collect();

    assert_eq!(offers, [(CARD.to_owned(), Vec::new())], "of what nobody agreed to there is nothing to say");
}

#[tokio::test(flavor = "multi_thread")]
async fn consents_that_can_not_be_read_were_never_given_and_are_asked_for_again() {
    let dir = TempDir::new().unwrap();
    let state = state(dir.path());
    let agree = |dao: &mut Dao<'_>| put_consent(dao, CARD, Consent::Given);
    state.write(agree).await.unwrap();
    let spoil = |dao: &mut Dao<'_>| dao.execute("UPDATE prefill_consent SET body = x'00'", &[]);
    assert_eq!(state.write(move |dao| spoil(dao).map_err(storage::Error::from)).await.unwrap(), 1);

    let found = state.read(consents).await.unwrap();
    assert!(found.is_empty(), "{found:?}");
    state.write(agree).await.unwrap();

    assert_eq!(state.read(consents).await.unwrap(), Consents::from([(CARD.to_owned(), Consent::Given)]));
}
