//! The program that counts what indices hold.

use std::process::Command;

#[test]
fn more_services_hold_more_and_an_index_more_than_their_texts() {
    let [[ours, index, texts], [more_ours, more_index, more_texts]] = [1_300, 2_600].map(|services: usize| {
        let told = Command::new(env!("CARGO_BIN_EXE_emongolia-eval-held")).arg(services.to_string()).output().unwrap();
        let lines = String::from_utf8(told.stdout).unwrap();
        let held: Vec<u64> = lines.lines().map(|line| line.split_once('\t').unwrap().1.parse().unwrap()).collect();
        <[u64; 3]>::try_from(held).unwrap()
    });

    assert!(texts < index && index < more_index && texts < more_texts, "{index} {texts} {more_index} {more_texts}");
    assert!(
        index < ours && ours - index == more_ours - more_index,
        "one lexicon: {ours} {index} {more_ours} {more_index}"
    );
}
