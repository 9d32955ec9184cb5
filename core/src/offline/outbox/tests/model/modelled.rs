//! The outbox as it should be: what a citizen and a gateway do to it, and what comes of that. No disk, no wire, no time.

use super::State;

/// Operations that do not wait for those of another.
pub(super) const GROUPS: u8 = 3;

/// Operations are named by the order in which they were stored; a number beyond them means one of them.
#[derive(Debug, Clone)]
pub(super) enum Command {
    /// With what it makes no sense without, in one transaction.
    Enqueue {
        group: u8,
        steps: u32,
        needs: Option<Kind>,
    },
    Cancel(usize),
    Retry(usize),
    /// What the other side does with this one from now on.
    Answer(usize, Reply),
    Down,
    Up,
    /// Everything is tried, the process dies before an answer, and is started again.
    Kill,
    /// So much time passes.
    Wait {
        hours: u32,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of one step or more, each under a key.
    Deed,
    /// Harmless, and without a key.
    Paper,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Reply {
    Take,
    /// It takes it, and the answer is lost.
    Lose,
    /// Refused by name, with no effect.
    Refuse,
    /// Not now, with no effect.
    Busy,
    /// There is nothing to be done.
    Gone,
    /// Once: what it needs is not there any more.
    PaperGone,
}

/// One operation as the model has it.
#[derive(Debug, Clone)]
pub(super) struct Modelled {
    pub(super) group: u8,
    pub(super) kind: Kind,
    needs: Option<usize>,
    needs_paper: bool,
    steps: u32,
    pub(super) state: State,
    /// Steps whose answer has come.
    pub(super) answered: u32,
    /// One more than `answered` where an answer is lost.
    pub(super) effects: u32,
    pub(super) moot: bool,
    pub(super) reply: Reply,
}

/// What comes of a try.
#[derive(Debug, PartialEq, Eq)]
enum Tried {
    /// What is next in its group, be it its own next step.
    GoesOn,
    Rests,
    /// What it needs goes first, once more.
    Anew,
}

#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) all: Vec<Modelled>,
    pub(super) down: bool,
    /// Of all, in the order in which they happened.
    pub(super) effects: Vec<usize>,
}

impl Model {
    pub(super) fn enqueue(&mut self, group: u8, kind: Kind, steps: u32, needs: Option<Kind>) {
        self.all.push(Modelled {
            group,
            kind,
            needs: needs.map(|_| self.all.len() - 1),
            needs_paper: needs == Some(Kind::Paper),
            steps,
            state: State::New,
            answered: 0,
            effects: 0,
            moot: false,
            reply: Reply::Take,
        });
    }

    /// What is next in a group, if it may be sent.
    fn head(&self, group: u8) -> Option<usize> {
        let n = self.all.iter().position(|one| one.group == group && !one.state.is_final())?;
        (self.all[n].state != State::Wedged).then_some(n)
    }

    /// Everything is tried, group by group and in order, until nothing gets any further.
    pub(super) fn pass(&mut self) {
        if self.down {
            return;
        }
        for group in 0..GROUPS {
            while let Some(n) = self.head(group) {
                self.arrives(n);
                match self.all[n].tried() {
                    Tried::GoesOn => {}
                    Tried::Rests => break,
                    Tried::Anew => {
                        let paper = self.all[n].needs.unwrap();
                        self.all[paper].state = State::New;
                    }
                }
            }
        }
    }

    /// All that can be sent is, and nobody hears of it. Gives how many that are.
    pub(super) fn kill(&mut self) -> usize {
        let heads: Vec<usize> = (0..GROUPS).filter(|_| !self.down).filter_map(|group| self.head(group)).collect();
        for n in &heads {
            self.arrives(*n);
            let one = &mut self.all[*n];
            one.state = State::Sending;
            if one.reply == Reply::PaperGone {
                one.reply = Reply::Take;
            }
        }
        heads.len()
    }

    fn arrives(&mut self, n: usize) {
        let one = &mut self.all[n];
        if one.kind == Kind::Deed && matches!(one.reply, Reply::Take | Reply::Lose) && one.effects == one.answered {
            one.effects += 1;
            self.effects.push(n);
        }
    }

    /// Whether it may be called off; then it is, and with it what needs it and the paper that only it needed.
    pub(super) fn cancel(&mut self, n: usize) -> bool {
        let one = &self.all[n];
        let let_go = one.kind == Kind::Paper && !one.state.is_final();
        if !let_go && !matches!(one.state, State::New | State::Wedged) {
            return false;
        }
        let paper = one.needs.filter(|needed| one.needs_paper && !self.all[*needed].state.is_final());
        let without = self.all.iter().position(|other| other.needs == Some(n) && !other.state.is_final());
        for ended in [Some(n), paper, without].into_iter().flatten() {
            self.all[ended].state = State::Cancelled;
        }
        true
    }
}

impl Modelled {
    fn tried(&mut self) -> Tried {
        let reply = self.reply;
        if reply == Reply::PaperGone {
            self.reply = Reply::Take;
        }
        // Refused after a lost answer: its key knows better.
        let known = self.effects > self.answered && reply != Reply::Lose && reply != Reply::Busy;
        self.state = match reply {
            _ if known || reply == Reply::Take => return self.answer(),
            Reply::Lose | Reply::Busy => State::Sending,
            Reply::Gone if self.kind == Kind::Deed => {
                self.moot = true;
                State::Done
            }
            Reply::PaperGone if self.needs_paper => {
                self.state = State::New;
                return Tried::Anew;
            }
            Reply::Take | Reply::Refuse | Reply::Gone | Reply::PaperGone => State::Wedged,
        };
        if self.state == State::Done { Tried::GoesOn } else { Tried::Rests }
    }

    fn answer(&mut self) -> Tried {
        self.answered = if self.kind == Kind::Paper { 1 } else { self.answered + 1 };
        self.state = if self.answered == self.steps { State::Done } else { State::New };
        Tried::GoesOn
    }
}
