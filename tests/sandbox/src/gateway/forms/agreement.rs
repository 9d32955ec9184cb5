//! Two readers of the same forms: the core's subset of JSON Schema, and the crate `jsonschema` with the formats here.
//! What the phone lets through the gateway takes, and what one of the two refuses the other refuses too.

use std::{collections::BTreeMap, sync::LazyLock};

use emongolia_core::{
    country::CivilDate,
    services::{
        ServiceId,
        requests::form::{FieldKind, Form as Phone, Schema, Values},
    },
};
use proptest::prelude::*;
use serde_json::json;

use super::{Form, Map, NaiveDate, Value};
use crate::gateway::rows;

fn today() -> (CivilDate, NaiveDate) {
    (CivilDate::new(2026, 11, 27).unwrap(), NaiveDate::from_ymd_opt(2026, 11, 27).unwrap())
}

/// The same form for both, by service.
static FORMS: LazyLock<BTreeMap<String, (Phone, Form)>> = LazyLock::new(|| {
    let both = |(id, (_, form)): (String, (_, Form))| {
        let (service, wire) = (ServiceId::parse(&id).unwrap(), serde_json::to_value(&form).unwrap());
        let phone = Phone::parse(service, wire).unwrap_or_else(|| panic!("{id} is not understood"));
        (id, (phone, form))
    };
    rows::forms().unwrap().into_iter().map(both).collect()
});

fn any_form() -> impl Strategy<Value = &'static (Phone, Form)> {
    proptest::sample::select(FORMS.values().collect::<Vec<_>>())
}

/// What somebody may type into a field of this kind; the last ones do not fit.
fn typed(kind: &FieldKind) -> Vec<String> {
    let file = |kind: &str| {
        json!({ "id": "f1", "name": "Үнэмлэх", "media_type": kind, "size": 9, "sha256": "0a".repeat(32) }).to_string()
    };
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    match kind {
        FieldKind::Text { .. } => {
            texts(&["Өмнөговь", "Үүрийн туяа ХХК", " ", "ү", "Ө\u{7}ө", "ӨӨӨӨӨӨӨӨӨӨӨӨӨӨӨӨӨӨӨӨӨӨӨӨӨ"])
        }
        FieldKind::WholeNumber { .. } | FieldKind::Year { .. } => texts(&["2012", "2019", "2026", "2027", "26", "өө"]),
        FieldKind::Money { .. } => texts(&["5 000 000₮", "1", "0", "-5", "1.5"]),
        FieldKind::YesNo => texts(&["no", "тийм", "магадгүй", "2"]),
        FieldKind::OneOf { options } => {
            options.iter().map(|option| option.value.clone()).chain(["өөр".to_owned()]).collect()
        }
        FieldKind::Date => texts(&["2026-11-27", "1990.03.21", "2031/01/01", "2026-02-30", "өчигдөр"]),
        FieldKind::RegistrationNumber => texts(&["өү15250312", "УӨ 88052317", "ӨҮ15130312", "YX88052317"]),
        FieldKind::CivilId => texts(&["913400128805", "12"]),
        FieldKind::Phone => texts(&["9911-2233", "+976 88001201", "12"]),
        FieldKind::Plate => texts(&["0101 өүб", "ДК 12-34", "01"]),
        FieldKind::CompanyNumber => texts(&["0012345", "12"]),
        FieldKind::File { accept, .. } => accept.iter().map(|kind| file(kind)).chain([file("image/gif")]).collect(),
        FieldKind::Signature { .. } => vec![file("image/png"), file("image/jpeg")],
    }
}

/// From here on a choice is of something that does not fit.
const UNFIT: u8 = 240;

/// Fills in question after question, as `choices` say.
fn filled(form: &Phone, choices: &[u8]) -> Values {
    let mut values = Values::new();
    for choice in choices {
        let state = form.state(&values, today().0);
        let Some(next) = state.fields().find(|field| !values.contains_key(&field.name)) else { break };
        let answers = typed(&next.kind);
        let (place, fits) = (usize::from(*choice), (answers.len() / 2).max(1));
        let answer = if *choice >= UNFIT { answers.last() } else { answers.get(place % fits) };
        values.insert(next.name.clone(), answer.cloned().unwrap_or_default());
    }
    values
}

fn odd_value() -> impl Strategy<Value = Value> {
    proptest::sample::select(vec![
        json!("ө"),
        json!("2026-11-28"),
        json!("2026-2-3"),
        json!("ӨҮ15250312"),
        json!("+97699112233"),
        json!("mn"),
        json!(7),
        json!(2019),
        json!(2027),
        json!(-1),
        json!(2019.0),
        json!(2019.5),
        json!(true),
        json!([2012, 2012]),
        json!([2012, 2013]),
        json!([]),
        json!({}),
        json!({ "firstname": "Ү" }),
        json!({ "aimag": "Төв", "bag": "1" }),
        json!({ "aimag": "Төв", "soum": "Ө" }),
        Value::Null,
    ])
}

/// What a part of a schema may be made of, small enough that the parts meet.
fn subset() -> impl Strategy<Value = Value> {
    let name = || proptest::sample::select(vec!["ө", "ү", "а"]);
    let number =
        || prop_oneof![(-3_i64..4).prop_map(Value::from), (-6_i64..7).prop_map(|half| json!(half as f64 / 2.0))];
    let count = || (0_u64..3).prop_map(Value::from);
    let names = || proptest::collection::btree_set(name(), 0..3);
    let kind = proptest::sample::select(vec!["null", "boolean", "integer", "number", "string", "array", "object"]);
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        kind.prop_map(|kind| json!({ "type": kind })),
        small().prop_map(|value| json!({ "const": value })),
        proptest::collection::vec(small(), 1..4).prop_map(|values| json!({ "enum": values })),
        (number(), number()).prop_map(|(least, most)| json!({ "minimum": least, "exclusiveMaximum": most })),
        (number(), number()).prop_map(|(most, least)| json!({ "maximum": most, "exclusiveMinimum": least })),
        (1_i64..4).prop_map(|step| json!({ "multipleOf": step })),
        (count(), count()).prop_map(|(least, most)| json!({ "minLength": least, "maxLength": most })),
        (count(), count(), any::<bool>())
            .prop_map(|(least, most, unique)| json!({ "minItems": least, "maxItems": most, "uniqueItems": unique })),
        names().prop_map(|names| json!({ "required": names })),
        (name(), names()).prop_map(|(on, names)| json!({ "dependentRequired": { on: names } })),
    ];
    leaf.prop_recursive(3, 24, 3, move |inner| {
        let all = || proptest::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            all().prop_map(|all| json!({ "allOf": all })),
            all().prop_map(|any| json!({ "anyOf": any })),
            all().prop_map(|one| json!({ "oneOf": one })),
            inner.clone().prop_map(|not| json!({ "not": not })),
            inner.clone().prop_map(|items| json!({ "items": items })),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(given, then, other)| json!({ "if": given, "then": then, "else": other })),
            (name(), inner.clone()).prop_map(|(on, schema)| json!({ "dependentSchemas": { on: schema } })),
            (name(), inner.clone(), inner.clone())
                .prop_map(|(name, part, rest)| json!({ "properties": { name: part }, "additionalProperties": rest })),
        ]
    })
}

fn small() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..4).prop_map(Value::from),
        (-6_i64..7).prop_map(|half| json!(half as f64 / 2.0)),
        "[өү]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        let name = proptest::sample::select(vec!["ө", "ү", "а", "б"]).prop_map(str::to_owned);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(name, inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    #[test]
    fn the_subset_means_what_the_standard_says(schema in subset(), value in small()) {
        let phone = Schema::parse(schema.clone()).unwrap();

        let gateway = jsonschema::draft202012::new(&schema).unwrap().is_valid(&value);

        prop_assert_eq!(phone.faults(&value).is_empty(), gateway);
    }

    #[test]
    fn what_the_phone_lets_through_the_gateway_takes(
        (phone, gateway) in any_form(),
        choices in proptest::collection::vec(any::<u8>(), 60),
    ) {
        let values = filled(phone, &choices);

        let state = phone.state(&values, today().0);
        let checked = phone.check(&values, today().0);

        prop_assert_eq!(checked.is_ok(), state.complete);
        if let Ok(checked) = checked {
            let answers = checked.answers.into_iter().collect();
            prop_assert_eq!(phone.faults(&answers, today().0), []);
            prop_assert_eq!(gateway.check(&answers, today().1), Ok(()));
        }
    }

    #[test]
    fn what_one_refuses_the_other_refuses(
        (phone, gateway) in any_form(),
        choices in proptest::collection::vec(0..UNFIT, 60),
        place in any::<proptest::sample::Index>(),
        odd in odd_value(),
        leave_out in any::<bool>(),
    ) {
        let checked = phone.check(&filled(phone, &choices), today().0);
        prop_assume!(checked.is_ok());
        let mut answers: Map<String, Value> = checked.unwrap().answers.into_iter().collect();
        let names: Vec<&str> = gateway.names().collect();
        let name = place.get(&names);
        if leave_out {
            answers.remove(*name);
        } else {
            answers.insert((*name).to_owned(), odd);
        }

        let (here, there) = (phone.faults(&answers, today().0), gateway.check(&answers, today().1));

        prop_assert_eq!(here.is_empty(), there.is_ok(), "{:?} / {:?}", here, there);
    }
}

#[test]
fn the_forms_of_the_three_errands_can_be_filled_to_the_end() {
    for service in ["223abc561181cd4ab6b55626", "d762ba0d0152646ba745997e", "fdc852c089e7f12b122a6793"] {
        let (phone, gateway) = &FORMS[service];
        let checked = phone.check(&filled(phone, &[0; 60]), today().0);

        let answers = checked.unwrap_or_else(|error| panic!("{service}: {error}")).answers.into_iter().collect();

        assert_eq!(gateway.check(&answers, today().1), Ok(()));
    }
}
