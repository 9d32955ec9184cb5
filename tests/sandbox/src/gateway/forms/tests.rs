use serde_json::json;

use super::*;
use crate::gateway::rows;

const IDENTITY_CARD: &str = "d762ba0d0152646ba745997e";
const VISA: &str = "fdc852c089e7f12b122a6793";

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 27).unwrap()
}

/// The shortest of those that ask for it.
fn form_with(field: &str) -> Form {
    let forms = rows::forms().unwrap().into_values().map(|(_, form)| form);
    forms.filter(|form| form.names().any(|name| name == field)).min_by_key(|form| form.names().count()).unwrap()
}

fn form_of(service: &str) -> Form {
    rows::forms().unwrap().remove(service).unwrap().1
}

fn check(form: &Form, answers: Value) -> Result<(), (String, String)> {
    let Value::Object(answers) = answers else { panic!("not an object") };
    form.check(&answers, today()).map_err(|misfit| (misfit.field, misfit.reason))
}

fn refused(field: &str, reason: &str) -> Result<(), (String, String)> {
    Err((field.into(), reason.into()))
}

fn with(mut answers: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            answers.as_object_mut().unwrap().remove(name);
        } else {
            answers[name] = value.clone();
        }
    }
    answers
}

fn file(media_type: &str, size: u64) -> Value {
    json!({ "id": "f1", "name": "Үнэмлэх", "media_type": media_type, "size": size, "sha256": "0a".repeat(32) })
}

fn years() -> Value {
    json!({ "startYear": 2019, "endYear": 2026, "forUsage": "Хөвсгөл аймгийн Өмнөх өрөө" })
}

fn lost_card() -> Value {
    json!({
        "citizen": { "lastname": "Өлзий", "firstname": "Үүрийнтуяа" }, "regnum": "ӨҮ99052317", "reason": "lost",
        "lostOn": "2026-11-27", "photo": file("image/jpeg", 5_000_000), "signature": file("image/png", 9_000),
        "delivery": "door", "deliveryPhone": "+97699112233",
        "deliveryAddress": { "aimag": "Өвөрхангай", "soum": "Өлзийт", "bag": "2-р баг", "building": "1", "door": "7" },
    })
}

#[test]
fn a_filled_form_fits() {
    let guest = json!({
        "applicant": { "lastname": "MÜLLER", "firstname": "KATHARINA" }, "birthDate": "1990-03-21", "citizenship": "Герман",
        "passportNumber": "C01X00T47", "passportExpiry": "2031-03-20", "purpose": "work", "entries": "multiple",
        "arrival": "2027-06-01", "departure": "2027-06-30", "employerRegnum": "0012345", "jobTitle": "Өрөмчин",
        "beenBefore": true, "earlierYears": [2012, 2019], "stayAddress": { "aimag": "Төв", "soum": "Зуунмод" },
        "inviterPhone": "+97699112233", "passportScan": file("application/pdf", 1), "photo": file("image/png", 1),
        "invitation": file("application/pdf", 1), "signature": file("image/png", 1),
    });

    assert_eq!(check(&form_with("startYear"), years()), Ok(()));
    assert_eq!(check(&form_of(IDENTITY_CARD), lost_card()), Ok(()));
    assert_eq!(check(&form_of(VISA), guest), Ok(()));
}

#[test]
fn a_missing_or_blank_field_is_named() {
    let form = form_with("startYear");

    assert_eq!(check(&form, with(years(), json!({ "forUsage": null }))), refused("forUsage", "required"));
    assert_eq!(check(&form, with(years(), json!({ "forUsage": " \u{a0}" }))), refused("forUsage", "format"));
    let card = with(lost_card(), json!({ "citizen": { "lastname": " ", "firstname": "Үүр" } }));
    assert_eq!(check(&form_of(IDENTITY_CARD), card), refused("citizen/lastname", "blank"));
}

#[test]
fn an_unknown_field_is_refused() {
    let form = form_with("propertyNumber");

    let checked = check(&form, json!({"propertyNumber": "Ү-2204001234", "forUsage": "Банк", "өөр": 1}));

    assert_eq!(checked, refused("өөр", "additionalProperties"));
}

#[test]
fn a_value_of_another_type_is_refused() {
    let form = form_with("startYear");

    assert_eq!(check(&form, with(years(), json!({ "startYear": "2019" }))), refused("startYear", "type"));
    assert_eq!(check(&form, with(years(), json!({ "startYear": 2019.5 }))), refused("startYear", "type"));
    let switch = json!({"language": "mn", "showPassportNumber": "тийм"});
    assert_eq!(check(&form_with("showPassportNumber"), switch), refused("showPassportNumber", "type"));
}

#[test]
fn length_is_counted_in_letters_not_bytes() {
    let form = form_with("propertyNumber");
    let filled = |number: String| json!({"propertyNumber": number, "forUsage": "Банк"});

    assert_eq!(check(&form, filled("Ү".repeat(20))), Ok(()));
    assert_eq!(check(&form, filled("Ү".repeat(21))), refused("propertyNumber", "maxLength"));
}

#[test]
fn bounds_choices_and_control_characters_are_kept() {
    let form = form_with("startYear");

    assert_eq!(check(&form, with(years(), json!({ "startYear": 1900 }))), refused("startYear", "minimum"));
    assert_eq!(check(&form, with(years(), json!({ "endYear": 2200 }))), refused("endYear", "maximum"));
    let bell = with(years(), json!({ "forUsage": "Ба\u{7}нк" }));
    assert_eq!(check(&form, bell), refused("forUsage", "control characters"));
    let choice = json!({"language": "kz"});
    assert_eq!(check(&form_with("showPassportNumber"), choice), refused("language", "enum"));
}

#[test]
fn years_and_days_run_forward_and_not_beyond_today() {
    let form = form_with("startYear");
    let card = form_of(IDENTITY_CARD);

    assert_eq!(check(&form, with(years(), json!({ "endYear": 2018 }))), refused("endYear", "before the first"));
    assert_eq!(check(&form, with(years(), json!({ "endYear": 2027 }))), refused("endYear", "in the future"));
    let tomorrow = with(lost_card(), json!({ "lostOn": "2026-11-28" }));
    assert_eq!(check(&card, tomorrow), refused("lostOn", "in the future"));
}

#[test]
fn what_is_asked_depends_on_other_answers() {
    let birth = form_with("childRegnum");
    let card = form_of(IDENTITY_CARD);

    assert_eq!(check(&birth, json!({"beneficiary": "self", "forUsage": "Сургууль"})), Ok(()));
    let nameless = json!({"beneficiary": "child", "forUsage": "Сургууль"});
    assert_eq!(check(&birth, nameless), refused("childRegnum", "required"));
    let child = |regnum: &str| json!({"beneficiary": "child", "childRegnum": regnum, "forUsage": "Сургууль"});
    assert_eq!(check(&birth, child("ӨҮ15250312")), Ok(()));
    assert_eq!(check(&birth, child("ӨҮ15130312")), refused("childRegnum", "format"));
    let own = with(child("ӨҮ15250312"), json!({ "beneficiary": "self" }));
    assert_eq!(check(&birth, own), refused("childRegnum", "falseSchema"));
    let collected = with(lost_card(), json!({ "delivery": "office" }));
    assert_eq!(check(&card, collected), refused("deliveryAddress", "falseSchema"));
}

#[test]
fn files_addresses_and_signatures_have_their_shape() {
    let card = form_of(IDENTITY_CARD);
    let refused_with = |changes: Value| check(&card, with(lost_card(), changes)).unwrap_err();

    for (photo, reason) in [
        (file("image/gif", 9), "not of an accepted type"),
        (file("image/jpeg", 5_000_001), "too large"),
        (file("image/jpeg", 0), "not a file"),
        (json!({ "id": "f1" }), "not a file"),
    ] {
        assert_eq!(refused_with(json!({ "photo": photo })), ("photo".into(), reason.into()));
    }
    let scan = refused_with(json!({ "signature": file("application/pdf", 9) }));
    assert_eq!(scan, ("signature".into(), "not of an accepted type".into()));
    let doorless = json!({ "aimag": "Төв", "soum": "Зуунмод", "bag": "1", "building": "2" });
    assert_eq!(refused_with(json!({ "deliveryAddress": doorless })).0, "deliveryAddress/door");
}

#[test]
fn a_clerk_reads_composite_answers_as_people_write_them() {
    let Value::Object(answers) = lost_card() else { panic!("not an object") };

    let shown = form_of(IDENTITY_CARD).shown(&answers);

    let of = |name: &str| shown.iter().find(|answer| answer.name == name).map(|answer| &answer.value);
    assert_eq!(of("citizen"), Some(&Shown::Written("Өлзий Үүрийнтуяа".into())));
    assert_eq!(of("deliveryAddress"), Some(&Shown::Written("Өвөрхангай, Өлзийт, 2-р баг, 1, 7".into())));
    assert_eq!(of("photo"), Some(&Shown::File("Үнэмлэх".into(), 5_000_000)));
    assert_eq!(of("reason"), Some(&Shown::Chosen(Text::new("Гээсэн, алдсан", "Lost or stolen"))));
    assert_eq!(of("lostHow"), Some(&Shown::Empty), "it could have been answered");
    assert_eq!(of("damagedCard"), None, "it was not asked");
}
