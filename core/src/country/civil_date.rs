//! A day of the calendar, with no time and no zone: births, expiries, deadlines.
//!
//! Guarantees: a real day of the years 1–9999; every shape in which ХУР sends one reads as the day that was meant.

use std::{fmt, ops::RangeInclusive};

use chrono::{Datelike, Days, NaiveDate, TimeDelta, Weekday};

use super::{LONGEST_INPUT, Rejection, text_outside};
use crate::foundation::{clock::Timestamp, config::Language};

/// Four digits, so that every day has one shape and sorts as text.
const YEARS: RangeInclusive<u32> = 1..=9999;
const SECONDS_A_DAY: i64 = 86_400;
/// 1970-01-01 counted from 0001-01-01 as day one.
const UNIX_EPOCH_DAY: i64 = 719_163;

const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilDate(NaiveDate);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CivilDateError {
    #[error("a date is written 2026-11-23, 2026/11/23 or 2026.11.23, or as a moment in GMT")]
    Shape,
    #[error("the year is 1 to 9999")]
    Year,
    #[error("the month is 1 to 12")]
    Month,
    #[error("the month has no such day")]
    Day,
}

impl CivilDate {
    const EARLIEST: NaiveDate = edge(1, 1, 1);
    const LATEST: NaiveDate = edge(9999, 12, 31);

    pub fn new(year: u32, month: u32, day: u32) -> Result<Self, CivilDateError> {
        if !YEARS.contains(&year) {
            return Err(CivilDateError::Year);
        }
        if !(1..=12).contains(&month) {
            return Err(CivilDateError::Month);
        }
        let year = i32::try_from(year).map_err(|_| CivilDateError::Year)?;
        NaiveDate::from_ymd_opt(year, month, day).map(Self).ok_or(CivilDateError::Day)
    }

    /// Takes `1978-01-01`, `2042/01/01` or `2026.11.23`, alone or with a time that is left out (`1978-01-01
    /// 00:00:00.0`); and a moment with an offset (RFC 3339, or an HTTP date in GMT) as the day it was in Ulaanbaatar.
    pub fn parse(text: &str) -> Result<Self, CivilDateError> {
        let text = text.trim();
        if text.len() > LONGEST_INPUT {
            return Err(CivilDateError::Shape);
        }
        if text.starts_with(|sign: char| sign.is_ascii_alphabetic()) {
            return Timestamp::parse_http_date(text).ok_or(CivilDateError::Shape).and_then(day_meant_by);
        }
        let (date, time) = match text.split_once(['T', 't', ' ']) {
            Some((date, time)) => (date, Some(time.trim())),
            None => (text, None),
        };
        let day = parse_date(date)?;
        match time {
            None => Ok(day),
            Some(time) if is_time_of_day(time) => Ok(day),
            Some(time) => {
                Timestamp::parse_rfc3339(&format!("{day}T{time}")).ok_or(CivilDateError::Shape).and_then(day_meant_by)
            }
        }
    }

    /// An empty field is no date, not a wrong one.
    pub fn parse_optional(text: &str) -> Result<Option<Self>, CivilDateError> {
        if text.trim().is_empty() { Ok(None) } else { Self::parse(text).map(Some) }
    }

    pub fn year(self) -> u32 {
        self.0.year_ce().1
    }

    pub fn month(self) -> u32 {
        self.0.month()
    }

    pub fn day(self) -> u32 {
        self.0.day()
    }

    /// Saturday or Sunday.
    pub fn is_weekend(self) -> bool {
        matches!(self.0.weekday(), Weekday::Sat | Weekday::Sun)
    }

    /// `None` behind the year 9999.
    pub fn checked_add_days(self, days: u32) -> Option<Self> {
        self.0.checked_add_days(Days::new(days.into())).filter(|day| *day <= Self::LATEST).map(Self)
    }

    /// `None` before the year 1.
    pub fn checked_sub_days(self, days: u32) -> Option<Self> {
        self.0.checked_sub_days(Days::new(days.into())).filter(|day| *day >= Self::EARLIEST).map(Self)
    }

    /// For people: `2026 оны 11 дүгээр сарын 23`, `23 November 2026`.
    pub fn long(self, language: Language) -> String {
        let (year, month, day) = (self.year(), self.month(), self.day());
        match language {
            Language::Mn => format!("{year} оны {month} {} сарын {day}", ordinal_word(month)),
            Language::En => {
                let name = MONTHS_EN.get(self.0.month0() as usize).copied().unwrap_or_default();
                format!("{day} {name} {year}")
            }
        }
    }

    /// For people, as a deadline: `2026 оны 11 дүгээр сарын 23-ны дотор`, `by 23 November 2026`.
    pub fn by(self, language: Language) -> String {
        let day = self.long(language);
        match language {
            Language::Mn => format!("{day}-{} дотор", genitive(self.day())),
            Language::En => format!("by {day}"),
        }
    }

    /// For people, where space is short: `2026.11.23`.
    pub fn short(self) -> String {
        let (year, month, day) = (self.0.year(), self.0.month(), self.0.day());
        format!("{year:04}.{month:02}.{day:02}")
    }

    /// The day that lies so many days from 1970-01-01; beyond the years 1–9999 the nearest day within.
    pub(super) fn from_unix_days(days: i64) -> Self {
        let day =
            i32::try_from(days.saturating_add(UNIX_EPOCH_DAY)).ok().and_then(NaiveDate::from_num_days_from_ce_opt);
        let nearest = if days < 0 { Self::EARLIEST } else { Self::LATEST };
        Self(day.unwrap_or(nearest).clamp(Self::EARLIEST, Self::LATEST))
    }
}

const fn edge(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => NaiveDate::MIN, // never: the edges are real days
    }
}

/// Numerals take their ending after the vowels of the word: нэг, дөрөв, ес (and арван нэг) are front, the rest back.
const fn ordinal_word(month: u32) -> &'static str {
    match month {
        1 | 4 | 9 | 11 => "дүгээр",
        _ => "дугаар",
    }
}

/// As [`ordinal_word`]: of a day the last numeral is what is heard.
const fn genitive(day: u32) -> &'static str {
    match day % 10 {
        1 | 4 | 9 => "ний",
        _ => "ны",
    }
}

/// A year of four digits, then month and day of one or two, with the same sign between.
fn parse_date(text: &str) -> Result<CivilDate, CivilDateError> {
    let separator = text.chars().find(|sign| !sign.is_ascii_digit()).ok_or(CivilDateError::Shape)?;
    if !matches!(separator, '-' | '/' | '.') {
        return Err(CivilDateError::Shape);
    }
    let parts: Vec<&str> = text.split(separator).collect();
    let [year, month, day] = parts[..] else { return Err(CivilDateError::Shape) };
    let number = |part: &str, lengths: RangeInclusive<usize>| {
        let fits = lengths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u32>().ok().filter(|_| fits).ok_or(CivilDateError::Shape)
    };
    CivilDate::new(number(year, 4..=4)?, number(month, 1..=2)?, number(day, 1..=2)?)
}

/// `00:00`, `00:00:00`, `00:00:00.0`: a time that names no zone.
fn is_time_of_day(text: &str) -> bool {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let parts: Vec<&str> = clock.split(':').collect();
    let in_range = |part: &&str, most: u8| {
        part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()) && part.parse::<u8>().is_ok_and(|n| n <= most)
    };
    let fits = match &parts[..] {
        [hour, minute] => in_range(hour, 23) && in_range(minute, 59),
        [hour, minute, second] => in_range(hour, 23) && in_range(minute, 59) && in_range(second, 60),
        _ => false,
    };
    fits && !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit())
}

/// The civil day that a system in Ulaanbaatar meant by a moment. Systems write a day as its midnight, and in the
/// summers of 1983–98, 2001–06 and 2015–16 (tzdata 2025b) midnight was at +09, so that +08 alone would give the day
/// before.
fn day_meant_by(moment: Timestamp) -> Result<CivilDate, CivilDateError> {
    let utc = chrono::DateTime::from_timestamp_millis(moment.unix_ms()).ok_or(CivilDateError::Year)?;
    let had_summer_time =
        matches!(utc.year(), 1983..=1998 | 2001..=2006 | 2015..=2016) && (3..=9).contains(&utc.month());
    let is_summer_midnight = moment.unix_ms().rem_euclid(SECONDS_A_DAY * 1000) == 15 * 3_600_000;
    let offset = TimeDelta::hours(if had_summer_time && is_summer_midnight { 9 } else { 8 });
    let local = utc.naive_utc().checked_add_signed(offset).ok_or(CivilDateError::Year)?;
    let year = u32::try_from(local.year()).map_err(|_| CivilDateError::Year)?;
    CivilDate::new(year, local.month(), local.day())
}

/// ISO 8601: `2026-11-23`.
impl fmt::Display for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for CivilDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CivilDate({self})")
    }
}

impl Rejection for CivilDateError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Shape => "civil_date.shape",
            Self::Year => "civil_date.year",
            Self::Month => "civil_date.month",
            Self::Day => "civil_date.day",
        }
    }
}

text_outside!(CivilDate, CivilDateError, |date| date.to_string());

/// A birth date as the register has it: for some citizens only in words.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum BirthDate {
    Day(CivilDate),
    /// What the register says where it holds no full date. Shown as it is.
    Text(String),
}

impl BirthDate {
    /// From ХУР's `birthDate` and `birthDateAsText`: the first may be empty while the second is filled.
    pub fn from_xyp(birth_date: &str, birth_date_as_text: &str) -> Result<Option<Self>, CivilDateError> {
        if let Some(day) = CivilDate::parse_optional(birth_date)? {
            return Ok(Some(Self::Day(day)));
        }
        let text = birth_date_as_text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        Ok(Some(CivilDate::parse(text).map_or_else(|_| Self::Text(text.to_owned()), Self::Day)))
    }
}

impl fmt::Debug for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BirthDate(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::country::tests::hostile_text;

    fn day(text: &str) -> String {
        CivilDate::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).to_string()
    }

    fn reason(text: &str) -> &'static str {
        CivilDate::parse(text).expect_err(text).reason()
    }

    #[test]
    fn every_shape_of_khur_is_one_day() {
        for text in [
            "1978-01-01",
            "1978-01-01 00:00:00.0",
            "1978-01-01 00:00:00",
            "1978-01-01T00:00:00.000",
            "1978-01-01 23:59",
            "1978/01/01",
            "1978/1/1",
            "1978.01.01",
            " 1978-01-01\n",
        ] {
            assert_eq!(day(text), "1978-01-01", "{text}");
        }
        assert_eq!(day("2042/01/01"), "2042-01-01");
    }

    #[test]
    fn a_date_in_gmt_is_the_day_it_was_in_ulaanbaatar() {
        assert_eq!(day("Tue, 26 Mar 2019 16:00:00 GMT"), "2019-03-27");
        assert_eq!(day("Tue, 26 Mar 2019 15:59:59 GMT"), "2019-03-26");
        assert_eq!(day("2019-03-26T16:00:00Z"), "2019-03-27");
        assert_eq!(day("2019-03-27T00:00:00+08:00"), "2019-03-27");
        assert_eq!(day("2019/03/26 16:00:00.000Z"), "2019-03-27");
    }

    #[test]
    fn a_midnight_of_the_years_with_summer_time_is_not_the_day_before() {
        assert_eq!(day("Sat, 14 Jul 1990 15:00:00 GMT"), "1990-07-15"); // +09 that summer
        assert_eq!(day("Sun, 14 Jan 1990 16:00:00 GMT"), "1990-01-15"); // +08 that winter
        assert_eq!(day("Thu, 14 Jul 1977 17:00:00 GMT"), "1977-07-15"); // +07 until 1978
        assert_eq!(day("Sun, 14 Jul 2019 15:00:00 GMT"), "2019-07-14"); // no summer time any more
    }

    #[test]
    fn an_empty_field_is_no_date_and_a_wrong_one_is_an_error() {
        assert_eq!(CivilDate::parse_optional(" "), Ok(None));
        assert_eq!(CivilDate::parse_optional("2042/01/01").unwrap().unwrap().year(), 2042);
        assert_eq!(CivilDate::parse_optional("үгүй"), Err(CivilDateError::Shape));
    }

    #[test]
    fn an_empty_birth_date_is_looked_for_in_its_text() {
        let known = CivilDate::new(1978, 1, 1).map(BirthDate::Day).ok();

        assert_eq!(BirthDate::from_xyp("1978-01-01 00:00:00.0", ""), Ok(known.clone()));
        assert_eq!(BirthDate::from_xyp("", "1978-01-01 00:00:00.0"), Ok(known));
        assert_eq!(BirthDate::from_xyp("", "1931 оны өвөл"), Ok(Some(BirthDate::Text("1931 оны өвөл".to_owned()))));
        assert_eq!(BirthDate::from_xyp(" ", ""), Ok(None));
        assert_eq!(format!("{:?}", BirthDate::Text("1931 оны өвөл".to_owned())), "BirthDate(…)");
    }

    #[test]
    fn each_wrong_part_has_its_reason() {
        for text in
            ["", "1978", "01-01-1978", "1978-01/01", "1978-01-01 25:00:00", "1978-01-01 00:00:00.", "1978-+1-01"]
        {
            assert_eq!(reason(text), "civil_date.shape", "{text}");
        }
        for text in ["Мягмар, 26 3-р сар 2019", "Tue, 26 Өвл 2019 16:00:00 GMT", "1978-01-01 оны", "197٨-01-01"]
        {
            assert_eq!(reason(text), "civil_date.shape", "{text}");
        }
        assert_eq!(reason("0000-01-01"), "civil_date.year");
        assert_eq!(reason("1978-13-01"), "civil_date.month");
        assert_eq!(reason("1978-00-01"), "civil_date.month");
        assert_eq!(reason("1900-02-29"), "civil_date.day");
    }

    #[test]
    fn the_months_take_the_ending_that_agrees_with_their_vowels() {
        let endings: Vec<&str> = (1..=12).map(ordinal_word).collect();

        let front = "дүгээр";
        let back = "дугаар";
        assert_eq!(endings, [front, back, back, front, back, back, back, back, front, back, front, back]);
    }

    #[test]
    fn the_days_take_the_genitive_that_agrees_with_their_vowels() {
        let front: Vec<u32> = (1..=31).filter(|day| genitive(*day) == "ний").collect();

        assert_eq!(front, [1, 4, 9, 11, 14, 19, 21, 24, 29, 31]);
    }

    #[test]
    fn a_date_for_people_is_written_in_full_or_short() {
        let date = CivilDate::new(2026, 11, 23).unwrap();

        assert_eq!(date.long(Language::Mn), "2026 оны 11 дүгээр сарын 23");
        assert_eq!(date.long(Language::En), "23 November 2026");
        assert_eq!(date.short(), "2026.11.23");
        assert_eq!(date.by(Language::Mn), "2026 оны 11 дүгээр сарын 23-ны дотор");
        assert_eq!(date.by(Language::En), "by 23 November 2026");
        assert_eq!(CivilDate::new(2026, 2, 8).unwrap().long(Language::Mn), "2026 оны 2 дугаар сарын 8");
    }

    proptest! {
        #[test]
        fn no_text_makes_parsing_panic(date in hostile_text(), text in hostile_text()) {
            let _ = (CivilDate::parse(&date), BirthDate::from_xyp(&date, &text));
        }

        #[test]
        fn what_is_shown_reads_back(days in -719_162i64..=2_932_896) {
            let date = CivilDate::from_unix_days(days);
            prop_assert_eq!(CivilDate::parse(&date.to_string()), Ok(date));
            prop_assert_eq!(CivilDate::parse(&date.short()), Ok(date));
            prop_assert_eq!(serde_json::from_str::<CivilDate>(&serde_json::to_string(&date).unwrap()).unwrap(), date);
        }
    }
}
