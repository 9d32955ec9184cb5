//! The app lock: set, change and remove a PIN, try it, see how it stands.

use std::io::BufRead as _;

use emongolia_core::auth::LockStatus;

use crate::{
    args,
    errors::Failure,
    output::Page,
    platform::unseen::Unseen,
    terminal::Terminal,
    texts::{self, Text},
};

/// Opens this run where a PIN is set: each run of the program begins locked.
const PIN_VARIABLE: &str = "EMONGOLIA_PIN";

pub(super) async fn run(command: args::Lock, terminal: &Terminal) -> Result<(), Failure> {
    let lock = terminal.app.lock();
    match command {
        args::Lock::Status => {}
        args::Lock::Set { pin } => {
            let pin = asked(pin, texts::NEW_PIN, terminal).await?;
            let _alone = terminal.alone()?;
            lock.change_pin(None, Some(&pin)).await?;
        }
        args::Lock::Change { pin, new } => {
            let pin = asked(pin, texts::PIN, terminal).await?;
            let new = asked(new, texts::NEW_PIN, terminal).await?;
            let _alone = terminal.alone()?;
            lock.unlock(Some(&pin)).await?;
            lock.change_pin(Some(&pin), Some(&new)).await?;
        }
        args::Lock::Remove { pin } => {
            let pin = asked(pin, texts::PIN, terminal).await?;
            let _alone = terminal.alone()?;
            lock.unlock(Some(&pin)).await?;
            lock.change_pin(Some(&pin), None).await?;
        }
        args::Lock::Unlock { pin } => {
            let pin = asked(pin, texts::PIN, terminal).await?;
            let _alone = terminal.alone()?;
            lock.unlock(Some(&pin)).await?;
        }
    }
    let status = lock.status();
    terminal.output.result(terminal.now(), &status, |page| words(page, &status))
}

/// What else than the lock is asked for goes on as if it had been opened by hand. Where no PIN opens anything there is
/// nothing to try: a sign-in is what helps, and a PIN that is left over must not bar it.
pub(crate) async fn open_by_environment(terminal: &Terminal) -> Result<(), Failure> {
    let Ok(pin) = std::env::var(PIN_VARIABLE) else { return Ok(()) };
    let LockStatus { set, open, tries_left, .. } = terminal.app.lock().status();
    if !set || open || tries_left == 0 {
        return Ok(());
    }
    let _alone = terminal.alone()?;
    Ok(terminal.app.lock().unlock(Some(pin.trim())).await?)
}

/// As an option, or as a line of standard input that is not shown while it is typed.
async fn asked(option: Option<String>, text: Text, terminal: &Terminal) -> Result<String, Failure> {
    if let Some(pin) = option {
        return Ok(pin);
    }
    terminal.output.important(text.in_language(terminal.output.language));
    let _unseen = Unseen::at(std::io::stdin()); // also after Ctrl-C it shows again
    let typed = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    let line = typed.await.map_err(std::io::Error::from).flatten();
    let line = line.map_err(|e| Failure::Files { file: "stdin".into(), kind: e.kind() })?;
    Ok(line.trim().to_owned())
}

fn words(page: &mut Page, status: &LockStatus) {
    let LockStatus { set, open, biometric: _, recoverable, tries_left, wait_s } = status;
    page.say(match (set, open) {
        (false, _) => texts::LOCK_NOT_SET,
        (true, true) => texts::LOCK_OPEN,
        (true, false) if *tries_left == 0 => texts::LOCK_SPENT,
        (true, false) => texts::LOCK_SHUT,
    });
    if *set && *tries_left > 0 {
        page.line(&texts::TRIES_LEFT.say(page.language, &[&tries_left.to_string()]));
    }
    if *wait_s > 0 {
        page.line(&texts::BUSY_FOR.say(page.language, &[&wait_s.to_string()]));
    }
    if *set && !*recoverable {
        page.say(texts::NOT_RECOVERABLE);
    }
}

#[cfg(test)]
mod tests {
    use emongolia_core::{Language, foundation::clock::Timestamp};

    use super::*;

    fn said(status: &LockStatus, language: Language) -> String {
        let mut page = Page::for_tests(language, Timestamp::from_unix_s(1_795_392_000));
        words(&mut page, status);
        page.into_text()
    }

    const SHUT: LockStatus =
        LockStatus { set: true, open: false, biometric: false, recoverable: true, tries_left: 7, wait_s: 30 };

    #[test]
    fn a_person_is_told_how_it_stands() {
        assert_eq!(said(&SHUT, Language::En), "Locked.\n7 tries left.\nNot now. Try again in 30 seconds.\n");
        let spent = LockStatus { tries_left: 0, wait_s: 0, recoverable: false, ..SHUT };
        assert!(said(&spent, Language::Mn).contains("emongolia sign-in"));
        assert_eq!(said(&LockStatus { set: false, open: true, ..spent }, Language::En), "No PIN is set.\n");
    }

    #[test]
    fn a_script_is_told_as_agreed() {
        let json = serde_json::to_string(&SHUT).unwrap();

        assert_eq!(
            json,
            r#"{"set":true,"open":false,"biometric":false,"recoverable":true,"tries_left":7,"wait_s":30}"#
        );
    }
}
