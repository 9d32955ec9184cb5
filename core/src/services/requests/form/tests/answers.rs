//! From what is typed to what is sent and shown, and every way in which it can be wrong.

use serde_json::json;

use super::*;
use crate::foundation::{config::Language, error::Error};

/// A form whose one question has this schema, and what comes of these answers to it.
fn one(schema: Value, typed: &str) -> (Form, FormState) {
    let form = asking(json!({ "асуулт": schema }));
    let state = state(&form, &[("асуулт", typed)]);
    (form, state)
}

#[test]
fn what_is_typed_in_any_usual_way_is_sent_in_one_way_and_shown_in_words() {
    let cases = [
        (json!({"type": "string", "maxLength": 20}), " Өмнөговь\tхан\u{7} ", json!("Өмнөговь хан"), "Өмнөговь хан"),
        (json!({"type": "string", "format": "mn-recipient"}), "Үүр банк", json!("Үүр банк"), "Үүр банк"),
        (json!({"type": "string", "enum": ["mn"]}), "MN", json!("mn"), "mn"),
        (json!({"type": "integer"}), "-7", json!(-7), "-7"),
        (json!({"type": "integer", "format": "mn-year"}), "2019", json!(2019), "2019"),
        (json!({"type": "integer", "format": "mn-money"}), "25 000 төгрөг", json!(25_000), "25,000₮"),
        (json!({"type": "boolean"}), "Тийм", json!(true), "Тийм"),
        (json!({"type": "boolean"}), "ҮГҮЙ", json!(false), "Үгүй"),
        (json!({"type": "string", "format": "date"}), "2026.11.3", json!("2026-11-03"), "2026 оны 11 дүгээр сарын 3"),
        (
            json!({"type": "string", "format": "mn-registration-number"}),
            "өү 15250312",
            json!("ӨҮ15250312"),
            "ӨҮ15250312",
        ),
        (json!({"type": "string", "format": "mn-civil-id"}), "9134 0012 8805", json!("913400128805"), "913400128805"),
        (json!({"type": "string", "format": "mn-phone"}), "9911-2233", json!("+97699112233"), "+976 9911 2233"),
        (json!({"type": "string", "format": "mn-plate"}), "өүб 0101", json!("0101ӨҮБ"), "0101 ӨҮБ"),
        (json!({"type": "string", "format": "mn-company-number"}), "001 2345", json!("0012345"), "0012345"),
    ];

    for (schema, typed, wanted, shown) in cases {
        let (form, state) = one(schema, typed);

        assert_eq!(problems(&state), [], "{typed}");
        assert!(state.complete);
        assert_eq!(sent(&form, &[("асуулт", typed)]), json!({ "асуулт": wanted }));
        assert_eq!(field(&state, "асуулт").shown.as_ref().unwrap().mn, shown);
        assert_eq!(field(&state, "асуулт").value.as_deref(), Some(typed));
    }
}

#[test]
fn what_does_not_fit_is_named_with_its_reason() {
    let file =
        json!({"type": "object", "format": "mn-file", "x-accept": ["application/pdf"], "x-max-bytes": 5_000_000});
    let chosen = |kind: &str, size: u64| {
        json!({ "id": "f1", "name": "Үнэмлэх", "media_type": kind, "size": size, "sha256": "0a".repeat(32) })
            .to_string()
    };
    let cases = [
        (json!({"type": "string"}), "  ", "form.required"),
        (json!({"type": "string", "maxLength": 3}), "Өвөр", "form.too_long"),
        (json!({"type": "string", "minLength": 3}), "Өв", "form.too_short"),
        (json!({"type": "string"}), &"Ү".repeat(2_001), "form.too_long"),
        (json!({"type": "string", "enum": ["mn"]}), "fr", "form.not_an_option"),
        (json!({"type": "string", "format": "mn-language"}), "монгол", "form.not_a_language"),
        (json!({"type": "integer"}), "хоёр", "form.not_a_number"),
        (json!({"type": "integer"}), "99999999999999999999", "form.not_a_number"),
        (json!({"type": "integer", "minimum": 1995}), "1994", "form.too_small"),
        (json!({"type": "integer", "maximum": 10}), "11", "form.too_large"),
        (json!({"type": "integer", "exclusiveMinimum": 0}), "0", "form.not_above"),
        (json!({"type": "integer", "exclusiveMaximum": 9}), "9", "form.not_below"),
        (json!({"type": "integer", "multipleOf": 5}), "7", "form.not_a_multiple"),
        (json!({"type": "integer", "not": {"const": 7}}), "7", "form.not_allowed"),
        (json!({"type": "integer", "format": "mn-year"}), "26", "form.not_a_year"),
        (json!({"type": "integer", "format": "mn-money"}), "-5", "money.shape"),
        (json!({"type": "integer", "format": "mn-money"}), "5.50", "money.fraction"),
        (json!({"type": "boolean"}), "магадгүй", "form.not_yes_or_no"),
        (json!({"type": "string", "format": "date"}), "2026-02-30", "civil_date.day"),
        (json!({"type": "string", "format": "mn-registration-number"}), "YX15250312", "registration_number.latin"),
        (json!({"type": "string", "format": "mn-phone"}), "+7 9911 2233", "phone.country"),
        (json!({"type": "string", "format": "mn-plate"}), "010 ӨҮБ", "plate.digits"),
        (file.clone(), "үнэмлэх.pdf", "form.not_a_file"),
        (file.clone(), &chosen("image/png", 7), "form.file_kind"),
        (file, &chosen("application/pdf", 5_000_001), "form.file_too_large"),
    ];

    for (schema, typed, code) in cases {
        let (form, state) = one(schema.clone(), typed);

        assert_eq!(problems(&state), [("асуулт", code)], "{schema}");
        assert!(!state.complete);
        assert_eq!(field(&state, "асуулт").shown, None);
        let refused = form.check(&values(&[("асуулт", typed)]), today()).err();
        assert_eq!(refused, Some(Error::invalid("асуулт", code)));
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once_in_words_that_mend_it_and_quote_nothing() {
    let form = asking(json!({
        "а": { "type": "string", "maxLength": 3 },
        "б": { "type": "integer", "minimum": 1995 },
        "в": { "type": "string" },
        "г": { "type": "object", "format": "mn-file", "x-accept": ["application/pdf", "image/jpeg"] },
        "д": { "type": "object", "format": "mn-signature", "x-max-bytes": 500_000 },
    }));
    let file = |kind: &str| {
        json!({ "id": "f1", "name": "Нууц", "media_type": kind, "size": 600_000, "sha256": "0a".repeat(32) })
            .to_string()
    };

    let state = state(&form, &[("а", "Өнөөдөр"), ("б", "1990"), ("г", &file("image/png")), ("д", &file("image/png"))]);

    let told = |name| field(&state, name).problem.clone().unwrap().message;
    assert_eq!(told("а").mn, "Уртыг 3 тэмдэгтээс хэтрүүлэхгүй бичнэ үү.");
    assert_eq!(told("б").in_language(Language::En), "Write 1995 or more.");
    assert_eq!(told("в").mn, "Энэ асуултад хариулна уу.");
    assert!(told("г").mn.ends_with("Хүлээн авах төрөл: PDF, JPEG."), "{:?}", told("г"));
    assert!(told("д").in_language(Language::En).ends_with("at most 500 KB."));
    let all: String = ["а", "б", "в", "г", "д"].map(|name| format!("{:?}", told(name))).concat();
    assert!(!["Өнөөдөр", "1990", "Нууц"].iter().any(|typed| all.contains(typed)), "{all}");
}

#[test]
fn every_code_has_its_words_in_both_languages() {
    for code in super::super::messages::codes() {
        let problem = super::super::messages::problem(code, &crate::country::LocalisedText::new("ӨҮ", "OU"));
        let (mn, en) = (problem.message.mn.clone(), problem.message.in_language(Language::En).to_owned());

        assert!(mn.ends_with(['.', '!']) && en.ends_with('.'), "{code}: {mn} / {en}");
        assert!(mn.contains(|c| matches!(c, 'а'..='я')) && en.starts_with(|c: char| c.is_ascii_uppercase()), "{code}");
        assert!(mn.chars().count() < 120 && en.chars().count() < 120, "{code} is too long to be read");
        assert_eq!(mn.contains("ӨҮ"), en.contains("OU"), "{code} tells the limit in both");
        assert!(!mn.contains("{}") && problem.code == code);
    }
}

#[test]
fn each_reason_of_the_country_has_words_of_its_own() {
    let cases: [(&str, &[&str]); 7] = [
        ("mn-registration-number", &["ӨҮ", "1234567890", "YY15250312", "ӨҮ1525031А", "ӨҮ15130312", "ӨҮ15023012"]),
        ("mn-civil-id", &["12", "91340012880А"]),
        ("mn-company-number", &["12", "123456А", "0000000"]),
        ("mn-phone", &["12", "9911А233", "+79911223"]),
        ("mn-plate", &["12", "0101ӨҮ", "0101RYБ", "Ө0101ҮБ"]),
        ("date", &["өнөөдөр", "0000-01-01", "2026-13-01", "2026-02-30"]),
        ("mn-money", &["зуу", "1.5", "99999999999999999999"]),
    ];
    let unnamed = super::super::messages::problem("?", &crate::country::LocalisedText::mongolian("")).message;

    for (format, typed) in cases {
        let kind = if format == "mn-money" { "integer" } else { "string" };
        let mut codes: Vec<String> = Vec::new();
        for typed in typed {
            let (_, state) = one(json!({ "type": kind, "format": format }), typed);
            let problem = field(&state, "асуулт").problem.clone().unwrap_or_else(|| panic!("{format} takes {typed}"));
            assert_ne!(problem.message, unnamed, "{}", problem.code);
            codes.push(problem.code);
        }
        codes.dedup();
        assert_eq!(codes.len(), typed.len(), "{codes:?}");
    }
}

#[test]
fn years_and_days_keep_their_order_and_do_not_lie_ahead() {
    let date = json!({ "type": "string", "format": "date" });
    let year = json!({ "type": "integer", "format": "mn-year" });
    let schema = json!({ "type": "object", "properties": {
        "эхлэх": year, "дуусах": year, "явах": date, "ирэх": date, "төрсөн": date,
    }});
    let form = form(
        schema,
        json!({
            "sections": [{ "fields": ["эхлэх", "дуусах", "явах", "ирэх", "төрсөн"] }],
            "fields": { "эхлэх": { "title": { "mn": "Эхлэх он", "en": "First year" } } },
            "order_rules": [{ "not_after": ["эхлэх", "дуусах"] }, { "not_in_the_future": "дуусах" },
                { "not_after": ["явах", "ирэх"] }, { "not_in_the_future": "төрсөн" }],
        }),
    );

    let fits = [
        ("эхлэх", "2026"),
        ("дуусах", "2026"),
        ("явах", "2026-12-31"),
        ("ирэх", "2027-01-01"),
        ("төрсөн", "2026-11-27"),
    ];
    assert_eq!(problems(&state(&form, &fits)), []);
    let wrong = state(
        &form,
        &[
            ("эхлэх", "2021"),
            ("дуусах", "2020"),
            ("явах", "2027-01-01"),
            ("ирэх", "2026-12-31"),
            ("төрсөн", "2026-11-28"),
        ],
    );
    assert_eq!(
        problems(&wrong),
        [("дуусах", "form.before"), ("ирэх", "form.before"), ("төрсөн", "form.in_the_future")]
    );
    let told = field(&wrong, "дуусах").problem.clone().unwrap().message;
    assert!(told.mn.starts_with("«Эхлэх он»") && told.en.unwrap().contains("“First year”"));
    assert_eq!(problems(&state(&form, &[("дуусах", "2027")])), [("дуусах", "form.in_the_future")]);
    assert_eq!(problems(&state(&form, &[("эхлэх", "2030")])), []);
}

#[test]
fn a_name_that_the_form_does_not_have_is_refused_at_the_end_and_passed_over_before() {
    let (form, state) = one(json!({ "type": "string" }), "Өөр");
    let typed = values(&[("асуулт", "Өөр"), ("хуучин", "Үг")]);

    assert!(state.complete && form.state(&typed, today()).complete);
    assert_eq!(form.check(&typed, today()).err(), Some(Error::invalid("хуучин", "form.no_such_field")));
}
