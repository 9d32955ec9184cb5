//! The library and everything under it, type-checked for Android and iOS without their toolchains.
//!
//! Guarantees: where the standard library's source is to be had, what only a phone compiles can't rot; nothing of the machine changes but the cache. What is not shown: that
//! C code compiles there, that it links, that it runs.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    bindgen::LIBRARY,
    process::{ask, run},
    report::Outcome,
    tools,
    workspace::Workspace,
};

const TARGETS: &[&str] = &["aarch64-linux-android", "aarch64-apple-ios"];

/// The Debian that follows Rust's releases; its package of the standard library's source is for every architecture.
const SUITE: &str = "trixie-backports";

/// Nothing is linked: an empty object does for each that is asked for.
const COMPILER: &str = r#"#!/bin/sh
out= prev=
for a in "$@"; do
    [ "$prev" = -o ] && out=$a
    case $a in -o?*) out=${a#-o} ;; esac
    prev=$a
done
[ -n "$out" ] && : > "$out"
exit 0
"#;
const ARCHIVER: &str = r#"#!/bin/sh
for a in "$@"; do
    case $a in *.a) [ -e "$a" ] || printf '!<arch>\n' > "$a" ;; esac
done
exit 0
"#;

pub(crate) fn check(workspace: &Workspace) -> Outcome {
    let folder = workspace.cache.join("phones");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let source = match source(&folder)? {
        Source::Here(source) => source,
        Source::NotToBeHad(why) => {
            eprintln!("\n!!! NOT CHECKED FOR PHONES: {why}\n");
            return Ok(format!("LEFT OUT, and so nothing is shown for phones: {why}"));
        }
    };
    let compiler = program(&folder.join("compiler"), COMPILER)?;
    let archiver = program(&folder.join("archiver"), ARCHIVER)?;
    for target in TARGETS {
        let mut check = workspace.cargo();
        check.args(["check", "--locked", "--lib", "--package", LIBRARY, "--target", target]);
        check.args(["-Z", "build-std=std,panic_unwind", "--target-dir"]).arg(workspace.target.join("phones"));
        // The standard library comes as source, which only an unstable cargo builds; ours is told to be one, here only.
        check.env("RUSTC_BOOTSTRAP", "1").env("__CARGO_TESTS_ONLY_SRC_ROOT", &source);
        check.env("SDKROOT", &folder); // any folder: else the C build asks Xcode
        let suffix = target.replace('-', "_");
        check.env(format!("CC_{suffix}"), &compiler).env(format!("AR_{suffix}"), &archiver);
        run(&mut check)?;
    }
    Ok(TARGETS.join(", "))
}

/// The standard library's source.
enum Source {
    Here(PathBuf),
    NotToBeHad(String),
}

fn source(folder: &Path) -> Result<Source, String> {
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

fn program(path: &Path, text: &str) -> Result<PathBuf, String> {
    let complain = |error: std::io::Error| format!("{}: {error}", path.display());
    fs::write(path, text).map_err(complain)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(complain)?;
    Ok(path.to_owned())
}

fn text(command: &mut Command) -> Result<String, String> {
    String::from_utf8(ask(command)?).map_err(|error| error.to_string())
}
