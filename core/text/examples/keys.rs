//! The keys of words from standard input, one a line: `word<TAB>stem<TAB>phonetic key`.

use std::io::{self, BufRead as _, Write as _};

fn main() -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let line = line?;
        let word = mongolian_text::normalise(line.trim()).to_lowercase();
        writeln!(out, "{line}\t{}\t{}", mongolian_text::stem(&word), mongolian_text::phonetic_key(&word))?;
    }
    out.flush()
}
