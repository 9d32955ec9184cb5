//! What the registers answered, as facts. Reading is total: every field can be missing, a list may come as one object, a
//! number as text, a date in five shapes; what a field does not say, or in no known form, is not known, and never none.

use serde_json::Value as Json;

use super::facts::{Fact, Facts, Value};
use crate::{
    country::{AreaCode, CivilDate, Mnt, PlateNumber},
    foundation::clock::Timestamp,
};

/// ХУР's result codes for an answer: there is something, or the register knows of nothing, which is an answer too.
pub(crate) const FOUND: i64 = 0;
pub(crate) const NOT_FOUND: i64 = 1;

/// Where a fact is in the answer of an operation.
struct Place {
    operation: &'static str,
    /// The list of rows inside the answer. Empty: the answer itself.
    rows: &'static str,
    fact: &'static str,
    /// The first of these fields that is filled.
    fields: &'static [&'static str],
    shape: Shape,
    about: &'static str,
}

#[derive(Clone, Copy)]
enum Shape {
    Date,
    /// Of several rows about the same, the latest: each inspection of a vehicle ends the one before.
    LatestDate,
    Plate,
    /// Of several rows, all together: what is owed is not the first of it.
    Sum,
}

const ID_CARD: &str = "WS100101_getCitizenIDCardInfo";
const ADDRESS: &str = "WS100103_getCitizenAddressInfo";
const MARRIAGE: &str = "WS100104_getCitizenMarriageInfo";
const PASSPORT: &str = "WS101138_currentPassportInfo";
const CHILDREN: &str = "WS101117_getChildrenInfo";
const PROPERTY: &str = "WS100202_getPropertyList";
const LICENCE: &str = "WS100407_getDriverLicenseInfo";
const VEHICLE: &str = "WS100401_getVehicleInfo";
const INSPECTION: &str = "WS100432_getVehicleInspectionDataByPlateNo";
const FINES: &str = "WS100874_UnpaidFineByRegisterService";

const LIST: &str = "listData";

/// Fields as `xyp_operations.csv` has them.
#[rustfmt::skip]
const PLACES: &[Place] = &[
    Place { operation: ID_CARD, rows: "", fact: "citizen.birth_date", fields: &["birthDate", "birthDateAsText"], shape: Shape::Date, about: "" },
    Place { operation: ID_CARD, rows: "", fact: "id_card.expires", fields: &["passportExpireDate"], shape: Shape::Date, about: "" },
    Place { operation: ID_CARD, rows: "listAddress", fact: "address.since", fields: &["registerDate"], shape: Shape::LatestDate, about: "" },
    Place { operation: MARRIAGE, rows: "", fact: "marital.since", fields: &["marriedDate"], shape: Shape::Date, about: "" },
    Place { operation: PASSPORT, rows: "", fact: "passport.expires", fields: &["expiryDate"], shape: Shape::LatestDate, about: "" },
    Place { operation: CHILDREN, rows: LIST, fact: "children.birth_dates", fields: &["birthDate"], shape: Shape::Date, about: "firstname" },
    Place { operation: PROPERTY, rows: LIST, fact: "property.since", fields: &["serviceDate"], shape: Shape::Date, about: "fullAddress" },
    Place { operation: LICENCE, rows: "", fact: "licence.expires", fields: &["expireDate"], shape: Shape::LatestDate, about: "" },
    Place { operation: VEHICLE, rows: LIST, fact: "vehicle.plate", fields: &["plateNumber"], shape: Shape::Plate, about: "" },
    Place { operation: VEHICLE, rows: LIST, fact: "vehicle.since", fields: &["startDate"], shape: Shape::Date, about: "plateNumber" },
    Place { operation: INSPECTION, rows: LIST, fact: "vehicle.inspection_due", fields: &["expireDate"], shape: Shape::LatestDate, about: "plateNo" },
    Place { operation: FINES, rows: LIST, fact: "fines.unpaid", fields: &["totalAmount", "amount"], shape: Shape::Sum, about: "plateNumber" },
    Place { operation: FINES, rows: LIST, fact: "fines.latest", fields: &["penaltyDate"], shape: Shape::LatestDate, about: "" },
];

/// Of everything that was answered; what was not asked, or not answered, stays not known.
pub(super) fn facts(body: &Json) -> Facts {
    let mut facts = Facts::default();
    for answer in body["answers"].as_array().into_iter().flatten() {
        let Some(operation) = answer["operation"].as_str() else { continue };
        let as_of = answer["as_of"].as_str().and_then(Timestamp::parse_rfc3339);
        let found = match answer["result_code"].as_i64() {
            Some(FOUND) => Some(&answer["response"]).filter(|response| !response.is_null()),
            Some(NOT_FOUND) => None,
            Some(_) | None => continue, // a register that is down, or a right that is missing, says nothing
        };
        let fact = |value, about| Fact { value, about, source: operation.to_owned(), as_of };
        for place in PLACES.iter().filter(|place| place.operation == operation) {
            read_place(place, found, &fact, &mut facts);
        }
        match operation {
            ID_CARD | ADDRESS => facts.know_area(found.and_then(area), &fact),
            MARRIAGE => {
                let married = found.map_or(Some(false), |answer| yes(&answer["isMarried"]));
                if let Some(married) = married {
                    let status = if married { "married" } else { "unmarried" };
                    facts.add("marital.status", fact(Value::Text(status.to_owned()), None));
                }
            }
            _ => {}
        }
    }
    facts
}

impl Facts {
    /// Where the citizen lives.
    pub(super) fn home(&self) -> Option<AreaCode> {
        self.of(super::AREA)?.iter().find_map(|fact| match &fact.value {
            Value::Text(code) => AreaCode::parse(code).ok(),
            Value::Date(_) | Value::Amount(_) => None,
        })
    }

    /// The address has two registers; the first that says where it is counts, and none of them saying so is no fact.
    fn know_area(&mut self, area: Option<AreaCode>, fact: &dyn Fn(Value, Option<String>) -> Fact) {
        if let Some(area) = area.filter(|_| self.of(super::AREA).is_none()) {
            self.add(super::AREA, fact(Value::Text(area.to_string()), None));
        }
    }
}

fn read_place(place: &Place, found: Option<&Json>, fact: &dyn Fn(Value, Option<String>) -> Fact, facts: &mut Facts) {
    let mut read: Vec<Fact> = Vec::new();
    let (mut silent, mut unreadable) = (0_u32, 0_u32);
    for row in found.into_iter().flat_map(|answer| rows(answer, place.rows)) {
        let Some(field) = place.fields.iter().find_map(|name| filled(&row[*name])) else {
            silent += 1;
            continue;
        };
        let Some(value) = place.shape.read(&field) else {
            unreadable += 1;
            continue;
        };
        let about = filled(&row[place.about]).map(|about| PlateNumber::parse(&about).map_or(about, |p| p.to_string()));
        let earlier = match place.shape {
            Shape::LatestDate => read.iter_mut().find(|earlier| earlier.about == about),
            Shape::Sum => read.first_mut(),
            Shape::Date | Shape::Plate => None,
        };
        match (earlier, value) {
            (_, Value::Amount(Mnt::ZERO)) => {} // nothing is owed
            (None, value) => read.push(fact(value, about)),
            (Some(Fact { value: Value::Amount(sum), about: of, .. }), Value::Amount(more)) => {
                match sum.checked_add(more) {
                    Some(all) => *sum = all,
                    None => unreadable += 1,
                }
                of.take_if(|of| Some(&*of) != about.as_ref());
            }
            (Some(earlier), value) if earlier.value.date() < value.date() => earlier.value = value,
            (Some(_), _) => {}
        }
    }
    if unreadable > 0 {
        log::warn!(target: "emongolia", "{}: {unreadable} values are in no known form", place.fact);
    }
    // None only if there is no row: a card that is there without its last day is a card. And half a sum is none.
    let some = !read.is_empty() && !matches!(place.shape, Shape::Sum);
    if some || silent + unreadable == 0 {
        facts.know(place.fact).extend(read);
    }
}

impl Shape {
    fn read(self, text: &str) -> Option<Value> {
        match self {
            Self::Date | Self::LatestDate => CivilDate::parse(text).ok().map(Value::Date),
            Self::Plate => PlateNumber::parse(text).ok().map(|plate| Value::Text(plate.to_string())),
            Self::Sum => Mnt::parse(text).ok().map(Value::Amount),
        }
    }
}

/// The rows under that name, or the answer itself as the only one; one object stands for a list of one.
fn rows<'a>(answer: &'a Json, name: &str) -> Vec<&'a Json> {
    let inside = if name.is_empty() { answer } else { answer.get(name).unwrap_or(answer) };
    match inside {
        Json::Array(rows) => rows.iter().collect(),
        Json::Null => Vec::new(),
        Json::Object(_) | Json::String(_) | Json::Number(_) | Json::Bool(_) => vec![inside],
    }
}

/// A text or a number that says something.
fn filled(field: &Json) -> Option<String> {
    match field {
        Json::String(text) => Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned),
        Json::Number(number) => Some(number.to_string()),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
    }
}

fn yes(field: &Json) -> Option<bool> {
    if let Json::Bool(yes) = field {
        return Some(*yes);
    }
    match filled(field)?.to_lowercase().as_str() {
        "1" | "true" | "тийм" => Some(true),
        "0" | "false" | "үгүй" => Some(false),
        _ => None,
    }
}

fn area(answer: &Json) -> Option<AreaCode> {
    let part = |name: &str| filled(&answer[name]).unwrap_or_default();
    let (aimag, soum, bag) = (part("aimagCityCode"), part("soumDistrictCode"), part("bagKhorooCode"));
    // A part that is wrong takes only itself away: the aimag is what most local services ask for.
    AreaCode::join(&aimag, &soum, &bag)
        .or_else(|_| AreaCode::join(&aimag, &soum, ""))
        .or_else(|_| AreaCode::join(&aimag, "", ""))
        .ok()
}
