//! The same query has the same hits wherever it is asked: here, from Kotlin and from Swift, by one list.

use std::{
    ffi::{OsStr, OsString},
    fs,
    os::unix::ffi::OsStringExt as _,
    path::Path,
};

use emongolia_core::services::catalogue::{Filter, Hypothesis, SpokenOutcome};
use emongolia_support::{
    processes::{Cli, SandboxProcess},
    temp::temp_dir,
};
use serde_json::Value;

use crate::phone::{PATIENCE, Phone, citizen};

/// `query<TAB>ids of the first hits, best first, or -`; the tests of Kotlin and Swift read it too. It says what is found,
/// not what should be: that is measured by `cargo xtask eval`. `EMONGOLIA_WRITE_SEARCHES=1` writes it anew.
const SEARCHES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/searches.tsv");

/// So many hits are compared.
const COMPARED: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn every_query_of_the_list_has_the_hits_that_the_list_says() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    app.catalogue().refresh().await.unwrap();
    let list = fs::read_to_string(SEARCHES).unwrap();
    let queries: Vec<&str> = list.lines().filter_map(|line| Some(line.split_once('\t')?.0)).collect();

    let mut found = String::new();
    for query in &queries {
        let page = app.catalogue().search(query, &Filter::default(), None).unwrap().value;
        let ids: Vec<String> = page.items.iter().take(COMPARED).map(|hit| hit.service.id.to_string()).collect();
        let ids = if ids.is_empty() { "-".to_owned() } else { ids.join(",") };
        found.push_str(&format!("{query}\t{ids}\n"));
    }

    if std::env::var_os("EMONGOLIA_WRITE_SEARCHES").is_some() {
        fs::write(Path::new(SEARCHES), &found).unwrap();
    }
    assert!(queries.len() >= 12 && list.contains("\t-\n"), "{list}");
    assert_eq!(found, fs::read_to_string(SEARCHES).unwrap());
    app.shutdown(PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_opens_nothing_and_offers_three_at_most() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let phone = Phone::new(&sandbox);
    let app = phone.start();
    app.catalogue().refresh().await.unwrap();
    let said = |texts: &[&str]| {
        let heard: Vec<Hypothesis> =
            texts.iter().map(|text| Hypothesis { text: (*text).to_owned(), confidence: None }).collect();
        app.catalogue().search_spoken(&heard, &Filter::default()).unwrap().value
    };

    let vague = said(&["үнэмлэх", "өнөмлөг"]);
    let SpokenOutcome::Choices(hits) = &vague.outcome else { panic!("{vague:?}") };
    assert!((2..=3).contains(&hits.len()) && vague.heard == "үнэмлэх", "{vague:?}");
    let nothing = said(&["өнөөдөр юу идэх вэ"]);
    let SpokenOutcome::Nothing(Some(refusal)) = &nothing.outcome else { panic!("{nothing:?}") };
    assert!(refusal.help_line == "1111" && refusal.organisations.len() <= 3);
    app.shutdown(PATIENCE).await.unwrap();
}

#[test]
fn a_citizen_searches_in_a_terminal_keeps_what_was_found_and_leaves_nothing() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let dir = temp_dir("search-").unwrap();
    let cli = Cli::new(dir.path().join("phone"), &sandbox).unwrap();
    let citizen = citizen(&sandbox);
    cli.json(["sync"]).unwrap();
    cli.json(["sign-in", "--citizen", &citizen.regnum, "--code", &citizen.code]).unwrap();
    let ids = |answer: &Value| -> Vec<String> {
        let items = answer["value"]["items"].as_array().unwrap();
        items.iter().map(|item| item["service"]["id"].as_str().unwrap().to_owned()).collect()
    };

    let first = cli.json(["search", "лавлагаануудаа"]).unwrap();
    let second = cli.json(["search", "лавлагаануудаа", "--page", "2"]).unwrap();
    let far = cli.json(["search", "лавлагаануудаа", "--page", "999"]).unwrap();
    assert_eq!(ids(&first).len(), 50);
    assert!(!ids(&second).is_empty() && ids(&second).iter().all(|id| !ids(&first).contains(id)));
    assert_eq!((ids(&far).len(), &far["value"]["refusal"]), (0, &Value::Null));
    let online =
        cli.json(["search", "Иргэний үнэмлэхийн лавлагаа", "--online", "--free", "--kind", "reference"]).unwrap();
    let is_wanted = |item: &Value| {
        let service = &item["service"];
        service["online"] == true && service["fee"] == "free" && service["kind"] == "reference"
    };
    let wanted = online["value"]["items"].as_array().unwrap();
    assert!(!wanted.is_empty() && wanted.iter().all(is_wanted), "{wanted:?}");
    let shown = cli.run(["--lang", "en", "search", "irgenii unemlehiin lavlagaa", "--why"]).unwrap().stdout;
    assert!(shown.contains("Why these") && shown.contains("unemlehiin → "), "{shown}");

    let id = ids(&first)[0].clone();
    cli.json(["favourite", "add", &id]).unwrap();
    assert_eq!(cli.json(["favourite", "list"]).unwrap()["value"]["items"][0]["id"], id.as_str());
    assert_eq!(cli.json(["search", "лавлагаануудаа"]).unwrap()["value"]["items"][0]["service"]["favourite"], true);
    cli.json(["favourite", "remove", &id]).unwrap();
    assert_eq!(cli.json(["favourite", "list"]).unwrap()["value"]["items"], Value::Array(Vec::new()));
    let recent = cli.json(["recent", "list"]).unwrap();
    assert_eq!(
        recent,
        serde_json::json!(["лавлагаануудаа", "irgenii unemlehiin lavlagaa", "Иргэний үнэмлэхийн лавлагаа"])
    );
    assert_eq!(
        cli.json(["recent", "remove", "ИРГЭНИЙ", "үнэмлэхийн", "лавлагаа"]).unwrap().as_array().unwrap().len(),
        2
    );

    cli.json(["sign-out"]).unwrap();
    assert_eq!(cli.json(["recent", "list"]).unwrap(), Value::Array(Vec::new()));
    assert_eq!(cli.run(["--json", "favourite", "add", &id]).unwrap().error_kind().as_deref(), Some("not_found"));
    cli.json(["sync"]).unwrap();
    assert_eq!(cli.run(["--json", "favourite", "add", &id]).unwrap().status.code(), Some(10));
}

#[test]
fn whatever_a_terminal_hands_over_is_answered() {
    let sandbox = SandboxProcess::start_fresh().unwrap();
    let dir = temp_dir("search-").unwrap();
    let cli = Cli::new(dir.path().join("phone"), &sandbox).unwrap();
    cli.json(["sync"]).unwrap();
    let texts = [
        OsString::from("ө".repeat(10_000)),
        OsString::from_vec(b"\xd2\xaf\xd0\xbd\xff\xfe \xd2".to_vec()),
        OsString::from("\u{1}\u{1b}[2J\u{7f}үнэмлэх"),
        OsString::from("😀👩‍👩‍👧"),
        OsString::from("ᠮᠣᠩᠭᠣᠯ ᠦᠨᠡᠮᠯᠡᠬᠦ"),
        OsString::from(""),
    ];

    for text in &texts {
        for command in ["search", "spoken"] {
            let answer = cli.json([OsStr::new(command), text]).unwrap();
            assert_eq!(answer["value"]["preparing"], false, "{command} {text:?}");
        }
        let shown = cli.run([OsStr::new("search"), OsStr::new("--why"), text]).unwrap();
        assert!(shown.success() && !shown.stdout.contains('\u{1b}'), "{text:?}");
    }
}
