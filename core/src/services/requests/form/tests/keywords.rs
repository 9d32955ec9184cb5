//! Each keyword of the subset, what is outside it, and schemas that mean harm.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::schema::Schema;

fn codes(schema: &Value, value: &Value) -> Vec<(String, &'static str, String)> {
    let schema = Schema::parse(schema.clone()).unwrap_or_else(|| panic!("not understood: {schema}"));
    schema.faults(value).into_iter().map(|fault| (fault.at, fault.code, fault.limit)).collect()
}

/// The one thing that is wrong.
fn code(schema: Value, value: Value) -> &'static str {
    match codes(&schema, &value).as_slice() {
        [] => "",
        [(_, code, _)] => code,
        several => panic!("{schema} of {value}: {several:?}"),
    }
}

#[test]
fn each_keyword_refuses_what_it_is_there_to_refuse_and_nothing_else() {
    let cases = [
        (json!({"type": "integer"}), json!(2.0), json!("2"), "form.not_allowed"),
        (json!({"type": ["string", "null"]}), json!(null), json!(1), "form.not_allowed"),
        (json!({"enum": ["mn", "en"]}), json!("mn"), json!("fr"), "form.not_an_option"),
        (json!({"const": {"а": 1}}), json!({"а": 1.0}), json!({"а": true}), "form.not_an_option"),
        (json!({"minLength": 2}), json!("Өү"), json!("Ү"), "form.too_short"),
        (json!({"maxLength": 2.0}), json!("Өү"), json!("Үүө"), "form.too_long"),
        (json!({"minimum": 1995}), json!(1995), json!(1994), "form.too_small"),
        (json!({"maximum": 1.5}), json!(1.5), json!(1.51), "form.too_large"),
        (json!({"exclusiveMinimum": 0}), json!(1), json!(0), "form.not_above"),
        (json!({"exclusiveMaximum": 10}), json!(9), json!(10), "form.not_below"),
        (json!({"multipleOf": 500}), json!(1500), json!(1501), "form.not_a_multiple"),
        (json!({"multipleOf": 0.01}), json!(0.07), json!(0.071), "form.not_a_multiple"),
        (json!({"required": ["ө"]}), json!({"ө": 1}), json!({}), "form.required"),
        (json!({"properties": {"ө": {"type": "null"}}}), json!({"ү": 1}), json!({"ө": 1}), "form.not_allowed"),
        (json!({"properties": {"ө": false}}), json!({}), json!({"ө": 1}), "form.not_allowed"),
        (json!({"additionalProperties": false}), json!({}), json!({"ө": 1}), "form.no_such_field"),
        (json!({"additionalProperties": {"type": "null"}}), json!({"ө": null}), json!({"ө": 1}), "form.not_allowed"),
        (json!({"items": {"minimum": 1}}), json!([1, 2]), json!([1, 0]), "form.too_small"),
        (json!({"minItems": 1}), json!([1]), json!([]), "form.too_few"),
        (json!({"maxItems": 1}), json!([1]), json!([1, 2]), "form.too_many"),
        (json!({"uniqueItems": true}), json!([1, true]), json!([1, 2, 1.0]), "form.repeated"),
        (json!({"allOf": [true, {"minimum": 1}]}), json!(1), json!(0), "form.too_small"),
        (json!({"anyOf": [{"const": 1}, {"const": 2}]}), json!(2), json!(3), "form.not_allowed"),
        (json!({"oneOf": [{"minimum": 2}, {"maximum": 2}]}), json!(3), json!(2), "form.not_allowed"),
        (json!({"not": {"const": 1}}), json!(2), json!(1), "form.not_allowed"),
        (json!({"if": {"required": ["ө"]}, "then": {"required": ["ү"]}}), json!({}), json!({"ө": 1}), "form.required"),
        (json!({"if": {"required": ["ө"]}, "else": {"required": ["ү"]}}), json!({"ө": 1}), json!({}), "form.required"),
        (json!({"dependentRequired": {"ө": ["ү"]}}), json!({"ү": 1}), json!({"ө": 1}), "form.required"),
        (
            json!({"dependentSchemas": {"ө": {"properties": {"ү": false}}}}),
            json!({"ү": 1}),
            json!({"ө": 1, "ү": 1}),
            "form.not_allowed",
        ),
        (json!({"format": "date"}), json!("2026-11-23"), json!("2026-02-30"), "civil_date.day"),
    ];

    for (schema, fits, does_not, wanted) in cases {
        assert_eq!(code(schema.clone(), fits), "", "{schema}");
        assert_eq!(code(schema, does_not), wanted);
    }
    assert_eq!(
        code(
            json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Нэр", "description": "",
        "default": 1, "examples": [1], "x-max-bytes": 1}),
            json!("Ү")
        ),
        ""
    );
}

#[test]
fn every_fault_is_found_and_says_where_and_how_much() {
    let schema = json!({
        "required": ["нэр"], "properties": { "он": { "minimum": 1995 }, "хаяг": { "required": ["сум"],
        "properties": { "аймаг": { "maxLength": 3 } } }, "хүүхэд": { "items": { "type": "string" } } },
    });

    let found = codes(&schema, &json!({ "он": 1990, "хаяг": { "аймаг": "Өвөр" }, "хүүхэд": ["а", 7] }));

    let mut found: Vec<(&str, &str, &str)> = found.iter().map(|(at, code, limit)| (&**at, *code, &**limit)).collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ("нэр", "form.required", ""),
            ("он", "form.too_small", "1995"),
            ("хаяг/аймаг", "form.too_long", "3"),
            ("хаяг/сум", "form.required", ""),
            ("хүүхэд/1", "form.not_allowed", ""),
        ]
    );
}

#[test]
fn the_country_writes_each_value_in_one_form() {
    let cases = [
        ("mn-registration-number", json!("ӨҮ15250312"), json!("өү15250312"), "form.not_as_sent"),
        ("mn-registration-number", json!("ӨҮ15250312"), json!("ӨҮ15130312"), "registration_number.month"),
        ("mn-civil-id", json!("913400128805"), json!("91340012880"), "civil_id.length"),
        ("mn-phone", json!("+97699112233"), json!("99112233"), "form.not_as_sent"),
        ("mn-plate", json!("0101ӨҮБ"), json!("0101 ӨҮБ"), "form.not_as_sent"),
        ("mn-company-number", json!("0012345"), json!("12345"), "legal_entity.length"),
        ("mn-year", json!(2026), json!(26), "form.not_a_year"),
        ("mn-money", json!(25_000), json!(-1), "money.shape"),
        ("mn-language", json!("mn"), json!("Мо"), "form.not_a_language"),
        ("mn-recipient", json!("Өргөө банк"), json!(" \u{a0}"), "form.required"),
        ("mn-name", json!({"firstname": "Үүрийнтуяа"}), json!({"lastname": "Өлзий"}), "person_name.given"),
        ("mn-address", json!({"aimag": "Өвөрхангай"}), json!({"soum": "Өлзийт"}), "address.aimag"),
        ("mn-address", json!({"aimag": "Төв", "soum": "Өө"}), json!({"aimag": "Төв", "bag": "1"}), "address.soum"),
        ("mn-file", file("Үнэмлэх.pdf", "application/pdf"), json!({"id": "а"}), "form.not_a_file"),
        ("mn-signature", file("g.png", "image/png"), file("g.pdf", "application/pdf"), "form.file_kind"),
    ];

    for (format, fits, does_not, wanted) in cases {
        assert_eq!(code(json!({ "format": format }), fits), "", "{format}");
        assert_eq!(code(json!({ "format": format }), does_not), wanted, "{format}");
        assert_eq!(code(json!({ "format": format }), json!(null)), "", "{format} says nothing of other types");
    }
}

fn file(name: &str, media_type: &str) -> Value {
    json!({ "id": "f1", "name": name, "media_type": media_type, "size": 7, "sha256": "0a".repeat(32) })
}

#[test]
fn what_is_outside_the_subset_is_no_schema() {
    let outside = [
        json!({"pattern": "^Ө"}),
        json!({"$ref": "#"}),
        json!({"properties": {"ө": {"properties": {"ү": {"patternProperties": {}}}}}}),
        json!({"items": {"prefixItems": [true]}}),
        json!({"format": "email"}),
        json!({"$schema": "http://json-schema.org/draft-07/schema#"}),
        json!({"type": "text"}),
        json!({"type": []}),
        json!({"required": "ө"}),
        json!({"required": [1]}),
        json!({"minLength": -1}),
        json!({"minLength": 1.5}),
        json!({"maxItems": "2"}),
        json!({"multipleOf": 0}),
        json!({"minimum": "1995"}),
        json!({"enum": "mn"}),
        json!({"uniqueItems": 1}),
        json!({"allOf": []}),
        json!({"allOf": {}}),
        json!({"properties": []}),
        json!({"not": 1}),
        json!("Ү"),
        json!(null),
    ];

    for schema in outside {
        assert!(Schema::parse(schema.clone()).is_none(), "{schema}");
    }
}

#[test]
fn a_schema_too_deep_or_too_large_is_no_schema() {
    let nested = |depth: usize| (0..depth).fold(json!(true), |inner, _| json!({ "not": inner }));
    let wide = |width: usize| json!({ "allOf": vec![json!({}); width] });

    assert!(Schema::parse(nested(24)).is_some());
    assert!(Schema::parse(nested(25)).is_none());
    assert!(Schema::parse(nested(100)).is_none());
    assert!(Schema::parse(wide(3_999)).is_some());
    assert!(Schema::parse(wide(4_000)).is_none());
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ӨҮөүa-z0-9/~-]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 5, |inner| {
        let word = prop_oneof![
            "[ӨҮөүa-c]{1,2}",
            proptest::sample::select(vec![
                "type",
                "enum",
                "const",
                "properties",
                "required",
                "items",
                "allOf",
                "anyOf",
                "oneOf",
                "not",
                "if",
                "then",
                "else",
                "minLength",
                "maxLength",
                "minimum",
                "multipleOf",
                "minItems",
                "maxItems",
                "format",
                "uniqueItems",
                "dependentRequired",
                "dependentSchemas",
                "additionalProperties",
                "$schema",
                "x-accept",
            ])
            .prop_map(str::to_owned),
        ];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(word, inner, 0..5).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn no_schema_and_no_value_make_it_panic(schema in any_json(), value in any_json()) {
        if let Some(schema) = Schema::parse(schema.clone()) {
            schema.faults(&value);
        }
        super::parse(json!({ "version": 1, "schema": schema, "presentation": { "sections": [{ "fields": ["а"] }] } }));
    }
}
