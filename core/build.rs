//! Packs the tables that search embeds: as editable text they are four times the size.

use std::{env, error::Error, fs, path::Path};

use miniz_oxide::deflate::compress_to_vec;

const FOLDER: &str = "src/services/catalogue/search/data";
const TABLES: [&str; 2] = ["synonyms.tsv", "everyday.txt"];

/// The most that deflate can do: it runs once a build.
const LEVEL: u8 = 10;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={FOLDER}");
    let out = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    for table in TABLES {
        let text = fs::read_to_string(Path::new(FOLDER).join(table))?;
        fs::write(Path::new(&out).join(table), compress_to_vec(text.as_bytes(), LEVEL))?;
    }
    Ok(())
}
