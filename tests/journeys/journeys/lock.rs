//! The app lock from a terminal: two tries at once, and a PIN that is forgotten.

use emongolia_support::{
    processes::{Cli, SandboxProcess},
    temp::temp_dir,
};

use crate::phone::citizen;

const PIN: &str = "480251";
const WRONG: &str = "000001";

/// Signed in on a folder of its own, with a PIN.
fn with_pin(sandbox: &SandboxProcess) -> (tempfile::TempDir, Cli) {
    let dir = temp_dir("lock-").unwrap();
    let cli = Cli::new(dir.path().join("утас"), sandbox).unwrap().sabotage("quick-pin");
    let citizen = citizen(sandbox);
    cli.json(["sync"]).unwrap();
    cli.json(["sign-in", "--citizen", &citizen.regnum, "--code", &citizen.code]).unwrap();
    let status = cli.run_with_input(["--json", "lock", "set"], &format!("{PIN}\n")).unwrap().json().unwrap();
    assert_eq!(status["recoverable"], true, "{status}");
    (dir, cli)
}

fn tries_left(cli: &Cli) -> u64 {
    cli.json(["lock", "status"]).unwrap()["tries_left"].as_u64().unwrap()
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
    let services = cli.json(["service", "list"]).unwrap();
    let service = services["value"]["items"][0]["id"].as_str().unwrap().to_owned();
    let open = cli.clone().env("EMONGOLIA_PIN", PIN);
    open.json(["favourite", "add", &service]).unwrap();
    let locked = cli.run(["--json", "favourite", "list"]).unwrap();
    assert_eq!(locked.error_kind().as_deref(), Some("locked"));
    assert_eq!(cli.json(["status"]).unwrap()["session"]["state"], "locked");

    let mut hours = 0;
    while tries_left(&cli) > 0 {
        let later = cli.clone().clock_offset_ms(hours * 3_600_000);
        assert!(!later.run(["--json", "lock", "unlock", "--pin", WRONG]).unwrap().success());
        hours += 1;
    }
    let right = cli.run(["--json", "lock", "unlock", "--pin", PIN]).unwrap();
    assert_eq!(right.error_kind().as_deref(), Some("sign_in_required"));

    let citizen = citizen(&sandbox);
    open.json(["sign-in", "--citizen", &citizen.regnum, "--code", &citizen.code]).unwrap(); // no PIN bars it
    let favourites = cli.json(["favourite", "list"]).unwrap();
    assert_eq!(favourites["value"]["items"][0]["id"], service.as_str(), "what was sealed before opens");
    let status = cli.json(["lock", "status"]).unwrap();
    assert_eq!((&status["set"], &status["open"]), (&false.into(), &true.into()));
    sandbox.assert_contract().unwrap();
}

#[test]
fn a_wrong_pin_that_lies_about_bars_no_erasing() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let (_dir, cli) = with_pin(&sandbox);
    let wrong = cli.clone().env("EMONGOLIA_PIN", WRONG);
    assert_eq!(wrong.run(["--json", "favourite", "list"]).unwrap().error_kind().as_deref(), Some("invalid"), "control");

    wrong.json(["erase"]).unwrap();

    assert_eq!(cli.json(["status"]).unwrap()["session"]["state"], "signed_out");
}
