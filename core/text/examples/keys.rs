//! The keys of words from standard input, one a line, up to a tab: `word<TAB>stem<TAB>phonetic key`.

use std::io::{self, BufRead as _, Write as _};

fn main() -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let line = line?;
        let word = line.split('\t').next().unwrap_or_default();
        let keys = mongolian_text::keys(word);
        writeln!(out, "{word}\t{}\t{}", keys.stem, keys.phonetic)?;
    }
    out.flush()
}
