//! A QR code in a terminal: two rows of modules to a line of text.

use qrcodegen::{QrCode, QrCodeEcc};

/// Light modules around the code (ISO/IEC 18004 §9.1).
const QUIET: i32 = 4;

/// Black on white whatever the terminal's colours are.
const BLACK_ON_WHITE: &str = "\u{1b}[30;107m";
const PLAIN: &str = "\u{1b}[0m";

/// Its lines. Without colours it is drawn for a dark page, light modules as blocks. `None`: too long a text for a code, or
/// too wide a code for the page.
pub(super) fn lines(text: &str, styled: bool, columns: Option<usize>) -> Option<Vec<String>> {
    let code = QrCode::encode_text(text, QrCodeEcc::Low).ok()?;
    let whole = -QUIET..code.size() + QUIET;
    if columns.is_some_and(|columns| whole.len() > columns) {
        return None;
    }
    let block = |x, y| match (code.get_module(x, y) == styled, code.get_module(x, y + 1) == styled) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    };
    let line = |y| whole.clone().map(|x| block(x, y)).collect::<String>();
    let dress = |line| if styled { format!("{BLACK_ON_WHITE}{line}{PLAIN}") } else { line };
    Some(whole.clone().step_by(2).map(|y| dress(line(y))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "https://localhost:20000/qpay/pay/Өө";

    /// Read back: whether each module is dark.
    fn read(lines: &[String], styled: bool) -> Vec<Vec<bool>> {
        let halves = |line: &String, upper: bool| {
            let line = line.trim_start_matches(BLACK_ON_WHITE).trim_end_matches(PLAIN);
            let full = |c| if upper { "█▀".contains(c) } else { "█▄".contains(c) };
            line.chars().map(|c| full(c) == styled).collect::<Vec<_>>()
        };
        lines.iter().flat_map(|line| [halves(line, true), halves(line, false)]).collect()
    }

    #[test]
    fn every_module_is_drawn_where_it_is_with_light_around_it() {
        let code = QrCode::encode_text(TEXT, QrCodeEcc::Low).unwrap();
        for styled in [true, false] {
            let drawn = read(&lines(TEXT, styled, Some(80)).unwrap(), styled);

            for (y, row) in (-QUIET..).zip(&drawn) {
                for (x, dark) in (-QUIET..).zip(row) {
                    assert_eq!(*dark, code.get_module(x, y), "{x}, {y}");
                }
            }
            assert!(drawn.len() >= (code.size() + 2 * QUIET) as usize);
        }
    }

    #[test]
    fn what_has_no_room_is_not_drawn() {
        assert!(lines(TEXT, true, Some(30)).is_none());
        assert!(lines(&"Ө".repeat(3000), true, None).is_none());
    }
}
