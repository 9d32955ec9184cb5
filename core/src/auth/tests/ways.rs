//! The states that what `auth` meets leads to, and the ways there, as the machine has them.

use std::collections::{HashMap, HashSet, VecDeque};

use super::super::machine::{End, Event, Facts, Life, Lock, Refused, Session};

/// What `auth` meets, and what the app asks it of. Push hints are met by the app, behind its gate.
pub(super) const EVENTS: [Event; 20] = [
    Event::BeginSignIn,
    Event::SameCitizen,
    Event::OtherCitizen,
    Event::BadCallback,
    Event::TenMinutes,
    Event::TokenEnds,
    Event::Renewed(End::Far),
    Event::Renewed(End::Near),
    Event::Renewed(End::Past),
    Event::RenewalFailed,
    Event::InvalidGrant,
    Event::EndNear,
    Event::EndPassed,
    Event::Lock,
    Event::Unlock,
    Event::WrongPin,
    Event::LastWrongPin,
    Event::SignOut,
    Event::Erase,
    Event::WipeEnded,
];

/// The facts after `event`, as the machine has them. A lock waits for a renewal that is on its way; here whoever signs in
/// sets a PIN at once.
pub(super) fn after(facts: Facts, event: Event) -> Result<Facts, Refused> {
    let locks = event == Event::Lock && facts.lock == Lock::Open;
    let landed = if locks && facts.flight { facts.step(Event::Renewed(End::Far))? } else { facts };
    let found = landed.step(event)?;
    Ok(if event == Event::SameCitizen { Facts { lock: Lock::Open, ..found } } else { found })
}

/// Where nobody has been, nobody is another.
pub(super) fn can_come(facts: Facts, event: Event) -> bool {
    event != Event::OtherCitizen || facts.session != Session::None || facts.life == Life::Wiping || !facts.attempt
}

/// A wipe hides all else.
pub(super) fn as_seen(facts: Facts) -> Facts {
    match facts.life {
        Life::Wiping => Facts { life: Life::Wiping, ..Facts::default() },
        Life::Open => facts,
    }
}

/// Every state that the events lead to, with the way there.
pub(super) fn reachable() -> HashMap<Facts, Vec<Event>> {
    let mut ways = HashMap::from([(Facts::default(), Vec::new())]);
    let mut next = VecDeque::from([Facts::default()]);
    while let Some(facts) = next.pop_front() {
        for event in EVENTS.into_iter().filter(|event| can_come(facts, *event)) {
            let Ok(found) = after(facts, event).map(as_seen) else { continue };
            if !ways.contains_key(&found) {
                let way = ways[&facts].iter().copied().chain([event]).collect();
                ways.insert(found, way);
                next.push_back(found);
            }
        }
    }
    ways
}

/// From where the walk stands to the nearest state in which an event has not been met.
pub(super) fn way_to_the_next(from: Facts, left: &HashSet<(Facts, Event)>) -> Option<Vec<Event>> {
    let (mut seen, mut next) = (HashSet::from([from]), VecDeque::from([(from, Vec::new())]));
    while let Some((facts, way)) = next.pop_front() {
        for event in EVENTS {
            let on = || way.iter().copied().chain([event]).collect::<Vec<_>>();
            if left.contains(&(facts, event)) {
                return Some(on());
            }
            if can_come(facts, event)
                && let Ok(found) = after(facts, event).map(as_seen)
                && seen.insert(found)
            {
                next.push_back((found, on()));
            }
        }
    }
    None
}
