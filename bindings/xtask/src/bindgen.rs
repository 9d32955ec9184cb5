//! The library that ships, and the Kotlin and Swift that its shells compile: generated, never committed.

use std::{
    env, fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    process::{ask, run},
    report::Outcome,
    standard_library::{self, Source},
    tools,
    workspace::Workspace,
};

/// The package whose `cdylib` the shells load, with its default features: no test controls.
pub(crate) const LIBRARY: &str = "emongolia-ffi";

/// The generator: a package of its own, so that its features never reach the library.
const GENERATOR: &str = "emongolia-bindgen";

/// Which build of the library.
#[derive(clap::Args, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    /// Take the debug library: the same interface, quicker to build.
    #[arg(long)]
    debug: bool,
}

impl Choice {
    /// What ships.
    pub(crate) const RELEASE: Self = Self { debug: false };

    pub(crate) fn name(self) -> &'static str {
        if self.debug { "debug" } else { "release" }
    }

    /// Cargo's name of the profile that fills the folder of that name.
    fn profile(self) -> &'static str {
        if self.debug { "dev" } else { "release" }
    }
}

/// Built, unless it is there already, with what the generator of bindings reads; [`shipped`] is the same without that.
pub(crate) fn library(workspace: &Workspace, choice: Choice) -> Result<PathBuf, String> {
    if choice != Choice::RELEASE {
        run(&mut building(workspace.cargo(), choice))?;
        return Ok(workspace.target.join(choice.name()).join(file_name()));
    }
    let standard = standard_library::source_if_any(workspace);
    let mut build = building(workspace.cargo(), choice);
    let mut flags = release_flags(workspace, &standard)?;
    flags.extend(linking_twice(workspace)?);
    if let Source::Here(_) = &standard {
        flags.push("-Zfmt-debug=none".into()); // `{:?}` prints nothing: 0.06 MB, and nothing is shown by mistake
        build.env("RUSTC_WRAPPER", script(workspace, "without-places", COMPILER)?);
    }
    // Flags of one's own would take the place of these, not join them.
    let flags = flags.join("\u{1f}");
    build.env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", flags).env("CFLAGS", c_flags());
    build.env("CARGO_PROFILE_RELEASE_DEBUG", "false"); // as for why: `release_flags`
    let folder = match &standard {
        Source::Here(source) => {
            let host = standard_library::host()?;
            for_size(&mut build, source, &host);
            workspace.target.join(host)
        }
        Source::NotToBeHad(why) => {
            eprintln!("\n!!! THE STANDARD LIBRARY IS NOT BUILT FOR SIZE, BUT AS DELIVERED: {why}\n");
            workspace.target.clone()
        }
    };
    run(&mut build)?;
    Ok(folder.join(choice.name()).join(file_name()))
}

fn building(mut cargo: Command, choice: Choice) -> Command {
    cargo.args(["build", "--locked", "--lib", "--package", LIBRARY, "--profile", choice.profile()]);
    cargo
}

/// The standard library too, and without what prints a backtrace: it would find no symbols in what ships.
fn for_size(build: &mut Command, source: &Path, host: &str) {
    standard_library::build_too(build, source, host);
    build.args(["-Z", "build-std-features=optimize_for_size"]);
}

/// No unwinding passes through C: SQLite's callbacks into Rust catch panics, ring makes none.
fn c_flags() -> String {
    let smallest = Command::new("cc").args(["-Oz", "-E", "-x", "c", "/dev/null"]).output();
    let smallest = if smallest.is_ok_and(|said| said.status.success()) { "-Oz " } else { "" }; // GCC knows it from 12 on
    format!("{smallest}-fno-asynchronous-unwind-tables -fno-unwind-tables")
}

/// Nothing of the machine it was built on is in what ships: source files are named from their package on. Frame pointers:
/// unwinding tables are then a fifth smaller, and a crash on a phone shows its whole way. And no entry in those tables for
/// what no panic passes through; line tables would bring each of them back. A short `match` is compared through: the jump
/// to its arms costs as much as six comparisons, and a table besides. And the compiler says of which functions somebody may
/// compare the addresses: of others that are equal, the linker keeps one.
fn release_flags(workspace: &Workspace, standard: &Source) -> Result<Vec<String>, String> {
    let sources = cargo_home()?.join("registry").join("src");
    let registries = fs::read_dir(&sources).map_err(|error| format!("{}: {error}", sources.display()))?;
    let mut flags = vec!["-Cforce-frame-pointers=yes".to_owned(), "-Cforce-unwind-tables=no".to_owned()];
    flags.push("-Cllvm-args=-min-jump-table-entries=8 -addrsig".to_owned());
    for registry in registries {
        let registry = registry.map_err(|error| format!("{}: {error}", sources.display()))?.path();
        flags.push(format!("--remap-path-prefix={}=", registry.display()));
    }
    flags.push(format!("--remap-path-prefix={}=", workspace.root.display()));
    if let Source::Here(source) = standard {
        flags.push(format!("--remap-path-prefix={}=", source.display())); // the last one wins: it may be in the workspace
    }
    Ok(flags)
}

fn cargo_home() -> Result<PathBuf, String> {
    if let Some(home) = env::var_os("CARGO_HOME") {
        return Ok(home.into());
    }
    let home = env::var_os("HOME").ok_or("neither CARGO_HOME nor HOME is set")?;
    Ok(Path::new(&home).join(".cargo"))
}

/// As it ships: without symbols, in a folder of its own under its own name. What is weighed is what the shells load.
pub(crate) fn shipped(workspace: &Workspace, choice: Choice) -> Result<PathBuf, String> {
    let built = library(workspace, choice)?;
    if choice.debug {
        return Ok(built);
    }
    let folder = built.with_file_name("shipped");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let stripped = folder.join(file_name());
    let flags: &[&str] = if cfg!(target_os = "macos") { &["-x"] } else { &["--strip-all"] };
    let built = if cfg!(target_os = "linux") { without_descriptions(&built)? } else { built };
    run(Command::new("strip").args(flags).arg("-o").arg(&stripped).arg(built))?;
    Ok(stripped)
}

/// Links as it is told, and then once more without exporting what nobody but the generator looks at, so that it falls out:
/// UniFFI's description and checksum of each item, and its functions for futures that give types none of ours gives, or for
/// cancelling them, which the generated code never does. 0.08 MB. Rust's own linker is also told to keep one of functions
/// that are equal, where the compiler says that nobody compares their addresses, which C's does not say: SQLite compares
/// some; and to put ring's table first, which is to begin a page.
const LINKER: &str = r#"#!/bin/sh
set -e
script= out= before=
for word; do
    case "$word" in -Wl,--version-script=*) script="${word#-Wl,--version-script=}" ;; esac
    if [ "$before" = -o ]; then out="$word"; fi
    before="$word"
done
cc "$@"
case "$out" in
*libemongolia_ffi*.so)
    sed -E '/UNIFFI_META_|_ffi_checksum_|_rust_future_(cancel_.*|.*_([ui]16|u8|i32|i64|f32|f64));/d' "$script" > "$script.shipped"
    for word; do
        shift
        if [ "$word" = "-Wl,--version-script=$script" ]; then word="$word.shipped"; fi
        set -- "$@" "$word"
    done
    case " $* " in
    *" -fuse-ld=lld "*)
        echo ecp_nistz256_precomputed > "$out.first"
        set -- "$@" -Wl,--icf=safe "-Wl,--symbol-ordering-file=$out.first"
        ;;
    esac
    cc "$@" -o "$out.shipped"
    ;;
esac
"#;

/// What makes rustc link through [`LINKER`]. GNU's way of telling what is exported; elsewhere the library stays as it is.
fn linking_twice(workspace: &Workspace) -> Result<Vec<String>, String> {
    if !cfg!(target_os = "linux") {
        return Ok(Vec::new());
    }
    Ok(vec![format!("-Clinker={}", script(workspace, "link-twice", LINKER)?.display())])
}

/// Compiles as it is told, and what is not ours without file and line of each place that could panic: the panic's message
/// stays, and of our own code the place too. Nor with two features that others switch on and nothing here can come to:
/// TLS 1.2, which our client never offers, and backtraces in the errors of UniFFI's conversions, which nobody prints.
const COMPILER: &str = r#"#!/bin/sh
case " $* " in
*" --crate-name emongolia_"* | *" --crate-name mongolian_text "*) exec "$@" ;;
*" --crate-name anyhow "*" --target "*) left_out=' feature="std" error_generic_member_access ' ;;
*" --crate-name "*" --target "*) left_out=' feature="tls12" ' ;;
*) exec "$@" ;;
esac
for word; do
    shift
    case "$left_out" in *" $word "*) word=left_out ;; esac
    set -- "$@" "$word"
done
exec "$@" -Zlocation-detail=none
"#;

/// A program of a few lines that cargo is to run, in the cache. Its text is part of its name: cargo builds again what was
/// made by another.
fn script(workspace: &Workspace, name: &str, text: &str) -> Result<PathBuf, String> {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let file = workspace.cache.join(format!("{name}-{:016x}.sh", hasher.finish()));
    let complain = |error: std::io::Error| format!("{}: {error}", file.display());
    if !tools::says(&file, text) {
        fs::create_dir_all(&workspace.cache).map_err(complain)?;
        fs::write(&file, text).map_err(complain)?;
    }
    run(Command::new("chmod").arg("+x").arg(&file))?;
    Ok(file)
}

/// The library that [`LINKER`] made beside the one that was built.
fn without_descriptions(built: &Path) -> Result<PathBuf, String> {
    let shipped = built.with_file_name("deps").join(format!("{}.shipped", file_name()));
    let age = |file: &Path| fs::metadata(file).and_then(|told| told.modified());
    let (whole, lighter) = (age(built), age(&shipped));
    match (whole, lighter) {
        (Ok(whole), Ok(lighter)) if lighter >= whole => Ok(shipped),
        _ => Err(format!("{} is missing or older than what was built", shipped.display())),
    }
}

/// The library's file, as this system names it.
fn file_name() -> String {
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    format!("{prefix}{}{suffix}", LIBRARY.replace('-', "_"))
}

pub(crate) fn generate(workspace: &Workspace, choice: Choice) -> Outcome {
    let library = library(workspace, choice)?;
    let generator = generator(workspace)?;
    for language in ["kotlin", "swift"] {
        run(Command::new(&generator).arg(language).arg(&library).arg(sources(workspace, language)))?;
        let mut recorded = Command::new(&generator);
        recorded.args([language, "--record"]).arg(&library).arg(recorded_sources(workspace, language));
        run(&mut recorded)?;
    }
    Ok(format!("in {}", workspace.cache.join("bindings").display()))
}

/// The exported interface as text.
pub(crate) fn interface(workspace: &Workspace, choice: Choice) -> Result<String, String> {
    let library = library(workspace, choice)?;
    let text = ask(Command::new(generator(workspace)?).arg("api").arg(library))?;
    String::from_utf8(text).map_err(|error| format!("the interface: {error}"))
}

/// What an app compiles.
pub(crate) fn sources(workspace: &Workspace, language: &str) -> PathBuf {
    workspace.cache.join("bindings").join(language)
}

/// The same for tests: writes down what was called, into the file that `EMONGOLIA_CALLS` names.
pub(crate) fn recorded_sources(workspace: &Workspace, language: &str) -> PathBuf {
    workspace.cache.join("bindings").join(format!("{language}-recorded"))
}

fn generator(workspace: &Workspace) -> Result<PathBuf, String> {
    run(workspace.cargo().args(["build", "--locked", "--package", GENERATOR]))?;
    Ok(Path::new(&workspace.target).join("debug").join(format!("{GENERATOR}{}", std::env::consts::EXE_SUFFIX)))
}

#[cfg(test)]
mod unit {
    use super::*;

    /// A library left in the folder by an older build would be weighed and loaded without a word.
    #[test]
    fn what_ships_is_built_for_release() {
        let profile = |choice: Choice| {
            let words: Vec<_> = building(Command::new("cargo"), choice).get_args().map(ToOwned::to_owned).collect();
            words.windows(2).find(|pair| pair[0] == "--profile").map(|pair| pair[1].clone()).unwrap()
        };

        assert_eq!((profile(Choice::RELEASE), Choice::RELEASE.name()), ("release".into(), "release"));
        assert_eq!((profile(Choice { debug: true }), Choice { debug: true }.name()), ("dev".into(), "debug"));
    }

    #[test]
    fn what_ships_carries_a_standard_library_built_for_size() {
        let mut build = building(Command::new("cargo"), Choice::RELEASE);

        for_size(&mut build, Path::new("/Эх сурвалж/Өө"), "x86_64-unknown-linux-gnu");

        let words: Vec<_> = build.get_args().map(ToOwned::to_owned).collect();
        let has = |pair: [&str; 2]| words.windows(2).any(|words| words[0] == pair[0] && words[1] == pair[1]);
        assert!(has(["-Z", "build-std=std,panic_unwind"]) && has(["-Z", "build-std-features=optimize_for_size"]));
        assert!(has(["--target", "x86_64-unknown-linux-gnu"]) && has(["--profile", "release"]));
        let source = build.get_envs().find(|(name, _)| *name == "__CARGO_TESTS_ONLY_SRC_ROOT").and_then(|(_, at)| at);
        assert_eq!(source.map(Path::new), Some(Path::new("/Эх сурвалж/Өө")));
    }

    #[test]
    fn only_our_own_code_and_what_runs_on_this_machine_keep_their_places() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("Өөр.sh");
        fs::write(&file, COMPILER).unwrap();
        let compiled = |of: &[&str]| {
            let said = ask(Command::new("sh").arg(&file).arg("echo").args(of)).unwrap();
            String::from_utf8(said).unwrap().trim_end().to_owned()
        };

        for ours in ["emongolia_core", "emongolia_ffi", "mongolian_text"] {
            let words = ["--crate-name", ours, "--target", "x86_64-unknown-linux-gnu"];
            assert_eq!(compiled(&words), words.join(" "));
        }
        let others = compiled(&["--crate-name", "rustls", "--target", "x86_64-unknown-linux-gnu"]);
        assert_eq!(others, "--crate-name rustls --target x86_64-unknown-linux-gnu -Zlocation-detail=none");
        assert_eq!(compiled(&["--crate-name", "build_script_build"]), "--crate-name build_script_build");
        assert_eq!(compiled(&["-vV"]), "-vV");
    }

    #[test]
    fn what_ships_has_neither_tls_1_2_nor_backtraces_in_errors() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("Үгүй.sh");
        fs::write(&file, COMPILER).unwrap();
        let features = |name: &str, target: &[&str]| {
            let mut command = Command::new("sh");
            command.arg(&file).args(["echo", "--crate-name", name]).args(["--cfg", "feature=\"std\""]);
            let said = ask(command.args(["--cfg", "feature=\"tls12\""]).args(target)).unwrap();
            let said = String::from_utf8(said).unwrap();
            ["std", "tls12"].map(|feature| said.contains(&format!("--cfg feature=\"{feature}\"")))
        };
        let phone = ["--target", "x86_64-unknown-linux-gnu"];

        assert_eq!(features("rustls", &phone), [true, false]);
        assert_eq!(features("anyhow", &phone), [false, true]);
        assert_eq!(features("emongolia_core", &phone), [true, true]);
        assert_eq!(features("anyhow", &[]), [true, true]);
    }
}
