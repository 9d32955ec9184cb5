//! What waits on this device to be sent, and what the citizen can do about it.

use emongolia_core::{
    Error,
    offline::outbox::{OperationId, OperationView, PassEnd, State},
};
use serde::Serialize;

use super::follow;
use crate::{
    args,
    errors::{self, Failure},
    output::{Page, Table, words},
    terminal::Terminal,
    texts::{self, Text},
};

pub(super) async fn run(command: args::Outbox, terminal: &Terminal) -> Result<(), Failure> {
    match command {
        args::Outbox::List { all, before } => list(all, before, terminal).await,
        args::Outbox::Show { operation_id } => show(&operation_id, terminal).await,
        args::Outbox::Retry { operation_id } => retry(&operation_id, terminal).await,
        args::Outbox::Cancel { operation_id } => cancel(&operation_id, terminal).await,
        args::Outbox::Flush => flush(terminal).await,
    }
}

async fn list(all: bool, before: Option<OperationId>, terminal: &Terminal) -> Result<(), Failure> {
    let operations = terminal.app.outbox().list(all, before).await?;
    terminal.output.result(terminal.now(), &operations, |page| {
        if operations.items.is_empty() {
            page.say(texts::NOTHING_WAITS);
        } else {
            operation_table(page, &operations.items);
        }
        if let Some(next) = &operations.next {
            let all = if all { " --all" } else { "" };
            page.gap();
            page.more(&format!("emongolia outbox list{all} --before {}", words::quoted(next)));
        }
    })
}

fn operation_table(page: &mut Page, operations: &[OperationView]) {
    let word = |text| page.word(text);
    let mut table = Table::new()
        .column(word(texts::OPERATION))
        .whole(word(texts::STATUS))
        .whole(word(texts::CREATED))
        .whole(word(texts::ATTEMPTS))
        .whole(word(texts::ID));
    for view in operations {
        table.row([
            words::operation(view, page.language).to_owned(),
            word(words::state(view.state)).to_owned(),
            words::moment(view.created_at),
            view.attempts.to_string(),
            view.id.to_string(),
        ]);
    }
    page.table(&table);
}

async fn show(id: &OperationId, terminal: &Terminal) -> Result<(), Failure> {
    let view = terminal.app.outbox().get(id).await?;
    show_view(&view, terminal)
}

fn show_view(view: &OperationView, terminal: &Terminal) -> Result<(), Failure> {
    terminal.output.result(terminal.now(), view, |page| view_page(page, view))?;
    if let Some(hint) = hint(view) {
        terminal.output.hint(hint, &[view.id.as_str()]);
    }
    Ok(())
}

/// What can be done about it.
fn hint(view: &OperationView) -> Option<Text> {
    let stuck = view.state == State::Wedged;
    stuck.then_some(if view.may_be_called_off() { texts::TRY_OR_CANCEL } else { texts::TRY_AGAIN })
}

fn view_page(page: &mut Page, view: &OperationView) {
    page.title(words::operation(view, page.language));
    let mut pairs = vec![
        (texts::STATUS, page.word(words::state(view.state)).to_owned()),
        (texts::CREATED, words::moment(view.created_at)),
        (texts::ATTEMPTS, view.attempts.to_string()),
    ];
    if let Some(at) = view.next_try_at {
        pairs.push((texts::NEXT_TRY, words::moment(at)));
    }
    if view.problem.is_some() {
        let why = errors::problem_in_words(view.problem.as_deref(), view.problem_field.as_deref());
        pairs.push((texts::PROBLEM, why.in_language(page.language).to_owned()));
    }
    pairs.push((texts::ID, view.id.to_string()));
    page.pairs(&pairs);
}

async fn retry(id: &OperationId, terminal: &Terminal) -> Result<(), Failure> {
    terminal.app.outbox().retry(id).await?;
    let view = follow(id, terminal.budget, terminal).await?;
    show_view(&view, terminal)?;
    match view.state {
        State::Wedged => Err(Failure::stuck(&view)),
        State::New | State::Sending | State::Done | State::Cancelled => Ok(()),
    }
}

async fn cancel(id: &OperationId, terminal: &Terminal) -> Result<(), Failure> {
    terminal.app.outbox().cancel(id).await?;
    show(id, terminal).await
}

/// How a flush ended.
#[derive(Debug, Serialize)]
struct Flushed {
    end: &'static str,
    /// What is still to be sent.
    waiting: usize,
    needs_attention: usize,
}

async fn flush(terminal: &Terminal) -> Result<(), Failure> {
    let end = terminal.app.outbox().flush(terminal.budget).await?;
    let counts = counts(terminal).await?;
    let flushed = Flushed { end: end_word(end), waiting: counts.waiting, needs_attention: counts.needs_attention };
    terminal.output.result(terminal.now(), &flushed, |page| flushed_page(page, end, &counts))?;
    match end {
        PassEnd::Drained => Ok(()),
        PassEnd::Offline => Err(Error::Offline.into()),
        PassEnd::SignInRequired => Err(Error::SignInRequired.into()),
        PassEnd::Stopped => Err(Error::NotAvailable.into()),
    }
}

fn flushed_page(page: &mut Page, end: PassEnd, counts: &Counts) {
    page.say(match end {
        PassEnd::Drained if counts.waiting == 0 => texts::FLUSHED,
        PassEnd::Drained => texts::FLUSHED_FOR_NOW, // put off again: its time has not come
        PassEnd::Offline | PassEnd::SignInRequired | PassEnd::Stopped => texts::STOPPED,
    });
    page.pairs(&[(texts::OUTBOX, count_words(counts.waiting, counts.needs_attention, page))]);
}

const fn end_word(end: PassEnd) -> &'static str {
    match end {
        PassEnd::Drained => "drained",
        PassEnd::Offline => "offline",
        PassEnd::SignInRequired => "sign_in_required",
        PassEnd::Stopped => "stopped",
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) waiting: usize,
    pub(super) needs_attention: usize,
}

impl Counts {
    fn count(&mut self, state: State) {
        match state {
            State::New | State::Sending => self.waiting += 1,
            State::Wedged => self.needs_attention += 1,
            State::Done | State::Cancelled => {}
        }
    }
}

/// Of everything that is not done.
pub(super) async fn counts(terminal: &Terminal) -> Result<Counts, Failure> {
    let mut counts = Counts::default();
    let mut before = None;
    loop {
        let page = terminal.app.outbox().list(false, before).await?;
        page.items.iter().for_each(|view| counts.count(view.state));
        before = page.next.as_deref().and_then(OperationId::parse);
        if before.is_none() {
            return Ok(counts);
        }
    }
}

pub(super) fn count_words(waiting: usize, needs_attention: usize, page: &Page) -> String {
    texts::WAITING_COUNT.say(page.language, &[&waiting.to_string(), &needs_attention.to_string()])
}

#[cfg(test)]
mod tests {
    use emongolia_core::{Language, foundation::clock::Timestamp};

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_s(1_795_392_000);

    fn view() -> OperationView {
        OperationView {
            id: OperationId::parse(&"0a".repeat(16)).unwrap(),
            kind: "request.submit".into(),
            state: State::Wedged,
            created_at: NOW,
            attempts: 2,
            next_try_at: None,
            problem: Some("invalid_field".into()),
            problem_field: Some("хэл".into()),
        }
    }

    #[test]
    fn an_operation_has_a_stable_shape() {
        assert_eq!(
            serde_json::to_string(&view()).unwrap(),
            r#"{"id":"0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a","kind":"request.submit","state":"wedged","created_at":"2026-11-23T00:00:00.000Z","attempts":2,"next_try_at":null,"problem":"invalid_field","problem_field":"хэл"}"#
        );
        assert_eq!(
            serde_json::to_string(&Flushed { end: end_word(PassEnd::Drained), waiting: 0, needs_attention: 1 })
                .unwrap(),
            r#"{"end":"drained","waiting":0,"needs_attention":1}"#
        );
    }

    #[test]
    fn a_person_reads_why_it_is_stuck() {
        let mut page = Page::for_tests(Language::Mn, NOW);

        view_page(&mut page, &view());

        assert_eq!(
            page.into_text(),
            "\
Хүсэлт илгээх
  Төлөв     Таны оролцоо хэрэгтэй
  Үүсгэсэн  2026.11.23 08:00
  Оролдсон  2
  Шалтгаан  «хэл» талбарыг хүлээж авсангүй. Засаад дахин илгээнэ үү.
  Дугаар    0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a
"
        );
    }

    #[test]
    fn nothing_is_left_to_send_only_where_nothing_waits() {
        let said = |end, waiting| {
            let mut page = Page::for_tests(Language::Mn, NOW);
            flushed_page(&mut page, end, &Counts { waiting, needs_attention: 0 });
            page.into_text().lines().next().map(str::to_owned)
        };

        assert_eq!(said(PassEnd::Drained, 0).as_deref(), Some("Илгээх зүйл үлдсэнгүй."));
        let rest = "Одоохондоо илгээж болохыг илгээлээ. Үлдсэнийг цаг нь болоход дахин илгээнэ.";
        assert_eq!(said(PassEnd::Drained, 1).as_deref(), Some(rest));
        assert_ne!(said(PassEnd::Offline, 0), said(PassEnd::Drained, 0));
    }

    #[test]
    fn calling_off_is_offered_where_it_is_possible() {
        let hint_for = |state: State, problem: &str| {
            let hint = hint(&OperationView { state, problem: Some(problem.into()), ..view() });
            hint.map(|text| text.say(Language::En, &["1"]))
        };
        let both = "Try again: emongolia outbox retry 1   Call off: emongolia outbox cancel 1";

        for problem in ["invalid_field", "step_up", "operation_unreadable", "damaged_looked"] {
            assert_eq!(hint_for(State::Wedged, problem).as_deref(), Some(both), "{problem}");
        }
        for problem in ["answer_unreadable", "key_reused", "damaged_unknown"] {
            assert_eq!(hint_for(State::Wedged, problem).as_deref(), Some("Try again: emongolia outbox retry 1"));
        }
        assert_eq!(hint_for(State::Done, "invalid_field"), None);
    }

    #[test]
    fn what_is_over_is_not_counted() {
        let mut counts = Counts::default();

        for state in [State::New, State::Sending, State::Done, State::Wedged, State::Cancelled] {
            counts.count(state);
        }

        assert_eq!(counts, Counts { waiting: 2, needs_attention: 1 });
    }
}
