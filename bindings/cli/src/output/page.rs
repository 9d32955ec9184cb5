//! A result as a person reads it.

use emongolia_core::{
    foundation::{clock::Timestamp, config::Language},
    offline::Aged,
};

use super::{
    clean, qr,
    table::{Table, padded, width},
    words,
};
use crate::texts::{self, Text};

/// Lines longer than this tire the eye, however wide the terminal is.
const MEASURE: usize = 100;

const BOLD: &str = "\u{1b}[1m";
const DIM: &str = "\u{1b}[2m";
const PLAIN: &str = "\u{1b}[0m";

pub(crate) struct Page {
    text: String,
    pub(crate) language: Language,
    pub(crate) now: Timestamp,
    styled: bool,
    columns: Option<usize>,
}

impl Page {
    pub(super) const fn new(language: Language, now: Timestamp, styled: bool, columns: Option<usize>) -> Self {
        Self { text: String::new(), language, now, styled, columns }
    }

    #[cfg(test)]
    pub(crate) const fn for_tests(language: Language, now: Timestamp) -> Self {
        Self::new(language, now, false, None)
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }

    pub(crate) const fn word(&self, text: Text) -> &'static str {
        text.in_language(self.language)
    }

    pub(crate) fn title(&mut self, text: &str) {
        self.styled_line(&clean(text), BOLD);
    }

    /// A heading with air above it.
    pub(crate) fn heading(&mut self, text: Text) {
        self.gap();
        self.styled_line(self.word(text), BOLD);
    }

    pub(crate) fn line(&mut self, text: &str) {
        self.text.push_str(&clean(text));
        self.text.push('\n');
    }

    pub(crate) fn say(&mut self, text: Text) {
        self.line(self.word(text));
    }

    pub(crate) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Running text, broken at words; its own lines are kept.
    pub(crate) fn paragraph(&mut self, text: &str) {
        let room = self.columns.unwrap_or(usize::MAX).min(MEASURE);
        for line in clean(text).lines() {
            for piece in wrapped(line, room) {
                self.text.push_str(&piece);
                self.text.push('\n');
            }
        }
    }

    /// Labels and values, the values in one column.
    pub(crate) fn pairs(&mut self, pairs: &[(Text, String)]) {
        let labels: Vec<&str> = pairs.iter().map(|(label, _)| self.word(*label)).collect();
        let wanted = labels.iter().map(|label| width(label)).max().unwrap_or(0);
        for (label, (_, value)) in labels.iter().zip(pairs) {
            let label = self.style(&padded(label, wanted), DIM);
            self.text.push_str(&format!("  {label}  {}\n", clean(value).replace('\n', " ")));
        }
    }

    pub(crate) fn table(&mut self, table: &Table) {
        let mut lines = table.lines(self.columns, if self.styled { [BOLD, PLAIN] } else { ["", ""] }).into_iter();
        if let Some(head) = lines.next() {
            self.styled_line(&head, DIM);
        }
        for line in lines {
            self.text.push_str(&line);
            self.text.push('\n');
        }
    }

    /// A QR code, where there is room for it.
    pub(crate) fn qr(&mut self, text: &str) {
        for line in qr::lines(text, self.styled, self.columns).unwrap_or_default() {
            self.text.push_str(&line);
            self.text.push('\n');
        }
    }

    /// How old what was read is, and whether it may have changed.
    pub(crate) fn age<T>(&mut self, aged: &Aged<T>) {
        self.gap();
        let line = words::updated(aged.as_of, aged.stale, self.now, self.language);
        self.styled_line(&line, DIM);
    }

    /// Where the next page starts.
    pub(crate) fn more(&mut self, command: &str) {
        let line = texts::MORE.say(self.language, &[command]);
        self.styled_line(&clean(&line), DIM);
    }

    fn styled_line(&mut self, text: &str, style: &str) {
        let line = self.style(text, style);
        self.text.push_str(&line);
        self.text.push('\n');
    }

    fn style(&self, text: &str, style: &str) -> String {
        if self.styled { format!("{style}{text}{PLAIN}") } else { text.to_owned() }
    }
}

fn wrapped(line: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in line.split_whitespace() {
        if let Some(last) = lines.last_mut() {
            if last.is_empty() {
                last.push_str(word);
            } else if width(last) + 1 + width(word) <= room {
                last.push(' ');
                last.push_str(word);
            } else {
                lines.push(word.to_owned());
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_s(1_795_392_000);

    #[test]
    fn running_text_breaks_at_words_and_keeps_its_own_lines() {
        let mut page = Page::new(Language::Mn, NOW, false, Some(12));

        page.paragraph("Өргөдөл хүлээн авлаа.\n\nҮүнийг хадгална уу");

        assert_eq!(page.into_text(), "Өргөдөл\nхүлээн\nавлаа.\n\nҮүнийг\nхадгална уу\n");
    }

    #[test]
    fn values_stand_in_one_column_and_style_does_not_move_them() {
        let pairs = [(texts::ORGANISATION, "УБЕГ".to_owned()), (texts::FEE, "Үнэгүй".to_owned())];
        let mut plain = Page::for_tests(Language::Mn, NOW);
        let mut styled = Page::new(Language::Mn, NOW, true, None);

        plain.pairs(&pairs);
        styled.pairs(&pairs);

        let plain = plain.into_text();
        assert_eq!(plain, "  Байгууллага  УБЕГ\n  Төлбөр       Үнэгүй\n");
        assert_eq!(styled.into_text().replace(DIM, "").replace(PLAIN, ""), plain);
    }

    #[test]
    fn air_is_never_doubled() {
        let mut page = Page::for_tests(Language::En, NOW);

        page.gap();
        page.title("Үнэмлэх");
        page.gap();
        page.heading(texts::HISTORY);

        assert_eq!(page.into_text(), "Үнэмлэх\n\nHistory\n");
    }
}
