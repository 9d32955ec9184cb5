//! The standard library's source: rustup's, or Debian's in the cache.
//!
//! Guarantees: nothing of the machine changes but the cache; where it is not to be had, that is told and why.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use crate::{
    process::{ask, run},
    tools,
    workspace::Workspace,
};

/// The Debian that follows Rust's releases; its package of the standard library's source is for every architecture.
const SUITE: &str = "trixie-backports";

#[derive(Debug, Clone)]
pub(crate) enum Source {
    Here(PathBuf),
    NotToBeHad(String),
}

/// Looked for once: every part of one run builds with the same.
pub(crate) fn source(workspace: &Workspace) -> Result<Source, String> {
    static FOUND: OnceLock<Result<Source, String>> = OnceLock::new();
    FOUND.get_or_init(|| find(&workspace.cache.join("phones"))).clone()
}

/// The same, where a library can be had without: a search that failed is a reason like any other.
pub(crate) fn source_if_any(workspace: &Workspace) -> Source {
    source(workspace).unwrap_or_else(Source::NotToBeHad)
}

/// The standard library comes as source, which only an unstable cargo builds; this command's is told to be one.
pub(crate) fn build_too(cargo: &mut Command, source: &Path, target: &str) {
    cargo.args(["-Z", "build-std=std,panic_unwind", "--target", target]);
    cargo.env("RUSTC_BOOTSTRAP", "1").env("__CARGO_TESTS_ONLY_SRC_ROOT", source);
}

/// The target that this machine is, as rustc names it.
pub(crate) fn host() -> Result<String, String> {
    let told = text(Command::new("rustc").arg("-vV"))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| format!("rustc says {told}"))
}

fn find(folder: &Path) -> Result<Source, String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let version = version()?;
    let kept = folder.join(format!("rust-src-{version}"));
    let of_rustup = text(Command::new("rustc").args(["--print", "sysroot"]))?;
    let of_rustup = Path::new(of_rustup.trim()).join("lib/rustlib/src/rust/library");
    for place in [of_rustup, kept.clone()] {
        if place.join("std/Cargo.toml").is_file() {
            return Ok(Source::Here(place));
        }
    }
    if !tools::can_install() {
        return Err("missing: the standard library's source (`rustup component add rust-src`)".into());
    }
    fetch(folder, &version, &kept)
}

/// `1.95.0`
fn version() -> Result<String, String> {
    let told = text(Command::new("rustc").arg("--version"))?;
    told.split(' ').nth(1).map(str::to_owned).ok_or_else(|| format!("rustc says {told}"))
}

/// From Debian's archive, through an apt directory of its own: the machine's stays as it is.
fn fetch(folder: &Path, version: &str, kept: &Path) -> Result<Source, String> {
    let apt = folder.join("apt");
    let complain = |error: std::io::Error| format!("{}: {error}", apt.display());
    if apt.exists() {
        fs::remove_dir_all(&apt).map_err(complain)?; // of a run that was cut short
    }
    for part in ["lists/partial", "cache/archives/partial", "state"] {
        fs::create_dir_all(apt.join(part)).map_err(complain)?;
    }
    fs::write(apt.join("state/status"), "").map_err(complain)?;
    let mirror = tools::debian_mirror().ok_or("apt has no mirror of Debian")?;
    let list = format!("deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {mirror} {SUITE} main\n");
    fs::write(apt.join("sources.list"), list).map_err(complain)?;
    let settings = format!(
        "Dir::Etc::sourcelist \"{0}/sources.list\";\nDir::Etc::sourceparts \"-\";\nDir::State \"{0}/state\";\n\
         Dir::State::status \"{0}/state/status\";\nDir::State::lists \"{0}/lists\";\nDir::Cache \"{0}/cache\";\n\
         Acquire::Languages \"none\";\nAPT::Sandbox::User \"root\";\n",
        apt.display()
    );
    fs::write(apt.join("apt.conf"), settings).map_err(complain)?;
    let with = |program: &str| {
        let mut command = Command::new(program);
        command.env("APT_CONFIG", apt.join("apt.conf")).current_dir(&apt);
        command
    };
    run(with("apt-get").args(["update", "--quiet"]))?;
    let offered = text(with("apt-cache").args(["madison", "rust-src"]))?;
    let Some(wanted) = offered.lines().filter_map(|line| line.split('|').nth(1)).map(str::trim).find(|offer| {
        offer.strip_prefix(version).is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
    }) else {
        return Ok(Source::NotToBeHad(format!("Debian's {SUITE} has no rust-src {version}")));
    };
    run(with("apt-get").args(["download", "--quiet", &format!("rust-src={wanted}")]))?;
    let package = fs::read_dir(&apt)
        .map_err(complain)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|kind| kind == "deb"))
        .ok_or("apt-get brought no package")?;
    let all = folder.join("unpacked");
    run(Command::new("dpkg-deb").arg("--extract").arg(&package).arg(&all))?;
    let library = all.join(format!("usr/src/rustc-{version}/library"));
    fs::rename(&library, kept).map_err(|error| format!("{}: {error}", library.display()))?;
    for done in [all, apt] {
        fs::remove_dir_all(&done).map_err(|error| format!("{}: {error}", done.display()))?;
    }
    Ok(Source::Here(kept.to_owned()))
}

fn text(command: &mut Command) -> Result<String, String> {
    String::from_utf8(ask(command)?).map_err(|error| error.to_string())
}
