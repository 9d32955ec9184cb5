//! What the terminal tells to type next can be typed.

use emongolia_support::{
    forms::IDENTITY_CARD as CARD,
    processes::{Cli, SandboxProcess},
    temp::temp_dir,
};
use serde_json::json;

use crate::{payment::CREDIT, phone::citizen};

fn signed_in(sandbox: &SandboxProcess) -> (tempfile::TempDir, Cli) {
    let dir = temp_dir("hints-").unwrap();
    let cli = Cli::new(dir.path().join("утас"), sandbox).unwrap();
    let citizen = citizen(sandbox);
    cli.json(["sync"]).unwrap();
    cli.json(["sign-in", "--citizen", &citizen.regnum, "--code", &citizen.code]).unwrap();
    (dir, cli)
}

/// The command that a hint beginning with these words names.
fn hinted(cli: &Cli, command: &[&str], words: &str) -> Vec<String> {
    let told = cli.run(command).unwrap().stderr;
    let hint = told.lines().find_map(|line| line.split_once(words)).unwrap_or_else(|| panic!("{told}"));
    hint.1.split_whitespace().skip_while(|word| *word != "emongolia").skip(1).map(str::to_owned).collect()
}

#[test]
fn a_form_with_a_file_is_begun_as_a_draft() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let (_dir, cli) = signed_in(&sandbox);

    let begin = hinted(&cli, &["request", "form", CARD], "Бөглөх: ");

    assert_eq!(begin, ["request", "draft", "begin", CARD]);
    assert!(cli.json(begin).unwrap()["id"].is_string());
}

#[test]
fn what_waits_is_shown_under_the_id_that_the_list_gives_it_and_so_is_what_it_becomes() {
    let mut sandbox = SandboxProcess::start_fresh().unwrap();
    let (_dir, cli) = signed_in(&sandbox);
    let confirmed = cli.json(["request", "confirm", CREDIT, "--set", "forUsage=Өрнөх Үүр банк"]).unwrap();
    sandbox.kill().unwrap();
    cli.json(["request", "submit", confirmed["id"].as_str().unwrap(), "--wait", "0"]).unwrap();
    let listed = cli.json(["request", "list"]).unwrap()["value"]["items"][0].take();
    let operation = listed["standing"]["waiting"]["operation"].as_str().unwrap();
    assert!(cli.run(["request", "list"]).unwrap().stdout.contains(operation), "the id of the row");

    let waits = cli.json(["request", "show", operation]).unwrap();
    assert_eq!((&waits["value"]["summary"], &waits["value"]["history"]), (&listed, &json!([])));
    assert!(cli.run(["request", "show", operation]).unwrap().stdout.contains("Зээлийн мэдээллийн сангийн лавлагаа"));
    sandbox.restart().unwrap();
    cli.json(["outbox", "flush"]).unwrap();

    let arrived = cli.json(["request", "show", operation]).unwrap();
    assert!(arrived["value"]["summary"]["id"].is_string(), "{arrived}");
    let unknown = "0".repeat(32);
    let told = cli.run(["--json", "request", "show", &unknown]).unwrap();
    assert_eq!(told.error_kind().as_deref(), Some("not_found"), "{told:?}");
}
