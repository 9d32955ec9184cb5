//! Leaves out of the tables what only their readers need: comments, and the last column where it is a note.

use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=data");
    let out = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    for table in fs::read_dir("data")? {
        let table = table?;
        let text = fs::read_to_string(table.path())?;
        let is_noted = text
            .lines()
            .find(|line| !line.starts_with('#'))
            .is_some_and(|head| head.ends_with("\tnote") || head.ends_with("\tname"));
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let kept = lines.map(|line| match line.rsplit_once('\t').filter(|_| is_noted) {
            Some((fields, _)) => format!("{fields}\t\n"),
            None => format!("{line}\n"),
        });
        fs::write(Path::new(&out).join(table.file_name()), kept.collect::<String>())?;
    }
    Ok(())
}
