//! Kill -9 at any system call of the submit, then the same act again: one request.

use emongolia_support::{
    processes::{Cli, FaultKind, KillPoint, Output, SandboxProcess, ServerFault},
    temp::temp_dir,
};

use crate::phone::{citizen, count};

/// Points tried in every run of the tests; `EMONGOLIA_CRASH_POINTS` sets another number (`all` for every one).
const POINTS: usize = 60;

/// Calls that neither store nor send anything say nothing about what is stored or sent.
const TELLING: [&str; 14] = [
    "openat",
    "write",
    "writev",
    "pwrite64",
    "fsync",
    "fdatasync",
    "ftruncate",
    "unlink",
    "rename",
    "sendto",
    "sendmsg",
    "recvfrom",
    "connect",
    "fcntl",
];

pub(crate) fn confirmed(cli: &Cli, text: &str) -> String {
    let services = ok(cli.run(["--json", "service", "list", "--online"]).unwrap());
    let service = services["value"]["items"][0]["id"].as_str().unwrap().to_owned();
    let form = ok(cli.run(["--json", "request", "form", &service]).unwrap());
    let mut act = vec!["--json".to_owned(), "request".into(), "confirm".into(), service];
    for field in form["value"]["fields"].as_array().unwrap() {
        if field["required"] == true {
            act.extend(["--set".to_owned(), format!("{}={}", field["name"].as_str().unwrap(), fitting(field, text))]);
        }
    }
    ok(cli.run(act).unwrap())["id"].as_str().unwrap().to_owned()
}

fn fitting(field: &serde_json::Value, text: &str) -> String {
    let kind = &field["kind"];
    if kind.get("text").is_some() {
        text.to_owned()
    } else if let Some(number) = kind.get("whole_number") {
        number["minimum"].as_i64().unwrap_or(2020).max(2020).to_string()
    } else if let Some(one_of) = kind.get("one_of") {
        one_of["options"][0]["value"].as_str().unwrap().to_owned()
    } else {
        "тийм".to_owned()
    }
}

pub(crate) fn ok(output: Output) -> serde_json::Value {
    assert!(output.success(), "{output:?}");
    output.json().unwrap()
}

pub(crate) fn signed_in(sandbox: &SandboxProcess) -> (tempfile::TempDir, Cli) {
    let dir = temp_dir("crash-").unwrap();
    let cli = Cli::new(dir.path().join("phone"), sandbox).unwrap();
    let citizen = citizen(sandbox);
    ok(cli.run(["--json", "sync"]).unwrap());
    ok(cli.run(["--json", "sign-in", "--citizen", &citizen.regnum, "--code", &citizen.code]).unwrap());
    (dir, cli)
}

/// The points of a submit, thinned out evenly to the number asked for.
fn points(cli: &Cli) -> Vec<KillPoint> {
    let act = confirmed(cli, "Туршилт");
    let (output, points) = cli.kill_points(["--json", "request", "submit", &act]).unwrap();
    ok(output);
    thinned(points)
}

/// How many kills are asked for, of so many in a full run.
pub(crate) fn wanted(all: usize) -> usize {
    match std::env::var("EMONGOLIA_CRASH_POINTS").as_deref() {
        Ok("all") => all,
        Ok(number) => number.parse().unwrap(),
        Err(_) => POINTS,
    }
}

/// Those that say something, as many as were asked for.
pub(crate) fn thinned(points: Vec<KillPoint>) -> Vec<KillPoint> {
    let telling: Vec<KillPoint> = points.into_iter().filter(|p| TELLING.contains(&p.syscall.as_str())).collect();
    assert!(telling.len() > POINTS, "{} points", telling.len());
    let step = telling.len().div_ceil(wanted(telling.len()));
    telling.into_iter().step_by(step).collect()
}

#[test]
fn kill_at_any_system_call_of_a_submit_and_the_same_act_again_gives_one_request() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let (_dir, cli) = signed_in(&sandbox);
    let mut killed = 0;

    for point in points(&cli) {
        let act = confirmed(&cli, &format!("Үйлдэл {point}"));
        let before = count(&sandbox, "requests");

        let cut = cli.run_under_strace(&point, ["--json", "request", "submit", &act]).unwrap();
        killed += u32::from(cut.killed());
        ok(cli.run(["--json", "request", "submit", &act]).unwrap());
        ok(cli.run(["--json", "outbox", "flush"]).unwrap());

        assert_eq!(count(&sandbox, "requests"), before + 1, "killed at {point}");
    }
    assert!(killed > 0, "nothing was ever killed");
    let open = ok(cli.run(["--json", "outbox", "list"]).unwrap());
    assert_eq!(open["items"], serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn control_with_a_key_minted_for_every_try_the_same_act_doubles() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let (_dir, cli) = signed_in(&sandbox);
    let act = confirmed(&cli, "Давхар үйлдэл");
    let sabotaged = cli.sabotage("key-per-try");
    sandbox.control().unwrap().faults(&[ServerFault::next("createRequest", FaultKind::DropReply)]).await.unwrap();

    ok(sabotaged.run(["--json", "request", "submit", &act]).unwrap());
    ok(sabotaged.run(["--json", "outbox", "flush"]).unwrap());

    assert_eq!(count(&sandbox, "requests"), 2);
}
