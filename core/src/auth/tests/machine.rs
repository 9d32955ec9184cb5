//! Every event in every state, held against the table that people read.

use std::{collections::HashMap, time::Duration};

use super::super::machine::{End, Event, Facts, Life, Lock, Phase, Refused, Session};

const BOOK: &str = include_str!("../../../docs/session.md");

/// All events, by the name that the table gives them.
pub(super) const EVENTS: [(Event, &str); 21] = [
    (Event::BeginSignIn, "begin sign-in or step-up"),
    (Event::SameCitizen, "good callback, same citizen"),
    (Event::OtherCitizen, "good callback, other citizen"),
    (Event::BadCallback, "bad, declined or late callback"),
    (Event::TenMinutes, "ten minutes"),
    (Event::TokenEnds, "access token at its end"),
    (Event::Renewed(End::Far), "renewed, its end far"),
    (Event::Renewed(End::Near), "renewed, its end near"),
    (Event::Renewed(End::Past), "renewed, its end past"),
    (Event::RenewalFailed, "renewal failed (network, 5xx, disk)"),
    (Event::InvalidGrant, "invalid_grant of the stored tokens"),
    (Event::EndNear, "end near"),
    (Event::EndPassed, "end passed"),
    (Event::Lock, "lock"),
    (Event::Unlock, "right PIN or biometric release"),
    (Event::WrongPin, "wrong PIN, one of the first nine"),
    (Event::LastWrongPin, "the tenth wrong PIN"),
    (Event::PushHint, "push hint"),
    (Event::SignOut, "sign-out"),
    (Event::Erase, "erase everything"),
    (Event::WipeEnded, "last step of the wipe"),
];

const PHASES: [(Phase, &str); 8] = [
    (Phase::SignedOut, "SignedOut"),
    (Phase::SigningIn, "SigningIn"),
    (Phase::Active, "Active"),
    (Phase::Refreshing, "Refreshing"),
    (Phase::ExpiringSoon, "ExpiringSoon"),
    (Phase::Expired, "Expired"),
    (Phase::Locked, "Locked"),
    (Phase::Wiping, "Wiping"),
];

/// Every state there can be.
pub(super) fn all_facts() -> Vec<Facts> {
    let mut all = Vec::new();
    for life in [Life::Open, Life::Wiping] {
        for lock in [Lock::None, Lock::Open, Lock::Shut, Lock::Spent] {
            for session in [
                Session::None,
                Session::Live(End::Far),
                Session::Live(End::Near),
                Session::Live(End::Past),
                Session::Ended,
            ] {
                for (attempt, flight) in [(false, false), (false, true), (true, false), (true, true)] {
                    all.push(Facts { life, lock, session, attempt, flight });
                }
            }
        }
    }
    all.retain(can_be);
    all
}

/// A lock is a session's; spent PINs have taken the tokens with them; only stored tokens are renewed.
fn can_be(facts: &Facts) -> bool {
    let live = matches!(facts.session, Session::Live(_));
    (facts.lock == Lock::None || facts.session != Session::None)
        && !(facts.lock == Lock::Spent && live)
        && (!facts.flight || live)
}

/// The table's cells by event and phase.
fn table() -> HashMap<(&'static str, &'static str), &'static str> {
    let rows = BOOK.lines().filter(|line| line.starts_with('|') && !line.starts_with("|---"));
    let mut rows = rows.map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>());
    let head = rows.next().unwrap();
    assert_eq!(head[1..], PHASES.map(|(_, name)| name));
    let cells = rows.flat_map(|row| {
        assert_eq!(row.len(), head.len(), "{row:?}");
        let event = row[0];
        head[1..]
            .iter()
            .copied()
            .zip(row[1..].to_vec())
            .map(move |(phase, cell)| ((event, phase), cell))
            .collect::<Vec<_>>()
    });
    cells.collect()
}

/// What the cell says of these facts: the first alternative whose condition holds.
fn outcome<'a>(cell: &'a str, facts: &Facts) -> &'a str {
    for alternative in cell.split(';').map(str::trim) {
        let Some((condition, outcome)) = alternative.split_once(": ") else { return alternative };
        let holds = match condition {
            "attempt" => facts.attempt,
            "spent" => facts.lock == Lock::Spent,
            "no PIN" => facts.lock == Lock::None,
            "past" => facts.session == Session::Live(End::Past),
            "else" => true,
            other => panic!("no such condition: {other}"),
        };
        if holds {
            return outcome;
        }
    }
    panic!("nothing said of {facts:?} in {cell}");
}

fn name(phase: Phase) -> &'static str {
    PHASES.iter().find(|(one, _)| *one == phase).unwrap().1
}

#[test]
fn every_event_in_every_state_does_what_the_table_says() {
    let table = table();
    let mut used = HashMap::new();
    for facts in all_facts() {
        for (event, row) in EVENTS {
            let place = (row, name(facts.phase()));
            let cell = table.get(&place).unwrap_or_else(|| panic!("the table says nothing of {place:?}"));
            let said = outcome(cell, &facts);
            used.insert(place, ());
            let found = facts.step(event);

            let right = match said {
                "–" | "same" => found == Ok(facts),
                "beneath" => found == Ok(Facts { attempt: false, ..facts }),
                "landed" => found == Ok(Facts { flight: false, ..facts }),
                "opened" => found == Ok(Facts { lock: Lock::Open, ..facts }),
                "✗ Locked" => found == Err(Refused::Locked),
                "✗ SignInRequired" => found == Err(Refused::SignInRequired),
                "✗ NotAvailable" => found == Err(Refused::NotAvailable),
                "✗ UnknownState" => found == Err(Refused::UnknownState),
                phase => found.is_ok_and(|after| name(after.phase()) == phase),
            };
            assert!(right, "{row} in {facts:?}: the table says {said}, the machine {found:?}");
        }
    }
    assert_eq!(used.len(), table.len(), "a row or a column that no state comes to");
}

#[test]
fn no_event_leads_to_facts_that_can_not_be_together() {
    for facts in all_facts() {
        for (event, _) in EVENTS {
            if let Ok(after) = facts.step(event) {
                assert!(can_be(&after), "{event:?} in {facts:?}: {after:?}");
            }
        }
    }
}

#[test]
fn whose_installation_it_is_is_forgotten_by_the_last_step_of_a_wipe_and_by_nothing_else() {
    for facts in all_facts().into_iter().filter(|facts| facts.session != Session::None) {
        for (event, _) in EVENTS {
            let Ok(after) = facts.step(event) else { continue };
            let forgotten = after.session == Session::None;
            let wiped = facts.life == Life::Wiping && event == Event::WipeEnded;
            assert_eq!(forgotten, wiped, "{event:?} in {facts:?}");
        }
    }
}

#[test]
fn a_locked_core_opens_to_its_citizen_or_is_wiped_and_does_nothing_else() {
    for facts in all_facts().into_iter().filter(|facts| facts.phase() == Phase::Locked) {
        for (event, _) in EVENTS {
            let Ok(after) = facts.step(event) else { continue };
            if after.phase() == Phase::Locked {
                continue;
            }
            let spent = facts.lock == Lock::Spent;
            let by_its_citizen = if spent { Event::BeginSignIn } else { Event::Unlock };
            let to_the_one_way_left = event == Event::LastWrongPin && facts.attempt;
            let wiped = event == Event::Erase || (event == Event::SignOut && spent);
            let allowed = event == by_its_citizen || to_the_one_way_left || wiped;
            assert!(allowed, "{event:?} in {facts:?}: {after:?}");
        }
    }
}

#[test]
fn a_wipe_that_has_begun_ends_with_nobody_signed_in() {
    for facts in all_facts().into_iter().filter(|facts| facts.life == Life::Wiping) {
        for (event, _) in EVENTS {
            let Ok(after) = facts.step(event) else { continue };
            let expected = if event == Event::WipeEnded { Phase::SignedOut } else { Phase::Wiping };
            assert_eq!(after.phase(), expected, "{event:?} in {facts:?}");
        }
    }
}

#[test]
fn a_refusal_by_a_server_ends_a_session_only_while_it_is_asked() {
    for facts in all_facts() {
        let Ok(after) = facts.step(Event::InvalidGrant) else { continue };
        let ended = after.session == Session::Ended && facts.session != Session::Ended;
        assert_eq!(ended, facts.flight && facts.life == Life::Open, "{facts:?}");
    }
}

#[test]
fn the_end_is_near_a_tenth_ahead_a_week_at_most_and_no_sooner_than_all_are_told() {
    use crate::foundation::clock::Timestamp;
    const DAY: i64 = 24 * 3600;
    let at = |days: i64| Timestamp::from_unix_s(days * DAY);
    let days = |days: u64| Duration::from_secs(days * 24 * 3600);

    for (begun, ends, warn, now, expected) in [
        (Some(at(0)), Some(at(30)), Duration::MAX, at(26), End::Far),
        (Some(at(0)), Some(at(30)), Duration::MAX, at(27), End::Near),
        (Some(at(0)), Some(at(180)), Duration::MAX, at(172), End::Far),
        (Some(at(0)), Some(at(180)), Duration::MAX, at(173), End::Near),
        (Some(at(0)), Some(at(180)), days(30), at(172), End::Far),
        (Some(at(0)), Some(at(180)), days(2), at(177), End::Far),
        (Some(at(0)), Some(at(180)), days(2), at(178), End::Near),
        (Some(at(0)), Some(at(30)), days(0), at(29), End::Far),
        (Some(at(0)), Some(at(30)), Duration::MAX, at(30), End::Past),
        (None, Some(at(30)), Duration::MAX, at(23), End::Near),
        (None, Some(at(30)), Duration::MAX, at(22), End::Far),
        (Some(at(0)), None, Duration::MAX, at(1_000), End::Far),
    ] {
        assert_eq!(End::of(begun, ends, warn, now), expected, "{begun:?} {ends:?} {warn:?} {now}");
    }
}
