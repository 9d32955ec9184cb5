//! The iOS package, built and tested by Swift 6 against the library that ships and the real sandbox.
//!
//! Guarantees: where there is no Swift 6, Debian's own is put into a folder of the cache, and nothing else of the
//! machine changes; the tests see a copy of `ios/`, so that nothing generated or built comes to lie in it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    api,
    bindgen::{self, recorded_sources},
    others,
    process::{ask, run, run_reading},
    report::{Outcome, Report},
    tests::CONTRACT_VARIABLE,
    tools,
    workspace::Workspace,
};

/// The oldest Debian that has Swift 6.
const SUITE: &str = "trixie";

/// Swift, what it links with, and what the tests play the browser with. A change here makes the root anew.
const PACKAGES: &str = "swiftlang,libc6-dev,libstdc++-14-dev,curl";

/// Of the major version whose language mode the package is written in.
const SWIFT: &str = "Swift version 6.";

/// The program that plays everything on the other side of the phone.
const SANDBOX: &str = "emongolia-sandbox";

/// Queries and what they find, which every shell's tests read.
const SEARCHES: &str = "tests/journeys/searches.tsv";

/// What a report names, in order.
pub(crate) const PARTS: &[&str] = &["swift root", "swift build", "swift apple", "swift", "swift calls"];

/// The package built, its Apple files type-checked, its tests run, their calls compared. Needs the recorded bindings and
/// the sandbox's program.
pub(crate) fn parts(workspace: &Workspace, choice: bindgen::Choice, report: &mut Report) {
    let mut swift = None;
    let found = report.part("swift root", || {
        let place = Place::find(workspace)?;
        let told = place.told();
        swift = Some(place);
        Ok(told)
    });
    match swift {
        Some(swift) if found => test(workspace, choice, &swift, report),
        Some(_) | None => report.not_run(&PARTS[1..], "there is no Swift 6"),
    }
}

/// Where Swift is.
enum Place {
    /// On the path.
    Here,
    /// In a Debian of its own below this folder.
    Root(PathBuf),
}

impl Place {
    fn find(workspace: &Workspace) -> Result<Self, String> {
        if tools::on_path("swift") {
            let version = ask(Command::new("swift").arg("--version"))?;
            if String::from_utf8_lossy(&version).contains(SWIFT) {
                return Ok(Self::Here);
            }
        }
        if !tools::can_install() {
            return Err(
                "missing: `swift` 6 (building and testing ios/; install it from swift.org, or run this as root \
                        on Debian, where it is put into a folder of the cache)"
                    .into(),
            );
        }
        tools::provide(tools::SWIFT_ROOT)?;
        Ok(Self::Root(root(&workspace.cache.join("swift-root"))?))
    }

    fn told(&self) -> String {
        match self {
            Self::Here => "Swift 6 is on the path".into(),
            Self::Root(root) => format!("Swift 6 of Debian {SUITE}, in {}", root.display()),
        }
    }

    fn swift(&self, package: &Package<'_>, command: &str, how: &str) -> Command {
        self.program(&package.folders, &package.variables(), "swift", &package.arguments(command, how))
    }

    /// A program with these arguments; in a root with nothing of our environment but `variables`, and with these folders
    /// under the same names, to be written.
    fn program(&self, folders: &[&Path], variables: &[(&str, &Path)], program: &str, arguments: &[String]) -> Command {
        let assigned = variables.iter().map(|(name, value)| format!("{name}={}", value.display()));
        match self {
            Self::Here => {
                let mut here = Command::new(program);
                here.args(arguments).envs(variables.iter().copied());
                here
            }
            Self::Root(root) => {
                let mut inside = Command::new("unshare");
                inside.args(["--mount", "--propagation", "private", "sh", "-euc", ENTER, "enter-root"]);
                inside.arg(root).args(folders).arg("--");
                inside.args(["/usr/bin/env", "-i", "PATH=/usr/bin:/bin", "HOME=/tmp", "LANG=C.UTF-8"]);
                inside.args(assigned).arg(program).args(arguments);
                inside
            }
        }
    }
}

/// `ROOT FOLDER… -- PROGRAM…`: the program inside, in the machine's own network. The mounts go with the namespace.
const ENTER: &str = r#"
root=$1; shift
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
while [ "$1" != -- ]; do mkdir -p "$root$1"; mount --bind "$1" "$root$1"; shift; done
shift
exec chroot "$root" "$@"
"#;

/// A Debian with Swift, made once: what is marked was made to its end, of these packages.
fn root(folder: &Path) -> Result<PathBuf, String> {
    let mark = folder.join("made-of");
    if tools::says(&mark, PACKAGES) {
        return Ok(folder.to_owned());
    }
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(told(folder))?;
    }
    fs::create_dir_all(folder).map_err(told(folder))?;
    let mut debootstrap = Command::new("debootstrap");
    debootstrap
        .arg("--variant=minbase")
        .arg(format!("--include={PACKAGES}"))
        .arg(SUITE)
        .arg(folder)
        .args(tools::debian_mirror());
    run(&mut debootstrap)?;
    fs::write(&mark, PACKAGES).map_err(told(&mark))?;
    Ok(folder.to_owned())
}

fn test(workspace: &Workspace, choice: bindgen::Choice, swift: &Place, report: &mut Report) {
    let mut prepared = None;
    let built = report.part("swift build", || {
        let package = Package::prepare(workspace, choice)?;
        let outcome = run(&mut swift.swift(&package, "build", "--build-tests"));
        prepared = Some(package);
        outcome
    });
    let Some(package) = prepared.filter(|_| built) else {
        report.not_run(&PARTS[2..], "the package does not build");
        return;
    };
    report.part("swift apple", || {
        let mut check = swift.program(&package.folders, &[], "sh", &package.apple_check());
        run(&mut check).map(|_| "type-checked against stand-ins".into())
    });
    report.counted("swift", || {
        let mut count = Count::default();
        let outcome = forget(&package.calls).and_then(|()| {
            let mut test = swift.swift(&package, "test", "--skip-build");
            let succeeded = run_reading(&mut test, |line| count.line(line))?;
            count.judge(succeeded)
        });
        (outcome, count.passed, count.failed + count.skipped)
    });
    report.part("swift calls", || api::calls(workspace, &["swift"]));
}

/// A copy of `ios/` with what was generated for the library, and where everything it needs is.
struct Package<'a> {
    folder: PathBuf,
    /// What `size` weighs, too.
    library: PathBuf,
    others: PathBuf,
    sandbox: PathBuf,
    calls: PathBuf,
    contracts: PathBuf,
    searches: PathBuf,
    folders: [&'a Path; 2],
}

impl<'a> Package<'a> {
    fn prepare(workspace: &'a Workspace, choice: bindgen::Choice) -> Result<Self, String> {
        let library = bindgen::shipped(workspace, choice)?;
        let folder = workspace.cache.join("swift");
        let shell = workspace.root.join("ios");
        for part in ["Package.swift", "README.md", "Sources", "Tests"] {
            copy(&shell.join(part), &folder.join(part))?;
        }
        let searches = folder.join("searches.tsv");
        copy(&workspace.root.join(SEARCHES), &searches)?;
        arrange(&recorded_sources(workspace, "swift"), &folder.join("Generated"))?;
        let calls = api::calls_file(workspace, "swift");
        for needed in [calls.parent().unwrap_or(&calls), &workspace.contracts()] {
            fs::create_dir_all(needed).map_err(told(needed))?;
        }
        Ok(Self {
            folder,
            library,
            others: others::libraries(workspace, choice)?,
            sandbox: workspace.target.join("debug").join(format!("{SANDBOX}{}", std::env::consts::EXE_SUFFIX)),
            calls,
            contracts: workspace.contracts(),
            searches,
            folders: [&workspace.cache, &workspace.target],
        })
    }

    fn variables(&self) -> [(&'static str, &Path); 6] {
        [
            ("EMONGOLIA_SHARED_LIBRARY", &self.library),
            ("EMONGOLIA_OTHER_LIBRARIES", &self.others),
            ("EMONGOLIA_SANDBOX", &self.sandbox),
            ("EMONGOLIA_CALLS", &self.calls),
            (CONTRACT_VARIABLE, &self.contracts),
            ("EMONGOLIA_SEARCHES", &self.searches),
        ]
    }

    fn apple_check(&self) -> Vec<String> {
        let words = ["-euc", APPLE_CHECK, "apple-check"].map(str::to_owned);
        words.into_iter().chain([self.folder.display().to_string()]).collect()
    }

    /// The linker is told where the library is, and the program where to find it.
    fn arguments(&self, command: &str, how: &str) -> Vec<String> {
        let library = self.library.parent().unwrap_or(&self.library).display();
        let mut arguments = vec![command.to_owned(), how.to_owned(), "--package-path".to_owned()];
        arguments.push(self.folder.display().to_string());
        for word in [format!("-L{library}"), "-rpath".to_owned(), library.to_string()] {
            arguments.extend(["-Xlinker".to_owned(), word]);
        }
        if command == "test" {
            arguments.extend(["--no-parallel", "--disable-xctest"].map(str::to_owned)); // Swift Testing; two cores
        }
        arguments
    }
}

/// `PACKAGE`: Apple's frameworks are made of their stand-ins, and the adapters type-checked with them; the control fails
/// if a file was left out.
const APPLE_CHECK: &str = r#"
cd "$1"
modules=.build/stand-ins
mkdir -p "$modules"
for source in Tests/AppleStandIns/*.swift; do
    name=$(basename "$source" .swift)
    swiftc -swift-version 6 -parse-as-library -emit-module -module-name "$name" \
        -emit-module-path "$modules/$name.swiftmodule" -I "$modules" "$source"
done
swiftc -typecheck -swift-version 6 -warnings-as-errors -module-name EMongoliaCore \
    -I "$modules" -I .build/debug/Modules -Xcc -fmodule-map-file=Generated/EMongoliaFFI/module.modulemap \
    Sources/EMongoliaCore/*.swift Sources/EMongoliaCore/Apple/*.swift Tests/AppleStandIns/Control/*.swift
"#;

/// As the package names it: the generated Swift a target, the C header with a module map of its own a second one.
fn arrange(generated: &Path, to: &Path) -> Result<(), String> {
    const MODULE_MAP: &str = "module EMongoliaFFI {\n    header \"EMongoliaFFI.h\"\n    link \"emongolia_ffi\"\n    \
                              export *\n}\n";
    let (bindings, ffi) = (to.join("EMongoliaBindings"), to.join("EMongoliaFFI"));
    copy(&generated.join("EMongoliaBindings.swift"), &bindings.join("EMongoliaBindings.swift"))?;
    copy(&generated.join("EMongoliaFFI.h"), &ffi.join("EMongoliaFFI.h"))?;
    write(&ffi.join("module.modulemap"), MODULE_MAP.as_bytes())
}

/// Makes `to` what `from` is, a file or a folder. What is the same already is not touched, and is not built again.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    if from.is_file() {
        return write(to, &fs::read(from).map_err(told(from))?);
    }
    for name in names(to).unwrap_or_default() {
        let (source, stale) = (from.join(&name), to.join(&name));
        if source.is_file() != stale.is_file() || !source.exists() {
            let gone = if stale.is_dir() { fs::remove_dir_all(&stale) } else { fs::remove_file(&stale) };
            gone.map_err(told(&stale))?;
        }
    }
    for name in names(from).map_err(told(from))? {
        copy(&from.join(&name), &to.join(&name))?;
    }
    Ok(())
}

fn write(to: &Path, bytes: &[u8]) -> Result<(), String> {
    if fs::read(to).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let folder = to.parent().unwrap_or(to);
    fs::create_dir_all(folder).map_err(told(folder))?;
    fs::write(to, bytes).map_err(told(to))
}

fn names(folder: &Path) -> io::Result<Vec<std::ffi::OsString>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect()
}

/// An earlier run's list would speak for this one.
fn forget(calls: &Path) -> Result<(), String> {
    match fs::remove_file(calls) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(told(calls)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn told(path: &Path) -> impl FnOnce(io::Error) -> String {
    move |error| format!("{}: {error}", path.display())
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    passed: u64,
    failed: u64,
    skipped: u64,
    failures: Vec<String>,
    /// `Test run with N tests …`: the last word of the run.
    told: Option<u64>,
}

impl Count {
    /// `✔ Test "NAME" passed after 0.1 seconds.` of Swift Testing, `✘ Test … failed after …`, `➜ Test … skipped`.
    fn line(&mut self, line: &str) {
        let Some((_, said)) = line.split_once(" Test ") else { return };
        if let Some(run) = said.strip_prefix("run with ") {
            self.told = run.split(' ').next().and_then(|number| number.parse().ok());
        } else if said.contains(" passed after ") {
            self.passed += 1;
        } else if let Some((name, _)) = said.split_once(" failed after ") {
            self.failed += 1;
            self.failures.push(name.to_owned());
        } else if said.contains(" skipped") {
            self.skipped += 1;
        }
    }

    fn judge(&self, succeeded: bool) -> Outcome {
        let Self { passed, failed, skipped, failures, told } = self;
        match told {
            _ if *failed > 0 => Err(format!("{passed} passed, {failed} failed: {}", failures.join(", "))),
            _ if *skipped > 0 => Err(format!("{skipped} tests were skipped: a skipped test is a failed one")),
            None => Err("the tests broke off".into()),
            Some(0) => Err("not one test ran".into()),
            Some(all) if all != passed => Err(format!("{passed} of {all} passed, and the others are not heard of")),
            Some(_) if !succeeded => Err("every test passed, and the run failed".into()),
            Some(_) => Ok(format!("{passed} passed")),
        }
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    fn counted(lines: &[&str]) -> Count {
        let mut count = Count::default();
        lines.iter().for_each(|line| count.line(line));
        count
    }

    #[test]
    fn every_test_is_counted_once() {
        let count = counted(&[
            "◇ Test \"Өгөгдөл\" started.",
            "✔ Test \"Өгөгдөл\" passed after 0.001 seconds.",
            "✔ Suite Errand passed after 2.5 seconds.",
            "✔ Test plain() passed after 0.2 seconds.",
            "✔ Test run with 2 tests passed after 2.7 seconds.",
        ]);

        assert_eq!((count.passed, count.failed, count.told), (2, 0, Some(2)));
        assert_eq!(count.judge(true), Ok("2 passed".into()));
        assert!(count.judge(false).is_err());
    }

    #[test]
    fn a_failure_is_named_and_a_run_that_broke_off_is_none() {
        let failed = counted(&[
            "✘ Test \"Үлдэгдэл\" recorded an issue at E.swift:42:9: Expectation failed: 1 == 2",
            "✘ Test \"Үлдэгдэл\" failed after 2.4 seconds with 1 issue.",
            "✘ Test run with 1 test failed after 2.4 seconds with 1 issue.",
        ]);
        let broken_off = counted(&["✔ Test a() passed after 0.1 seconds."]);
        let silent =
            counted(&["✔ Test a() passed after 0.1 seconds.", "✔ Test run with 2 tests passed after 1 seconds."]);
        let skipped = counted(&["➜ Test a() skipped.", "✔ Test run with 1 test passed after 0.1 seconds."]);

        assert!(failed.judge(false).unwrap_err().contains("Үлдэгдэл"));
        assert!(broken_off.judge(true).is_err() && silent.judge(true).is_err() && skipped.judge(true).is_err());
        assert!(Count::default().judge(true).is_err());
    }

    #[test]
    fn a_copy_follows_its_original_and_leaves_what_is_the_same_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("Үг")).unwrap();
        fs::write(from.join("Үг/a"), "1").unwrap();
        fs::write(from.join("b"), "2").unwrap();
        copy(&from, &to).unwrap();
        let before = fs::metadata(to.join("b")).unwrap().modified().unwrap();

        fs::remove_dir_all(from.join("Үг")).unwrap();
        fs::write(from.join("Үг"), "now a file").unwrap();
        copy(&from, &to).unwrap();

        assert_eq!(fs::read_to_string(to.join("Үг")).unwrap(), "now a file");
        assert_eq!(fs::metadata(to.join("b")).unwrap().modified().unwrap(), before);
        assert!(copy(&folder.path().join("байхгүй"), &to).is_err());
    }
}
