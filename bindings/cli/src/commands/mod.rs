//! The commands: each reads or asks core for one thing, and shows it.

mod bundle;
mod catalogue;
mod draft;
mod file;
mod inbox;
pub(crate) mod lab;
mod lock;
mod mine;
mod outbox;
mod payment;
mod request;
mod search;
pub(crate) mod session;
mod sync;
mod web;

use std::time::Duration;

use clap::CommandFactory as _;
use emongolia_core::offline::outbox::{OperationId, OperationView, State};
use serde::Serialize;

use crate::{
    args::{Args, Command},
    errors::Failure,
    output::Output,
    platform::loopback::Loopback,
    terminal::Terminal,
    texts::{self, Text},
};

/// The first pause between two looks at what is being sent; each is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// A person who waits wants to see the network's return soon.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// How long a small change (a message read) may keep its command; it is sent later otherwise.
const CHANGE_WAITS: Duration = Duration::from_secs(5);

pub(crate) async fn run(command: Command, loopback: Option<Loopback>, terminal: &Terminal) -> Result<(), Failure> {
    if !matches!(command, Command::Lock(_) | Command::Erase) {
        lock::open_by_environment(terminal).await?; // to erase needs no PIN
    }
    match command {
        Command::Sync => sync::sync(terminal).await,
        Command::SignIn(options) => session::sign_in(options, loopback, terminal).await,
        Command::StepUp(options) => session::step_up(options, loopback, terminal).await,
        Command::Search(options) => search::search(options, terminal).await,
        Command::Spoken(options) => search::spoken(options, terminal).await,
        Command::Favourite(command) => mine::favourite(command, terminal).await,
        Command::Recent(command) => mine::recent(command, terminal).await,
        Command::Service(command) => catalogue::run(command, terminal).await,
        Command::Bundle(command) => bundle::run(command, terminal).await,
        Command::Request(command) => request::run(command, terminal).await,
        Command::Inbox(command) => inbox::run(command, terminal).await,
        Command::Web(command) => web::run(command, terminal).await,
        Command::Outbox(command) => outbox::run(command, terminal).await,
        Command::Lock(command) => lock::run(command, terminal).await,
        Command::Status => session::status(terminal).await,
        Command::SignOut => session::sign_out(terminal).await,
        Command::Export => session::export(terminal).await,
        Command::Erase => session::erase(terminal).await,
        Command::Lab(command) => lab::run(command, &terminal.output),
        Command::Completions { shell } => completions(shell, &terminal.output),
    }
}

/// Needs neither a folder nor a gateway.
pub(crate) fn completions(shell: clap_complete::Shell, output: &Output) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "emongolia", &mut script);
    output.raw(&script)
}

/// Where something that was to be sent stands, in one word for a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum SendStanding {
    Done,
    /// Kept on this device; it will be sent exactly once.
    Waiting,
    NeedsAttention,
    CalledOff,
}

impl From<State> for SendStanding {
    fn from(state: State) -> Self {
        match state {
            State::New | State::Sending => Self::Waiting,
            State::Done => Self::Done,
            State::Wedged => Self::NeedsAttention,
            State::Cancelled => Self::CalledOff,
        }
    }
}

/// What became of something that was to be sent.
#[derive(Debug, Serialize)]
struct Sent<'a> {
    operation: &'a OperationId,
    standing: SendStanding,
    attempts: u32,
    problem: Option<&'a str>,
    problem_field: Option<&'a str>,
}

impl<'a> Sent<'a> {
    fn of(view: &'a OperationView) -> Self {
        Self {
            operation: &view.id,
            standing: view.state.into(),
            attempts: view.attempts,
            problem: view.problem.as_deref(),
            problem_field: view.problem_field.as_deref(),
        }
    }
}

/// Waits up to `wait` for an operation to end, trying again as it goes. However it ends, the operation stays on disk.
async fn follow(id: &OperationId, wait: Duration, terminal: &Terminal) -> Result<OperationView, Failure> {
    let outbox = terminal.app.outbox();
    let until = terminal.now().saturating_add(wait);
    let mut pause = FIRST_PAUSE;
    let mut told = false;
    loop {
        let left = until.since(terminal.now());
        if left.is_zero() {
            return Ok(outbox.get(id).await?);
        }
        let view = outbox.settle(id, left).await?;
        match view.state {
            State::Done | State::Wedged | State::Cancelled => return Ok(view),
            State::New | State::Sending => {}
        }
        if !told {
            terminal.output.progress(texts::STILL_WAITING.in_language(terminal.output.language));
            told = true;
        }
        let now = terminal.now();
        // What is to be tried again at an hour of its own is looked at then; the rest when we believe in the network.
        let due = view.next_try_at.filter(|at| *at > now).map_or(pause, |at| at.since(now));
        terminal.sleep(due.min(LONGEST_PAUSE).min(until.since(now))).await;
        terminal.app.network_available();
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Shows what became of it, in `done` or `waiting` words, and fails if it is stuck.
fn show_sent(view: &OperationView, done: Text, waiting: Text, terminal: &Terminal) -> Result<(), Failure> {
    let standing = SendStanding::from(view.state);
    terminal.output.result(terminal.now(), &Sent::of(view), |page| {
        match standing {
            SendStanding::Done => page.say(done),
            SendStanding::Waiting => page.say(waiting),
            SendStanding::NeedsAttention => page.say(texts::ATTENTION),
            SendStanding::CalledOff => page.say(texts::CALLED_OFF),
        }
        page.pairs(&[(texts::OPERATION, view.id.to_string())]);
    })?;
    match standing {
        SendStanding::NeedsAttention => Err(Failure::stuck(view)),
        SendStanding::Done | SendStanding::Waiting | SendStanding::CalledOff => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use emongolia_core::foundation::clock::Timestamp;

    use super::*;

    #[test]
    fn what_became_of_a_submission_has_a_stable_shape() {
        let view = OperationView {
            id: OperationId::parse(&"0a".repeat(16)).unwrap(),
            kind: "request.submit".into(),
            state: State::Wedged,
            created_at: Timestamp::from_unix_s(1_795_392_000),
            attempts: 1,
            next_try_at: None,
            problem: Some("invalid_field".into()),
            problem_field: Some("хэл".into()),
        };

        assert_eq!(
            serde_json::to_string(&Sent::of(&view)).unwrap(),
            r#"{"operation":"0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a","standing":"needs_attention","attempts":1,"problem":"invalid_field","problem_field":"хэл"}"#
        );
        let sending = OperationView { state: State::Sending, problem: None, problem_field: None, ..view };
        assert_eq!(
            serde_json::to_string(&Sent::of(&sending)).unwrap(),
            r#"{"operation":"0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a","standing":"waiting","attempts":1,"problem":null,"problem_field":null}"#
        );
    }
}
