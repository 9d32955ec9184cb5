//! What the sandbox is seeded with, read apart from the sandbox: the lists and forms that its catalogue must be equal to.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, de::DeserializeOwned};

use crate::step::{Stop, Told};

const SERVICES: &str = include_str!("../../sandbox/data/services.csv");
const ORGANISATIONS: &str = include_str!("../../sandbox/data/organisations.csv");
const AREAS: &str = include_str!("../../sandbox/data/administrative_units.csv");
const FEES: &str = include_str!("../../sandbox/data/sample_fees.csv");
const FORMS: &str = include_str!("../../sandbox/data/forms.json");

/// An empty cell is unknown.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Service {
    pub(crate) id: String,
    pub(crate) org_code: String,
    pub(crate) name_mn: String,
    pub(crate) name_en: String,
    pub(crate) fee_mnt: String,
    pub(crate) duration: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Organisation {
    pub(crate) id: String,
    pub(crate) code: String,
    pub(crate) name_mn: String,
    pub(crate) name_en: String,
    pub(crate) abbr_mn: String,
}

#[derive(Deserialize)]
struct Area {
    code: String,
}

#[derive(Deserialize)]
struct Fee {
    service_id: String,
    fee_mnt: i64,
}

#[derive(Deserialize)]
struct Form {
    service_id: String,
    presentation: Presentation,
}

#[derive(Deserialize)]
struct Presentation {
    sections: Vec<Section>,
    fields: BTreeMap<String, Field>,
}

#[derive(Deserialize)]
struct Section {
    fields: Vec<String>,
}

#[derive(Deserialize)]
struct Field {
    #[serde(default)]
    title: Title,
}

#[derive(Default, Deserialize)]
struct Title {
    mn: String,
    en: String,
}

pub(crate) struct Seeds {
    pub(crate) services: Vec<Service>,
    pub(crate) organisations: Vec<Organisation>,
    pub(crate) areas: BTreeSet<String>,
    fees: Vec<Fee>,
    forms: Vec<Form>,
}

impl Seeds {
    pub(crate) fn read() -> Told<Self> {
        Ok(Self {
            services: rows("services.csv", SERVICES)?,
            organisations: rows("organisations.csv", ORGANISATIONS)?,
            areas: rows::<Area>("administrative_units.csv", AREAS)?.into_iter().map(|area| area.code).collect(),
            fees: rows("sample_fees.csv", FEES)?,
            forms: serde_json::from_str(FORMS).map_err(|error| Stop::Seeds(format!("forms.json: {error}")))?,
        })
    }

    pub(crate) fn service(&self, id: &str) -> Told<&Service> {
        let found = self.services.iter().find(|service| service.id == id);
        found.ok_or_else(|| Stop::Seeds(format!("services.csv has no service {id}")))
    }

    /// In ₮, of a service that costs something.
    pub(crate) fn fee(&self, service: &str) -> Told<i64> {
        let fee = self.fees.iter().find(|fee| fee.service_id == service).map(|fee| fee.fee_mnt);
        fee.ok_or_else(|| Stop::Seeds(format!("sample_fees.csv has no fee for {service}")))
    }

    /// Titles of a service's form in Mongolian and English, in order.
    pub(crate) fn form_titles(&self, service: &str) -> Told<Vec<(&str, &str)>> {
        let form = self.forms.iter().find(|form| form.service_id == service);
        let form = form.ok_or_else(|| Stop::Seeds(format!("forms.json has no form for {service}")))?;
        let Presentation { sections, fields } = &form.presentation;
        let asked = sections.iter().flat_map(|section| &section.fields).filter_map(|name| fields.get(name));
        Ok(asked.map(|field| (field.title.mn.as_str(), field.title.en.as_str())).collect())
    }

    /// Ids of the services in whose names, or their organisation's, every word stands, whatever its case.
    pub(crate) fn matching(&self, words: &[&str]) -> BTreeSet<String> {
        let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
        let found = self.services.iter().filter(|service| {
            let organisation = self.organisations.iter().find(|organisation| organisation.code == service.org_code);
            let of = organisation.map(|o| format!("{} {} {}", o.name_mn, o.name_en, o.abbr_mn)).unwrap_or_default();
            let text = format!("{} {} {of}", service.name_mn, service.name_en).to_lowercase();
            words.iter().all(|word| text.contains(word))
        });
        found.map(|service| service.id.clone()).collect()
    }
}

fn rows<T: DeserializeOwned>(file: &str, text: &str) -> Told<Vec<T>> {
    let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize().collect::<Result<Vec<T>, _>>();
    rows.map_err(|error| Stop::Seeds(format!("{file}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_every_list_is_read() {
        let seeds = Seeds::read().unwrap();

        assert_eq!((seeds.services.len(), seeds.organisations.len(), seeds.areas.len()), (373, 99, 2171));
    }

    #[test]
    fn words_match_in_any_case_with_every_letter_of_the_alphabet() {
        let seeds = Seeds::read().unwrap();

        let upper = seeds.matching(&["ҮНЭМЛЭХ", "ИРГЭНИЙ"]);
        let lower = seeds.matching(&["үнэмлэх", "иргэний"]);

        assert_eq!(upper, lower);
        assert!(upper.contains("ac8a53815d8d42a6acdb791f"));
        assert!(!upper.contains(&seeds.service("9d6f121f4160d028d9bc1a27").unwrap().id), "Төрсний бүртгэл");
    }

    #[test]
    fn a_form_is_known_by_its_titles() {
        let seeds = Seeds::read().unwrap();

        let titles = seeds.form_titles("ac8a53815d8d42a6acdb791f").unwrap();
        assert_eq!(titles, [("Хаана зориулж", "Recipient (who will receive it)")]);
        assert!(seeds.form_titles("үгүй").is_err());
    }

    #[test]
    fn a_fee_is_known_of_what_costs_something() {
        let seeds = Seeds::read().unwrap();

        assert_eq!(seeds.fee("d762ba0d0152646ba745997e").unwrap(), 25_000);
        assert!(seeds.fee("ac8a53815d8d42a6acdb791f").is_err(), "a reference is free");
    }
}
