//! How large the library is that ships, stripped as it ships and compressed as it is downloaded.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    bindgen::{self, LIBRARY},
    process::ask,
    report::Outcome,
    standard_library::{self, Source},
    workspace::Workspace,
};

/// In bytes, for x86-64, stripped: what a phone is to carry for everything but chat. Above it, the outcome says so loudly.
const PROMISE: u64 = 4_000_000;

/// What fails. Above the promise for as long as ADR 13 says why.
const CEILING: u64 = 4_718_000;

/// The same with the standard library as it is delivered, where its source is not to be had: no promise, but a guard.
const CEILING_WITH_STANDARD_LIBRARY_AS_DELIVERED: u64 = 5_015_000;

/// The ceiling's own target; on others the size is only told.
const CEILING_IS_FOR: &str = "x86_64";

/// What a core that can be sabotaged says of it: `Ports::checks`.
const SABOTAGE: &str = "a check is left out, as a test asked";

pub(crate) fn check(workspace: &Workspace) -> Outcome {
    if !workspace.has(LIBRARY) {
        return Err(format!("there is no package {LIBRARY}: nothing ships, so there is nothing to weigh"));
    }
    let stripped = bindgen::shipped(workspace, bindgen::Choice::RELEASE)?;
    let library = fs::read(&stripped).map_err(|error| format!("{}: {error}", stripped.display()))?;
    if can_be_sabotaged(&library) {
        return Err("the library was built with test-controls: its checks can be left out".into());
    }
    let size = library.len() as u64;
    let note = note(&stripped);
    fs::write(&note, hash(&stripped)?).map_err(|error| format!("{}: {error}", note.display()))?;
    let compressed = ask(Command::new("gzip").arg("-9c").arg(&stripped))?.len() as u64;
    judge(size, compressed, std::env::consts::ARCH, &standard_library::source_if_any(workspace))
}

fn can_be_sabotaged(library: &[u8]) -> bool {
    library.windows(SABOTAGE.len()).any(|text| text == SABOTAGE.as_bytes())
}

/// SHA-256 of the file that was weighed. A debug library is never weighed: the hash of what it is now.
pub(crate) fn weighed(library: &Path, choice: bindgen::Choice) -> Result<String, String> {
    if choice != bindgen::Choice::RELEASE {
        return hash(library);
    }
    let note = note(library);
    fs::read_to_string(&note).map_err(|error| format!("{}: {error}: `cargo xtask size` has not run", note.display()))
}

/// Beside the library.
fn note(library: &Path) -> PathBuf {
    library.with_extension("weighed")
}

fn hash(file: &Path) -> Result<String, String> {
    let said = ask(Command::new("sha256sum").arg(file))?;
    let hash = String::from_utf8_lossy(&said).split_whitespace().next().map(str::to_owned);
    hash.ok_or_else(|| format!("sha256sum said nothing of {}", file.display()))
}

fn judge(size: u64, compressed: u64, architecture: &str, standard: &Source) -> Outcome {
    let told = format!("{} stripped, {} with gzip -9, {architecture}", megabytes(size), megabytes(compressed));
    if architecture != CEILING_IS_FOR {
        return Ok(format!("{told}, no ceiling"));
    }
    let promise = megabytes(PROMISE);
    let (ceiling, told) = match standard {
        Source::Here(_) if size <= PROMISE => (CEILING, format!("{told}, promise {promise}")),
        Source::Here(_) => {
            let over = size - PROMISE;
            let told = format!("{told}, ceiling {}", megabytes(CEILING));
            (CEILING, format!("{told}; THE PROMISE OF {promise} IS NOT KEPT: {over} bytes too many"))
        }
        Source::NotToBeHad(why) => {
            let ceiling = CEILING_WITH_STANDARD_LIBRARY_AS_DELIVERED;
            let told = format!("{told}, ceiling {} with the standard library as delivered", megabytes(ceiling));
            (ceiling, format!("{told}; THE PROMISE OF {promise} IS NOT SHOWN: {why}"))
        }
    };
    if size <= ceiling { Ok(told) } else { Err(format!("{told}; {} bytes above the ceiling", size - ceiling)) }
}

/// Of 1,000,000 bytes, with two digits; the comparison is in bytes.
fn megabytes(bytes: u64) -> String {
    format!("{:.2} MB", bytes as f64 / 1e6)
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_file_that_was_replaced_after_it_was_weighed_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("libӨ.so");
        fs::write(&library, "Үйлдвэр").unwrap();
        assert!(weighed(&library, bindgen::Choice::RELEASE).unwrap_err().contains("cargo xtask size"));
        fs::write(note(&library), hash(&library).unwrap()).unwrap();

        fs::write(&library, "Өөр").unwrap();

        assert_ne!(weighed(&library, bindgen::Choice::RELEASE), hash(&library));
        assert_eq!(hash(&library).unwrap().len(), 64);
    }

    #[test]
    fn a_library_whose_checks_can_be_left_out_does_not_ship() {
        let ports = include_str!("../../../core/src/foundation/ports.rs");

        assert!(can_be_sabotaged(ports.as_bytes()), "what is looked for is what the core says");
        assert!(!can_be_sabotaged("a check is left, үлдсэн".as_bytes()));
    }

    fn here() -> Source {
        Source::Here("/Эх сурвалж".into())
    }

    #[test]
    fn one_byte_above_the_ceiling_fails() {
        assert!(judge(CEILING, 1_600_000, "x86_64", &here()).is_ok());
        assert!(judge(CEILING + 1, 1_600_000, "x86_64", &here()).unwrap_err().ends_with("1 bytes above the ceiling"));
    }

    #[test]
    fn one_byte_above_the_promise_is_told() {
        let told = |size| judge(size, 1_600_000, "x86_64", &here()).unwrap();

        assert!(told(PROMISE).ends_with("promise 4.00 MB"));
        assert!(told(PROMISE + 1).ends_with("THE PROMISE OF 4.00 MB IS NOT KEPT: 1 bytes too many"));
    }

    #[test]
    fn the_standard_library_as_delivered_has_a_ceiling_of_its_own_and_shows_no_promise() {
        let delivered = Source::NotToBeHad("Үгүй".into());
        let ceiling = CEILING_WITH_STANDARD_LIBRARY_AS_DELIVERED;

        let told = judge(ceiling, 1_600_000, "x86_64", &delivered).unwrap();

        assert!(
            told.contains(&megabytes(ceiling)) && told.ends_with("THE PROMISE OF 4.00 MB IS NOT SHOWN: Үгүй"),
            "{told}"
        );
        assert!(judge(ceiling + 1, 1_600_000, "x86_64", &delivered).is_err());
    }

    #[test]
    fn the_size_is_told_in_full() {
        let told = judge(3_412_345, 1_600_000, "x86_64", &here()).unwrap();

        assert_eq!(told, "3.41 MB stripped, 1.60 MB with gzip -9, x86_64, promise 4.00 MB");
    }
}
