//! The Android shell's core, compiled and tested on the JVM through the library that ships.
//!
//! Guarantees: Maven asks the network only until it once had everything for this `pom.xml`; what was not tested counts
//! as failed.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    api, bindgen,
    process::{run, run_reading},
    report::{Outcome, Report},
    size, tools,
    workspace::Workspace,
};

/// From the workspace's root.
const POM: &str = "android/core/pom.xml";

/// The other side of the tests' phones.
const SANDBOX: &str = "emongolia-sandbox";

/// Registries have bad moments; a second failure is a real one.
const FETCHES: usize = 2;

/// For a run that has built nothing yet. With the features of the whole workspace, so that `test` need not build it anew.
pub(crate) fn sandbox(workspace: &Workspace) -> Outcome {
    let mut build = workspace.cargo();
    build.args(["build", "--workspace", "--bin", SANDBOX, "--locked"]).args(workspace.with_test_controls());
    run(&mut build)
}

/// Needs the recorded bindings and the sandbox's program, and that what ships was weighed.
pub(crate) fn parts(workspace: &Workspace, choice: bindgen::Choice, report: &mut Report) {
    report.counted("kotlin", || {
        let mut count = Count::default();
        let outcome = tests(workspace, choice, &mut count);
        (outcome, count.passed(), count.failed)
    });
    report.part("kotlin calls", || api::calls(workspace, &["kotlin"]));
}

/// Where the measurements are kept, from the workspace's root.
const MEASUREMENTS: &str = "bindings/MEASUREMENTS.md";

/// What crossing the binding costs, against JDBC; written into the tree, to be committed.
pub(crate) fn bench(workspace: &Workspace, choice: bindgen::Choice) -> Outcome {
    let calls = built(workspace).join("calls-of-bench.txt");
    fresh(workspace, &calls)?;
    let library = bindgen::shipped(workspace, choice)?;
    let folder = library.parent().ok_or("the library lies in no folder")?;
    // What ships records nothing.
    let mut maven = maven(workspace, folder, &bindgen::sources(workspace, "kotlin"), &calls);
    maven.args(["-Dtest=BindingBench", &format!("-Dbench.library={}", choice.name()), "test"]);
    run(maven.arg(format!("-Dbench.out={}", workspace.root.join(MEASUREMENTS).display())))?;
    Ok(format!("in {MEASUREMENTS}"))
}

fn tests(workspace: &Workspace, choice: bindgen::Choice, count: &mut Count) -> Outcome {
    let calls = api::calls_file(workspace, "kotlin");
    fresh(workspace, &calls)?;
    let library = bindgen::shipped(workspace, choice)?;
    let folder = library.parent().ok_or("the library lies in no folder")?;
    let weighed = format!("-Dlibrary.weighed={}", size::weighed(&library, choice)?);
    let fetched = Fetched::of(workspace)?;
    let mut succeeded = false;
    for _ in 0..if fetched.is_complete() { 1 } else { FETCHES } {
        *count = Count::default();
        let mut maven = maven(workspace, folder, &bindgen::recorded_sources(workspace, "kotlin"), &calls);
        if fetched.is_complete() {
            maven.arg("--offline");
        }
        succeeded = run_reading(maven.args([&weighed, "test"]), |line| count.line(line))?;
        if count.run > 0 {
            break; // it had everything, so what failed are tests
        }
    }
    if count.run == 0 {
        return Err("not one test ran".into());
    }
    fetched.complete()?;
    match (succeeded, count.failed, count.skipped) {
        (true, 0, 0) => Ok(format!("{} passed", count.run)),
        (_, failed, skipped) => Err(format!("{failed} of {} failed, {skipped} skipped", count.run)),
    }
}

fn maven(workspace: &Workspace, library: &Path, bindings: &Path, calls: &Path) -> Command {
    let property = |name: &str, path: &Path| format!("-D{name}={}", path.display());
    let mut maven = Command::new("mvn");
    maven.args(["--batch-mode", "--no-transfer-progress", "--file"]).arg(workspace.root.join(POM));
    maven.args([
        property("maven.repo.local", &repository(workspace)),
        property("bindings.dir", bindings),
        property("library.dir", library),
        property("sandbox.program", &workspace.target.join("debug").join(SANDBOX)),
        property("build.dir", &built(workspace)),
        property("calls.file", calls),
    ]);
    maven
}

/// Classes of sources that are gone would be tested still, and calls of an earlier run would count.
fn fresh(workspace: &Workspace, calls: &Path) -> Result<(), String> {
    for folder in ["classes", "test-classes", "surefire-reports"] {
        gone(&built(workspace).join(folder), fs::remove_dir_all(built(workspace).join(folder)))?;
    }
    gone(calls, fs::remove_file(calls))?;
    let folder = calls.parent().ok_or("the calls lie in no folder")?;
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}

fn gone(path: &Path, removed: io::Result<()>) -> Result<(), String> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(format!("{}: {error}", path.display())),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn built(workspace: &Workspace) -> PathBuf {
    workspace.target.join("kotlin")
}

fn repository(workspace: &Workspace) -> PathBuf {
    workspace.cache.join("maven")
}

/// Remembers for which `pom.xml` the repository is complete.
struct Fetched {
    pom: String,
    mark: PathBuf,
}

impl Fetched {
    fn of(workspace: &Workspace) -> Result<Self, String> {
        let pom = fs::read_to_string(workspace.root.join(POM)).map_err(|error| format!("{POM}: {error}"))?;
        Ok(Self { pom, mark: repository(workspace).join("complete-for-pom.xml") })
    }

    fn is_complete(&self) -> bool {
        tools::says(&self.mark, &self.pom)
    }

    fn complete(&self) -> Result<(), String> {
        fs::write(&self.mark, &self.pom).map_err(|error| format!("{}: {error}", self.mark.display()))
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    run: u64,
    failed: u64,
    skipped: u64,
}

impl Count {
    fn passed(&self) -> u64 {
        self.run - (self.failed + self.skipped).min(self.run)
    }

    /// `[INFO] Tests run: 58, Failures: 0, Errors: 1, Skipped: 0`, the sum of all; with a time it is one class's.
    fn line(&mut self, line: &str) {
        let Some((_, counts)) = line.split_once("Tests run: ") else { return };
        if counts.contains("Time elapsed") {
            return;
        }
        let mut numbers = counts.split(", ").map(|part| part.rsplit(' ').next().unwrap_or(part));
        let mut next = || numbers.next().and_then(|number| number.trim().parse().ok()).unwrap_or(0);
        let (run, failures, errors, skipped): (u64, u64, u64, u64) = (next(), next(), next(), next());
        *self = Self { run, failed: failures + errors, skipped };
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn the_sum_is_read_and_not_that_of_one_class() {
        let mut count = Count::default();

        for line in [
            "[INFO] Tests run: 9, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 5.668 s -- in mn.ӨдөрTest",
            "[ERROR] Tests run: 58, Failures: 1, Errors: 2, Skipped: 1",
        ] {
            count.line(line);
        }

        assert_eq!(count, Count { run: 58, failed: 3, skipped: 1 });
        assert_eq!(count.passed(), 54);
    }
}
