//! Moments as people here write them. Ulaanbaatar's time, whoever looks.

use chrono::{DateTime, Datelike as _, FixedOffset, Timelike as _};
use maud::{Markup, html};

use super::language::Lang;
use crate::state::rfc3339;

/// +08 all year since 2017.
const ULAANBAATAR_S: i32 = 8 * 3600;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// «2026 оны 11 сарын 23, 11:05»; `23 Nov 2026, 11:05`.
pub(super) fn full(lang: Lang, ms: i64) -> Markup {
    let at = in_ulaanbaatar(ms);
    let (year, month, day, hour, minute) = (at.year(), at.month(), at.day(), at.hour(), at.minute());
    let shown = match lang {
        Lang::Mn => format!("{year} оны {month} сарын {day}, {hour:02}:{minute:02}"),
        Lang::En => english(at),
    };
    html! { time datetime=(rfc3339(ms)) { (shown) } }
}

/// «2026.11.23 11:05», as in tables here.
pub(super) fn short(lang: Lang, ms: i64) -> Markup {
    let at = in_ulaanbaatar(ms);
    let shown = match lang {
        Lang::Mn => {
            format!("{}.{:02}.{:02} {:02}:{:02}", at.year(), at.month(), at.day(), at.hour(), at.minute())
        }
        Lang::En => english(at),
    };
    html! { time datetime=(rfc3339(ms)) { (shown) } }
}

/// Of a time as on the wire.
pub(super) fn from_wire(rfc3339: &str) -> i64 {
    DateTime::parse_from_rfc3339(rfc3339).map_or(0, |at| at.timestamp_millis())
}

fn english(at: DateTime<FixedOffset>) -> String {
    let month = MONTHS[at.month0() as usize % MONTHS.len()];
    format!("{} {month} {}, {:02}:{:02}", at.day(), at.year(), at.hour(), at.minute())
}

fn in_ulaanbaatar(ms: i64) -> DateTime<FixedOffset> {
    let utc = DateTime::from_timestamp_millis(ms).unwrap_or_default();
    FixedOffset::east_opt(ULAANBAATAR_S).map_or_else(|| utc.fixed_offset(), |zone| utc.with_timezone(&zone))
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_moment_is_ulaanbaatars_and_reads_as_people_write_it() {
        let new_year = from_wire("2026-12-31T16:05:00.000Z");

        let shown = |markup: Markup| markup.into_string();
        assert!(shown(full(Lang::Mn, new_year)).contains(">2027 оны 1 сарын 1, 00:05<"));
        assert!(shown(full(Lang::En, new_year)).contains(">1 Jan 2027, 00:05<"));
        assert!(shown(short(Lang::Mn, new_year)).contains(">2027.01.01 00:05<"));
        assert!(shown(short(Lang::Mn, new_year)).contains("datetime=\"2026-12-31T16:05:00.000Z\""));
    }
}
