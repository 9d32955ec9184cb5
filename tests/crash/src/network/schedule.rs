//! What goes wrong, and when: drawn from a seed, so that it goes wrong again.

use std::time::Duration;

use emongolia_core::foundation::crypto::digest::sha256;
use emongolia_support::{
    fault_proxy::{Direction, Fault},
    processes::{FaultKind, ServerFault},
};

use super::deed::Deed;
use crate::campaigns::send::Backend;

/// At most so much goes wrong in one schedule.
const TROUBLES: u64 = 4;

/// Somewhere within a handshake, a request and its answer.
const BYTES: u64 = 9_000;

/// How long a trouble on the wire lasts. Short: what takes longer than anybody waits ends in a cut as well.
const LASTS_MS: u64 = 120;

/// A late request comes so late, or later.
const LATE_MS: u64 = 400;
/// Later than an unanswered `create` may land.
const LATE_MS_PUBLISHED: u64 = 150_000;

/// Of so many citizens one gives up what was not taken, and begins anew.
const GIVES_UP: u64 = 4;

/// What is said by whoever stands on the way: moved, not allowed, not found, in conflict, gone.
const PAGES: [u16; 5] = [302, 403, 404, 409, 410];

/// What is to be done, and what goes wrong meanwhile.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    pub(super) deed: Deed,
    /// What needs the citizen is called off where it may be, and done anew. Then nothing comes late: what the gateway did not
    /// know of when it was called off, and hears after that, no key stops.
    pub(super) gives_up: bool,
    pub(super) troubles: Vec<Trouble>,
}

/// One thing that goes wrong.
#[derive(Debug, Clone)]
pub(super) enum Trouble {
    /// On the wire, for so long.
    Wire(Fault, Duration),
    /// No network at all, for so long.
    Gone(Duration),
    /// At the other side, at one of the next calls.
    There(ServerFault),
}

/// A generator of numbers that are the same for the same seed.
struct Dice {
    seed: u64,
    thrown: u64,
}

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.thrown += 1;
        let digest = sha256(format!("{} {}", self.seed, self.thrown).as_bytes());
        digest.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte)) % end
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap_or(0)]
    }
}

pub(super) fn schedule(seed: u64, backend: Backend, deeds: &[Deed]) -> Schedule {
    let mut dice = Dice { seed, thrown: 0 };
    let deed = dice.one_of(deeds);
    let gives_up = dice.below(GIVES_UP) == 0 && deed != Deed::Look; // which changes nothing, and is not asked for twice
    let calls = deed.calls(backend);
    let troubles = (0..=dice.below(TROUBLES)).map(|_| match gives_up {
        true => there(&mut dice, backend, calls, &[Kind::Lost, Kind::Page, Kind::Page, Kind::Busy, Kind::Garbled]),
        false => trouble(&mut dice, backend, calls),
    });
    Schedule { deed, gives_up, troubles: troubles.collect() }
}

fn trouble(dice: &mut Dice, backend: Backend, calls: &[&'static str]) -> Trouble {
    let lasts = Duration::from_millis(dice.below(LASTS_MS));
    let direction = dice.one_of(&[Direction::ToServer, Direction::ToClient]);
    match dice.below(8) {
        0 => Trouble::Wire(Fault::Cut { direction, bytes: dice.below(BYTES) }, lasts),
        1 => Trouble::Wire(Fault::Stall { direction, bytes: dice.below(BYTES) }, lasts),
        2 => {
            let pause = Duration::from_millis(1);
            Trouble::Wire(Fault::Drip { direction, bytes: 64 + dice.below(512), pause }, lasts)
        }
        3 => Trouble::Wire(Fault::Refuse, lasts),
        4 => Trouble::Gone(lasts),
        _ => there(dice, backend, calls, &Kind::ALL),
    }
}

/// What the other side, or somebody before it, does to a call.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Lost,
    Page,
    Busy,
    Garbled,
    Twice,
    Late,
}

impl Kind {
    const ALL: [Self; 8] =
        [Self::Lost, Self::Lost, Self::Page, Self::Page, Self::Busy, Self::Garbled, Self::Twice, Self::Late];
}

/// On the API of 2021 nothing comes twice, which no client can undo; late comes only what its token bounds.
fn there(dice: &mut Dice, backend: Backend, calls: &[&'static str], kinds: &[Kind]) -> Trouble {
    let call = dice.one_of(calls);
    let kind = match (dice.one_of(kinds), backend) {
        (Kind::Lost, _) => FaultKind::DropReply,
        (Kind::Page, _) => FaultKind::Page { status: dice.one_of(&PAGES), effect: dice.below(2) == 0 },
        (Kind::Busy, _) => FaultKind::Status { status: dice.one_of(&[500, 502, 503, 504, 429]), retry_after: None },
        (Kind::Garbled, _) => FaultKind::Garbage,
        (Kind::Twice, Backend::Gateway) => FaultKind::Duplicate,
        (Kind::Late, Backend::Gateway) => FaultKind::Late { ms: dice.below(LATE_MS) },
        (Kind::Late, Backend::Published) if call == "publishedCreate" => {
            FaultKind::Late { ms: dice.below(LATE_MS_PUBLISHED) }
        }
        (Kind::Twice | Kind::Late, Backend::Published) => FaultKind::Cut,
    };
    Trouble::There(ServerFault::next(call, kind).after(u32::try_from(dice.below(2)).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_schedule_and_all_that_can_go_wrong_does() {
        let told = |seed, backend| format!("{:?}", schedule(seed, backend, Deed::all(backend)));

        assert_eq!(told(7, Backend::Gateway), told(7, Backend::Gateway));
        let all = |backend| (0..200).map(|seed| told(seed, backend)).collect::<String>();
        let (gateway, published) = (all(Backend::Gateway), all(Backend::Published));
        let pages = ["effect: true", "effect: false"];
        for trouble in ["Cut", "Stall", "Drip", "Refuse", "Gone", "DropReply", "Status", "Garbage", "Late"]
            .into_iter()
            .chain(pages)
        {
            assert!(gateway.contains(trouble) && published.contains(trouble), "{trouble}");
        }
        for deed in Deed::all(Backend::Gateway) {
            assert!(gateway.contains(&format!("{deed:?}")), "{deed:?}");
        }
        assert!(gateway.contains("Duplicate") && !published.contains("Duplicate"));
    }

    #[test]
    fn whoever_gives_up_does_so_with_nothing_on_its_way() {
        for backend in [Backend::Gateway, Backend::Published] {
            let all = (0..200).map(|seed| schedule(seed, backend, Deed::all(backend)));
            let given_up: Vec<_> = all.filter(|one| one.gives_up).collect();

            assert!(!given_up.is_empty());
            let on_its_way = |trouble: &Trouble| {
                let told = format!("{trouble:?}");
                !told.starts_with("There") || told.contains("Late") || told.contains("Duplicate")
            };
            assert!(!given_up.iter().flat_map(|one| &one.troubles).any(on_its_way));
        }
    }
}
