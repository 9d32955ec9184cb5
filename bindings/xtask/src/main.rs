//! The workspace's own commands. Everything is done by other programs; this one starts them, in order, and counts.
//!
//! Guarantees: a missing tool fails and never skips; what was not run is counted as failed.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a terminal program speaks on its outputs")]

mod api;
mod bench;
mod bindgen;
mod clients;
mod contract;
mod crash;
mod demo;
mod deny;
mod desk;
#[path = "../../digest.rs"]
mod digest;
mod documents;
mod eval;
mod identity;
mod kotlin;
mod lint;
mod npm;
mod others;
mod phones;
mod process;
mod report;
mod size;
mod standard_library;
mod swift;
mod tests;
mod tools;
#[cfg(test)]
mod words;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{report::Report, workspace::Workspace};

/// The workspace's own commands: everything that must hold, checked from one place, here and in CI.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, max_term_width = 100)]
#[command(after_help = "ENVIRONMENT\n  \
    CARGO_TARGET_DIR   where everything is built (default: target)\n  \
    EMONGOLIA_CACHE    where tools that were built are kept (default: the target directory)")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Everything that must hold: tools, lint, deny, tests, the desk in a browser, the sign-in at a certified provider,
    /// the demo and its sabotage, the contract, the size, what the search is worth, the exported interface, and both
    /// shells against the real library and sandbox.
    ///
    /// Installs what is missing on Debian as root; elsewhere says what is missing and fails. The first run builds
    /// cargo-deny, some three minutes, and keeps it. Ends with
    /// `N passed, N failed`, where every test, every check and every demonstration counts as one.
    Test,
    /// Formatting, clippy, where a warning is an error, and no other way to a network than ours.
    Lint,
    /// The clerk's desk in a browser: keyboard, accessibility, small screens, hostile pages. Leaves pictures.
    Desk,
    /// Signs in at a provider that is certified for OpenID Connect and FAPI 2.0, run here: tests/identity.
    ///
    /// npm fetches it, and the Node it runs on, into the cache: once, some 200 MB.
    Identity,
    /// Type-checks the library and everything under it for Android and iOS, without their toolchains.
    ///
    /// Needs the standard library's source: rustup's rust-src, or on Debian as root the archive's, put into the cache.
    Phones,
    /// Bans, licences and sources of every dependency, after .deny.toml.
    Deny,
    /// Builds the shipped library for release and holds its stripped size against the ceiling.
    ///
    /// The standard library is built with it, for size, where its source is to be had as for `phones`.
    Size,
    /// What the offline search is worth, against the promises and the floors in tests/eval/floors.tsv.
    ///
    /// Needs Debian's hunspell-mn, which is installed where that is ours to do. The first build takes some minutes.
    Eval {
        #[command(flatten)]
        how: eval::How,
    },
    /// Kills the program at every system call of what it does, and looks at what is there afterwards: tests/crash.
    ///
    /// Ends with a table; each campaign has a control, which must break. The tests of the workspace hold the short of it.
    Crash {
        #[command(flatten)]
        how: crash::How,
    },
    /// Writes the Kotlin and Swift bindings of the library into the cache: bindings/kotlin, bindings/swift, and beside
    /// each a `-recorded` one for tests, which writes down what was called.
    Bindgen {
        #[command(flatten)]
        library: bindgen::Choice,
    },
    /// Holds the library's exported interface against bindings/api.txt, and that against bindings/CHANGELOG.md.
    Api {
        #[command(flatten)]
        library: bindgen::Choice,
        /// Takes the library's interface as the new one; every change must have been told in the changelog's first entry.
        #[arg(long)]
        accept: bool,
        /// Instead: holds what the shells' tests called against bindings/api.txt.
        #[arg(long, conflicts_with = "accept")]
        calls: bool,
    },
    /// Builds and tests ios/ with Swift 6 against the library and the real sandbox.
    ///
    /// Where there is no Swift 6, on Debian as root, puts Debian's own into the cache: a minute or three, and 3 GB.
    Swift {
        #[command(flatten)]
        library: bindgen::Choice,
    },
    /// Measures, and writes what was found into the tree. Part of no check: times are those of one machine.
    Bench {
        /// `binding`: what crossing the binding costs, against JDBC: bindings/MEASUREMENTS.md. `unlock`: what the app lock
        /// costs, against bare PBKDF2 and one fdatasync; `outbox`: a durable enqueue, against one fdatasync, and a hundred
        /// requests, against the same in Node, which npm fetches into the cache: tests/bench/MEASUREMENTS.md.
        what: Bench,
        #[command(flatten)]
        library: bindgen::Choice,
    },
    /// Compiles the Android shell's core and runs its tests on the JVM, against the real sandbox, by Maven.
    Kotlin {
        #[command(flatten)]
        library: bindgen::Choice,
    },
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Bench {
    Binding,
    Unlock,
    Outbox,
}

fn main() -> ExitCode {
    let Arguments { task } = Arguments::parse();
    match run(task) {
        Ok(report) => report.close(),
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<Report, String> {
    let workspace = Workspace::find()?;
    let mut report = Report::default();
    match task {
        Task::Test => all(&workspace, &mut report),
        Task::Lint => {
            report.part("tools", || tools::provide(tools::LINT));
            lint::parts(&workspace, &mut report);
        }
        Task::Deny => {
            report.part("tools", || tools::provide(tools::BUILD));
            report.part("deny", || deny::check(&workspace));
        }
        Task::Phones => {
            report.part("tools", || tools::provide(tools::BUILD));
            report.part("phones", || phones::check(&workspace));
        }
        Task::Desk => {
            report.part("tools", || tools::provide(tools::DESK));
            if report.part("build", || desk::build(&workspace)) {
                desk::run(&workspace, &mut report);
            } else {
                report.not_run(&["desk"], "it does not build");
            }
        }
        Task::Identity => {
            report.part("tools", || tools::provide(tools::IDENTITY));
            identity::run(&workspace, &mut report);
        }
        Task::Size => {
            report.part("tools", || tools::provide(tools::SIZE));
            report.part("size", || size::check(&workspace));
        }
        Task::Eval { how } => {
            report.part("tools", || tools::provide(tools::BUILD));
            eval::parts(&workspace, how, &mut report);
        }
        Task::Crash { how } => {
            report.part("tools", || tools::provide(tools::CRASH));
            crash::parts(&workspace, &how, &mut report);
        }
        Task::Bindgen { library } => {
            report.part("tools", || tools::provide(tools::BUILD));
            report.part("bindgen", || bindgen::generate(&workspace, library));
        }
        Task::Swift { library } => {
            report.part("tools", || tools::provide(tools::SWIFT));
            report.part("sandbox", || kotlin::sandbox(&workspace));
            if report.part("bindgen", || bindgen::generate(&workspace, library)) {
                swift::parts(&workspace, library, &mut report);
            } else {
                report.not_run(swift::PARTS, "there are no bindings");
            }
        }
        Task::Bench { what: Bench::Binding, library } => {
            report.part("tools", || tools::provide(tools::KOTLIN));
            report.part("sandbox", || kotlin::sandbox(&workspace));
            report.part("bindgen", || bindgen::generate(&workspace, library));
            report.part("bench", || kotlin::bench(&workspace, library));
        }
        Task::Bench { what: Bench::Unlock, library: _ } => {
            report.part("tools", || tools::provide(tools::BUILD));
            report.part("bench", || bench::unlock(&workspace));
        }
        Task::Bench { what: Bench::Outbox, library: _ } => {
            report.part("tools", || tools::provide(tools::RIVAL));
            report.part("bench", || bench::outbox(&workspace));
        }
        Task::Kotlin { library } => {
            report.part("tools", || tools::provide(tools::KOTLIN));
            report.part("sandbox", || kotlin::sandbox(&workspace));
            if library == bindgen::Choice::RELEASE {
                report.part("size", || size::check(&workspace));
            }
            if report.part("bindgen", || bindgen::generate(&workspace, library)) {
                kotlin::parts(&workspace, library, &mut report);
            } else {
                report.not_run(&["kotlin", "kotlin calls"], "there are no bindings");
            }
        }
        Task::Api { calls: true, .. } => {
            report.part("calls", || api::calls(&workspace, api::SHELLS));
        }
        Task::Api { library, accept, calls: false } => {
            report.part("tools", || tools::provide(tools::BUILD));
            report.part(
                "api",
                || if accept { api::accept(&workspace, library) } else { api::check(&workspace, library) },
            );
        }
    }
    Ok(report)
}

/// A part whose ground is missing does not run, and is counted as failed.
fn all(workspace: &Workspace, report: &mut Report) {
    let ready = report.part("tools", || tools::provide(tools::ALL));
    if !ready {
        let rust = ["lint", "deny", "build", "tests", "desk", "demo", "contract", "size", "phones", "bindgen", "api"];
        for parts in [&rust[..], identity::PARTS, eval::PARTS, &["kotlin", "kotlin calls"], swift::PARTS] {
            report.not_run(parts, "tools are missing");
        }
        return;
    }
    lint::parts(workspace, report);
    report.part("deny", || deny::check(workspace));
    let ready_for_shells = report.part("build", || tests::build(workspace));
    if ready_for_shells {
        desk::run(workspace, report);
        identity::run(workspace, report);
        if report.part("contract directory", || contract::clean(workspace)) {
            tests::run(workspace, report);
            demo::parts(workspace, report);
            report.part("contract", || contract::check(workspace));
        } else {
            report.not_run(&["tests", "demo", "contract"], "old contracts could not be removed");
        }
    } else {
        report.not_run(&["tests", "desk", "demo", "contract"], "it does not build");
        report.not_run(identity::PARTS, "it does not build");
    }
    report.part("size", || size::check(workspace));
    eval::parts(workspace, eval::How::SHORT, report);
    report.part("phones", || phones::check(workspace));
    let library = bindgen::Choice::RELEASE;
    let generated = report.part("bindgen", || bindgen::generate(workspace, library));
    report.part("api", || api::check(workspace, library));
    if generated && ready_for_shells {
        kotlin::parts(workspace, library, report);
        swift::parts(workspace, library, report);
    } else {
        report.not_run(&["kotlin", "kotlin calls"], "there are no bindings, or no sandbox");
        report.not_run(swift::PARTS, "there are no bindings, or no sandbox");
    }
}
