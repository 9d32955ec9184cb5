//! Who is signed in: sign in, status, sign out.

use std::time::Duration;

use emongolia_core::{
    Error,
    auth::{Freshness, SessionState, Summary},
    foundation::clock::Timestamp,
    notify::inbox,
    offline::Aged,
    services::catalogue::Filter,
};
use serde::Serialize;

use super::outbox;
use crate::{
    args::{Command, SignIn, StepUp},
    errors::Failure,
    output::{Page, words},
    platform::{browser, loopback::Loopback, push},
    terminal::Terminal,
    texts,
};

/// As long as core remembers a sign-in that was begun.
const BROWSER_WAITS: Duration = Duration::from_secs(600);

/// What waits to be sent gets this long before sign-out wipes it.
const LAST_CHANCE: Duration = Duration::from_secs(5);

/// Whether a browser is to come back to this machine by itself.
pub(crate) const fn needs_loopback(command: &Command) -> bool {
    match command {
        Command::SignIn(SignIn { citizen, code: _, begin, complete })
        | Command::StepUp(StepUp { max_age: _, acr: _, way: SignIn { citizen, code: _, begin, complete } }) => {
            citizen.is_none() && !*begin && complete.is_none()
        }
        Command::Sync
        | Command::Search(_)
        | Command::Spoken(_)
        | Command::Favourite(_)
        | Command::Recent(_)
        | Command::Lab(_)
        | Command::Service(_)
        | Command::Bundle(_)
        | Command::Request(_)
        | Command::Inbox(_)
        | Command::Web(_)
        | Command::Outbox(_)
        | Command::Lock(_)
        | Command::Status
        | Command::SignOut
        | Command::Export
        | Command::Erase
        | Command::Completions { .. } => false,
    }
}

pub(super) async fn sign_in(options: SignIn, loopback: Option<Loopback>, terminal: &Terminal) -> Result<(), Failure> {
    through_dan(options, None, loopback, terminal).await
}

pub(super) async fn step_up(options: StepUp, loopback: Option<Loopback>, terminal: &Terminal) -> Result<(), Failure> {
    let StepUp { max_age, acr, way } = options;
    through_dan(way, Some(Freshness { max_age_s: max_age, acr }), loopback, terminal).await
}

async fn through_dan(
    options: SignIn,
    wanted: Option<Freshness>,
    loopback: Option<Loopback>,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let SignIn { citizen, code, begin: only_begin, complete: callback } = options;
    if let Some(callback) = callback {
        return complete(&callback, terminal).await;
    }
    let begun = begin(wanted, terminal).await?;
    if only_begin {
        terminal.output.result(terminal.now(), &begun, |page| page.line(&begun.url))?;
        terminal.output.hint(texts::COMPLETE_WITH, &[]);
        return Ok(());
    }
    match (citizen, code, loopback) {
        (Some(citizen), Some(code), _) => {
            let (https, redirect_uri) = (terminal.https()?, &terminal.config.redirect_uri);
            let callback = browser::sign_in(&https, &begun.url, redirect_uri, (&citizen, &code)).await?;
            complete(&callback, terminal).await
        }
        (_, _, Some(loopback)) => with_browser(&begun, loopback, terminal).await,
        (_, _, None) => Err(Failure::NoCallback),
    }
}

/// Where to send the browser.
#[derive(Debug, Serialize)]
struct Begun {
    url: String,
    expires_at: Timestamp,
}

async fn begin(wanted: Option<Freshness>, terminal: &Terminal) -> Result<Begun, Failure> {
    let _alone = terminal.alone()?;
    let auth = terminal.app.auth();
    let request = match wanted {
        Some(wanted) => auth.step_up(wanted).await?,
        None => auth.begin_sign_in().await?,
    };
    Ok(Begun { url: request.url.to_string(), expires_at: request.expires_at })
}

/// Until a callback is ours: a line pasted wrong, or a stranger's call, does not end the wait.
async fn with_browser(begun: &Begun, loopback: Loopback, terminal: &Terminal) -> Result<(), Failure> {
    let language = terminal.output.language;
    let mut callbacks = loopback.callbacks(std::io::stdin());
    for line in [texts::OPEN_THIS.in_language(language), &begun.url, texts::COME_BACK.in_language(language)] {
        terminal.output.important(line);
    }
    let until = terminal.now().saturating_add(BROWSER_WAITS);
    loop {
        let callback = tokio::select! {
            callback = callbacks.recv() => callback.ok_or(Failure::NoCallback)?,
            () = terminal.sleep(until.since(terminal.now())) => return Err(Failure::NoCallback),
        };
        match complete(&callback, terminal).await {
            Err(refused) if is_no_callback(&refused) => {
                terminal.output.important(refused.message().in_language(language));
            }
            done => return done,
        }
    }
}

fn is_no_callback(failure: &Failure) -> bool {
    matches!(failure, Failure::Core(Error::Invalid { field, .. }) if field == "callback")
}

/// Who has signed in.
#[derive(Debug, Serialize)]
struct SignedIn {
    name: String,
}

async fn complete(callback: &str, terminal: &Terminal) -> Result<(), Failure> {
    let _alone = terminal.alone()?;
    let signed_in = terminal.app.auth().complete_sign_in(callback).await?;
    let signed_in = SignedIn { name: signed_in.citizen.name };
    terminal.output.result(terminal.now(), &signed_in, |page| {
        page.line(&texts::WELCOME.say(page.language, &[&signed_in.name]));
    })?;
    terminal.output.hint(texts::THEN_SYNC, &[]);
    Ok(())
}

/// Where everything stands.
#[derive(Debug, Serialize)]
struct Status {
    session: Session,
    catalogue: Age,
    requests: Age,
    inbox: Age,
    unread: u32,
    outbox: Waiting,
}

#[derive(Debug, Serialize)]
struct Session {
    /// `signed_out`, `signing_in`, `active`, `refreshing`, `expiring_soon`, `expired`, `locked`, `wiping`.
    state: &'static str,
    /// As people are called: «Б.Эрдэнэбат».
    name: Option<String>,
    /// Of a session that ends soon.
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
struct Age {
    as_of: Option<Timestamp>,
    stale: bool,
}

#[derive(Debug, Serialize)]
struct Waiting {
    waiting: usize,
    needs_attention: usize,
}

impl<T> From<Aged<T>> for Age {
    fn from(aged: Aged<T>) -> Self {
        Self { as_of: aged.as_of, stale: aged.stale }
    }
}

impl From<SessionState> for Session {
    fn from(state: SessionState) -> Self {
        match state {
            SessionState::SignedOut => Self::nobody("signed_out"),
            SessionState::SigningIn { .. } => Self::nobody("signing_in"),
            SessionState::Active { citizen } => Self::of("active", citizen),
            SessionState::Refreshing { citizen } => Self::of("refreshing", citizen),
            SessionState::ExpiringSoon { citizen, ends_at } => {
                Self { ends_at: Some(ends_at), ..Self::of("expiring_soon", citizen) }
            }
            SessionState::Expired { citizen } => Self::of("expired", citizen),
            SessionState::Locked => Self::nobody("locked"),
            SessionState::Wiping => Self::nobody("wiping"),
        }
    }
}

impl Session {
    fn of(state: &'static str, citizen: Summary) -> Self {
        Self { name: Some(citizen.name), ..Self::nobody(state) }
    }

    const fn nobody(state: &'static str) -> Self {
        Self { state, name: None, ends_at: None }
    }

    fn words(&self, page: &Page) -> String {
        if let (Some(name), Some(ends_at)) = (&self.name, self.ends_at) {
            return texts::SESSION_ENDS.say(page.language, &[name, &words::moment(ends_at)]);
        }
        match (self.state, &self.name) {
            ("wiping", _) => page.word(texts::SESSION_WIPING).to_owned(),
            ("active" | "refreshing", Some(name)) => texts::SIGNED_IN_AS.say(page.language, &[name]),
            ("active", None) => page.word(texts::SIGNED_IN).to_owned(),
            ("expired", _) => page.word(texts::SESSION_EXPIRED).to_owned(),
            ("locked", _) => page.word(texts::LOCKED_SESSION).to_owned(),
            ("signing_in", _) => page.word(texts::SIGNING_IN).to_owned(),
            (_, _) => page.word(texts::SIGNED_OUT).to_owned(),
        }
    }
}

/// All that can be said while the app is locked.
#[derive(Debug, Serialize)]
struct Locked {
    session: Session,
}

pub(super) async fn status(terminal: &Terminal) -> Result<(), Failure> {
    let app = &terminal.app;
    let state = app.auth().state().await?;
    if state == SessionState::Locked {
        let locked = Locked { session: state.into() };
        return terminal.output.result(terminal.now(), &locked, |page| {
            page.pairs(&[(texts::SESSION, locked.session.words(page))]);
        });
    }
    let outbox::Counts { waiting, needs_attention } = outbox::counts(terminal).await?;
    let status = Status {
        session: state.into(),
        catalogue: app.catalogue().services(Filter::default(), None).await?.into(),
        requests: app.requests().page(None).await?.into(),
        inbox: app.inbox().page(inbox::Filter::All, None).await?.into(),
        unread: app.inbox().unread().await?,
        outbox: Waiting { waiting, needs_attention },
    };
    terminal.output.result(terminal.now(), &status, |page| status_page(page, &status))
}

fn status_page(page: &mut Page, status: &Status) {
    let Status { session, catalogue, requests, inbox, unread, outbox } = status;
    let age = |age: &Age| words::age(age.as_of, age.stale, page.now, page.language);
    let unread = texts::UNREAD_COUNT.say(page.language, &[&unread.to_string()]);
    let pairs = [
        (texts::SESSION, session.words(page)),
        (texts::CATALOGUE, age(catalogue)),
        (texts::REQUESTS, age(requests)),
        (texts::INBOX, format!("{}, {unread}", age(inbox))),
        (texts::OUTBOX, outbox::count_words(outbox.waiting, outbox.needs_attention, page)),
    ];
    page.pairs(&pairs);
}

/// What a sign-out did.
#[derive(Debug, Serialize)]
struct SignedOut {
    /// The server has confirmed it.
    revoked: bool,
    /// Operations that had not been sent, and are gone.
    discarded: usize,
}

pub(super) async fn sign_out(terminal: &Terminal) -> Result<(), Failure> {
    // A last try; whether it works or not, signing out does.
    if outbox::counts(terminal).await.is_ok_and(|counts| counts.waiting > 0) {
        let _ = terminal.app.outbox().flush(LAST_CHANCE).await;
    }
    let discarded = unsent(terminal).await;
    let revoked = terminal.app.sign_out().await?.revoked;
    wiped(revoked, discarded, terminal)
}

/// Without a last try: whoever erases a device has no time for it.
pub(super) async fn erase(terminal: &Terminal) -> Result<(), Failure> {
    let discarded = unsent(terminal).await;
    let revoked = terminal.app.erase().await?.revoked;
    wiped(revoked, discarded, terminal)
}

/// As core gives it, for a person too: JSON on a line.
pub(super) async fn export(terminal: &Terminal) -> Result<(), Failure> {
    let mut text = terminal.app.export().await?;
    text.push(b'\n');
    terminal.output.raw(&text)
}

async fn unsent(terminal: &Terminal) -> usize {
    outbox::counts(terminal).await.map_or(0, |left| left.waiting + left.needs_attention)
}

fn wiped(revoked: bool, discarded: usize, terminal: &Terminal) -> Result<(), Failure> {
    push::forget(&terminal.ports)?;
    let signed_out = SignedOut { revoked, discarded };
    terminal.output.result(terminal.now(), &signed_out, |page| {
        page.say(texts::WIPED);
        if discarded > 0 {
            page.line(&texts::DISCARDED.say(page.language, &[&discarded.to_string()]));
        }
    })?;
    if !revoked {
        terminal.output.hint(texts::NOT_REVOKED, &[]);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use emongolia_core::Language;

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_s(1_795_392_000);

    fn status_of(session: Session) -> Status {
        let three = NOW.saturating_sub(Duration::from_secs(180));
        Status {
            session,
            catalogue: Age { as_of: Some(three), stale: false },
            requests: Age { as_of: Some(three), stale: true },
            inbox: Age { as_of: None, stale: true },
            unread: 2,
            outbox: Waiting { waiting: 1, needs_attention: 0 },
        }
    }

    #[test]
    fn a_status_has_a_stable_shape() {
        let active = Session { name: Some("Ө.Үүрцайх".into()), ..Session::nobody("active") };

        assert_eq!(
            serde_json::to_string(&status_of(active)).unwrap(),
            r#"{"session":{"state":"active","name":"Ө.Үүрцайх"},"catalogue":{"as_of":"2026-11-22T23:57:00.000Z","stale":false},"requests":{"as_of":"2026-11-22T23:57:00.000Z","stale":true},"inbox":{"as_of":null,"stale":true},"unread":2,"outbox":{"waiting":1,"needs_attention":0}}"#
        );
        assert_eq!(
            serde_json::to_string(&SignedOut { revoked: false, discarded: 1 }).unwrap(),
            r#"{"revoked":false,"discarded":1}"#
        );
        assert_eq!(
            serde_json::to_string(&Begun { url: "https://localhost/a".into(), expires_at: NOW }).unwrap(),
            r#"{"url":"https://localhost/a","expires_at":"2026-11-23T00:00:00.000Z"}"#
        );
        assert_eq!(serde_json::to_string(&SignedIn { name: "Ө.Үүрцайх".into() }).unwrap(), r#"{"name":"Ө.Үүрцайх"}"#);
    }

    #[test]
    fn a_person_reads_where_everything_stands() {
        let mut page = Page::for_tests(Language::Mn, NOW);

        status_page(&mut page, &status_of(SessionState::SignedOut.into()));

        assert_eq!(
            page.into_text(),
            "  Нэвтрэлт         нэвтрээгүй
  Каталог          3 минутын өмнө
  Хүсэлтүүд        3 минутын өмнө (хуучирсан байж магадгүй)
  Мэдэгдэл         хэзээ ч шинэчлээгүй, уншаагүй 2
  Илгээх дараалал  хүлээж буй 1, оролцоо шаардсан 0
"
        );
    }

    #[test]
    fn only_a_sign_in_with_a_real_browser_needs_a_port() {
        let sign_in = |begin, citizen: Option<&str>, complete: Option<&str>| {
            let (citizen, complete) = (citizen.map(str::to_owned), complete.map(str::to_owned));
            needs_loopback(&Command::SignIn(SignIn { code: citizen.clone(), citizen, begin, complete }))
        };

        assert!(sign_in(false, None, None));
        assert!(
            !sign_in(true, None, None) && !sign_in(false, Some("ӨҮ99112233"), None) && !sign_in(false, None, Some("x"))
        );
        assert!(!needs_loopback(&Command::Status));
    }
}
