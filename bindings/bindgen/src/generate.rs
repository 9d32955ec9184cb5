//! The generator of UniFFI, with our names and without a formatter.
//!
//! Guarantees: what an earlier run left is gone; a file that would not change keeps its time, so nobody compiles it anew.

use std::{collections::BTreeMap, fs};

use camino::{Utf8Path, Utf8PathBuf};
use uniffi_bindgen::{
    BindgenPaths, BindgenPathsLayer,
    bindings::{GenerateOptions, TargetLanguage, generate_with_bindgen_paths},
};

use crate::{digest::digest, interface, load, mask, record};

/// The facade's folder: its `uniffi.toml` says how the generated code is named.
const FACADE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../ffi");

pub(crate) fn kotlin(library: &Utf8Path, out_dir: &Utf8Path, record: bool) -> Result<(), String> {
    let record = record.then_some(record::kotlin as Record);
    let changes = Changes { kind: "kt", load: load::kotlin, mask: mask::kotlin, record };
    generate(TargetLanguage::Kotlin, library, out_dir, &changes)
}

pub(crate) fn swift(library: &Utf8Path, out_dir: &Utf8Path, record: bool) -> Result<(), String> {
    let record = record.then_some(record::swift as Record);
    let changes = Changes { kind: "swift", load: load::swift, mask: mask::swift, record };
    generate(TargetLanguage::Swift, library, out_dir, &changes)
}

/// There is one namespace, so every crate's configuration is the facade's.
struct Facade;

impl BindgenPathsLayer for Facade {
    fn get_crate_root(&self, _crate_name: &str) -> Option<Utf8PathBuf> {
        Some(FACADE.into())
    }
}

type Load = fn(&str, &str) -> Result<String, String>;
type Record = fn(&str, &[interface::Item]) -> Result<String, String>;

/// What is done to the generated files of one kind.
struct Changes {
    kind: &'static str,
    load: Load,
    mask: fn(&str, &[String]) -> Result<String, String>,
    record: Option<Record>,
}

impl Changes {
    fn apply(&self, library: &Utf8Path, source: &str) -> Result<String, String> {
        let checked = (self.load)(source, &digest(&interface::text(library)?))?;
        let masked = (self.mask)(&checked, &interface::masked(library)?)?;
        match self.record {
            Some(record) => record(&masked, &interface::items(library)?),
            None => Ok(masked),
        }
    }
}

fn generate(language: TargetLanguage, library: &Utf8Path, out_dir: &Utf8Path, changes: &Changes) -> Result<(), String> {
    let draft = Utf8PathBuf::from(format!("{out_dir}.draft"));
    clear(&draft)?;
    let mut paths = BindgenPaths::default();
    paths.add_layer(Facade);
    let options = GenerateOptions {
        languages: vec![language],
        source: library.to_owned(),
        out_dir: draft.clone(),
        ..GenerateOptions::default()
    };
    generate_with_bindgen_paths(options, paths).map_err(|error| format!("{library}: {error:#}"))?;
    let mut written = files(&draft)?;
    for (path, source) in written.iter_mut().filter(|(path, _)| path.extension() == Some(changes.kind)) {
        *source = changes.apply(library, source).map_err(|why| format!("{path}: {why}"))?;
        fs::write(draft.join(path), source).map_err(|error| format!("{path}: {error}"))?;
    }
    if out_dir.exists() && files(out_dir)? == written {
        return clear(&draft);
    }
    clear(out_dir)?;
    fs::rename(&draft, out_dir).map_err(|error| format!("{out_dir}: {error}"))
}

fn clear(folder: &Utf8Path) -> Result<(), String> {
    if folder.exists() { fs::remove_dir_all(folder).map_err(|error| format!("{folder}: {error}")) } else { Ok(()) }
}

/// Every file below, by its path from there.
fn files(folder: &Utf8Path) -> Result<BTreeMap<Utf8PathBuf, String>, String> {
    let mut found = BTreeMap::new();
    for entry in folder.read_dir_utf8().map_err(|error| format!("{folder}: {error}"))? {
        let entry = entry.map_err(|error| format!("{folder}: {error}"))?;
        let (name, path) = (entry.file_name(), entry.path());
        if path.is_dir() {
            let below = files(path)?.into_iter();
            found.extend(below.map(|(below, text)| (Utf8Path::new(name).join(below), text)));
        } else {
            found.insert(name.into(), fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?);
        }
    }
    Ok(found)
}
