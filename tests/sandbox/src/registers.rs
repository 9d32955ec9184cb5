//! ХУР's answers about the test citizens, all invented (`data/citizens.json`).
//!
//! Guarantees: answers keep the registers' own shapes, odd dates and lower-case numbers included; days that are written
//! from today on are counted from the day on which the folder was begun, in Ulaanbaatar.

use chrono::{DateTime, Datelike as _, Days, NaiveDate};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::state;

/// Ulaanbaatar is ahead of UTC by so much.
const ULAANBAATAR_MS: i64 = 8 * 3600 * 1000;

/// ХУР's result codes: there is something; the register knows of nothing; whoever asks has no right to it.
pub const FOUND: i32 = 0;
pub const NOT_FOUND: i32 = 1;
pub const NO_RIGHT: i32 = 203;

pub const IDENTITY_CARD: &str = "WS100101_getCitizenIDCardInfo";

/// What the app needs to know of a citizen, whether it matters today or not.
pub const OF_THE_APP: [&str; 10] = [
    IDENTITY_CARD,
    "WS100103_getCitizenAddressInfo",
    "WS100104_getCitizenMarriageInfo",
    "WS101138_currentPassportInfo",
    "WS101117_getChildrenInfo",
    "WS100202_getPropertyList",
    "WS100407_getDriverLicenseInfo",
    "WS100401_getVehicleInfo",
    "WS100432_getVehicleInspectionDataByPlateNo",
    "WS100874_UnpaidFineByRegisterService",
];

/// What the app needs to know beyond that of whom a citizen may act for.
pub const OF_OTHERS: [&str; 2] = ["WS100102_getCitizenBirthInfo", "WS100331_citizenLegalEntityInfoList"];

/// All that a citizen is asked for at ДАН.
pub fn asked_for() -> Vec<&'static str> {
    OF_THE_APP.into_iter().chain(OF_OTHERS).collect()
}

const CITIZENS: &str = include_str!("../data/citizens.json");

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Address {
    /// Codes of `data/administrative_units.csv`: 2, 4 and 6 digits.
    pub aimag_code: String,
    pub soum_code: String,
    pub bag_code: String,
    pub formatted: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Citizen {
    /// The citizen as the app knows them: opaque.
    pub sub: String,
    /// Регистрийн дугаар, in upper case.
    pub regnum: String,
    /// Иргэний хувийн дугаар.
    pub civil_id: String,
    pub clan_name: String,
    pub parent_name: String,
    pub given_name: String,
    /// YYYY-MM-DD.
    pub birth_date: String,
    /// `male` or `female`.
    pub gender: String,
    /// With +976.
    pub phone: String,
    pub address: Address,
    /// The code ДАН would show or send; fixed, so that a test can sign in.
    pub one_time_code: String,
}

impl Citizen {
    /// «Ө.Эрдэнэбат», as institutions write a name.
    pub fn short_name(&self) -> String {
        short_name(&self.parent_name, &self.given_name)
    }
}

pub fn short_name(parent_name: &str, given_name: &str) -> String {
    match parent_name.chars().next() {
        Some(initial) => format!("{initial}.{given_name}"),
        None => given_name.to_owned(),
    }
}

#[derive(Deserialize)]
struct Entry {
    #[serde(flatten)]
    citizen: Citizen,
    registers: Map<String, Value>,
}

/// Writes the citizens that are not there yet. Runs at every start.
pub fn seed(tx: &Transaction<'_>) -> Result<(), rusqlite::Error> {
    let today = today(state::system_now());
    for entry in entries()? {
        insert_citizen(tx, &entry.citizen)?;
        for (operation, mut answer) in entry.registers {
            set_days(&mut answer, today);
            insert_answer(tx, &entry.citizen.regnum, &operation, &answer)?;
        }
    }
    Ok(())
}

/// By registration number, in either case, as people and registers write it.
pub fn citizen(conn: &Connection, regnum: &str) -> Result<Option<Citizen>, rusqlite::Error> {
    conn.query_row(
        "SELECT * FROM citizens WHERE regnum = :regnum",
        named_params! { ":regnum": canonical(regnum) },
        from_row,
    )
    .optional()
}

pub fn citizen_by_sub(conn: &Connection, sub: &str) -> Result<Option<Citizen>, rusqlite::Error> {
    conn.query_row("SELECT * FROM citizens WHERE sub = :sub", named_params! { ":sub": sub }, from_row).optional()
}

/// YYYY-MM-DD, as a registration number holds it: months 21–32 are 2000 and later.
pub fn birth_date(regnum: &str) -> Option<String> {
    let digits: Vec<u32> = regnum.chars().skip(2).map(|c| c.to_digit(10)).collect::<Option<_>>()?;
    let [y1, y2, m1, m2, d1, d2, _, _] = digits[..] else { return None };
    let (month, day) = (m1 * 10 + m2, d1 * 10 + d2);
    let (century, month) = if month > 20 { (2000, month - 20) } else { (1900, month) };
    let date = NaiveDate::from_ymd_opt((century + y1 * 10 + y2).cast_signed(), month, day)?;
    Some(date.to_string())
}

/// Full years at `now`, in Ulaanbaatar.
pub fn age(birth_date: &str, now_ms: i64) -> Option<i32> {
    let born: NaiveDate = birth_date.parse().ok()?;
    let today = today(now_ms);
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    Some(today.year() - born.year() - i32::from(!had_birthday))
}

/// All of them, in order of registration number.
pub fn citizens(conn: &Connection) -> Result<Vec<Citizen>, rusqlite::Error> {
    conn.prepare("SELECT * FROM citizens ORDER BY regnum")?.query_map([], from_row)?.collect()
}

/// What ХУР's `operation` (`WS100101_getCitizenIDCardInfo`) says of the citizen; `None` is its "not found" (code 1).
pub fn answer(conn: &Connection, operation: &str, regnum: &str) -> Result<Option<Value>, rusqlite::Error> {
    conn.query_row(
        "SELECT answer FROM register_answers WHERE regnum = :regnum AND operation = :operation",
        named_params! { ":regnum": canonical(regnum), ":operation": operation },
        |row| row.get::<_, String>("answer"),
    )
    .optional()?
    .map(|json| serde_json::from_str(&json).map_err(unreadable))
    .transpose()
}

fn today(now_ms: i64) -> NaiveDate {
    DateTime::from_timestamp_millis(now_ms + ULAANBAATAR_MS).unwrap_or_default().date_naive()
}

/// Puts a day in the place of `{+21}`, so many days from today: `2026-11-23`; with `/`, `.` or `~` before the brace in the
/// registers' other shapes, the last being an HTTP date of its midnight.
fn set_days(answer: &mut Value, today: NaiveDate) {
    match answer {
        Value::String(text) => {
            if let Some(set) = with_day(text, today) {
                *text = set;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| set_days(item, today)),
        Value::Object(fields) => fields.values_mut().for_each(|field| set_days(field, today)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn with_day(text: &str, today: NaiveDate) -> Option<String> {
    let (before, rest) = text.split_once('{')?;
    let (place, after) = rest.split_once('}')?;
    let (number, shape) = match place.strip_suffix(['/', '.', '~']) {
        Some(number) => (number, place.chars().last()),
        None => (place, None),
    };
    let number: i64 = number.parse().ok()?;
    let far = Days::new(number.unsigned_abs());
    let day = if number < 0 { today.checked_sub_days(far)? } else { today.checked_add_days(far)? };
    let day = match shape {
        Some('/') => day.format("%Y/%m/%d").to_string(),
        Some('.') => day.format("%Y.%m.%d").to_string(),
        // Midnight in Ulaanbaatar is 16:00 of the day before in Greenwich.
        Some(_) => day.pred_opt()?.format("%a, %d %b %Y 16:00:00 GMT").to_string(),
        None => day.format("%Y-%m-%d").to_string(),
    };
    Some(format!("{before}{day}{after}"))
}

/// As it stands in the register.
pub fn canonical(regnum: &str) -> String {
    regnum.trim().to_uppercase()
}

fn entries() -> Result<Vec<Entry>, rusqlite::Error> {
    serde_json::from_str(CITIZENS).map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.into())
}

fn insert_citizen(tx: &Transaction<'_>, citizen: &Citizen) -> Result<(), rusqlite::Error> {
    tx.execute(
        "INSERT INTO citizens (sub, regnum, civil_id, clan_name, parent_name, given_name, birth_date, gender, phone,
                               aimag_code, soum_code, bag_code, formatted, one_time_code)
         VALUES (:sub, :regnum, :civil_id, :clan_name, :parent_name, :given_name, :birth_date, :gender, :phone,
                 :aimag_code, :soum_code, :bag_code, :formatted, :one_time_code)
         ON CONFLICT DO NOTHING",
        named_params! {
            ":sub": citizen.sub,
            ":regnum": citizen.regnum,
            ":civil_id": citizen.civil_id,
            ":clan_name": citizen.clan_name,
            ":parent_name": citizen.parent_name,
            ":given_name": citizen.given_name,
            ":birth_date": citizen.birth_date,
            ":gender": citizen.gender,
            ":phone": citizen.phone,
            ":aimag_code": citizen.address.aimag_code,
            ":soum_code": citizen.address.soum_code,
            ":bag_code": citizen.address.bag_code,
            ":formatted": citizen.address.formatted,
            ":one_time_code": citizen.one_time_code,
        },
    )?;
    Ok(())
}

fn insert_answer(tx: &Transaction<'_>, regnum: &str, operation: &str, answer: &Value) -> Result<(), rusqlite::Error> {
    tx.execute(
        "INSERT INTO register_answers (regnum, operation, answer) VALUES (:regnum, :operation, :answer)
         ON CONFLICT DO NOTHING",
        named_params! { ":regnum": regnum, ":operation": operation, ":answer": answer.to_string() },
    )?;
    Ok(())
}

fn from_row(row: &Row<'_>) -> Result<Citizen, rusqlite::Error> {
    Ok(Citizen {
        sub: row.get("sub")?,
        regnum: row.get("regnum")?,
        civil_id: row.get("civil_id")?,
        clan_name: row.get("clan_name")?,
        parent_name: row.get("parent_name")?,
        given_name: row.get("given_name")?,
        birth_date: row.get("birth_date")?,
        gender: row.get("gender")?,
        phone: row.get("phone")?,
        address: Address {
            aimag_code: row.get("aimag_code")?,
            soum_code: row.get("soum_code")?,
            bag_code: row.get("bag_code")?,
            formatted: row.get("formatted")?,
        },
        one_time_code: row.get("one_time_code")?,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::db::Db;

    async fn seeded() -> (tempfile::TempDir, Db) {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("sandbox.db")).unwrap();
        db.write(seed).await.unwrap();
        (dir, db)
    }

    /// Century by the month (21–32 are 2000 and later), sex by the ninth character.
    fn born(regnum: &str) -> (String, &'static str) {
        let digits: Vec<u32> = regnum.chars().filter_map(|c| c.to_digit(10)).collect();
        let pair = |i: usize| digits[i] * 10 + digits[i + 1];
        let (century, month) = if pair(2) > 20 { (2000, pair(2) - 20) } else { (1900, pair(2)) };
        let date = format!("{:04}-{month:02}-{:02}", century + pair(0), pair(4));
        (date, if digits[6] % 2 == 1 { "male" } else { "female" })
    }

    #[tokio::test]
    async fn every_registration_number_agrees_with_birth_date_and_sex() {
        let (_dir, db) = seeded().await;

        let citizens = db.read(citizens).await.unwrap();

        assert!(citizens.len() >= 6);
        for citizen in citizens {
            assert_eq!(citizen.regnum.chars().count(), 10, "{}", citizen.regnum);
            assert_eq!(born(&citizen.regnum), (citizen.birth_date.clone(), citizen.gender.as_str()));
            assert_eq!(birth_date(&citizen.regnum), Some(citizen.birth_date));
        }
    }

    #[tokio::test]
    async fn the_citizens_cover_the_traps() {
        let (_dir, db) = seeded().await;

        let citizens = db.read(citizens).await.unwrap();

        let letters: String = citizens.iter().map(|c| c.regnum.as_str()).collect();
        assert!(letters.contains('Ө') && letters.contains('Ү') && letters.contains('Ё'));
        assert!(citizens.iter().any(|c| c.birth_date.starts_with("20")));
        assert!(citizens.iter().any(|c| c.address.aimag_code == "84"), "one lives where it is +07");
        let aimags: HashSet<_> = citizens.iter().map(|c| &c.address.aimag_code).collect();
        assert!(aimags.len() >= 6);
    }

    #[tokio::test]
    async fn a_number_is_found_in_either_case() {
        let (_dir, db) = seeded().await;

        let found = db.read(|conn| citizen(conn, " уө88052317 ")).await.unwrap().unwrap();

        assert_eq!(found.regnum, "УӨ88052317");
        assert_eq!(found.short_name(), "Ө.Эрдэнэбат");
    }

    #[tokio::test]
    async fn the_identity_card_keeps_the_registers_odd_shapes() {
        let (_dir, db) = seeded().await;

        let card = db.read(|conn| answer(conn, "WS100101_getCitizenIDCardInfo", "УӨ88052317")).await.unwrap().unwrap();

        assert_eq!(card["regnum"], "уө88052317");
        assert_eq!(card["birthDate"], "1988-05-23 00:00:00.0");
        assert_eq!(card["passportExpireDate"], "2042/01/01");
    }

    #[test]
    fn a_day_is_set_in_each_of_the_registers_shapes() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 27).unwrap();
        let mut answer = serde_json::json!({ "listData": [
            { "үзлэг": "{+40/}", "эрх": "{+21} 00:00:00.0", "төрсөн": "{-40~}", "паспорт": "{+100.}" },
            "Ө {өөр}", 7,
        ]});

        set_days(&mut answer, today);

        assert_eq!(
            answer,
            serde_json::json!({ "listData": [
                { "үзлэг": "2027/01/06", "эрх": "2026-12-18 00:00:00.0", "төрсөн": "Sat, 17 Oct 2026 16:00:00 GMT",
                  "паспорт": "2027.03.07" },
                "Ө {өөр}", 7,
            ]})
        );
    }

    #[test]
    fn an_age_counts_birthdays_in_ulaanbaatar() {
        let at = |utc: &str| DateTime::parse_from_rfc3339(utc).unwrap().timestamp_millis();

        assert_eq!(age("2010-11-27", at("2026-11-26T15:59:59Z")), Some(15));
        assert_eq!(age("2010-11-27", at("2026-11-26T16:00:00Z")), Some(16), "midnight in Ulaanbaatar");
        assert_eq!(age("2008-02-29", at("2024-02-29T00:00:00Z")), Some(16));
        assert_eq!(age("нэг өдөр", 0), None);
    }

    #[tokio::test]
    async fn no_place_for_a_day_is_left_open() {
        let (_dir, db) = seeded().await;

        let open: i64 = db
            .read(|conn| {
                let sql = "SELECT count(*) FROM register_answers WHERE instr(answer, '{+') OR instr(answer, '{-')";
                conn.query_row(sql, [], |row| row.get(0))
            })
            .await
            .unwrap();

        assert_eq!(open, 0);
    }

    #[tokio::test]
    async fn an_operation_nobody_answers_is_not_found() {
        let (_dir, db) = seeded().await;

        let none = db.read(|conn| answer(conn, "WS100999_unknown", "УӨ88052317")).await.unwrap();

        assert_eq!(none, None);
    }

    #[tokio::test]
    async fn a_second_start_changes_nothing() {
        let (_dir, db) = seeded().await;
        let before = db.read(citizens).await.unwrap();

        db.write(seed).await.unwrap();

        assert_eq!(db.read(citizens).await.unwrap(), before);
    }
}
