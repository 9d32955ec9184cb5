//! The outbox against a model of it: commands in any order, and after each both say the same. What fails shrinks to the
//! fewest commands that still do.

use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};

use super::*;

mod modelled;

pub(super) use modelled::Reply;
use modelled::{Command, GROUPS, Kind, Model};

const HOUR: Duration = Duration::from_secs(3600);

/// Of so many steps, each with its effect; a row of `noted` tells how many are answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Deed {
    note: Note,
    steps: u32,
    needs_paper: bool,
}

impl Operation for Deed {
    const KIND: &'static str = "model.deed";
    const AREA: Area = Area::Requests;
    type Answer = Noted;

    fn group(&self) -> String {
        self.note.group()
    }

    fn outgoing(&self, id: &OperationId, at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<Outgoing> {
        self.note.outgoing(id, at, dao)
    }

    fn enqueued(&self, id: &OperationId, at: Timestamp, dao: &mut Dao<'_>) -> storage::Result<()> {
        self.note.enqueued(id, at, dao)
    }

    fn acknowledged(&self, id: &OperationId, answer: Noted, dao: &mut Dao<'_>) -> storage::Result<Progress> {
        self.note.acknowledged(id, answer, dao)?;
        let sql = "SELECT effects FROM noted WHERE text = :text";
        let answered: u32 = dao.sql().query_row(sql, named_params! {":text": self.note.text}, |row| row.get(0))?;
        Ok(if answered == self.steps { Progress::Done } else { Progress::More { after: Duration::ZERO } })
    }

    fn refused(&self, id: &OperationId, problem: &Problem, dao: &mut Dao<'_>) -> storage::Result<Refusal> {
        match problem.code.as_str() {
            "paper_gone" if self.needs_paper => Ok(Refusal::Anew),
            _ => self.note.refused(id, problem, dao),
        }
    }

    fn given_up(&self, id: &OperationId, dao: &mut Dao<'_>) -> storage::Result<()> {
        self.note.given_up(id, dao)
    }
}

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

    fn entry(n: usize, group: u8, kind: Kind, steps: u32, needs_paper: bool) -> Entry {
        let (text, group) = (name(n), format!("бүлэг {group}"));
        match kind {
            Kind::Deed => Entry::of(Deed { note: Note { text, group }, steps, needs_paper }),
            Kind::Paper => Entry::of(steps::Upload { text }),
        }
    }

    async fn enqueue(&mut self, entry: Entry, count: usize) {
        self.outbox.put(entry).await.unwrap();
        let page = self.outbox.list(true, None).await.unwrap().items;
        let new = page[..count].iter().rev().map(|view| view.id.clone());
        self.ids.extend(new);
    }

    /// It dies once so many requests are under way and not answered.
    async fn kill(&mut self, under_way: usize, key_per_try: bool) -> Result<(), String> {
        let gateway = self.bench.gateway.clone();
        gateway.0.lock().unwrap().silent = true;
        let trying = tokio::spawn({
            let outbox = self.outbox.clone();
            async move { outbox.flush(HOUR).await }
        });
        let mut held = gateway.1.subscribe();
        let dies = async {
            if under_way == 0 {
                let _ = trying.await; // before it has ended, what was taken up and not sent may be in doubt
            } else {
                let _ = held.wait_for(|held| *held == under_way).await;
            }
        };
        let all = tokio::time::timeout(Duration::from_secs(60), dies).await;
        all.map_err(|_| format!("of {under_way} some were not sent"))?;
        self.outbox.stop().await;
        gateway.0.lock().unwrap().silent = false;
        gateway.1.send_replace(0);
        self.outbox = outbox(&self.bench.store, &self.bench.gateway, &self.bench.clock, &self.bench.events);
        sabotage(&self.outbox, key_per_try);
        self.outbox.start();
        Ok(())
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
        let of_file = outgoing.path.strip_prefix("/v1/uploads/");
        let body = String::from_utf8_lossy(outgoing.body.as_ref().map_or(&[][..], Content::bytes));
        let text = of_file.map_or(body.into_owned(), str::to_owned);
        match self.replies.get(&text) {
            None | Some(Reply::Take) => self.faults.pop_front(),
            Some(Reply::Lose) => Some(Fault::DropReply),
            Some(Reply::Refuse) => Some(Fault::Refuse(422, "invalid_field")),
            Some(Reply::Busy) => Some(Fault::Refuse(503, "busy")),
            Some(Reply::Gone) => Some(Fault::Refuse(404, "gone")),
            Some(Reply::PaperGone) => {
                self.replies.insert(text, Reply::Take);
                Some(Fault::Refuse(422, "paper_gone"))
            }
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
            Command::Enqueue { group, steps, needs } => {
                if let Some(kind) = needs {
                    model.enqueue(group, kind, 1, None);
                }
                let n = model.all.len();
                model.enqueue(group, Kind::Deed, steps, needs);
                let needed = needs.map(|kind| Real::entry(known, group, kind, 1, false)).into_iter().collect();
                let deed = Real::entry(n, group, Kind::Deed, steps, needs == Some(Kind::Paper));
                real.enqueue(deed.needing(needed), n + 1 - known).await;
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
            Command::Kill => real.kill(model.kill(), key_per_try).await?,
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
            State::Cancelled => None,
            State::Done if wanted.moot => None,
            State::Done | State::New | State::Sending | State::Wedged if wanted.kind == Kind::Paper => {
                Some(wanted.answered * text.chars().count() as u32)
            }
            State::Done | State::New | State::Sending | State::Wedged => Some(wanted.answered),
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
    use Reply::{Busy, Gone, Lose, PaperGone, Refuse, Take};
    let reply = prop::sample::select(vec![Take, Lose, Refuse, Busy, Gone, PaperGone]);
    let needs = prop::sample::select(vec![None, None, Some(Kind::Deed), Some(Kind::Paper)]);
    let command = prop_oneof![
        5 => (0..GROUPS, 1..3_u32, needs).prop_map(|(group, steps, needs)| Command::Enqueue { group, steps, needs }),
        3 => (0..8usize).prop_map(Command::Cancel),
        2 => (0..8usize).prop_map(Command::Retry),
        5 => (0..8usize, reply).prop_map(|(n, reply)| Command::Answer(n, reply)),
        2 => Just(Command::Down),
        2 => Just(Command::Up),
        2 => Just(Command::Kill),
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
    let as_many_as_it_takes = Config { cases: 1024, ..config() };
    let found = run(TestRunner::new_with_rng(as_many_as_it_takes, same), true);
    let Err(TestError::Fail(why, fewest)) = found else { panic!("nothing was found") };

    assert!(why.message().contains("effects"), "{why}");
    assert!(fewest.len() <= 5, "{fewest:?}");
}
