//! The outbox: what it costs that a request is on disk before `submit` returns, and to queue and send a hundred.

use std::{error::Error, time::Duration};

use crate::{
    machine, median,
    phone::Phone,
    rival::{Installed, Rival},
};

/// Promised of the median of what is measured in pairs.
const ENQUEUE: f64 = 2.0;
const AGAINST_NODE: f64 = 0.5;

/// Enqueues, each beside one sync.
const TURNS: usize = 300;

/// Of either side, each of so many requests.
const ROUNDS: usize = 45;
const REQUESTS: usize = 100;

/// Markdown: the figures, and how busy the machine was.
pub(crate) fn page(installed: &Installed) -> Result<String, Box<dyn Error>> {
    let mut phone = Phone::new()?;
    let mut rival = Rival::start(installed, phone.receiver(), phone.body())?;
    phone.round(REQUESTS, true)?; // both are warm
    rival.round(REQUESTS)?;
    let enqueueing = by_turns(TURNS, &mut phone, Phone::enqueued, Phone::synced)?;
    let mut both = (phone, rival);
    let mut rounds = |at_once| {
        by_turns(ROUNDS, &mut both, |(phone, _)| phone.round(REQUESTS, at_once), |(_, rival)| rival.round(REQUESTS))
    };
    let (at_once, in_turn) = (rounds(true)?, rounds(false)?);
    both.1.end()?;
    let queued = |rounds: &[(Round, Round)]| {
        rounds.iter().map(|(ours, theirs)| (ours.queued, theirs.queued)).collect::<Vec<_>>()
    };
    let sent =
        |rounds: &[(Round, Round)]| rounds.iter().map(|(ours, theirs)| (ours.all, theirs.all)).collect::<Vec<_>>();
    let rows = [
        row("durable enqueue, to one fdatasync", &enqueueing, Some(ENQUEUE)),
        row(&format!("{REQUESTS} queued at once, to Node"), &queued(&at_once), None),
        row(&format!("{REQUESTS} queued at once and sent, to Node"), &sent(&at_once), Some(AGAINST_NODE)),
        row(&format!("{REQUESTS} queued one after the other, to Node"), &queued(&in_turn), None),
        row(&format!("{REQUESTS} queued one after the other and sent, to Node"), &sent(&in_turn), None),
    ];
    Ok(format!(
        "{}.\n\n\
         | | p50 (least–most) | beside it, p50 (least–most) | ratio, p50 | promised | |\n|---|---|---|---|---|---|\n{}",
        machine()?,
        rows.concat()
    ))
}

/// One beside the other, either first in its turn.
fn by_turns<S, T>(
    turns: usize,
    both: &mut S,
    mut one: impl FnMut(&mut S) -> Result<T, Box<dyn Error>>,
    mut other: impl FnMut(&mut S) -> Result<T, Box<dyn Error>>,
) -> Result<Vec<(T, T)>, Box<dyn Error>> {
    let turn = |turn: usize| {
        if turn.is_multiple_of(2) {
            let first = one(both)?;
            Ok((first, other(both)?))
        } else {
            let first = other(both)?;
            Ok((one(both)?, first))
        }
    };
    (0..turns).map(turn).collect()
}

fn row(name: &str, pairs: &[(Duration, Duration)], promised: Option<f64>) -> String {
    let ratio = median(pairs.iter().map(|(ours, beside)| ours.as_secs_f64() / beside.as_secs_f64()).collect());
    let spread = |times: Vec<f64>| {
        let (least, most) = times.iter().fold((f64::MAX, 0.0_f64), |(least, most), ms| (least.min(*ms), most.max(*ms)));
        format!("{:.2} ms ({least:.2}–{most:.2})", median(times))
    };
    let ms = |time: &Duration| time.as_secs_f64() * 1000.0;
    let ours = spread(pairs.iter().map(|(ours, _)| ms(ours)).collect());
    let beside = spread(pairs.iter().map(|(_, beside)| ms(beside)).collect());
    let (promised, verdict) = match promised {
        Some(promised) => (format!("≤ {promised:.1}"), if ratio <= promised { "kept" } else { "NOT YET" }),
        None => ("–".to_owned(), ""),
    };
    format!("| {name} | {ours} | {beside} | {ratio:.2} | {promised} | {verdict} |\n")
}

/// What a round took: until the last was on disk, and until the last receipt was.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round {
    pub(crate) queued: Duration,
    pub(crate) all: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_promised_is_judged_by_the_median_of_the_pairs() {
        let ms = Duration::from_millis;
        let pairs = [(ms(10), ms(10)), (ms(30), ms(10)), (ms(10), ms(100))];

        assert!(row("Өө", &pairs, Some(1.0)).ends_with("| 1.00 | ≤ 1.0 | kept |\n"));
        assert!(row("Өө", &pairs, Some(0.5)).ends_with("| 1.00 | ≤ 0.5 | NOT YET |\n"));
        assert!(row("Өө", &pairs, None).starts_with("| Өө | 10.00 ms (10.00–30.00) | 10.00 ms (10.00–100.00) |"));
    }

    #[test]
    fn either_goes_first_in_its_turn() {
        let mut order = String::new();
        let step = |name: char| {
            move |order: &mut String| {
                order.push(name);
                Ok(name)
            }
        };

        let pairs = by_turns(3, &mut order, step('a'), step('b')).unwrap();

        assert_eq!((order.as_str(), pairs), ("abbaab", vec![('a', 'b'); 3]));
    }
}
