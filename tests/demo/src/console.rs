//! What the person in front of the terminal sees. A reader who has gone (`| head`) ends nothing.

use std::{
    fmt::Display,
    io::{self, IsTerminal as _, Write as _},
    time::Duration,
};

/// Writes to standard output; in colours where that is a terminal and nobody asked otherwise (no-color.org).
#[derive(Clone, Copy)]
pub(crate) struct Console {
    colours: bool,
    silent: bool,
}

/// SGR parameters (ECMA-48 §8.3.117).
#[derive(Clone, Copy)]
enum Style {
    Plain,
    Bold,
    Dim,
    Green,
    Red,
    Yellow,
}

impl Style {
    const fn code(self) -> &'static str {
        match self {
            Self::Plain => "0",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Green => "32",
            Self::Red => "31",
            Self::Yellow => "33",
        }
    }
}

impl Console {
    pub(crate) fn new() -> Self {
        Self { colours: io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(), silent: false }
    }

    /// For tests, whose output others read.
    #[cfg(test)]
    pub(crate) fn silent() -> Self {
        Self { colours: false, silent: true }
    }

    pub(crate) fn line(&self, text: impl Display) {
        self.write(Style::Plain, text);
    }

    pub(crate) fn headline(&self, number: usize, of: usize, name: &str, mn: &str, en: &str) {
        self.line("");
        self.write(Style::Bold, format_args!("{number}/{of} {mn} · {en}  [{name}]"));
    }

    /// What somebody does who is not at this terminal.
    pub(crate) fn event(&self, text: impl Display) {
        self.line(format_args!("  · {text}"));
    }

    pub(crate) fn command(&self, words: &[&str]) {
        self.line(format_args!("  $ emongolia {}", as_typed(words)));
    }

    /// One that goes on while others follow.
    pub(crate) fn command_aside(&self, words: &[&str]) {
        self.line(format_args!("  $ emongolia {} &", as_typed(words)));
    }

    /// What a program said, word for word.
    pub(crate) fn output(&self, text: &str) {
        for line in text.lines() {
            self.write(Style::Dim, format_args!("      {line}"));
        }
    }

    pub(crate) fn kept(&self, promise: impl Display) {
        self.write(Style::Green, format_args!("    ✓ {promise}"));
    }

    pub(crate) fn broken(&self, why: impl Display) {
        self.write(Style::Red, format_args!("    ✗ {why}"));
    }

    pub(crate) fn sabotage(&self, what: &str) {
        self.write(Style::Yellow, format_args!("  ⚡ sabotage: {what}"));
    }

    pub(crate) fn took(&self, time: Duration) {
        self.line(format_args!("    {} ms", time.as_millis()));
    }

    fn write(&self, style: Style, text: impl Display) {
        if self.silent {
            return;
        }
        let mut out = io::stdout().lock();
        let _gone = match style {
            Style::Plain => writeln!(out, "{text}"),
            _ if !self.colours => writeln!(out, "{text}"),
            Style::Bold | Style::Dim | Style::Green | Style::Red | Style::Yellow => {
                writeln!(out, "\x1b[{}m{text}\x1b[0m", style.code())
            }
        };
    }
}

/// As a shell wants it: quoted where it would take the words apart.
pub(crate) fn as_typed(words: &[&str]) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_=./:,@%+".contains(c);
    let quoted = words.iter().map(|word| match word {
        word if !word.is_empty() && word.chars().all(plain) => (*word).to_owned(),
        word => format!("'{}'", word.replace('\'', r"'\''")),
    });
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_take_them_apart() {
        assert_eq!(as_typed(&["search", "ҮНЭМЛЭХ", "өргөө"]), "search ҮНЭМЛЭХ өргөө");
        assert_eq!(as_typed(&["--set", "forUsage=Өргөө банк"]), "--set 'forUsage=Өргөө банк'");
        assert_eq!(as_typed(&["", "a'b", "$HOME"]), r"'' 'a'\''b' '$HOME'");
    }
}
