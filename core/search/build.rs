//! Packs the tables that search embeds: as editable text they are four times the size.

use std::{collections::BTreeSet, env, error::Error, fs, path::Path};

use miniz_oxide::deflate::compress_to_vec;

#[allow(dead_code, reason = "the search's own file: a key made here must be found there")]
#[path = "src/words.rs"]
mod words;

use words::Tongue;

/// The most that deflate can do: it runs once a build.
const LEVEL: u8 = 10;

/// Of the synonyms.
const COLUMNS: usize = 6;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=src/words.rs");
    println!("cargo::rerun-if-changed=data");
    let out = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    let table = |name: &str| fs::read_to_string(Path::new("data").join(name));
    fs::write(Path::new(&out).join("synonyms"), compress_to_vec(&columns(&table("synonyms.tsv")?), LEVEL))?;
    fs::write(Path::new(&out).join("everyday.keys"), gaps(&everyday(&table("everyday.txt")?)))?;
    Ok(())
}

/// The letters beyond ASCII, and under them all cells, column after column, each in a line. A letter is one byte: its place
/// among those, with the high bit. That deflates to four fifths of what the rows in UTF-8 do.
fn columns(text: &str) -> Vec<u8> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).skip(1);
    let rows: Vec<[&str; COLUMNS]> =
        lines.filter_map(|line| line.split('\t').collect::<Vec<_>>().try_into().ok()).collect();
    let cells: Vec<&str> = (0..COLUMNS).flat_map(|column| rows.iter().map(move |row| row[column])).collect();
    let text = cells.join("\n");
    let letters: BTreeSet<char> = text.chars().filter(|letter| !letter.is_ascii()).collect();
    let place = |letter: char| letters.iter().position(|other| *other == letter);
    let byte = |letter: char| place(letter).map_or(letter as u8, |place| 0x80 | place as u8);
    let bytes: Vec<u8> = text.chars().map(byte).collect();
    [letters.iter().collect::<String>().as_bytes(), b"\n", &bytes].concat()
}

/// Short keys of each word: by stem and by fold. Mongolian first; `# en` and `# ru` begin the other two languages.
fn everyday(text: &str) -> BTreeSet<u32> {
    let mut tongue = Tongue::Mongolian;
    let mut keys = BTreeSet::new();
    for line in text.lines() {
        match line {
            "# en" => tongue = Tongue::English,
            "# ru" => tongue = Tongue::Russian,
            heading if heading.starts_with('#') => {}
            word => {
                let word = words::word(word, tongue);
                keys.extend([word.stem.short(), word.fold.short()]);
            }
        }
    }
    keys
}

/// What each key is more than the one before it, in Rice's code: the high part as so many ones and a nought, the low bits as
/// they are. Ones fill the last byte, and end nothing.
fn gaps(keys: &BTreeSet<u32>) -> Vec<u8> {
    let mut bits = Vec::new();
    let mut last = 0;
    for key in keys {
        let gap = key - last;
        last = *key;
        bits.extend((0..gap >> words::GAP_BITS).map(|_| true));
        bits.push(false);
        bits.extend((0..words::GAP_BITS).rev().map(|bit| gap >> bit & 1 == 1));
    }
    bits.resize(bits.len().next_multiple_of(8), true);
    bits.chunks(8).map(|byte| byte.iter().fold(0, |byte, &bit| byte << 1 | u8::from(bit))).collect()
}
