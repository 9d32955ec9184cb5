//! The two zones of the country, fixed at +08 and +07: no summer time since 2017 (tzdata 2025b).
//!
//! Guarantees: every moment has a civil time in either zone; no table of the platform is asked.

use std::fmt;

use super::{
    Rejection,
    area::{AreaCode, known_area},
    civil_date::CivilDate,
    text_outside,
};
use crate::foundation::clock::Timestamp;

const SECONDS_A_DAY: i64 = 86_400;
/// Баян-Өлгий, Ховд, Увс.
const WESTERN: [AreaCode; 3] = [known_area(83), known_area(84), known_area(85)];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TimeZone {
    #[default]
    Ulaanbaatar,
    /// The three western aimags.
    Hovd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeZoneError {
    #[error("the zones of Mongolia are Asia/Ulaanbaatar and Asia/Hovd")]
    Unknown,
}

impl TimeZone {
    /// From an IANA name, aliases included: Asia/Choibalsan has been one of Asia/Ulaanbaatar since tzdata 2024b.
    pub fn parse(name: &str) -> Result<Self, TimeZoneError> {
        match name.trim() {
            "Asia/Ulaanbaatar" | "Asia/Ulan_Bator" | "Asia/Choibalsan" => Ok(Self::Ulaanbaatar),
            "Asia/Hovd" => Ok(Self::Hovd),
            _ => Err(TimeZoneError::Unknown),
        }
    }

    /// The zone a unit lies in; for the whole country the capital's.
    pub fn of_area(area: AreaCode) -> Self {
        if area.aimag().is_some_and(|aimag| WESTERN.contains(&aimag)) { Self::Hovd } else { Self::Ulaanbaatar }
    }

    pub const fn iana_name(self) -> &'static str {
        match self {
            Self::Ulaanbaatar => "Asia/Ulaanbaatar",
            Self::Hovd => "Asia/Hovd",
        }
    }

    pub const fn utc_offset_s(self) -> i64 {
        match self {
            Self::Ulaanbaatar => 8 * 3600,
            Self::Hovd => 7 * 3600,
        }
    }

    /// What calendar and clock show there at that moment. Moments beyond the years 1–9999 fall on the nearest day, and
    /// those of summers before 2017 are an hour early.
    pub fn civil(self, moment: Timestamp) -> CivilDateTime {
        let local = moment.unix_s().saturating_add(self.utc_offset_s());
        let date = CivilDate::from_unix_days(local.div_euclid(SECONDS_A_DAY));
        let second_of_day = u32::try_from(local.rem_euclid(SECONDS_A_DAY)).unwrap_or_default();
        CivilDateTime { date, second_of_day }
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.iana_name())
    }
}

/// A moment as calendar and clock show it in one zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilDateTime {
    date: CivilDate,
    second_of_day: u32,
}

impl CivilDateTime {
    pub const fn date(self) -> CivilDate {
        self.date
    }

    pub const fn hour(self) -> u32 {
        self.second_of_day / 3600
    }

    pub const fn minute(self) -> u32 {
        self.second_of_day / 60 % 60
    }

    pub const fn second(self) -> u32 {
        self.second_of_day % 60
    }
}

/// For people: `2026.11.23 14:05`.
impl fmt::Display for CivilDateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:02}:{:02}", self.date.short(), self.hour(), self.minute())
    }
}

impl Rejection for TimeZoneError {
    fn reason(&self) -> &'static str {
        match self {
            Self::Unknown => "time_zone.unknown",
        }
    }
}

text_outside!(TimeZone, TimeZoneError, |zone| zone.to_string());

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::country::tests::hostile_text;

    fn moment(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn a_moment_is_shown_as_each_zone_has_it() {
        let t = moment("2026-11-23T16:30:59Z");

        assert_eq!(TimeZone::Ulaanbaatar.civil(t).to_string(), "2026.11.24 00:30");
        assert_eq!(TimeZone::Hovd.civil(t).to_string(), "2026.11.23 23:30");
        assert_eq!(TimeZone::Hovd.civil(t).second(), 59);
    }

    #[test]
    fn summer_is_no_different_from_winter() {
        assert_eq!(TimeZone::Ulaanbaatar.civil(moment("2026-07-11T00:00:00Z")).hour(), 8);
        assert_eq!(TimeZone::Hovd.civil(moment("2026-07-11T00:00:00Z")).hour(), 7);
    }

    #[test]
    fn choibalsan_is_another_name_of_ulaanbaatar() {
        assert_eq!(TimeZone::parse("Asia/Choibalsan"), Ok(TimeZone::Ulaanbaatar));
        assert_eq!(TimeZone::parse("Asia/Ulan_Bator"), Ok(TimeZone::Ulaanbaatar));
        assert_eq!(TimeZone::parse("Asia/Hovd"), Ok(TimeZone::Hovd));
        assert_eq!(TimeZone::parse("Asia/Өлгий").unwrap_err().reason(), "time_zone.unknown");
    }

    #[test]
    fn the_three_western_aimags_live_an_hour_behind() {
        let zone = |text| TimeZone::of_area(AreaCode::parse(text).unwrap());

        for west in ["83", "84", "85", "8301", "850103"] {
            assert_eq!(zone(west), TimeZone::Hovd, "{west}");
        }
        for rest in ["11", "21", "81", "82", "8201", "118501", "MN"] {
            assert_eq!(zone(rest), TimeZone::Ulaanbaatar, "{rest}");
        }
    }

    #[test]
    fn the_ends_of_time_are_shown_as_the_nearest_day() {
        assert_eq!(TimeZone::Hovd.civil(Timestamp::from_unix_ms(i64::MIN)).date().to_string(), "0001-01-01");
        assert_eq!(TimeZone::Hovd.civil(Timestamp::from_unix_ms(i64::MAX)).date().to_string(), "9999-12-31");
        assert_eq!(TimeZone::Ulaanbaatar.civil(Timestamp::from_unix_ms(-1)).to_string(), "1970.01.01 07:59");
    }

    proptest! {
        #[test]
        fn no_name_and_no_moment_makes_it_panic(name in hostile_text(), ms in any::<i64>()) {
            let _ = (TimeZone::parse(&name), TimeZone::Hovd.civil(Timestamp::from_unix_ms(ms)).to_string());
        }
    }
}
