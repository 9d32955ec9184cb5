//! What a person reads: how far it is, and in the end a table.

use std::{fmt::Write as _, time::Duration};

use crate::{
    Campaign, Tally,
    campaign::{Harm, Promise},
};

/// So many of the harms are told in full.
const TOLD: usize = 10;

/// `pin 120/1000, 11.8 a second, 75 s left`
pub fn progress(name: &str, done: usize, of: usize, took: Duration) -> String {
    let rate = done as f64 / took.as_secs_f64().max(0.001);
    let left = of.saturating_sub(done) as f64 / rate.max(0.001);
    format!("{name} {done}/{of}, {rate:.1} a second, {left:.0} s left")
}

/// A campaign that was run, and its control.
pub struct Done<'a> {
    pub campaign: &'a dyn Campaign,
    pub tally: Tally,
    pub control: Tally,
    pub took: Duration,
}

impl Done<'_> {
    /// Nothing was harmed, something was cut, and the control was harmed.
    pub fn holds(&self) -> bool {
        self.tally.harm.is_empty() && self.tally.cut > 0 && !self.control.harm.is_empty()
    }

    fn cells(&self) -> Vec<String> {
        let Self { campaign, tally, control, took } = self;
        let harm = |harm| if campaign.harms().contains(&harm) { tally.of(harm).to_string() } else { "–".to_owned() };
        let broken = match control.harm.first() {
            Some((harm, _)) => format!("{}: {} in run {}", campaign.control(), harm.name(), control.runs),
            None => format!("{}: NOTHING HARMED in {} runs", campaign.control(), control.runs),
        };
        let rate = format!("{:.1}", tally.runs as f64 / took.as_secs_f64().max(0.001));
        let counts = [tally.runs.to_string(), tally.cut.to_string()];
        let harms = Harm::ALL.into_iter().map(harm);
        [campaign.name().to_owned()].into_iter().chain(counts).chain(harms).chain([rate, broken]).collect()
    }
}

/// One row a campaign; below, what was counted besides and what was harmed.
pub fn table(done: &[Done<'_>]) -> String {
    let heads = ["campaign", "runs", "cut"].into_iter().chain(Harm::ALL.map(Harm::name));
    let heads: Vec<String> = heads.chain(["runs/s", "control"]).map(str::to_owned).collect();
    let rows: Vec<_> = std::iter::once(heads).chain(done.iter().map(Done::cells)).collect();
    let columns = rows[0].len();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for row in &rows {
        for (column, cell) in row.iter().enumerate() {
            let width = width(column);
            let _ = match column {
                0 => write!(text, "{cell:width$}"),
                last if last == columns - 1 => write!(text, "  {cell}"),
                _ => write!(text, "  {cell:>width$}"),
            };
        }
        text.push('\n');
    }
    for Done { campaign, tally, .. } in done {
        for (note, count) in &tally.notes {
            let _ = writeln!(text, "{}: {note} {count} times", campaign.name());
        }
        for (harm, told) in tally.harm.iter().take(TOLD) {
            let _ = writeln!(text, "{}: {}: {told}", campaign.name(), harm.name().to_uppercase());
        }
    }
    text
}

/// Of each promise that any of them is about: how much of it was tried, and whether it held.
pub fn promises(done: &[Done<'_>]) -> String {
    let mut text = String::new();
    for promise in Promise::ALL {
        let its: Vec<_> = done.iter().filter(|one| one.campaign.promise() == Some(promise)).collect();
        if its.is_empty() {
            continue;
        }
        let sum = |of: fn(&Tally) -> usize| its.iter().map(|one| of(&one.tally)).sum::<usize>();
        let (runs, harmed) = (sum(|tally| tally.runs), sum(|tally| tally.harm.len()));
        let verdict = match (its.iter().all(|one| one.holds()), runs >= promise.runs()) {
            (false, _) => "BROKEN",
            (true, false) => "held, and NOT YET as often as promised",
            (true, true) => "kept",
        };
        let (name, promised) = (promise.name(), promise.runs());
        let _ = writeln!(text, "{name}: promised {promised} runs, measured {runs}, {harmed} harmed: {verdict}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaigns;

    fn done(harm: &[Harm], of_control: &[Harm]) -> Done<'static> {
        let tally = |harm: &[Harm]| Tally {
            runs: 1000,
            cut: 998,
            harm: harm.iter().map(|harm| (*harm, "Өө".to_owned())).collect(),
            notes: [("Үү", 3)].into(),
        };
        let campaign = campaigns::ALL[0];
        Done { campaign, tally: tally(harm), control: tally(of_control), took: Duration::from_secs(50) }
    }

    #[test]
    fn it_holds_only_where_nothing_was_harmed_and_the_control_was() {
        assert!(done(&[], &[Harm::Doubled]).holds());
        assert!(!done(&[], &[]).holds());
        assert!(!done(&[Harm::Lost], &[Harm::Doubled]).holds());
    }

    #[test]
    fn the_table_says_what_was_looked_for_and_what_was_found() {
        let told = table(&[done(&[Harm::Lost], &[Harm::Doubled])]);

        let row: Vec<_> = told.lines().nth(1).unwrap().split_whitespace().take(9).collect();
        assert_eq!(row, ["send", "1000", "998", "1", "0", "0", "–", "–", "20.0"]);
        assert!(told.contains("doubled in run 1000") && told.contains("send: Үү 3 times"), "{told}");
        assert!(told.contains("send: LOST: Өө"), "{told}");
    }

    #[test]
    fn a_promise_is_kept_by_all_of_its_campaigns_together_or_not_at_all() {
        let ten = |harm: &[Harm]| (0..10).map(|_| done(harm, &[Harm::Doubled])).collect::<Vec<_>>();

        assert!(promises(&ten(&[])).contains("promised 10000 runs, measured 10000, 0 harmed: kept"));
        assert!(promises(&ten(&[])[..9]).contains("measured 9000, 0 harmed: held, and NOT YET"));
        assert!(promises(&ten(&[Harm::Lost])).contains("10 harmed: BROKEN"));
        assert!(promises(&[done(&[], &[])]).contains("BROKEN"), "a control that holds");
    }

    #[test]
    fn progress_tells_what_is_left() {
        let told = progress("pin", 120, 1000, Duration::from_secs(10));

        assert_eq!(told, "pin 120/1000, 12.0 a second, 73 s left");
    }
}
