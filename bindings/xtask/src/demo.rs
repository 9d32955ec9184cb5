//! `cargo demo`, each of its errands whole, each of its promises broken on purpose, and the desk that `--stay` opens.
//!
//! What is asked of it: `--list` prints the errands with the steps that can be broken, an errand and a step a line;
//! `--break STEP` ends with a failure and a line `failed at STEP`; `--stay` prints the desk's address, and ends at an
//! interrupt with nothing left behind.

use std::{
    collections::HashSet,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::{
    process::{ask, run, run_reading},
    report::{Outcome, Report},
    tests::CONTRACT_VARIABLE,
    workspace::Workspace,
};

pub(crate) fn parts(workspace: &Workspace, report: &mut Report) {
    let mut steps = Vec::new();
    report.part("demo steps", || {
        steps = list(&ask(&mut demo(workspace, &["--list"]))?)?;
        Ok(format!("{} in {} errands", steps.len(), errands(&steps).len()))
    });
    for errand in errands(&steps) {
        // Only a whole errand counts for the contract: a sabotaged one may break it on purpose.
        let whole = || demo(workspace, &["--errand", errand]);
        report.part(&format!("demo --errand {errand}"), || run(whole().env(CONTRACT_VARIABLE, workspace.contracts())));
    }
    report.part("demo --stay", || stays(workspace));
    for Step { errand, name } in once(&steps) {
        let arguments = ["--errand", errand, "--break", name];
        report.part(&format!("demo {}", arguments.join(" ")), || must_fail_at(workspace, &arguments, name));
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Step {
    errand: String,
    name: String,
}

/// In the order in which they are listed.
fn errands(steps: &[Step]) -> Vec<&str> {
    let mut errands: Vec<&str> = steps.iter().map(|step| step.errand.as_str()).collect();
    errands.dedup();
    errands
}

/// A step that several errands have is the same in each: it is broken in the first of them.
fn once(steps: &[Step]) -> impl Iterator<Item = &Step> {
    let mut seen = HashSet::new();
    steps.iter().filter(move |step| seen.insert(step.name.as_str()))
}

fn demo(workspace: &Workspace, arguments: &[&str]) -> std::process::Command {
    let mut demo = workspace.cargo();
    demo.arg("demo").args(arguments).env_remove(CONTRACT_VARIABLE);
    demo
}

fn list(said: &[u8]) -> Result<Vec<Step>, String> {
    let said = std::str::from_utf8(said).map_err(|error| format!("the list of steps: {error}"))?;
    let step = |line: &str| match line.split_once(' ') {
        Some((errand, name)) => Ok(Step { errand: errand.to_owned(), name: name.to_owned() }),
        None => Err(format!("no errand and step: {line}")),
    };
    let steps = said.lines().map(str::trim).filter(|line| !line.is_empty()).map(step).collect::<Result<Vec<_>, _>>()?;
    if steps.is_empty() { Err("the demo names no step that can be broken".into()) } else { Ok(steps) }
}

/// A broken promise that nobody notices is the worst result; one noticed at another step is no better.
fn must_fail_at(workspace: &Workspace, arguments: &[&str], step: &str) -> Outcome {
    let mut failed_at = Vec::new();
    let mut broken = demo(workspace, arguments);
    let succeeded = run_reading(&mut broken, |line| failed_at.extend(named(line).map(str::to_owned)))?;
    judge(step, succeeded, &failed_at)
}

fn named(line: &str) -> Option<&str> {
    line.trim().strip_prefix("failed at ").map(str::trim)
}

fn judge(step: &str, succeeded: bool, failed_at: &[String]) -> Outcome {
    match failed_at {
        _ if succeeded => Err(format!("{step} was sabotaged and the demo passed")),
        [at] if at == step => Ok("failed exactly there".into()),
        [] => Err("it failed without saying where".into()),
        at => Err(format!("it failed at {}", at.join(", "))),
    }
}

/// Stands in the line above the desk's address.
const THE_DESK: &str = "The clerk, in a browser";

/// On every page of the desk, in the language of a browser that names none.
const ON_THE_PAGE: &str = "Ажилтны ширээ";

/// For each thing that is waited for; all was built before. Reached only when something hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Reads where the desk is, looks at it, and ends the demo as a person would.
fn stays(workspace: &Workspace) -> Outcome {
    let mut command = demo(workspace, &["--stay"]);
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut staying = Staying(spawned.map_err(|error| format!("it could not be started: {error}"))?);
    let lines = lines(&mut staying.0)?;
    let address = address(std::iter::from_fn(|| lines.recv_timeout(PATIENCE).ok()))?;
    let page = get(&address, "/requests").map_err(|error| format!("{address}: {error}"))?;
    if !page.starts_with("HTTP/1.1 200 ") || !page.contains(ON_THE_PAGE) {
        return Err(format!("{address} shows no desk: {page}"));
    }
    run(Command::new("sh").arg("-c").arg(format!("kill -s INT {}", staying.0.id())))?;
    let silence = std::iter::from_fn(|| Some(lines.recv_timeout(PATIENCE))).find_map(Result::err);
    if silence != Some(mpsc::RecvTimeoutError::Disconnected) {
        return Err("it goes on after an interrupt".into());
    }
    let status = staying.0.wait().map_err(|error| format!("it could not be waited for: {error}"))?;
    if !status.success() {
        return Err(format!("the interrupt was no good end: {status}"));
    }
    match get(&address, "/requests") {
        Err(_) => Ok(format!("the desk was at {address} until the interrupt")),
        Ok(_) => Err(format!("{address} is served after the end")),
    }
}

/// Ends with us, whatever happened.
struct Staying(Child);

impl Drop for Staying {
    fn drop(&mut self) {
        let _ended = self.0.kill(); // it may have ended
        let _ended = self.0.wait();
    }
}

/// As they come; the end of it is the end of the program.
fn lines(child: &mut Child) -> Result<mpsc::Receiver<String>, String> {
    let stdout = child.stdout.take().ok_or("it has no output")?;
    let (said, heard) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
            if said.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
        }
    });
    Ok(heard)
}

fn address(lines: impl Iterator<Item = String>) -> Result<String, String> {
    let mut lines = lines.inspect(|line| println!("{line}")).skip_while(|line| !line.starts_with(THE_DESK)).skip(1);
    let line = lines.next().ok_or("it names no address of the desk")?;
    let address = line.trim();
    if address.starts_with("http://") { Ok(address.to_owned()) } else { Err(format!("no address: {line}")) }
}

/// The whole answer. The desk speaks plain HTTP, on this machine alone.
fn get(address: &str, path: &str) -> std::io::Result<String> {
    let host = address.trim_start_matches("http://");
    #[expect(clippy::disallowed_methods, reason = "the desk speaks in clear, on this machine")]
    let mut desk = TcpStream::connect(host)?;
    desk.set_read_timeout(Some(PATIENCE))?;
    write!(desk, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    desk.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn only_a_failure_exactly_there_is_right() {
        let at = |steps: &[&str]| steps.iter().map(ToString::to_string).collect::<Vec<_>>();

        assert!(judge("submit", false, &at(&["submit"])).is_ok());
        assert!(judge("submit", true, &at(&[])).is_err());
        assert!(judge("submit", true, &at(&["submit"])).is_err());
        assert!(judge("submit", false, &at(&["search"])).is_err());
        assert!(judge("submit", false, &at(&["submit", "inbox"])).is_err());
        assert!(judge("submit", false, &at(&[])).is_err());
    }

    #[test]
    fn the_desk_is_where_the_line_below_its_heading_says() {
        let found = |said: &str| address(said.lines().map(str::to_owned));

        let guide =
            "http://өөр\n\nThe clerk, in a browser on this machine:\n  http://127.0.0.1:20001\n\nThe network:\n";
        assert_eq!(found(guide).unwrap(), "http://127.0.0.1:20001");
        assert!(found("The clerk, in a browser:\n").is_err());
        assert!(found("The clerk, in a browser:\n\nhttp://127.0.0.1:1\n").is_err());
        assert!(found("http://127.0.0.1:1\n").is_err());
    }

    #[test]
    fn a_demo_that_can_break_nothing_is_refused() {
        assert!(list(b"\n").is_err() && list(b"sync\n").is_err());
        assert_eq!(named("  failed at sign-in"), Some("sign-in"));
    }

    #[test]
    fn every_errand_is_told_whole_and_what_they_share_is_broken_once() {
        let steps = list(b"reference sync\nreference submit\nvisa sync\nvisa cut\n").unwrap();

        assert_eq!(errands(&steps), ["reference", "visa"]);
        let broken: Vec<_> = once(&steps).map(|step| (step.errand.as_str(), step.name.as_str())).collect();
        assert_eq!(broken, [("reference", "sync"), ("reference", "submit"), ("visa", "cut")]);
    }
}
