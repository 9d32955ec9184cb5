//! The same query has the same hits wherever it is asked: here, from Kotlin and from Swift, by one list.

use std::{fs, path::Path};

use emongolia_core::services::catalogue::{Filter, Hypothesis, SpokenOutcome};
use emongolia_support::processes::SandboxProcess;

use crate::phone::{PATIENCE, Phone};

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
