//! Which days the state works: Monday to Friday without the public holidays.
//!
//! Guarantees: never an answer beyond the table's years. The lunar days follow no rule; they are expected days until
//! the yearly decree confirms them.

use std::sync::LazyLock;

use super::{Rejection, civil_date::CivilDate, localised::LocalisedText};
use crate::foundation::packed;

/// Source: package holidays 0.109 for Python (MIT). A day off that falls on a weekend moves no other day.
const TABLE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/public_holidays"));
const FIRST_YEAR: u32 = 2020;
const LAST_YEAR: u32 = 2040;

static HOLIDAYS: LazyLock<Vec<(CivilDate, Holiday)>> = LazyLock::new(|| {
    let mut days: Vec<_> = packed::texts(TABLE).iter().flat_map(|text| text.lines().skip(1)).filter_map(row).collect();
    days.sort_unstable_by_key(|(date, _)| *date);
    days
});

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holiday {
    NewYear,
    TsagaanSar,
    WomensDay,
    ChildrensDay,
    BuddhaDay,
    Naadam,
    ChinggisDay,
    RepublicDay,
    IndependenceDay,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WorkingDaysError {
    #[error("public holidays are known from {FIRST_YEAR} to {LAST_YEAR}")]
    OutsideTable,
}

/// Does the state work on that day?
pub fn is_working_day(date: CivilDate) -> Result<bool, WorkingDaysError> {
    Ok(holidays_on(date)?.is_empty() && !date.is_weekend())
}

/// The day on which that many working days have passed, the day after `date` being the first that can count. None have
/// passed on `date` itself, whatever day it is.
pub fn add_working_days(date: CivilDate, days: u32) -> Result<CivilDate, WorkingDaysError> {
    let mut day = within_table(date)?;
    let mut left = days;
    while left > 0 {
        day = day.checked_add_days(1).ok_or(WorkingDaysError::OutsideTable)?;
        left -= u32::from(is_working_day(day)?);
    }
    Ok(day)
}

/// What is celebrated on that day; two holidays can meet (26 November 2030).
pub fn holidays_on(date: CivilDate) -> Result<Vec<Holiday>, WorkingDaysError> {
    let date = within_table(date)?;
    let first = HOLIDAYS.partition_point(|(day, _)| *day < date);
    Ok(HOLIDAYS.iter().skip(first).take_while(|(day, _)| *day == date).map(|(_, holiday)| *holiday).collect())
}

impl Holiday {
    /// Set by the lunar calendar: expected, until the year's decree confirms it.
    pub const fn is_lunar(self) -> bool {
        match self {
            Self::TsagaanSar | Self::BuddhaDay | Self::ChinggisDay => true,
            Self::NewYear
            | Self::WomensDay
            | Self::ChildrensDay
            | Self::Naadam
            | Self::RepublicDay
            | Self::IndependenceDay => false,
        }
    }

    pub fn name(self) -> LocalisedText {
        let (mn, en) = match self {
            Self::NewYear => ("Шинэ жил", "New Year's Day"),
            Self::TsagaanSar => ("Цагаан сар", "Lunar New Year"),
            Self::WomensDay => ("Олон улсын эмэгтэйчүүдийн өдөр", "International Women's Day"),
            Self::ChildrensDay => ("Хүүхдийн баяр", "Children's Day"),
            Self::BuddhaDay => ("Бурхан багшийн Их дүйчин өдөр", "The Buddha's Birthday"),
            Self::Naadam => (
                "Үндэсний их баяр наадам, Ардын хувьсгалын ойн баяр",
                "National Festival and People's Revolution Anniversary",
            ),
            Self::ChinggisDay => ("Их Эзэн Чингис хааны өдөр", "Chinggis Khaan's Birthday"),
            Self::RepublicDay => ("Бүгд Найрамдах Улс тунхагласан өдөр", "Republic Day"),
            Self::IndependenceDay => (
                "Үндэсний эрх чөлөө, тусгаар тогтнолоо сэргээсний баярын өдөр",
                "National Freedom and Independence Day",
            ),
        };
        LocalisedText::new(mn, en)
    }
}

fn within_table(date: CivilDate) -> Result<CivilDate, WorkingDaysError> {
    if (FIRST_YEAR..=LAST_YEAR).contains(&date.year()) { Ok(date) } else { Err(WorkingDaysError::OutsideTable) }
}

/// `2026-02-18,tsagaan_sar,lunar`. The third field is for the reader of the table; a test holds it to `is_lunar`.
fn row(line: &str) -> Option<(CivilDate, Holiday)> {
    let mut fields = line.split(',');
    let date = CivilDate::parse(fields.next()?).ok()?;
    let holiday = match fields.next()? {
        "new_year" => Holiday::NewYear,
        "tsagaan_sar" => Holiday::TsagaanSar,
        "womens_day" => Holiday::WomensDay,
        "childrens_day" => Holiday::ChildrensDay,
        "buddha_day" => Holiday::BuddhaDay,
        "naadam" => Holiday::Naadam,
        "chinggis_day" => Holiday::ChinggisDay,
        "republic_day" => Holiday::RepublicDay,
        "independence_day" => Holiday::IndependenceDay,
        _ => return None,
    };
    Some((date, holiday))
}

impl Rejection for WorkingDaysError {
    fn reason(&self) -> &'static str {
        match self {
            Self::OutsideTable => "working_days.outside_table",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> CivilDate {
        CivilDate::parse(text).unwrap()
    }

    fn celebrated(text: &str) -> Vec<Holiday> {
        holidays_on(day(text)).unwrap()
    }

    #[test]
    fn every_line_of_the_table_is_read_and_marked_rightly() {
        let lines: Vec<&str> = packed::texts(TABLE)[0].lines().skip(1).collect();

        for line in &lines {
            let (date, holiday) = row(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(line.ends_with(",lunar"), holiday.is_lunar(), "{line}");
            assert!(within_table(date).is_ok(), "{line}");
        }
        assert_eq!(lines.len(), 333);
        assert_eq!(HOLIDAYS.len(), lines.len());
    }

    #[test]
    fn every_year_has_three_days_of_tsagaan_sar_and_one_of_each_single_holiday() {
        for year in FIRST_YEAR..=LAST_YEAR {
            let count = |wanted| HOLIDAYS.iter().filter(|(date, h)| date.year() == year && *h == wanted).count();
            assert_eq!(count(Holiday::TsagaanSar), 3, "{year}");
            assert_eq!(count(Holiday::Naadam), if year < 2023 { 5 } else { 6 }, "{year}");
            for single in [
                Holiday::NewYear,
                Holiday::WomensDay,
                Holiday::ChildrensDay,
                Holiday::BuddhaDay,
                Holiday::ChinggisDay,
                Holiday::RepublicDay,
                Holiday::IndependenceDay,
            ] {
                assert_eq!(count(single), 1, "{year} {single:?}");
            }
        }
    }

    #[test]
    fn the_lunar_days_of_2026_and_2027_are_where_they_were_computed() {
        for date in ["2026-02-18", "2026-02-19", "2026-02-20", "2027-02-07", "2027-02-08", "2027-02-09"] {
            assert_eq!(celebrated(date), [Holiday::TsagaanSar], "{date}");
        }
        assert_eq!([celebrated("2026-05-31"), celebrated("2027-05-20")], [[Holiday::BuddhaDay]; 2]);
        assert_eq!([celebrated("2026-11-10"), celebrated("2027-11-29")], [[Holiday::ChinggisDay]; 2]);
    }

    #[test]
    fn two_holidays_can_meet_on_one_day() {
        assert_eq!(celebrated("2030-11-26").len(), 2);
        assert_eq!(is_working_day(day("2030-11-26")), Ok(false));
    }

    #[test]
    fn weekends_and_holidays_are_free_and_other_days_are_not() {
        assert_eq!(is_working_day(day("2026-11-23")), Ok(true)); // a Monday
        assert_eq!(is_working_day(day("2026-11-26")), Ok(false)); // Republic Day, a Thursday
        assert_eq!(is_working_day(day("2026-11-28")), Ok(false)); // a Saturday
    }

    #[test]
    fn five_working_days_over_republic_day_end_a_week_later() {
        assert_eq!(add_working_days(day("2026-11-23"), 5), Ok(day("2026-12-01")));
    }

    #[test]
    fn a_week_of_naadam_delays_by_a_week() {
        assert_eq!(add_working_days(day("2026-07-09"), 1), Ok(day("2026-07-16")));
    }

    #[test]
    fn no_working_day_has_passed_on_the_day_itself() {
        assert_eq!(add_working_days(day("2026-11-28"), 0), Ok(day("2026-11-28")));
        assert_eq!(add_working_days(day("2026-11-28"), 1), Ok(day("2026-11-30")));
    }

    #[test]
    fn outside_the_table_there_is_no_answer() {
        assert_eq!(is_working_day(day("2019-12-31")), Err(WorkingDaysError::OutsideTable));
        assert_eq!(holidays_on(day("2041-01-01")), Err(WorkingDaysError::OutsideTable));
        assert_eq!(add_working_days(day("2019-12-31"), 0), Err(WorkingDaysError::OutsideTable));
        assert_eq!(add_working_days(day("2040-12-31"), 1), Err(WorkingDaysError::OutsideTable));
        assert_eq!(add_working_days(day("2020-01-01"), u32::MAX), Err(WorkingDaysError::OutsideTable));
    }

    #[test]
    fn every_holiday_has_a_name_in_both_languages() {
        assert_eq!(Holiday::Naadam.name().mn, "Үндэсний их баяр наадам, Ардын хувьсгалын ойн баяр");
        assert_eq!(Holiday::ChildrensDay.name().en.as_deref(), Some("Children's Day"));
    }

    proptest! {
        #[test]
        fn the_day_found_is_a_working_day_with_as_many_before_it(offset in 0u32..7_000, wanted in 1u32..60) {
            let start = day("2020-01-01").checked_add_days(offset).unwrap();

            let end = add_working_days(start, wanted).unwrap();

            let passed = std::iter::successors(start.checked_add_days(1), |d| d.checked_add_days(1))
                .take_while(|d| *d <= end)
                .filter(|d| is_working_day(*d).unwrap())
                .count();
            prop_assert!(is_working_day(end).unwrap());
            prop_assert_eq!(passed, wanted as usize);
        }
    }
}
