//! Packs texts that the core embeds: as they are written they are five times the size.

use std::{env, error::Error, fs, path::Path};

use miniz_oxide::deflate::compress_to_vec;

/// The most that deflate can do: it runs once a build.
const LEVEL: u8 = 10;

const HOLIDAYS: &str = "src/country/data/public_holidays.csv";

fn main() -> Result<(), Box<dyn Error>> {
    let out = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    let pack = |name: &str, texts: &[String]| {
        fs::write(Path::new(&out).join(name), compress_to_vec(texts.join("\0").as_bytes(), LEVEL))
    };
    for store in ["cache", "state"] {
        pack(&format!("{store}.migrations"), &migrations(store)?)?;
    }
    println!("cargo::rerun-if-changed={HOLIDAYS}");
    pack("public_holidays", &[fs::read_to_string(HOLIDAYS)?])?;
    Ok(())
}

/// In the order of their numbers.
fn migrations(store: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let folder = Path::new("migrations").join(store);
    println!("cargo::rerun-if-changed={}", folder.display());
    let files: Result<Vec<_>, _> = fs::read_dir(folder)?.map(|file| file.map(|file| file.path())).collect();
    let mut files: Vec<_> =
        files?.into_iter().filter(|file| file.extension().is_some_and(|kind| kind == "sql")).collect();
    files.sort();
    Ok(files.iter().map(fs::read_to_string).collect::<Result<_, _>>()?)
}
