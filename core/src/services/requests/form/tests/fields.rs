//! Which questions there are: order, parts, lists, and those that apply only with other answers.

use serde_json::json;

use super::*;
use crate::{auth::Freshness, services::requests::form::FieldKind};

fn birth() -> Form {
    form(
        json!({
            "type": "object", "additionalProperties": false, "required": ["хэнд"],
            "properties": { "хэнд": { "type": "string", "enum": ["өөрт", "хүүхдэд"] },
                "хүүхэд": { "type": "string", "format": "mn-registration-number" }, "тайлбар": { "type": "string" } },
            "allOf": [{
                "if": { "properties": { "хэнд": { "const": "хүүхдэд" } }, "required": ["хэнд"] },
                "then": { "required": ["хүүхэд"] },
                "else": { "properties": { "хүүхэд": false } },
            }],
        }),
        json!({ "sections": [{ "title": { "mn": "Хэнд" }, "fields": ["хэнд", "хүүхэд", "байхгүй"] }] }),
    )
}

#[test]
fn a_question_applies_and_is_required_as_other_answers_say() {
    let form = birth();

    assert_eq!(names(&state(&form, &[])), ["хэнд", "тайлбар"]);
    assert_eq!(names(&state(&form, &[("хэнд", "өөрт")])), ["хэнд", "тайлбар"]);
    let child = state(&form, &[("хэнд", "хүүхдэд")]);
    assert_eq!(names(&child), ["хэнд", "хүүхэд", "тайлбар"]);
    assert!(field(&child, "хүүхэд").required && !field(&child, "тайлбар").required);
    assert_eq!(problems(&child), [("хүүхэд", "form.required")]);
}

#[test]
fn an_answer_to_a_question_that_does_not_apply_is_kept_but_not_sent() {
    let form = birth();

    let answers = [("хэнд", "өөрт"), ("хүүхэд", "ӨҮ15250312")];
    assert_eq!(sent(&form, &answers), json!({ "хэнд": "өөрт" }));
    let wrong_but_not_asked = [("хэнд", "өөрт"), ("хүүхэд", "үгүй")];
    assert!(state(&form, &wrong_but_not_asked).complete);
    let back = [("хэнд", "хүүхдэд"), ("хүүхэд", "ӨҮ15250312")];
    assert_eq!(sent(&form, &back), json!({ "хэнд": "хүүхдэд", "хүүхэд": "ӨҮ15250312" }));
}

#[test]
fn answers_that_take_one_another_away_settle_and_never_run_for_ever() {
    let hides = |by: &str, what: &str| json!({ "if": { "required": [by] }, "then": { "properties": { what: false } } });
    let with = |rules: Vec<Value>| {
        let text = json!({ "type": "string" });
        form(
            json!({ "type": "object", "properties": { "а": text, "б": text, "в": text }, "allOf": rules }),
            json!({ "sections": [{ "fields": ["а", "б", "в"] }] }),
        )
    };
    let all = [("а", "1"), ("б", "2"), ("в", "3")];

    assert_eq!(sent(&with(vec![hides("б", "а"), hides("а", "б")]), &all), json!({ "б": "2", "в": "3" }));
    assert_eq!(sent(&with(vec![hides("б", "а"), hides("в", "б")]), &all), json!({ "а": "1", "в": "3" }));
    let circle = with(vec![hides("б", "а"), hides("в", "б"), hides("а", "в")]);
    assert!(state(&circle, &all).fields().count() <= 3);
}

#[test]
fn choices_follow_the_answers_before_them() {
    let form = form(
        json!({ "type": "object", "properties": {
                "төрөл": { "type": "string", "enum": ["нэг", "олон"] },
                "хугацаа": { "type": "string", "enum": ["30", "90", "365"] } },
            "if": { "properties": { "төрөл": { "const": "нэг" } }, "required": ["төрөл"] },
            "then": { "properties": { "хугацаа": { "enum": ["30", "90"] } } } }),
        json!({ "sections": [{ "fields": ["төрөл", "хугацаа"] }] }),
    );
    let options = |state: &FormState| {
        let FieldKind::OneOf { options } = &field(state, "хугацаа").kind else { panic!("not a choice") };
        options.len()
    };

    assert_eq!(options(&state(&form, &[])), 3);
    let narrowed = state(&form, &[("төрөл", "нэг"), ("хугацаа", "365")]);
    assert_eq!(options(&narrowed), 2);
    assert_eq!(problems(&narrowed), [("хугацаа", "form.not_an_option")]);
}

#[test]
fn an_address_and_a_name_are_asked_part_by_part_and_read_as_one() {
    let parts = |names: &[&str]| -> Value {
        names.iter().map(|name| ((*name).to_owned(), json!({ "type": "string" }))).collect()
    };
    let form = form(
        json!({ "type": "object", "required": ["нэр"], "properties": {
            "нэр": { "type": "object", "format": "mn-name", "required": ["lastname", "firstname"],
                "properties": parts(&["firstname", "lastname", "surname"]) },
            "хаяг": { "type": "object", "format": "mn-address", "required": ["aimag", "soum"],
                "properties": parts(&["aimag", "bag", "building", "door", "soum", "street"]) } }}),
        json!({ "sections": [{ "fields": ["нэр", "хаяг"] }], "fields": {
            "хаяг": { "title": { "mn": "Хүргэлтийн хаяг", "en": "Delivery" } },
            "хаяг/aimag": { "prefill": { "operation": "WS100101_getCitizenIDCardInfo", "path": "/aimagCityName" } } } }),
    );

    let empty = state(&form, &[]);
    assert_eq!(names(&empty)[..5], ["нэр/surname", "нэр/lastname", "нэр/firstname", "хаяг/aimag", "хаяг/soum"]);
    assert_eq!(problems(&empty), [("нэр/lastname", "form.required"), ("нэр/firstname", "form.required")]);
    let aimag = field(&empty, "хаяг/aimag");
    assert_eq!(aimag.group.as_ref().unwrap().mn, "Хүргэлтийн хаяг");
    assert_eq!(
        (aimag.title.mn.as_str(), aimag.prefill.as_ref().unwrap().path.as_str()),
        ("Аймаг, хот", "/aimagCityName")
    );

    let name = [("нэр/lastname", "Өлзий"), ("нэр/firstname", "Үүрийнтуяа")];
    let begun = [name[0], name[1], ("хаяг/door", "12")];
    assert_eq!(problems(&state(&form, &begun)), [("хаяг/aimag", "form.required"), ("хаяг/soum", "form.required")]);
    let whole = [name[0], name[1], ("хаяг/aimag", "Өвөрхангай"), ("хаяг/soum", "Өлзийт"), ("хаяг/door", "12")];
    let checked = form.check(&values(&whole), today()).unwrap();
    let lines: Vec<(&str, &str)> = checked.lines.iter().map(|line| (&*line.title.mn, &*line.value.mn)).collect();
    assert_eq!(lines, [("нэр", "Өлзий Үүрийнтуяа"), ("Хүргэлтийн хаяг", "Өвөрхангай аймаг, Өлзийт сум, 12 тоот")]);
    assert_eq!(sent(&form, &whole)["хаяг"], json!({ "aimag": "Өвөрхангай", "soum": "Өлзийт", "door": "12" }));
}

#[test]
fn nothing_under_a_name_that_is_not_asked_is_in_nobodys_way() {
    let list = json!({ "type": "array", "items": { "type": "string" } });
    let form = form(json!({ "type": "object", "properties": { "улс": list } }), json!({ "sections": [] }));
    let emptied = [("улс/0", "Өмнөд Солонгос"), ("улс/1", ""), ("улс/2", " "), ("өнгө", "\t")];

    assert!(state(&form, &emptied).complete);
    assert_eq!(sent(&form, &emptied), json!({ "улс": ["Өмнөд Солонгос"] }));
    let (values, aside) = form.places(values(&emptied), None);
    assert_eq!((values.len(), aside), (2, Vec::new()));
}

#[test]
fn a_list_grows_by_one_question_and_closes_its_gaps() {
    let form = form(
        json!({ "type": "object", "required": ["улс"], "properties": { "улс": { "type": "array", "minItems": 2,
            "maxItems": 4, "uniqueItems": true, "items": { "type": "string", "maxLength": 8 } } }}),
        json!({ "sections": [{ "fields": ["улс"] }], "fields": { "улс": { "title": { "mn": "Улс", "en": "Country" } } } }),
    );

    let empty = state(&form, &[]);
    assert_eq!(names(&empty), ["улс/0", "улс/1"]);
    assert_eq!(field(&empty, "улс/1").title.mn, "Улс 2");
    assert_eq!(problems(&empty), [("улс/0", "form.required"), ("улс/1", "form.required")]);
    let some = [("улс/0", "Өмнөд"), ("улс/2", "Үндэс")];
    assert_eq!(names(&state(&form, &some)), ["улс/0", "улс/1", "улс/2", "улс/3"]);
    let full = [("улс/0", "Өмнөд"), ("улс/1", "Австри"), ("улс/3", "Үндэс")];
    assert_eq!(sent(&form, &full), json!({ "улс": ["Өмнөд", "Австри", "Үндэс"] }));
    assert_eq!(names(&state(&form, &full)).len(), 4);
    let gap = [("улс/0", "Өмнөд"), ("улс/1", "Австри"), ("улс/3", "Үндэсний")];
    assert_eq!(problems(&state(&form, &gap)), []);
    let long = [("улс/0", "Өмнөд"), ("улс/1", "Австри"), ("улс/3", "Үндэсний их")];
    assert_eq!(problems(&state(&form, &long)), [("улс/3", "form.too_long")]);
    let twice = [("улс/0", "Өмнөд"), ("улс/1", "Өмнөд")];
    assert_eq!(problems(&state(&form, &twice)), [("улс/0", "form.repeated")]);
}

#[test]
fn what_is_wrong_with_several_answers_together_is_put_to_the_first_of_them() {
    let text = json!({ "type": "string" });
    let form = form(
        json!({ "type": "object", "properties": { "утас": text, "шуудан": text },
            "anyOf": [{ "required": ["утас"] }, { "required": ["шуудан"] }] }),
        json!({ "sections": [{ "fields": ["утас", "шуудан"] }] }),
    );

    assert_eq!(problems(&state(&form, &[])), [("утас", "form.not_allowed")]);
    assert_eq!(problems(&state(&form, &[("шуудан", "ө")])), []);
}

#[test]
fn a_form_that_this_build_can_not_show_whole_is_no_form() {
    let text = json!({ "type": "string" });
    let with = |name: &str, schema: Value| {
        let schema = json!({ "type": "object", "properties": { name: schema } });
        parse(json!({ "version": 1, "schema": schema, "presentation": { "sections": [] } })).is_some()
    };
    let many = |number: usize| -> Value { (0..number).map(|n| (format!("ө{n}"), text.clone())).collect() };

    assert!(with("ө", text.clone()));
    for schema in [
        json!({}),
        json!(true),
        json!({ "type": "number" }),
        json!({ "type": ["string", "null"] }),
        json!({ "type": "string", "pattern": "Ө" }),
        json!({ "type": "string", "enum": ["ө", 1] }),
        json!({ "type": "integer", "format": "date" }),
        json!({ "type": "array" }),
        json!({ "type": "array", "items": { "type": "array", "items": text } }),
        json!({ "type": "array", "minItems": 1_000_000_000_000_u64, "items": text }),
        json!({ "type": "object", "properties": { "а/б": text } }),
    ] {
        assert!(!with("ө", schema.clone()), "{schema}");
    }
    assert!(!with("", text.clone()) && !with("а~б", text.clone()));
    assert!(with("ө", json!({ "type": "object", "properties": many(200) })));
    assert!(!with("ө", json!({ "type": "object", "properties": many(201) })));
    let rule = json!({ "version": 1, "schema": { "type": "object" }, "presentation": { "sections": [],
        "order_rules": [{ "not_on_sunday": "ө" }] } });
    assert!(parse(rule).is_none());
    assert!(parse(json!({ "version": 1, "schema": { "type": "object" } })).is_none());
    assert!(parse(json!(null)).is_none());
}

#[test]
fn what_a_form_demands_of_the_citizens_proof_is_read_where_it_is_said() {
    let demanded = |authentication: Value| {
        let presentation = json!({ "sections": [] });
        let form = json!({ "version": 1, "schema": { "type": "object" }, "presentation": presentation, "authentication": authentication });
        parse(form).unwrap().authentication().cloned()
    };
    let signature = Freshness { max_age_s: 300, acr: Some("urn:mn:dan:signature".into()) };

    assert_eq!(demanded(json!({ "max_age_s": 300 })), Some(Freshness::within(300)));
    assert_eq!(demanded(json!({ "max_age_s": 300, "acr": "urn:mn:dan:signature" })), Some(signature));
    for unreadable in [json!(null), json!("дахин"), json!({ "max_age_s": -1 }), json!([])] {
        assert_eq!(demanded(unreadable), None);
    }
}
