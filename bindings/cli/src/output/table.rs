//! Columns that line up.
//!
//! Guarantees: width is counted in what a terminal shows, not in bytes; where it does not fit, the widest column that
//! may be cut is, and an id never is.

use super::clean;

/// A column is never cut below this: less would be unreadable.
const NARROWEST: usize = 12;

const GAP: &str = "  ";

pub(crate) struct Table {
    heads: Vec<Column>,
    rows: Vec<Row>,
}

struct Row {
    cells: Vec<String>,
    /// Places of letters in the first cell that are set off.
    set_off: Vec<usize>,
}

struct Column {
    name: &'static str,
    may_be_cut: bool,
}

impl Table {
    pub(crate) const fn new() -> Self {
        Self { heads: Vec::new(), rows: Vec::new() }
    }

    /// A column that may be cut on a narrow terminal.
    pub(crate) fn column(mut self, name: &'static str) -> Self {
        self.heads.push(Column { name, may_be_cut: true });
        self
    }

    /// A column that is always shown whole: ids, dates, amounts.
    pub(crate) fn whole(mut self, name: &'static str) -> Self {
        self.heads.push(Column { name, may_be_cut: false });
        self
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        let cells = cells.iter().map(|cell| clean(cell).replace('\n', " ")).collect();
        self.rows.push(Row { cells, set_off: Vec::new() });
    }

    /// Sets letters of the last row's first cell off from the others.
    pub(crate) fn set_off(&mut self, letters: Vec<usize>) {
        if let Some(row) = self.rows.last_mut() {
            row.set_off = letters;
        }
    }

    /// The head first, then a line for each row. What is set off stands between the two signs.
    pub(crate) fn lines(&self, columns: Option<usize>, signs: [&str; 2]) -> Vec<String> {
        let widths = self.widths(columns);
        let head = Row { cells: self.heads.iter().map(|column| column.name.to_owned()).collect(), set_off: Vec::new() };
        std::iter::once(&head).chain(&self.rows).map(|row| line(row, &widths, signs)).collect()
    }

    fn widths(&self, columns: Option<usize>) -> Vec<usize> {
        let cell = |row: &Row, n: usize| row.cells.get(n).map_or(0, |cell| width(cell));
        let mut widths: Vec<usize> = (self.heads.iter().enumerate())
            .map(|(n, head)| self.rows.iter().map(|row| cell(row, n)).max().unwrap_or(0).max(width(head.name)))
            .collect();
        let Some(columns) = columns else { return widths };
        let room = columns.saturating_sub(GAP.len() * widths.len().saturating_sub(1));
        while widths.iter().sum::<usize>() > room {
            let cuttable =
                widths.iter_mut().zip(&self.heads).filter(|(_, head)| head.may_be_cut).map(|(width, _)| width);
            match cuttable.max() {
                Some(widest) if *widest > NARROWEST => *widest -= 1,
                Some(_) | None => break,
            }
        }
        widths
    }
}

fn line(row: &Row, widths: &[usize], signs: [&str; 2]) -> String {
    let mut out = String::new();
    for (n, (cell, wanted)) in row.cells.iter().zip(widths).enumerate() {
        if n > 0 {
            out.push_str(GAP);
        }
        let cell = padded(&cut(cell, *wanted), *wanted);
        if n == 0 { out.push_str(&set_off(&cell, &row.set_off, signs)) } else { out.push_str(&cell) }
    }
    out.truncate(out.trim_end().len());
    out
}

fn set_off(text: &str, letters: &[usize], [begin, end]: [&str; 2]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for (place, letter) in text.chars().enumerate() {
        let wanted = letters.contains(&place);
        match (inside, wanted) {
            (false, true) => out.push_str(begin),
            (true, false) => out.push_str(end),
            (true, true) | (false, false) => {}
        }
        inside = wanted;
        out.push(letter);
    }
    if inside {
        out.push_str(end);
    }
    out
}

/// With spaces up to `wanted` columns.
pub(super) fn padded(text: &str, wanted: usize) -> String {
    let mut out = text.to_owned();
    out.extend(std::iter::repeat_n(' ', wanted.saturating_sub(width(text))));
    out
}

fn cut(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 1; // the sign for what is missing
    for c in text.chars() {
        used += width_of(c);
        if used > room {
            break;
        }
        out.push(c);
    }
    out.truncate(out.trim_end().len());
    out.push('…');
    out
}

/// Columns that a terminal takes for a text.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(width_of).sum()
}

/// Marks that sit on the letter before take none (Unicode general category Mn, as far as our scripts have it).
const fn width_of(c: char) -> usize {
    match c {
        '\u{300}'..='\u{36f}'
        | '\u{483}'..='\u{487}'
        | '\u{200b}'..='\u{200d}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' => 0,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: [&str; 2] = ["", ""];

    fn table() -> Table {
        let mut table = Table::new().column("Үйлчилгээ").whole("Төлбөр").whole("Id");
        table.row(["Өмгөөллийн үйл ажиллагаа эрхлэх зөвшөөрөл".into(), "25,000₮".into(), "ac8a".into()]);
        table.row(["Лавлагаа".into(), "Үнэгүй".into(), "34f1".into()]);
        table
    }

    #[test]
    fn columns_of_cyrillic_line_up_by_letters() {
        assert_eq!(
            table().lines(None, PLAIN),
            [
                "Үйлчилгээ                                  Төлбөр   Id",
                "Өмгөөллийн үйл ажиллагаа эрхлэх зөвшөөрөл  25,000₮  ac8a",
                "Лавлагаа                                   Үнэгүй   34f1",
            ]
        );
    }

    #[test]
    fn on_a_narrow_terminal_only_what_may_be_cut_is_cut() {
        let lines = table().lines(Some(36), PLAIN);

        assert_eq!(
            lines,
            [
                "Үйлчилгээ              Төлбөр   Id",
                "Өмгөөллийн үйл ажилл…  25,000₮  ac8a",
                "Лавлагаа               Үнэгүй   34f1",
            ]
        );
        assert!(lines.iter().all(|line| width(line) <= 36));
        assert!(table().lines(Some(5), PLAIN)[1].ends_with("25,000₮  ac8a"));
    }

    #[test]
    fn what_is_set_off_moves_nothing_and_ends_where_the_cell_is_cut() {
        let mut table = Table::new().column("Нэр").whole("Id");
        table.row(["Өргөдөл гаргах үйлчилгээ".into(), "1".into()]);
        table.set_off((8..24).collect());

        assert_eq!(table.lines(None, ["[", "]"])[1], "Өргөдөл [гаргах үйлчилгээ]  1");
        assert_eq!(table.lines(Some(16), ["[", "]"])[1], "Өргөдөл [гар…]  1");
        assert_eq!(table.lines(None, PLAIN)[1], "Өргөдөл гаргах үйлчилгээ  1");
    }

    #[test]
    fn a_letter_and_its_mark_take_one_column() {
        assert_eq!(width("Өөө"), 3);
        assert_eq!(width("и\u{306}"), 1);
        assert_eq!(width("Ө\u{308}ү"), 2);
        assert_eq!(width(""), 0);
    }

    #[test]
    fn a_cell_stays_on_its_line() {
        let mut table = Table::new().column("Гарчиг");
        table.row(["Үүл\nӨвөл\u{1b}[1m".into()]);

        assert_eq!(table.lines(None, PLAIN)[1], "Үүл Өвөл [1m");
    }
}
