//! Packs the tables, which are embedded, without what only their readers need: comments, and the last column where it is a
//! note.

use std::{env, error::Error, fs, path::Path};

use miniz_oxide::deflate::compress_to_vec;

/// The most that deflate can do: it runs once a build.
const LEVEL: u8 = 10;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=data");
    let out = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    let mut files = fs::read_dir("data")?.map(|file| Ok(file?.path())).collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    files.sort();
    let tables = files.iter().map(|file| table(file)).collect::<Result<Vec<_>, _>>()?;
    fs::write(Path::new(&out).join("tables"), compress_to_vec(tables.join("\0").as_bytes(), LEVEL))?;
    Ok(())
}

/// Its name, and under it its lines.
fn table(file: &Path) -> Result<String, Box<dyn Error>> {
    let name = file.file_name().and_then(|name| name.to_str()).ok_or("a table has no name")?;
    let text = fs::read_to_string(file)?;
    let is_noted = text
        .lines()
        .find(|line| !line.starts_with('#'))
        .is_some_and(|head| head.ends_with("\tnote") || head.ends_with("\tname"));
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let kept = lines.map(|line| match line.rsplit_once('\t').filter(|_| is_noted) {
        Some((fields, _)) => format!("{fields}\t\n"),
        None => format!("{line}\n"),
    });
    Ok(format!("{name}\n{}", kept.collect::<String>()))
}
