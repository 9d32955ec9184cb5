//! The outbox against a model of it: commands in any order, and after each both say the same. What fails shrinks to the
//! fewest commands that still do.

use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};

use super::*;

/// Operations are named by the order in which they were stored; a number beyond them means one of them.
#[derive(Debug, Clone)]
enum Command {
    Enqueue {
        group: u8,
    },
    /// Two in one transaction, of which the second makes no sense without the first.
    EnqueueTwo {
        group: u8,
    },
    Cancel(usize),
    Retry(usize),
    /// What the other side does with this one from now on.
    Answer(usize, Reply),
    Down,
    Up,
    /// The process dies, and is started again.
    Kill,
    /// So much time passes.
    Wait {
        hours: u32,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    Take,
    /// It takes it, and the answer is lost.
    Lose,
    /// Refused by name, with no effect.
    Refuse,
    /// Not now, with no effect.
    Busy,
}

/// One operation as the model has it.
#[derive(Debug, Clone)]
struct Modelled {
    group: u8,
    needs: Option<usize>,
    state: State,
    effects: u32,
    reply: Reply,
}

#[derive(Debug, Default)]
struct Model {
    all: Vec<Modelled>,
    down: bool,
    /// Of all, in the order in which they happened.
    effects: Vec<usize>,
}

impl Model {
    fn enqueue(&mut self, group: u8, needs: Option<usize>) {
        let (state, reply) = (State::New, Reply::Take);
        self.all.push(Modelled { group, needs, state, effects: 0, reply });
    }

    /// Everything is tried, group by group and in order, until nothing gets any further.
    fn pass(&mut self) {
        if self.down {
            return;
        }
        for group in 0..GROUPS {
            for n in 0..self.all.len() {
                let one = &mut self.all[n];
                if one.group != group || one.state.is_final() {
                    continue;
                }
                if one.state != State::Wedged {
                    one.state = one.tried();
                    if one.effects == 1 && !self.effects.contains(&n) {
                        self.effects.push(n);
                    }
                }
                if self.all[n].state != State::Done {
                    break; // it holds up those behind it
                }
            }
        }
    }

    /// Whether it may be called off; then it is, and with it what needs it. What it needed means something by itself.
    fn cancel(&mut self, n: usize) -> bool {
        if !matches!(self.all[n].state, State::New | State::Wedged) {
            return false;
        }
        self.all[n].state = State::Cancelled;
        for other in self.all.iter_mut().filter(|other| other.needs == Some(n)) {
            other.state = State::Cancelled;
        }
        true
    }
}

impl Modelled {
    fn tried(&mut self) -> State {
        match self.reply {
            Reply::Take => {
                self.effects = 1;
                State::Done
            }
            Reply::Lose => {
                self.effects = 1;
                State::Sending
            }
            // Refused after a lost answer: its key knows better.
            Reply::Refuse if self.effects == 1 => State::Done,
            Reply::Refuse => State::Wedged,
            Reply::Busy => State::Sending,
        }
    }
}

const GROUPS: u8 = 3;
const HOUR: Duration = Duration::from_secs(3600);

/// The real one, with what the model is held against.
struct Real {
    bench: Bench,
    outbox: Outbox,
    ids: Vec<OperationId>,
}

impl Real {
    fn new(key_per_try: bool) -> Self {
        let bench = Bench::new();
        let outbox = bench.outbox.clone();
        sabotage(&outbox, key_per_try);
        Self { bench, outbox, ids: Vec::new() }
    }

    fn note(&self, n: usize, group: u8) -> Note {
        Note { text: name(n), group: format!("бүлэг {group}") }
    }

    async fn enqueue(&mut self, entry: Entry, count: usize) {
        self.outbox.put(entry).await.unwrap();
        let page = self.outbox.list(true, None).await.unwrap().items;
        let new = page[..count].iter().rev().map(|view| view.id.clone());
        self.ids.extend(new);
    }

    async fn kill(&mut self, key_per_try: bool) {
        self.outbox.stop().await;
        self.outbox = outbox(&self.bench.store, &self.bench.gateway, &self.bench.clock, &self.bench.events);
        sabotage(&self.outbox, key_per_try);
        self.outbox.start();
    }
}

impl Double {
    fn reply(&self, text: &str, reply: Reply) {
        self.0.lock().unwrap().replies.insert(text.to_owned(), reply);
    }
}

impl Inside {
    pub(super) fn next_fault(&mut self, outgoing: &gateway::Outgoing) -> Option<Fault> {
        if self.down {
            return Some(Fault::Offline);
        }
        let text = String::from_utf8_lossy(outgoing.body.as_ref().map_or(&[][..], Content::bytes)).into_owned();
        match self.replies.get(&text) {
            None | Some(Reply::Take) => self.faults.pop_front(),
            Some(Reply::Lose) => Some(Fault::DropReply),
            Some(Reply::Refuse) => Some(Fault::Refuse(422, "invalid_field")),
            Some(Reply::Busy) => Some(Fault::Refuse(503, "busy")),
        }
    }
}

#[cfg(feature = "test-controls")]
fn sabotage(outbox: &Outbox, key_per_try: bool) {
    outbox.mint_a_key_per_try(key_per_try);
}

#[cfg(not(feature = "test-controls"))]
fn sabotage(_outbox: &Outbox, _key_per_try: bool) {}

fn name(n: usize) -> String {
    format!("Өргөдөл {n}, Үүр")
}

/// Does them one by one; after each, everything is tried, and both sides are compared.
async fn hold(commands: &[Command], key_per_try: bool) -> Result<(), String> {
    let (mut real, mut model) = (Real::new(key_per_try), Model::default());
    for command in commands.iter().chain(&[Command::Up]) {
        let known = model.all.len();
        match *command {
            Command::Enqueue { group } => {
                let entry = Entry::of(real.note(known, group));
                model.enqueue(group, None);
                real.enqueue(entry, 1).await;
            }
            Command::EnqueueTwo { group } => {
                let first = Entry::of(real.note(known, group));
                let second = Entry::of(real.note(known + 1, group)).needing(vec![first]);
                model.enqueue(group, None);
                model.enqueue(group, Some(known));
                real.enqueue(second, 2).await;
            }
            Command::Cancel(n) if known > 0 => {
                let (n, done) = (n % known, model.cancel(n % known));
                if real.outbox.cancel(&real.ids[n]).await.is_ok() != done {
                    return Err(format!("{n} called off: {done} is right"));
                }
            }
            Command::Retry(n) if known > 0 => {
                let n = n % known;
                let wedged = model.all[n].state == State::Wedged;
                if wedged {
                    model.all[n].state = State::Sending;
                }
                if real.outbox.retry(&real.ids[n]).await.is_ok() != wedged {
                    return Err(format!("{n} tried again: {wedged} is right"));
                }
            }
            Command::Answer(n, reply) if known > 0 => {
                model.all[n % known].reply = reply;
                real.bench.gateway.reply(&name(n % known), reply);
            }
            Command::Cancel(_) | Command::Retry(_) | Command::Answer(..) => {}
            Command::Down | Command::Up => {
                model.down = matches!(command, Command::Down);
                real.bench.gateway.0.lock().unwrap().down = model.down;
            }
            Command::Kill => real.kill(key_per_try).await,
            Command::Wait { hours } => real.bench.clock.advance(HOUR * hours),
        }
        model.pass();
        real.outbox.flush(HOUR).await.map_err(|error| format!("{error:?}"))?;
        compare(&real, &model).await?;
    }
    Ok(())
}

async fn compare(real: &Real, model: &Model) -> Result<(), String> {
    let effects = real.bench.gateway.effects();
    for (n, wanted) in model.all.iter().enumerate() {
        let (found, text) = (real.outbox.get(&real.ids[n]).await.map_err(|error| format!("{error:?}"))?, name(n));
        let had = effects.iter().filter(|effect| **effect == text).count();
        if had != wanted.effects as usize {
            return Err(format!("{n} had {had} effects, not {}", wanted.effects));
        }
        if found.state != wanted.state {
            return Err(format!("{n} is {:?}, not {:?}", found.state, wanted.state));
        }
        let applied = real.bench.applied(&text).await;
        let right = match wanted.state {
            State::Done => Some(1),
            State::Cancelled => None,
            State::New | State::Sending | State::Wedged => Some(0),
        };
        if applied != right {
            return Err(format!("{n} was applied {applied:?}, not {right:?}"));
        }
    }
    for group in 0..GROUPS {
        let of_group = |n: &usize| model.all[*n].group == group;
        let wanted: Vec<String> = model.effects.iter().copied().filter(of_group).map(name).collect();
        let found: Vec<String> = effects.iter().filter(|effect| wanted.contains(effect)).cloned().collect();
        if found != wanted {
            return Err(format!("group {group}: {found:?}, not {wanted:?}"));
        }
    }
    let open = model.all.iter().filter(|one| !one.state.is_final()).count();
    let shown = real.outbox.list(false, None).await.map_err(|error| format!("{error:?}"))?.items.len();
    if shown == open { Ok(()) } else { Err(format!("{shown} are shown as open, not {open}")) }
}

fn commands() -> impl Strategy<Value = Vec<Command>> {
    let reply = prop_oneof![Just(Reply::Take), Just(Reply::Lose), Just(Reply::Refuse), Just(Reply::Busy)];
    let command = prop_oneof![
        4 => (0..GROUPS).prop_map(|group| Command::Enqueue { group }),
        1 => (0..GROUPS).prop_map(|group| Command::EnqueueTwo { group }),
        3 => (0..8usize).prop_map(Command::Cancel),
        2 => (0..8usize).prop_map(Command::Retry),
        5 => (0..8usize, reply).prop_map(|(n, reply)| Command::Answer(n, reply)),
        2 => Just(Command::Down),
        2 => Just(Command::Up),
        1 => Just(Command::Kill),
        1 => (0..20u32).prop_map(|hours| Command::Wait { hours }),
    ];
    prop::collection::vec(command, 1..24)
}

/// `PROPTEST_CASES` asks for more.
fn config() -> Config {
    let defaults = Config::default();
    let cases = if defaults.cases == 256 { 64 } else { defaults.cases };
    Config { cases, failure_persistence: None, ..defaults }
}

fn run(mut runner: TestRunner, key_per_try: bool) -> Result<(), TestError<Vec<Command>>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runner.run(&commands(), |commands| runtime.block_on(hold(&commands, key_per_try)).map_err(TestCaseError::fail))
}

#[test]
fn whatever_is_done_in_whatever_order_the_outbox_does_as_its_model() {
    run(TestRunner::new(config()), false).unwrap();
}

/// Always the same cases: by chance, shrinking may end at a longer one that no single command can be taken from.
#[cfg(feature = "test-controls")]
#[test]
fn control_a_key_for_every_try_is_found_and_shrinks_to_a_case_that_one_can_read() {
    let same = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let found = run(TestRunner::new_with_rng(config(), same), true);
    let Err(TestError::Fail(why, fewest)) = found else { panic!("nothing was found") };

    assert!(why.message().contains("effects"), "{why}");
    assert!(fewest.len() <= 5, "{fewest:?}");
}
