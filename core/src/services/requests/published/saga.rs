//! How far a submit over the API of 2021 is: what to send next, and what each answer means. No I/O.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::wire::{self, Admission, Page, ServiceRequest, Told};
use crate::{
    country::{CivilDate, TimeZone},
    foundation::{clock::Timestamp, storage},
    gateway::{AuthToken, Problem},
    offline::outbox::{OperationId, Outgoing, Progress, Refusal},
    services::requests::{model::RequestId, store::Confirmed, wire::RequestWire},
};

/// While a lost `create` may still land, the list is read so often.
const LOOK_EVERY: Duration = Duration::from_secs(20);

/// After a token was refused, and at the end of a window: not at once.
const MOMENT: Duration = Duration::from_secs(1);

/// How often a token may be refused, one after the other.
const REFUSALS: u32 = 3;

/// It is there, and the other side would not take it.
const NOT_TAKEN: &str = "published.refused";
/// The answer is one to another question.
const UNREADABLE: &str = "answer_unreadable";

/// When an unanswered `create` can have landed, by the server's clock: `from ≤ made < until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Window {
    from: Timestamp,
    until: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Phase {
    /// Nothing was sent that could make a request.
    Begun,
    Admitted {
        admission: Admission,
    },
    /// `create` may have left, and is not answered.
    Creating {
        admission: Admission,
    },
    /// It was not answered: is it there?
    Doubtful {
        window: Window,
    },
    /// The list of one day of the window is read, page by page.
    Looking {
        window: Window,
        admission: Admission,
        day: CivilDate,
        page: u32,
    },
    /// It is there, and not submitted.
    Made {
        id: String,
    },
    Ready {
        id: String,
        token: AuthToken,
    },
    /// `set-submitted-free` may have left, and is not answered.
    Submitting {
        id: String,
        token: AuthToken,
    },
    /// It was not answered, or was refused: a second time is refused too. Is it submitted?
    Unsure {
        id: String,
        refused: bool,
    },
    Checking {
        id: String,
        token: AuthToken,
        refused: bool,
    },
}

/// A submit on its way; kept with what was confirmed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in super::super) struct Saga {
    phase: Phase,
    /// Tokens refused, one after the other.
    refusals: u32,
}

impl Default for Saga {
    fn default() -> Self {
        Self { phase: Phase::Begun, refusals: 0 }
    }
}

/// What an answer means.
pub(super) enum Next {
    Done(Box<RequestWire>),
    Go(Progress),
}

impl Saga {
    /// Whether nobody here knows how it stands there.
    pub(in super::super) fn is_in_doubt(&self) -> bool {
        !matches!(self.phase, Phase::Begun | Phase::Admitted { .. } | Phase::Made { .. } | Phase::Ready { .. })
    }

    /// Whether it may be submitted already. What was only made is nobody's request yet.
    pub(in super::super) fn may_be_submitted(&self) -> bool {
        matches!(self.phase, Phase::Submitting { .. } | Phase::Unsure { .. } | Phase::Checking { .. })
    }

    /// The next request. What it may do is written down in `self` before it is sent.
    pub(super) fn next(&mut self, id: &OperationId, confirmed: &Confirmed) -> storage::Result<Outgoing> {
        self.unanswered();
        Ok(match &self.phase {
            Phase::Admitted { admission } => {
                let create = wire::create(&admission.token, id, confirmed)?;
                self.phase = Phase::Creating { admission: admission.clone() };
                create
            }
            Phase::Looking { admission, day, page, .. } => {
                wire::list(&admission.token, wire::list_query(Some(day.to_string()), *page))
            }
            Phase::Ready { id, token } => {
                let submit = wire::submit_free(token, id)?;
                self.phase = Phase::Submitting { id: id.clone(), token: token.clone() };
                submit
            }
            Phase::Checking { id, token, .. } => wire::detail(token, id),
            Phase::Begun
            | Phase::Creating { .. }
            | Phase::Doubtful { .. }
            | Phase::Made { .. }
            | Phase::Submitting { .. }
            | Phase::Unsure { .. } => wire::exchange(),
        })
    }

    /// What was sent and never answered is looked for before anything else is sent.
    fn unanswered(&mut self) {
        if let Phase::Creating { admission } = &self.phase {
            let window = Window { from: admission.issued_at, until: admission.creates_until };
            self.phase = Phase::Doubtful { window };
        } else if let Phase::Submitting { id, .. } = &self.phase {
            self.phase = Phase::Unsure { id: id.clone(), refused: false };
        }
    }

    /// Sabotage: what was not answered is taken for not done.
    #[cfg(feature = "test-controls")]
    pub(super) fn forget_what_was_sent(&mut self) {
        if let Phase::Creating { .. } = self.phase {
            self.phase = Phase::Begun;
        }
    }

    /// No byte of it has left.
    pub(super) fn not_sent(&mut self) {
        if let Phase::Creating { admission } = &self.phase {
            self.phase = Phase::Admitted { admission: admission.clone() };
        } else if let Phase::Submitting { id, token } = &self.phase {
            self.phase = Phase::Ready { id: id.clone(), token: token.clone() };
        }
    }

    pub(super) fn told(&mut self, told: Told, id: &OperationId, confirmed: &Confirmed) -> Next {
        if !matches!(told, Told::Admission(_)) {
            self.refusals = 0; // a token was taken
        }
        let phase = std::mem::replace(&mut self.phase, Phase::Begun);
        let (next, go) = match (phase, told) {
            (Phase::Begun, Told::Admission(admission)) => (Phase::Admitted { admission }, AT_ONCE),
            (Phase::Doubtful { window }, Told::Admission(admission)) => {
                let day = day_of(window.from);
                (Phase::Looking { window, admission, day, page: 0 }, AT_ONCE)
            }
            (Phase::Made { id }, Told::Admission(Admission { token, .. })) => (Phase::Ready { id, token }, AT_ONCE),
            (Phase::Unsure { id, refused }, Told::Admission(Admission { token, .. })) => {
                (Phase::Checking { id, token, refused }, AT_ONCE)
            }
            (Phase::Looking { window, admission, day, page }, Told::Page(list)) => {
                let mine = |one: &ServiceRequest| {
                    one.service_id == confirmed.wire.service_id.as_str() && one.data == wire::mark(id, confirmed)
                };
                match list.data.list.iter().position(mine) {
                    Some(place) => {
                        let mut list = list.data.list;
                        return self.found(list.swap_remove(place), false);
                    }
                    None => not_found(window, admission, (day, page), &list.data),
                }
            }
            (Phase::Creating { .. }, Told::Request(made)) => return self.found(made.data, false),
            (Phase::Submitting { .. }, Told::Request(submitted)) => return self.found(submitted.data, true),
            (Phase::Checking { refused, .. }, Told::Request(seen)) => return self.found(seen.data, refused),
            (before, Told::Admission(_) | Told::Page(_) | Told::Request(_)) => {
                (before, Progress::Stuck { code: UNREADABLE })
            }
        };
        self.phase = next;
        Next::Go(go)
    }

    /// It is there; `refused`: the other side would not submit it.
    fn found(&mut self, request: ServiceRequest, refused: bool) -> Next {
        let id = request.id.clone();
        self.phase = Phase::Made { id: id.clone() };
        if RequestId::parse(&id).is_none() {
            return Next::Go(Progress::Stuck { code: UNREADABLE });
        }
        match request.submitted() {
            Some(submitted) => Next::Done(Box::new(submitted)),
            None if refused => Next::Go(Progress::Stuck { code: NOT_TAKEN }),
            None => Next::Go(AT_ONCE),
        }
    }

    pub(super) fn refused(&mut self, problem: &Problem) -> Refusal {
        let of_token = problem.status == 401;
        let again = Refusal::More { after: if of_token { MOMENT } else { Duration::ZERO } };
        let (next, means) = match std::mem::replace(&mut self.phase, Phase::Begun) {
            // The contract: nothing was made.
            Phase::Creating { .. } => (Phase::Begun, if of_token { again } else { Refusal::Stands }),
            Phase::Looking { window, .. } if of_token => (Phase::Doubtful { window }, again),
            Phase::Submitting { id, .. } if of_token => (Phase::Made { id }, again),
            // It may be there by an earlier try of ours.
            Phase::Submitting { id, .. } => (Phase::Unsure { id, refused: true }, again),
            Phase::Checking { id, refused, .. } if of_token => (Phase::Unsure { id, refused }, again),
            before @ (Phase::Begun
            | Phase::Admitted { .. }
            | Phase::Doubtful { .. }
            | Phase::Looking { .. }
            | Phase::Made { .. }
            | Phase::Ready { .. }
            | Phase::Unsure { .. }
            | Phase::Checking { .. }) => (before, Refusal::Stands),
        };
        self.phase = next;
        self.refusals += u32::from(of_token);
        if self.refusals <= REFUSALS {
            return means;
        }
        self.refusals = 0; // the citizen may try again
        Refusal::Stands
    }
}

const AT_ONCE: Progress = Progress::More { after: Duration::ZERO };

/// On to the next page, the next day, the next look; or to another `create`, when the token that this list was read with
/// was given after the last moment at which the first could land.
fn not_found(window: Window, admission: Admission, (day, page): (CivilDate, u32), list: &Page) -> (Phase, Progress) {
    if list.is_followed(page) {
        return (Phase::Looking { window, admission, day, page: page + 1 }, AT_ONCE);
    }
    if let Some(next) = day.checked_add_days(1).filter(|next| *next <= day_of(window.until)) {
        return (Phase::Looking { window, admission, day: next, page: 0 }, AT_ONCE);
    }
    if admission.issued_at < window.until {
        let left = window.until.since(admission.issued_at);
        return (Phase::Doubtful { window }, Progress::More { after: left.clamp(MOMENT, LOOK_EVERY) });
    }
    (Phase::Begun, AT_ONCE)
}

fn day_of(moment: Timestamp) -> CivilDate {
    TimeZone::Ulaanbaatar.civil(moment).date()
}
