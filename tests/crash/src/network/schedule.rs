//! What goes wrong, and when: drawn from a seed, so that it goes wrong again.

use std::time::Duration;

use emongolia_core::foundation::crypto::digest::sha256;
use emongolia_support::{
    fault_proxy::{Direction, Fault},
    processes::{FaultKind, ServerFault},
};

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

impl Trouble {
    pub(super) const fn lasts(&self) -> Duration {
        match self {
            Self::Wire(_, lasts) | Self::Gone(lasts) => *lasts,
            Self::There(_) => Duration::MAX,
        }
    }
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

pub(super) fn schedule(seed: u64, backend: Backend) -> Vec<Trouble> {
    let mut dice = Dice { seed, thrown: 0 };
    (0..=dice.below(TROUBLES)).map(|_| trouble(&mut dice, backend)).collect()
}

fn trouble(dice: &mut Dice, backend: Backend) -> Trouble {
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
        _ => {
            let (operation, kind) = at_the_other_side(dice, backend);
            Trouble::There(ServerFault::next(operation, kind).after(u32::try_from(dice.below(2)).unwrap_or(0)))
        }
    }
}

/// On the API of 2021 nothing comes twice, which no client can undo; late comes only what its token bounds.
fn at_the_other_side(dice: &mut Dice, backend: Backend) -> (&'static str, FaultKind) {
    let operation = match backend {
        Backend::Gateway => "createRequest",
        Backend::Published => dice.one_of(&[
            "exchangeAuthToken",
            "publishedCreate",
            "publishedCreate",
            "publishedList",
            "publishedSubmitFree",
            "publishedDetail",
        ]),
    };
    let status = FaultKind::Status { status: dice.one_of(&[500, 502, 503, 504, 429]), retry_after: None };
    let late = |dice: &mut Dice, ms| FaultKind::Late { ms: dice.below(ms) };
    let kind = match (dice.below(6), backend) {
        (0 | 1, _) => FaultKind::DropReply,
        (2, _) => status,
        (3, _) => FaultKind::Garbage,
        (4, Backend::Gateway) => FaultKind::Duplicate,
        (_, Backend::Gateway) => late(dice, LATE_MS),
        (4, Backend::Published) if operation == "publishedCreate" => late(dice, LATE_MS_PUBLISHED),
        (_, Backend::Published) => FaultKind::Cut,
    };
    (operation, kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_schedule_and_all_that_can_go_wrong_does() {
        let told = |seed, backend| format!("{:?}", schedule(seed, backend));

        assert_eq!(told(7, Backend::Gateway), told(7, Backend::Gateway));
        let all = |backend| (0..200).map(|seed| told(seed, backend)).collect::<String>();
        let (gateway, published) = (all(Backend::Gateway), all(Backend::Published));
        for trouble in ["Cut", "Stall", "Drip", "Refuse", "Gone", "DropReply", "Status", "Garbage", "Late"] {
            assert!(gateway.contains(trouble) && published.contains(trouble), "{trouble}");
        }
        assert!(gateway.contains("Duplicate") && !published.contains("Duplicate"));
    }
}
