//! Messages from institutions: read, marked, deleted, waited for.

use std::{collections::HashSet, time::Duration};

use emongolia_core::{
    Error,
    country::Person,
    foundation::clock::Timestamp,
    notify::inbox::{Filter, Message, MessageId},
};
use serde::Serialize;

use super::{CHANGE_WAITS, FIRST_PAUSE, LONGEST_PAUSE, follow, show_sent};
use crate::{
    args,
    errors::Failure,
    output::{Page, Table, words},
    platform::{https::Https, push},
    terminal::Terminal,
    texts,
};

/// Pushes fetched in one go before what they hint at is pulled.
const AT_ONCE: usize = 20;

pub(super) async fn run(command: args::Inbox, terminal: &Terminal) -> Result<(), Failure> {
    match command {
        args::Inbox::List { unread, before, person } => list(unread, person, before, terminal).await,
        args::Inbox::Show { message_id } => show(&message_id, terminal).await,
        args::Inbox::Read { message_id } => {
            let operation = terminal.app.inbox().mark_read(&message_id).await?;
            let view = follow(&operation, CHANGE_WAITS.min(terminal.budget), terminal).await?;
            show_sent(&view, texts::CHANGE_DONE, texts::CHANGE_WAITING, terminal)
        }
        args::Inbox::Delete { message_id } => {
            let operation = terminal.app.inbox().delete(&message_id).await?;
            let view = follow(&operation, CHANGE_WAITS.min(terminal.budget), terminal).await?;
            show_sent(&view, texts::CHANGE_DONE, texts::CHANGE_WAITING, terminal)
        }
        args::Inbox::Wait { seconds } => wait(Duration::from_secs(seconds), terminal).await,
    }
}

async fn list(
    unread: bool,
    person: Option<Person>,
    before: Option<MessageId>,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let only = if unread { " --unread".to_owned() } else { words::only_for(person.as_ref()) };
    let filter = match person {
        Some(person) => Filter::Of(person),
        None if unread => Filter::Unread,
        None => Filter::All,
    };
    let messages = terminal.app.inbox().page(filter, before).await?;
    terminal.output.result(terminal.now(), &messages, |page| {
        if messages.value.items.is_empty() {
            page.say(texts::NO_MESSAGES);
        } else {
            message_table(page, &messages.value.items);
        }
        page.age(&messages);
        if let Some(next) = &messages.value.next {
            page.more(&format!("emongolia inbox list{only} --before {}", words::quoted(next)));
        }
    })?;
    if messages.as_of.is_none() {
        terminal.output.hint(texts::PULL_FIRST, &[]);
    }
    Ok(())
}

fn message_table(page: &mut Page, messages: &[Message]) {
    let word = |text| page.word(text);
    let mut table = Table::new()
        .whole("")
        .whole(word(texts::RECEIVED))
        .column(word(texts::SENDER))
        .column(word(texts::TITLE))
        .whole(word(texts::ID));
    for message in messages {
        table.row([
            mark(message).to_owned(),
            words::moment(message.sent_at),
            sender(message, page),
            message.title.in_language(page.language).to_owned(),
            message.id.as_str().to_owned(),
        ]);
    }
    page.table(&table);
}

/// Unread, or changed here and not yet there.
const fn mark(message: &Message) -> &'static str {
    match (message.pending, message.read) {
        (true, _) => "↑",
        (false, false) => "●",
        (false, true) => "",
    }
}

fn sender(message: &Message, page: &Page) -> String {
    message.sender.as_ref().map(|sender| sender.in_language(page.language).to_owned()).unwrap_or_default()
}

async fn show(id: &MessageId, terminal: &Terminal) -> Result<(), Failure> {
    let message = terminal.app.inbox().message(id).await?;
    terminal.output.result(terminal.now(), &message, |page| {
        message_page(page, &message.value);
        page.age(&message);
    })?;
    if !message.value.read {
        terminal.output.hint(texts::MARK_READ, &[id.as_str()]);
    }
    Ok(())
}

fn message_page(page: &mut Page, message: &Message) {
    page.title(message.title.in_language(page.language));
    let mut pairs = vec![(texts::RECEIVED, words::moment(message.sent_at))];
    if message.sender.is_some() {
        pairs.push((texts::SENDER, sender(message, page)));
    }
    if let Some(request) = &message.request_id {
        pairs.push((texts::REQUEST, request.clone()));
    }
    if !message.read {
        pairs.push((texts::UNREAD, page.word(texts::YES).to_owned()));
    }
    if message.pending {
        pairs.push((texts::STATUS, page.word(texts::PENDING).to_owned()));
    }
    page.pairs(&pairs);
    page.gap();
    page.paragraph(message.body.in_language(page.language));
}

/// What a wait brought.
#[derive(Debug, Default, Serialize)]
struct Arrived {
    /// How many pushes came.
    pushes: usize,
    /// They led to something new, in the inbox or elsewhere.
    changed: bool,
    messages: Vec<Message>,
}

async fn wait(span: Duration, terminal: &Terminal) -> Result<(), Failure> {
    let until = terminal.now().saturating_add(span);
    let token = push::address(&terminal.app, &terminal.ports).await?;
    let _ = terminal.app.outbox().flush(terminal.budget).await; // the address is of use once the gateway has it
    let known = newest(terminal).await?.into_iter().map(|message| message.id).collect();
    terminal.output.progress(&texts::LISTENING.say(terminal.output.language, &[&span.as_secs().to_string()]));
    let arrived = listen(&terminal.https()?, &token, until, known, terminal).await?;
    terminal.output.result(terminal.now(), &arrived, |page| {
        if !arrived.messages.is_empty() {
            page.title(page.word(texts::NEW));
            message_table(page, &arrived.messages);
        } else if locked(terminal) && arrived.pushes > 0 {
            page.say(texts::KEPT_UNTIL_OPEN);
        } else {
            page.say(texts::NOTHING_NEW);
        }
    })
}

/// A push is only noted then, as on a phone in somebody's pocket.
fn locked(terminal: &Terminal) -> bool {
    !terminal.app.lock().status().open
}

/// Polls until a push brings a message, or is noted for when the app is open, or the time is over. A gap in the network is waited out.
async fn listen(
    https: &Https,
    token: &str,
    until: Timestamp,
    known: HashSet<MessageId>,
    terminal: &Terminal,
) -> Result<Arrived, Failure> {
    let mut arrived = Arrived::default();
    let mut pause = FIRST_PAUSE;
    loop {
        let left = until.since(terminal.now());
        let pushes = match fetch(https, token, left, terminal).await {
            Ok(pushes) => pushes,
            Err(failure) if left.is_zero() || !is_a_gap(&failure) => return Err(failure),
            Err(_) => {
                terminal.sleep(pause.min(left)).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
                continue;
            }
        };
        pause = FIRST_PAUSE;
        arrived.pushes += pushes.len();
        for payload in pushes.iter().collect::<HashSet<_>>() {
            arrived.changed |= handle(payload, terminal).await?;
        }
        arrived.messages = newest(terminal).await?.into_iter().filter(|message| !known.contains(&message.id)).collect();
        let noted = locked(terminal) && arrived.pushes > 0;
        if noted || !arrived.messages.is_empty() || until.since(terminal.now()).is_zero() {
            return Ok(arrived);
        }
    }
}

/// One push, and those that wait behind it.
async fn fetch(https: &Https, token: &str, wait: Duration, terminal: &Terminal) -> Result<Vec<Vec<u8>>, Failure> {
    let origin = &terminal.config.gateway;
    let mut pushes = Vec::new();
    let mut wait = wait;
    while pushes.len() < AT_ONCE {
        let Some(payload) = push::poll(https, origin, token, wait).await? else { break };
        pushes.push(payload);
        wait = Duration::ZERO;
    }
    Ok(pushes)
}

/// Hands a push to core as it came. One that is none of ours is passed over, as on a phone.
async fn handle(payload: &[u8], terminal: &Terminal) -> Result<bool, Failure> {
    match terminal.app.handle_push(payload, terminal.budget).await {
        Ok(outcome) => Ok(outcome.changed),
        Err(Error::Invalid { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn is_a_gap(failure: &Failure) -> bool {
    [Error::Offline, Error::Timeout, Error::Busy { retry_after_s: None }]
        .iter()
        .any(|gap| *failure == Failure::Core(gap.clone()))
}

async fn newest(terminal: &Terminal) -> Result<Vec<Message>, Failure> {
    match terminal.app.inbox().page(Filter::All, None).await {
        Err(Error::Locked) if locked(terminal) => Ok(Vec::new()),
        page => Ok(page?.value.items),
    }
}

#[cfg(test)]
mod tests {
    use emongolia_core::{Language, country::LocalisedText, notify::inbox::MessageKind, offline::Aged};

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_s(1_795_392_000);

    fn message() -> Message {
        Message {
            id: MessageId::parse("m1").unwrap(),
            kind: MessageKind::RequestStatus,
            title: LocalisedText::new("Хүсэлт шийдэгдлээ", "Your request is completed"),
            body: LocalisedText::mongolian("Өргөдлийг тань\nшийдвэрлэлээ. Үнэгүй."),
            sender: Some(LocalisedText::mongolian("УБЕГ")),
            sent_at: NOW,
            request_id: Some("r1".into()),
            person: None,
            read: false,
            pending: false,
        }
    }

    #[test]
    fn a_message_has_a_stable_shape() {
        let json = r#"{"id":"m1","kind":"request_status","title":{"mn":"Хүсэлт шийдэгдлээ","en":"Your request is completed"},"body":{"mn":"Өргөдлийг тань\nшийдвэрлэлээ. Үнэгүй."},"sender":{"mn":"УБЕГ"},"sent_at":"2026-11-23T00:00:00.000Z","request_id":"r1","person":null,"read":false,"pending":false}"#;

        let aged = serde_json::to_string(&Aged { value: message(), as_of: Some(NOW), stale: false }).unwrap();
        let arrived = Arrived { pushes: 1, changed: true, messages: vec![message()] };

        assert_eq!(aged, format!(r#"{{"value":{json},"as_of":"2026-11-23T00:00:00.000Z","stale":false}}"#));
        assert_eq!(
            serde_json::to_string(&arrived).unwrap(),
            format!(r#"{{"pushes":1,"changed":true,"messages":[{json}]}}"#)
        );
    }

    #[test]
    fn a_person_reads_a_message_as_a_page() {
        let mut page = Page::for_tests(Language::Mn, NOW);

        message_page(&mut page, &message());

        assert_eq!(
            page.into_text(),
            "\
Хүсэлт шийдэгдлээ
  Огноо     2026.11.23 08:00
  Илгээгч   УБЕГ
  Хүсэлт    r1
  Уншаагүй  тийм

Өргөдлийг тань
шийдвэрлэлээ. Үнэгүй.
"
        );
    }

    #[test]
    fn what_is_unread_or_on_its_way_is_marked() {
        let marks = [(false, false), (true, false), (true, true)]
            .map(|(read, pending)| mark(&Message { read, pending, ..message() }));

        assert_eq!(marks, ["●", "", "↑"]);
    }

    #[test]
    fn only_a_gap_in_the_network_is_waited_out() {
        assert!(is_a_gap(&Failure::Core(Error::Offline)) && is_a_gap(&Failure::Core(Error::Timeout)));
        assert!(!is_a_gap(&Failure::Core(Error::SignInRequired)) && !is_a_gap(&Failure::Interrupted));
    }
}
