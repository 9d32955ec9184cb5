//! The library and everything under it, type-checked for Android and iOS without their toolchains.
//!
//! Guarantees: where the standard library's source is to be had, what only a phone compiles can't rot; nothing of the machine changes but the cache. What is not shown: that
//! C code compiles there, that it links, that it runs.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use crate::{
    bindgen::LIBRARY,
    process::run,
    report::Outcome,
    standard_library::{self, Source},
    workspace::Workspace,
};

const TARGETS: &[&str] = &["aarch64-linux-android", "aarch64-apple-ios"];

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
    let source = match standard_library::source(workspace)? {
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
        check.args(["check", "--locked", "--lib", "--package", LIBRARY, "--target-dir"]);
        check.arg(workspace.target.join("phones"));
        standard_library::build_too(&mut check, &source, target);
        check.env("SDKROOT", &folder); // any folder: else the C build asks Xcode
        let suffix = target.replace('-', "_");
        check.env(format!("CC_{suffix}"), &compiler).env(format!("AR_{suffix}"), &archiver);
        run(&mut check)?;
    }
    Ok(TARGETS.join(", "))
}

fn program(path: &Path, text: &str) -> Result<PathBuf, String> {
    let complain = |error: std::io::Error| format!("{}: {error}", path.display());
    fs::write(path, text).map_err(complain)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).map_err(complain)?;
    Ok(path.to_owned())
}
