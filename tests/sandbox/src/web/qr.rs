//! A QR code as SVG: one path, black on white whatever the page's colours, with its quiet zone.

use std::fmt::Write as _;

use maud::{Markup, html};
use qrcodegen::{QrCode, QrCodeEcc};

/// Light modules around the code (ISO/IEC 18004 §9.1).
const QUIET: i32 = 4;

/// `None` when the text is too long for one, which an address of ours never is.
pub(super) fn svg(text: &str, label: &str) -> Option<Markup> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let whole = code.size() + 2 * QUIET;
    Some(html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(format!("0 0 {whole} {whole}")) role="img" aria-label=(label)
            width="240" height="240" shape-rendering="crispEdges" {
            rect width="100%" height="100%" fill="#fff";
            path d=(path(&code)) fill="#000";
        }
    })
}

fn path(code: &QrCode) -> String {
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            let _ = write!(path, "M{},{}h1v1h-1z", x + QUIET, y + QUIET); // writing to a String never fails
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dark_module_is_drawn_where_it_is_and_no_other() {
        let code =
            QrCode::encode_text("https://localhost:20000/web/s/AAAAAAAAAAAAAAAAAAAAAA", QrCodeEcc::Medium).unwrap();
        let dark = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y)));
        let dark: Vec<_> = dark.filter(|(x, y)| code.get_module(*x, *y)).collect();

        let path = path(&code);

        assert_eq!(path.matches('M').count(), dark.len());
        assert!(dark.iter().all(|(x, y)| path.contains(&format!("M{},{}h1", x + QUIET, y + QUIET))));
        assert!(path.starts_with("M4,4h1"), "the corner of a finder pattern");
    }
}
