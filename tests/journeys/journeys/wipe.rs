//! Kill -9 at any system call of a sign-out, then the next start: it had not begun, or nothing is left to read.

use std::{fs, path::Path};

use emongolia_core::app::at_rest::SEALED;
use emongolia_support::{
    canary::Canaries,
    processes::{Cli, KillPoint, SandboxProcess},
    temp::temp_dir,
};
use rusqlite::{Connection, OpenFlags};

use crate::{
    crash::{confirmed, ok, signed_in, thinned},
    phone::{citizen, sessions},
};

const FORM_VALUE: &str = "Өвлийн бэлтгэлд өгөхөөр";

/// Files that hold nothing of a citizen's: which gateway to talk to.
const SETTINGS: [&str; 2] = ["config.json", "sandbox.json"];

/// A signed-in citizen's folder, with something in it. Made once, copied for each run.
fn full(sandbox: &SandboxProcess) -> (tempfile::TempDir, Cli) {
    let (dir, cli) = signed_in(sandbox);
    let act = confirmed(&cli, FORM_VALUE);
    ok(cli.run(["--json", "request", "submit", &act]).unwrap());
    let services = ok(cli.run(["--json", "service", "list", "--online"]).unwrap());
    let service = services["value"]["items"][0]["id"].as_str().unwrap().to_owned();
    ok(cli.run(["--json", "favourite", "add", &service]).unwrap());
    ok(cli.run(["--json", "bundle", "start", "driver"]).unwrap());
    ok(cli.run(["--json", "sync"]).unwrap());
    assert!(rows(cli.data()) >= 5, "{} rows", rows(cli.data()));
    (dir, cli)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// In tables about a citizen; the public catalogue may be there again.
fn rows(data: &Path) -> u32 {
    let mut tables: Vec<_> = SEALED.iter().map(|place| (place.file.name(), place.table)).collect();
    tables.push(("state.db", "inbox_change"));
    tables.dedup();
    let count = |(file, table): (&str, &str)| -> u32 {
        let path = data.join(file.trim_end_matches(".db")).join(file);
        let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    tables.into_iter().map(count).sum()
}

fn names(dir: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What the keystore keeps; `.lock` is empty, and only says whose turn it is.
fn secrets(data: &Path) -> Vec<String> {
    names(&data.join("keys")).into_iter().filter(|name| name != ".lock").collect()
}

/// Each copy of the folder is the same session: before each run the sandbox has heard of no sign-out.
fn unheard(sandbox: &SandboxProcess) {
    let db = Connection::open(sandbox.data().join("sandbox.db")).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(20)).unwrap();
    db.execute("UPDATE families SET revoked_at = NULL", []).unwrap();
    assert_eq!(sessions(sandbox), 1);
}

/// The folder once more, of whose sign-out nobody has heard.
fn copied(original: &Cli, sandbox: &SandboxProcess) -> (tempfile::TempDir, Cli) {
    let dir = temp_dir("wipe-").unwrap();
    copy(original.data(), &dir.path().join("phone"));
    let cli = Cli::new(dir.path().join("phone"), sandbox).unwrap();
    unheard(sandbox);
    (dir, cli)
}

fn canaries(sandbox: &SandboxProcess) -> Canaries {
    let citizen = citizen(sandbox);
    let number: String = sandbox.db().unwrap().query_row("SELECT number FROM requests", [], |row| row.get(0)).unwrap();
    let values = [
        ("form value", FORM_VALUE.to_owned()),
        ("registration number", citizen.regnum.clone()),
        ("name", citizen.name.clone()),
        ("request number", number),
    ];
    Canaries::new(values).unwrap()
}

/// What the phone holds after the next start.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    /// The citizen is signed in, and all is as it was.
    NotBegun,
    Nothing,
    /// What nobody may find.
    Left(String),
}

/// Starts the program once more, and looks.
fn after_restart(
    cli: &Cli,
    sandbox: &SandboxProcess,
    canaries: &Canaries,
    before: &[String],
    rows_before: u32,
) -> Found {
    let output = cli.run(["--json", "status"]).unwrap();
    if !output.success() {
        return Found::Left(format!("it does not start: {output:?}"));
    }
    let status = output.json().unwrap();
    let data = cli.data();
    let keys = secrets(data);
    if status["session"]["state"] == "active" {
        let as_before = keys == before && rows(data) == rows_before && !data.join("state/signing-out").exists();
        return if as_before { Found::NotBegun } else { Found::Left(format!("half of it: {keys:?}")) };
    }
    let files = names(&data.join("state")).into_iter().chain(names(&data.join("cache")));
    let files: Vec<_> = files.filter(|name| name.contains("set-aside") || name.starts_with("signing-out")).collect();
    let found = canaries.scan([data.join("state"), data.join("cache"), data.join("keys")]).unwrap();
    let left = (rows(data), sessions(sandbox));
    if keys.is_empty() && files.is_empty() && found.is_empty() && left == (0, 0) {
        Found::Nothing
    } else {
        Found::Left(format!("keys {keys:?}, files {files:?}, values {found:?}, rows and sessions {left:?}"))
    }
}

#[test]
fn kill_at_any_system_call_of_a_sign_out_and_after_the_next_start_nothing_is_left_to_read() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let (_dir, original) = full(&sandbox);
    let canaries = canaries(&sandbox);
    let (keys, rows_before) = (secrets(original.data()), rows(original.data()));
    assert!(names(original.data()).iter().any(|name| SETTINGS.contains(&name.as_str())));
    let (_recorded, cli) = copied(&original, &sandbox);
    let (output, points) = cli.kill_points(["--json", "sign-out"]).unwrap();
    ok(output);
    assert_eq!(after_restart(&cli, &sandbox, &canaries, &keys, rows_before), Found::Nothing);
    let (mut not_begun, mut finished, mut bad) = (0, 0, Vec::new());

    for point in thinned(points) {
        let (_dir, cli) = copied(&original, &sandbox);
        let cut = cli.run_under_strace(&point, ["--json", "sign-out"]).unwrap();
        match after_restart(&cli, &sandbox, &canaries, &keys, rows_before) {
            Found::NotBegun => not_begun += u32::from(cut.killed()),
            Found::Nothing => finished += u32::from(cut.killed()),
            Found::Left(what) => bad.push(format!("killed at {point}: {what}")),
        }
    }

    println!("killed before the marker {not_begun} times, after it {finished} times");
    assert_eq!(bad, [""; 0]);
    assert!(not_begun > 0 && finished > 5, "{not_begun} before, {finished} after");
}

#[test]
fn control_without_the_journal_a_killed_sign_out_leaves_something() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let (_dir, original) = full(&sandbox);
    let canaries = canaries(&sandbox);
    let (keys, rows_before) = (secrets(original.data()), rows(original.data()));
    let found = |sabotage: &str| {
        let (_dir, cli) = copied(&original, &sandbox);
        let file = cli.data().join("state/state.db"); // the keys are gone by then
        let point = KillPoint::on("unlink", 1, &file);
        let cut = cli.clone().sabotage(sabotage).run_under_strace(&point, ["--json", "sign-out"]).unwrap();
        assert!(cut.killed(), "{cut:?}");
        after_restart(&cli, &sandbox, &canaries, &keys, rows_before)
    };

    assert_eq!(found(""), Found::Nothing);
    let left = found("no-journal");
    assert!(matches!(left, Found::Left(_)), "without its journal the sign-out was as good: {left:?}");
}
