//! The app lock from a terminal: kill -9 at any system call of a try at the PIN, and a PIN that is forgotten.

use std::path::Path;

use emongolia_support::{
    processes::{Cli, KillPoint, SandboxProcess},
    temp::temp_dir,
};

use crate::{
    crash::{ok, wanted},
    phone::citizen,
};

/// Kills of a full run (`EMONGOLIA_CRASH_POINTS=all`): what is more than there are points goes round.
const FULL: usize = 1000;

/// Enough to meet what lies between look and count, where the control counts.
const OF_CONTROL: usize = 8;

/// Calls that only wait, or ask how late it is, say nothing about what is stored.
const IDLE: [&str; 4] = ["futex", "epoll_wait", "clock_gettime", "sched_yield"];

const PIN: &str = "480251";
const WRONG: &str = "000001";

/// Signed in on a folder of its own, with a PIN.
fn with_pin(sandbox: &SandboxProcess) -> (tempfile::TempDir, Cli) {
    let dir = temp_dir("lock-").unwrap();
    let cli = Cli::new(dir.path().join("утас"), sandbox).unwrap().sabotage("quick-pin");
    let citizen = citizen(sandbox);
    ok(cli.run(["--json", "sync"]).unwrap());
    ok(cli.run(["--json", "sign-in", "--citizen", &citizen.regnum, "--code", &citizen.code]).unwrap());
    let status = ok(cli.run_with_input(["--json", "lock", "set"], &format!("{PIN}\n")).unwrap());
    assert_eq!(status["recoverable"], true, "{status}");
    (dir, cli)
}

fn tries_left(cli: &Cli) -> u64 {
    ok(cli.run(["--json", "lock", "status"]).unwrap())["tries_left"].as_u64().unwrap()
}

fn looks(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |found| found.len())
}

/// First those around the count and the look, then all others: the last of each kind first, for there is the PIN.
fn points(cli: &Cli, looked: &Path) -> Vec<KillPoint> {
    let (_, all) = cli.kill_points(["--json", "lock", "unlock", "--pin", WRONG]).unwrap();
    ok(cli.run(["--json", "lock", "unlock", "--pin", PIN]).unwrap());
    let keys = cli.data().join("keys");
    let mut points = vec![
        KillPoint::on("openat", 2, keys.join("keys.secret")), // to read it; the first was at start
        KillPoint::on("rename", 1, keys.join("keys.secret")),
        KillPoint::on("openat", 1, &keys),
        KillPoint::on("fsync", 1, &keys),
        KillPoint::on("openat", 1, looked),
        KillPoint::on("write", 1, looked),
        KillPoint::on("close", 1, looked),
        KillPoint::on("close", 1, keys.join(".lock")),
    ];
    let mut from_the_end: Vec<_> = all.into_iter().filter(|point| !IDLE.contains(&point.syscall.as_str())).collect();
    let last = |syscall: &str, all: &[KillPoint]| all.iter().filter(|one| one.syscall == syscall).count();
    let counts: std::collections::BTreeMap<_, _> =
        from_the_end.iter().map(|one| (one.syscall.clone(), last(&one.syscall, &from_the_end))).collect();
    from_the_end.sort_by_key(|point| counts[&point.syscall] - point.nth as usize);
    points.append(&mut from_the_end);
    points
}

/// Of as many points as are wanted: what each kill left of ten tries, and how often a PIN was looked at.
fn kills(cli: &Cli, looked: &Path, wanted: usize, mut judge: impl FnMut(&KillPoint, u64, u64)) {
    let all = points(cli, looked);
    let mut killed = 0;
    for point in all.iter().cycle().take(wanted) {
        let _ = std::fs::remove_file(looked);
        let cut = cli.run_under_strace(point, ["--json", "lock", "unlock", "--pin", WRONG]).unwrap();
        killed += usize::from(cut.killed());
        judge(point, tries_left(cli), looks(looked));
        ok(cli.run(["--json", "lock", "unlock", "--pin", PIN]).unwrap()); // the count begins anew
    }
    assert!(killed * 2 > wanted, "{killed} of {wanted} were killed");
}

#[test]
fn kill_at_any_system_call_of_a_wrong_pin_and_the_count_is_exact() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let (dir, cli) = with_pin(&sandbox);
    let looked = dir.path().join("харсан");
    let cli = cli.env("EMONGOLIA_LOOKED", &looked);
    let (mut counted, mut unlooked) = (0, 0);

    kills(&cli, &looked, wanted(FULL), |point, left, looks| {
        assert!(left == 10 || left == 9, "{point}: {left}");
        assert!(looks <= 10 - left, "{point}: a free try");
        counted += 10 - left;
        unlooked += 10 - left - looks;
        let refused = cli.run(["--json", "lock", "unlock", "--pin", WRONG]).unwrap();
        assert_eq!(refused.error_kind().as_deref(), Some("invalid"), "{point}");
        assert_eq!(tries_left(&cli), left - 1, "{point}: one more is one less");
    });
    assert!(counted > 0 && unlooked > 0, "kills came after the count, and between it and the look");
}

#[test]
fn control_counted_after_the_look_a_kill_gives_a_try_away() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let (dir, cli) = with_pin(&sandbox);
    let looked = dir.path().join("харсан");
    let cli = cli.env("EMONGOLIA_LOOKED", &looked).sabotage("quick-pin,count-late");
    let mut free = 0;

    kills(&cli, &looked, OF_CONTROL, |_, left, looks| free += looks.saturating_sub(10 - left));

    assert!(free > 0);
}

#[test]
fn two_processes_at_once_lose_no_wrong_pin() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let (_dir, cli) = with_pin(&sandbox);

    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| cli.run(["--json", "lock", "unlock", "--pin", WRONG]).unwrap());
        }
    });

    assert_eq!(tries_left(&cli), 8);
}

#[test]
fn a_forgotten_pin_costs_a_sign_in_and_nothing_else() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let (_dir, cli) = with_pin(&sandbox);
    let services = ok(cli.run(["--json", "service", "list"]).unwrap());
    let service = services["value"]["items"][0]["id"].as_str().unwrap().to_owned();
    let open = cli.clone().env("EMONGOLIA_PIN", PIN);
    ok(open.run(["--json", "favourite", "add", &service]).unwrap());
    let locked = cli.run(["--json", "favourite", "list"]).unwrap();
    assert_eq!(locked.error_kind().as_deref(), Some("locked"));
    assert_eq!(ok(cli.run(["--json", "status"]).unwrap())["session"]["state"], "locked");

    let mut hours = 0;
    while tries_left(&cli) > 0 {
        let later = cli.clone().clock_offset_ms(hours * 3_600_000);
        assert!(!later.run(["--json", "lock", "unlock", "--pin", WRONG]).unwrap().success());
        hours += 1;
    }
    let right = cli.run(["--json", "lock", "unlock", "--pin", PIN]).unwrap();
    assert_eq!(right.error_kind().as_deref(), Some("sign_in_required"));

    let citizen = citizen(&sandbox);
    ok(cli.run(["--json", "sign-in", "--citizen", &citizen.regnum, "--code", &citizen.code]).unwrap());
    let favourites = ok(cli.run(["--json", "favourite", "list"]).unwrap());
    assert_eq!(favourites["value"]["items"][0]["id"], service.as_str(), "what was sealed before opens");
    let status = ok(cli.run(["--json", "lock", "status"]).unwrap());
    assert_eq!((&status["set"], &status["open"]), (&false.into(), &true.into()));
    sandbox.assert_contract().unwrap();
}
