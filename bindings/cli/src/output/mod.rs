//! The one place that writes: results on standard output, everything else on standard error.
//!
//! Guarantees: with `--json` exactly one document goes out; no text from outside can steer the terminal; whoever stops
//! reading early (`| head`) is no failure.

mod page;
mod qr;
mod table;
pub(crate) mod words;

use std::io::{self, IsTerminal as _, Write as _};

use emongolia_core::foundation::{
    clock::Timestamp,
    config::Language,
    ports::{LogRecord, LogSink, PortError},
};
pub(crate) use page::Page;
use serde::Serialize;
pub(crate) use table::Table;

use crate::{
    args::Global,
    errors::{Failure, Told},
    texts::Text,
};

/// How results and everything beside them are shown. Cheap to copy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    json: bool,
    quiet: bool,
    progress: bool,
    styled: bool,
    /// Width of the terminal; `None` where there is none, and nothing is cut.
    columns: Option<usize>,
    pub(crate) language: Language,
}

impl Output {
    pub(crate) fn new(global: &Global) -> Self {
        let terminal = io::stdout().is_terminal();
        let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        let columns = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)).filter(|_| terminal);
        Self {
            json: global.json,
            quiet: global.quiet,
            progress: global.progress || (!global.quiet && io::stderr().is_terminal()),
            styled: terminal && !plain,
            columns,
            language: global.lang.map_or_else(language_of_environment, Language::from),
        }
    }

    /// For what goes wrong before there are options.
    pub(crate) const fn json() -> Self {
        Self { json: true, quiet: true, progress: false, styled: false, columns: None, language: Language::Mn }
    }

    /// The result: as JSON, or as `human` puts it.
    pub(crate) fn result<T: Serialize>(
        &self,
        now: Timestamp,
        value: &T,
        human: impl FnOnce(&mut Page),
    ) -> Result<(), Failure> {
        let text = if self.json {
            serde_json::to_string(value).map_err(|_| Failure::Output(io::ErrorKind::InvalidData))? + "\n"
        } else {
            let mut page = Page::new(self.language, now, self.styled, self.columns);
            human(&mut page);
            page.into_text()
        };
        self.raw(text.as_bytes())
    }

    /// Bytes as they are, for scripts that a shell reads.
    pub(crate) fn raw(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Output(error.kind())),
            Err(_) | Ok(()) => Ok(()),
        }
    }

    /// What to do next, for a person.
    pub(crate) fn hint(&self, text: Text, values: &[&str]) {
        if !self.quiet && !self.json {
            self.aside(&text.say(self.language, values));
        }
    }

    /// What must be known whatever the options are.
    pub(crate) fn important(&self, text: &str) {
        self.aside(text);
    }

    /// How long work goes on.
    pub(crate) fn progress(&self, text: &str) {
        if self.progress {
            self.aside(text);
        }
    }

    pub(crate) fn failure(&self, failure: &Failure) {
        if self.json {
            let told = ErrorDocument { error: Told::of(failure) };
            self.aside(&serde_json::to_string(&told).unwrap_or_default());
        } else {
            self.aside(failure.message().in_language(self.language));
        }
    }

    /// Standard error may be gone; there is nobody left to tell.
    fn aside(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{}", clean(text));
    }
}

#[derive(Serialize)]
struct ErrorDocument<'a> {
    error: Told<'a>,
}

/// The core's log on standard error.
pub(crate) struct StandardError;

impl LogSink for StandardError {
    fn write(&self, batch: Vec<LogRecord>) -> Result<(), PortError> {
        let mut out = io::stderr().lock();
        for LogRecord { level, target, message, at_ms } in batch {
            let at = Timestamp::from_unix_ms(at_ms);
            let _ = writeln!(out, "{at} {level:?} {target}: {}", clean(&message)); // as in `aside`
        }
        Ok(())
    }
}

/// Mongolian, unless the environment asks for English (POSIX: `LC_ALL` before `LC_MESSAGES` before `LANG`).
fn language_of_environment() -> Language {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG"));
    language_of(locale.as_deref())
}

fn language_of(locale: Option<&str>) -> Language {
    if locale.is_some_and(|name| name.to_ascii_lowercase().starts_with("en")) { Language::En } else { Language::Mn }
}

/// Without what steers a terminal: escape sequences and other control characters, and signs that turn text around.
pub(crate) fn clean(text: &str) -> String {
    let steers = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if steers(c) { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_from_outside_can_not_steer_the_terminal() {
        let message = "Өргөдөл\u{1b}[2J\u{1b}]0;Үгүй\u{7}\r\nхүлээн\tавлаа\u{202e}";

        let shown = clean(message);

        assert_eq!(shown, "Өргөдөл [2J ]0;Үгүй  \nхүлээн авлаа ");
    }

    #[test]
    fn mongolian_comes_first() {
        for locale in [None, Some("mn_MN.UTF-8"), Some("C.UTF-8"), Some("de_DE.UTF-8"), Some("")] {
            assert_eq!(language_of(locale), Language::Mn, "{locale:?}");
        }
        assert_eq!(language_of(Some("en_GB.UTF-8")), Language::En);
    }
}
