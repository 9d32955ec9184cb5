//! A form that changed while it was being filled in.

use serde_json::json;

use super::{super::SetAside, *};
use crate::foundation::config::Language::{En, Mn};

fn version(properties: Value, required: &[&str]) -> Form {
    let names: Vec<String> = properties.as_object().unwrap().keys().cloned().collect();
    form(
        json!({ "type": "object", "properties": properties, "required": required }),
        json!({ "sections": [{ "fields": names }] }),
    )
}

#[test]
fn what_still_fits_goes_over_and_what_does_not_is_handed_back_with_its_reason() {
    let text = json!({ "type": "string" });
    let earlier =
        version(json!({ "банк": text, "зорилго": text, "хэл": text, "үнэ": { "type": "integer" } }), &["банк"]);
    let later = version(
        json!({ "банк": text, "хэл": { "type": "string", "enum": ["mn"] }, "үнэ": { "type": "integer" }, "өдөр": text }),
        &["банк", "өдөр"],
    );
    let typed = values(&[("банк", "Өргөө"), ("зорилго", "Үүр"), ("хэл", "орос"), ("үнэ", "хоёр")]);

    let merged = later.merge(&earlier, typed.clone(), today());

    assert_eq!(
        merged.values,
        values(&[("банк", "Өргөө"), ("үнэ", "хоёр")]),
        "what was wrong before stays to be mended"
    );
    let aside: Vec<(&str, &str, &str)> =
        merged.set_aside.iter().map(|one| (&*one.name, &*one.value.mn, &*one.problem.code)).collect();
    assert_eq!(aside, [("зорилго", "Үүр", "form.no_such_field"), ("хэл", "орос", "form.not_an_option")]);
    assert_eq!(merged.newly_required, ["өдөр"]);
    for (name, value) in &typed {
        let aside = merged.set_aside.iter().any(|one| one.name == *name && one.value.mn == *value);
        assert!(aside != (merged.values.get(name) == Some(value)), "{name} is in one of the two");
    }
}

#[test]
fn a_question_whose_answer_was_set_aside_is_named_if_it_must_be_answered() {
    let earlier = version(json!({ "хэл": { "type": "string" } }), &["хэл"]);
    let later = version(json!({ "хэл": { "type": "string", "enum": ["mn"] } }), &["хэл"]);

    assert_eq!(later.merge(&earlier, values(&[("хэл", "орос")]), today()).newly_required, ["хэл"]);
    assert_eq!(later.merge(&earlier, Values::new(), today()).newly_required, [] as [&str; 0]);
}

#[test]
fn the_same_version_changes_nothing() {
    let form = version(json!({ "банк": { "type": "string" }, "он": { "type": "integer" } }), &["банк", "он"]);
    let typed = values(&[("банк", ""), ("он", "Ө")]);

    let merged = form.merge(&form, typed.clone(), today());

    assert_eq!((merged.values, merged.set_aside.len(), merged.newly_required.len()), (typed, 0, 0));
}

#[test]
fn what_is_set_aside_is_told_in_words_and_a_file_by_its_name() {
    let file =
        json!({ "id": "f1", "name": "Үнэмлэх.png", "media_type": "image/png", "size": 9, "sha256": "0a".repeat(32) });
    let file = file.to_string();
    let properties = json!({
        "зураг": { "type": "object", "format": "mn-file" }, "гарын үсэг": { "type": "object", "format": "mn-signature" },
        "зорилго": { "type": "string", "enum": ["work"] }, "өдөр": { "type": "string", "format": "date" },
        "удаа": { "type": "integer" },
    });
    let work = json!({ "зорилго": { "options": { "work": { "mn": "Ажиллах", "en": "To work" } } } });
    let names = json!([{ "fields": ["зураг", "гарын үсэг", "зорилго", "өдөр", "удаа"] }]);
    let earlier =
        form(json!({ "type": "object", "properties": properties }), json!({ "sections": names, "fields": work }));
    let typed = [("зураг", &*file), ("гарын үсэг", &file), ("зорилго", "work"), ("өдөр", "2026.11.3"), ("удаа", "Өч")];
    let later = version(json!({ "банк": { "type": "string" } }), &[]);
    let told = |aside: &[SetAside], language| {
        aside.iter().map(|one| one.value.in_language(language).to_owned()).collect::<Vec<_>>()
    };

    let merged = later.merge(&earlier, values(&typed), today()).set_aside;
    assert_eq!(told(&merged, Mn), ["Үнэмлэх.png", "Зурсан", "Ажиллах", "2026 оны 11 дүгээр сарын 3", "Өч"]);
    assert_eq!(told(&merged, En), ["Үнэмлэх.png", "Drawn", "To work", "3 November 2026", "Өч"]);

    let (_, strangers) = later.places(values(&typed[..1]), None);
    assert_eq!(told(&strangers, Mn), ["Үнэмлэх.png"], "also where the question is not known");
}

#[test]
fn a_question_that_has_no_place_is_named_as_it_was_put_or_by_no_name_of_a_program() {
    let titled = json!({ "hereglegch": { "title": { "mn": "Өргөдөл гаргагч", "en": "Applicant" } } });
    let earlier = form(
        json!({ "type": "object", "properties": { "hereglegch": { "type": "string" } } }),
        json!({ "sections": [{ "fields": ["hereglegch"] }], "fields": titled }),
    );
    let later = version(json!({ "банк": { "type": "string" } }), &[]);
    let titles = |earlier| {
        let (_, strangers) = later.places(values(&[("hereglegch", "Үүрийнтуяа")]), earlier);
        let [SetAside { title, .. }] = &strangers[..] else { panic!("{strangers:?}") };
        (title.in_language(Mn).to_owned(), title.in_language(En).to_owned())
    };

    assert_eq!(titles(Some(&earlier)), ("Өргөдөл гаргагч".to_owned(), "Applicant".to_owned()));
    let unknown = ("Одоо асуухаа больсон асуулт".to_owned(), "A question that is no longer asked".to_owned());
    assert_eq!(titles(None), unknown);
}
