//! The programs that the checks start. Missing ones are installed on Debian as root, and elsewhere named.

use std::{env, fs, path::Path, process::Command};

use crate::{
    process::{ask, run},
    report::Outcome,
};

/// A program, and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tool {
    program: &'static str,
    comes_from: From,
    /// What is not possible without it.
    needed_for: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    /// Packages of Debian.
    Debian(&'static [&'static str]),
    /// A component of the Rust toolchain.
    Rustup(&'static str),
}

const CC: Tool = Tool {
    program: "cc",
    comes_from: From::Debian(&["gcc", "libc6-dev"]),
    needed_for: "building SQLite and ring, linking",
};
const STRACE: Tool =
    Tool { program: "strace", comes_from: From::Debian(&["strace"]), needed_for: "killing at every system call" };
const STRIP: Tool =
    Tool { program: "strip", comes_from: From::Debian(&["binutils"]), needed_for: "the size as shipped" };
const OBJDUMP: Tool = Tool {
    program: "objdump",
    comes_from: From::Debian(&["binutils"]),
    needed_for: "libraries that a shell must refuse",
};
const GZIP: Tool = Tool { program: "gzip", comes_from: From::Debian(&["gzip"]), needed_for: "the size as downloaded" };
const SHA256SUM: Tool = Tool {
    program: "sha256sum",
    comes_from: From::Debian(&["coreutils"]),
    needed_for: "telling that what was weighed is what is loaded",
};
const CHROMIUM: Tool = Tool {
    program: "chromium",
    comes_from: From::Debian(&["chromium", "fonts-noto-core"]),
    needed_for: "the clerk's desk in a browser",
};
const PYTHON: Tool = Tool {
    program: "python3",
    comes_from: From::Debian(&["python3", "python3-venv"]),
    needed_for: "driving the browser",
};
const NPM: Tool = Tool {
    program: "npm",
    comes_from: From::Debian(&["npm"]),
    needed_for: "the certified provider that the core signs in at",
};
const CXX: Tool =
    Tool { program: "c++", comes_from: From::Debian(&["g++"]), needed_for: "building better-sqlite3, a rival" };
const MAKE: Tool =
    Tool { program: "make", comes_from: From::Debian(&["make"]), needed_for: "building better-sqlite3, a rival" };
const RUSTFMT: Tool =
    Tool { program: "rustfmt", comes_from: From::Rustup("rustfmt"), needed_for: "the formatting check" };
const CLIPPY: Tool = Tool { program: "cargo-clippy", comes_from: From::Rustup("clippy"), needed_for: "the lints" };
const DEBOOTSTRAP: Tool = Tool {
    program: "debootstrap",
    comes_from: From::Debian(&["debootstrap"]),
    needed_for: "a Debian with Swift in a folder of its own",
};

const JDK: Tool = Tool {
    program: "javac",
    comes_from: From::Debian(&["openjdk-17-jdk-headless"]),
    needed_for: "the Android shell's tests",
};
const MAVEN: Tool =
    Tool { program: "mvn", comes_from: From::Debian(&["maven"]), needed_for: "the Android shell's build in CI" };

pub(crate) const BUILD: &[Tool] = &[CC];
pub(crate) const CRASH: &[Tool] = &[CC, STRACE];
pub(crate) const LINT: &[Tool] = &[CC, RUSTFMT, CLIPPY];
pub(crate) const SIZE: &[Tool] = &[CC, STRIP, GZIP, SHA256SUM];
pub(crate) const DESK: &[Tool] = &[CC, CHROMIUM, PYTHON];
pub(crate) const IDENTITY: &[Tool] = &[CC, NPM];
pub(crate) const RIVAL: &[Tool] = &[CC, CXX, MAKE, PYTHON, NPM];
pub(crate) const KOTLIN: &[Tool] = &[CC, STRIP, GZIP, SHA256SUM, JDK, MAVEN];
pub(crate) const SWIFT: &[Tool] = &[CC, STRIP, OBJDUMP];
pub(crate) const SWIFT_ROOT: &[Tool] = &[DEBOOTSTRAP];
pub(crate) const ALL: &[Tool] =
    &[CC, STRACE, STRIP, OBJDUMP, GZIP, SHA256SUM, CHROMIUM, PYTHON, NPM, JDK, MAVEN, RUSTFMT, CLIPPY];

/// Sees that all are there, installing where that is ours to do.
pub(crate) fn provide(tools: &[Tool]) -> Outcome {
    let missing = missing(tools);
    if missing.is_empty() {
        return Ok(format!("{} of {} are here", tools.len(), tools.len()));
    }
    let packages: Vec<&str> = missing
        .iter()
        .flat_map(|tool| match tool.comes_from {
            From::Debian(packages) => packages,
            From::Rustup(_) => &[],
        })
        .copied()
        .collect();
    install(&packages)?;
    let missing = self::missing(tools);
    if missing.is_empty() { Ok("installed what was missing".into()) } else { Err(complaint(&missing)) }
}

/// Packages of Debian, where they are ours to install; elsewhere nothing is done.
pub(crate) fn install(packages: &[&str]) -> Outcome {
    if packages.is_empty() || !Path::new("/etc/debian_version").exists() || !is_root() {
        return Ok("nothing installed".into());
    }
    run(apt().arg("update"))?;
    run(apt().args(["install", "--yes", "--no-install-recommends"]).args(packages))
}

fn missing(tools: &[Tool]) -> Vec<Tool> {
    tools.iter().filter(|tool| !on_path(tool.program)).copied().collect()
}

/// Whether a mark that is left beside what was made says what it would be made of now.
pub(crate) fn says(mark: &Path, wanted: &str) -> bool {
    fs::read_to_string(mark).is_ok_and(|text| text == wanted)
}

/// Whether the program is on the path, or beside the cargo that runs us.
pub(crate) fn on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let beside_cargo = env::var_os("CARGO").and_then(|cargo| Path::new(&cargo).parent().map(Path::to_owned));
    env::split_paths(&path).chain(beside_cargo).any(|folder| folder.join(program).is_file())
}

/// Whether installing is ours to do.
pub(crate) fn can_install() -> bool {
    Path::new("/etc/debian_version").exists() && is_root()
}

/// The mirror of Debian that this machine already asks, if apt can tell.
pub(crate) fn debian_mirror() -> Option<String> {
    let mut targets = Command::new("apt-get");
    targets.args(["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Label: Debian"]);
    let said = ask(&mut targets).ok()?;
    String::from_utf8(said).ok()?.lines().next().map(|line| line.trim_end_matches('/').to_owned())
}

fn is_root() -> bool {
    ask(Command::new("id").arg("-u")).is_ok_and(|id| id.trim_ascii() == b"0")
}

fn apt() -> Command {
    let mut apt = Command::new("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive").arg("--quiet");
    apt
}

fn complaint(missing: &[Tool]) -> String {
    let one = |Tool { program, comes_from, needed_for }: &Tool| {
        let how = match comes_from {
            From::Debian(packages) => format!("install {}", packages.join(" and ")),
            From::Rustup(component) => format!("rustup component add {component}"),
        };
        format!("`{program}` ({needed_for}; {how})")
    };
    format!("missing: {}", missing.iter().map(one).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod unit {
    use super::*;

    const NOWHERE: Tool =
        Tool {
            program: "emongolia-no-such-program", comes_from: From::Rustup("nothing"), needed_for: "Үзүүлэх"
        };

    #[test]
    fn a_missing_tool_fails_and_is_named_with_its_reason() {
        let why = provide(&[CC, NOWHERE]).unwrap_err();

        assert!(why.contains("emongolia-no-such-program") && why.contains("Үзүүлэх"), "{why}");
        assert!(why.contains("rustup component add nothing") && !why.contains("gcc"), "{why}");
    }

    #[test]
    fn a_tool_that_is_here_is_not_missing() {
        assert_eq!(missing(&[CC]), []);
    }
}
