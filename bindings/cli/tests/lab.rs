//! `emongolia lab` as a process, with nothing installed: what is measured is what stands here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on should stop")]

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

/// With no home, no configuration and no network to fall back on.
fn lab(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_emongolia"));
    command.arg("lab").args(arguments).env_clear();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A folder with files, by name and bytes.
fn folder(files: &[(&str, &[u8])]) -> (TempDir, impl Fn(&str) -> String + use<>) {
    let dir = TempDir::new().unwrap();
    for (name, bytes) in files {
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    let root: PathBuf = dir.path().to_owned();
    (dir, move |name: &str| Path::join(&root, name).to_str().unwrap().to_owned())
}

const CATALOGUE: &str = "\
id\ttitle\tdescription
Ө-1\tЖолооны үнэмлэх сунгах\tЖолоодох эрхийн үнэмлэх
ү2\tГадаад паспорт захиалах
c\tНийгмийн даатгалын лавлагаа\t
";

#[test]
fn keys_has_a_line_for_each_line_also_for_empty_ones() {
    let words = "\u{feff}Үнэмлэхнээсээ\r\nunemleh\n\nүнэмлэх\r\n\n".as_bytes();

    let lines: Vec<String> = said(&lab(&["keys"], words)).lines().map(str::to_owned).collect();

    let columns: Vec<Vec<&str>> = lines.iter().map(|line| line.split('\t').collect()).collect();
    assert_eq!(columns.len(), 5, "{columns:?}");
    assert!(columns.iter().all(|line| line.len() == 3), "{columns:?}");
    let words: Vec<&str> = columns.iter().map(|line| line[0]).collect();
    assert_eq!(words, ["Үнэмлэхнээсээ", "unemleh", "", "үнэмлэх", ""]);
    assert_eq!(columns[0][1], columns[3][1], "one stem in both forms");
    assert!(!columns[0][1].is_empty());
    assert_eq!(columns[0][2], columns[1][2], "one sound in both scripts");
    assert_eq!(columns[2], ["", "", ""]);
}

#[test]
fn keys_reads_a_word_as_the_search_does_and_no_further_than_a_tab() {
    let words = "УБЕГ\nУБЕГ-ын\nүнэмлэх\nүнэмлэх-ийн\nэ-баримт\nэбаримт\n1-р\n№1\nөрх\tөөр\n";

    let said = said(&lab(&["keys"], words.as_bytes()));

    let lines: Vec<Vec<&str>> = said.lines().map(|line| line.split('\t').collect()).collect();
    assert!(lines.iter().all(|line| line.len() == 3), "{lines:?}");
    for pair in lines[..8].chunks(2) {
        assert_eq!(pair[0][1..], pair[1][1..], "{pair:?}");
    }
    assert_eq!((lines[1][0], lines[6][1], lines[8][0]), ("УБЕГ-ын", "1", "өрх"));
}

#[test]
fn keys_reads_any_bytes_and_needs_no_last_line_end() {
    let said = said(&lab(&["keys"], b"\xff\xd2\nab\x00c\n\xd2\xaf"));

    assert_eq!(said.lines().count(), 3);
    assert!(said.starts_with("\u{fffd}\u{fffd}\t") && said.contains("\nab\0c\t") && said.contains("\nү\t"), "{said:?}");
    assert_eq!(lab(&["keys"], b"").stdout, b"");
}

#[test]
fn search_has_a_line_for_each_query_in_its_order() {
    let queries = "Q-Ө\tжолооны үнэмлэхээ сунгуулмаар байна\nq2\tpasport zahialah\n\nq3\tөнөөдрийн цаг агаар\nq4\n";
    let (_dir, file) = folder(&[("c", CATALOGUE.as_bytes()), ("q", queries.as_bytes())]);

    let said = said(&lab(&["search", "--catalogue", &file("c"), "--queries", &file("q"), "--top", "1"], b""));

    assert_eq!(said, "Q-Ө\tӨ-1\nq2\tү2\nq3\t-\nq4\t-\n");
}

#[test]
fn line_ends_of_another_system_a_mark_at_the_start_and_bad_bytes_change_nothing() {
    let (crlf, queries) = (CATALOGUE.replace('\n', "\r\n"), "\u{feff}q1\tүнэмлэх\r\n\r\nq2\tпаспорт");
    let (crlf, queries) = ([b"\xef\xbb\xbf", crlf.as_bytes()].concat(), [queries.as_bytes(), b" \xff\xfe"].concat());
    let (_dir, file) = folder(&[("c", &crlf), ("q", &queries)]);

    let said = said(&lab(&["search", "--catalogue", &file("c"), "--queries", &file("q"), "--top", "3"], b""));

    assert_eq!(said, "q1\tӨ-1\nq2\tү2\n");
}

#[test]
fn search_gives_ids_best_first_and_no_more_than_asked_for() {
    let catalogue = "a\tӨргөдөл\nb\tӨргөдөл гаргах\nc\tӨргөдөл шийдвэрлэх тухай мэдээлэл\n";
    let (_dir, file) = folder(&[("c", catalogue.as_bytes()), ("q", "q\tөргөдөл".as_bytes())]);
    let top = |n: &str| said(&lab(&["search", "--catalogue", &file("c"), "--queries", &file("q"), "--top", n], b""));

    assert_eq!(top("1"), "q\ta\n");
    let three = top("3");
    let ids: Vec<&str> = three.trim_end().split_once('\t').unwrap().1.split(',').collect();
    assert_eq!((ids.len(), ids[0]), (3, "a"));
}

#[test]
fn spoken_groups_hypotheses_by_query_and_gives_three() {
    let heard = "\u{feff}id\thypothesis\tconfidence\r\nX\tжолоон үнэмлэг сунгах\t0.9\r\nӨ\tпаспорт\t\r\nX\tжолооны үнэмлэх сунгах\t0.4\r\nY\tмөнгөгүй\tюу ч биш\n";
    let (_dir, file) = folder(&[("c", CATALOGUE.as_bytes()), ("h", heard.as_bytes())]);

    let said = said(&lab(&["spoken", "--catalogue", &file("c"), "--hypotheses", &file("h")], b""));

    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(lines[0].starts_with("X\tӨ-1"), "{said}");
    assert_eq!(lines[1..], ["Ө\tү2", "Y\t-"]);
    assert!(lines[0].split(',').count() <= 3);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let missing = lab(&["search", "--catalogue", "Ө-алга.tsv", "--queries", "q"], b"");

    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("Ө-алга.tsv"));
}

#[test]
fn long_and_strange_queries_are_answered() {
    let queries = [
        format!("long\t{}", "үнэмлэх".repeat(2_000)),
        "emoji\t😀👩‍👩‍👧 үнэмлэх".to_owned(),
        "script\tᠮᠣᠩᠭᠣᠯ".to_owned(),
        "control\t\u{1}\u{1b}[2Jүнэмлэх\u{7f}".to_owned(),
        "tabs\tүнэмлэх\tпаспорт".to_owned(),
    ]
    .join("\n");
    let (_dir, file) = folder(&[("c", CATALOGUE.as_bytes()), ("q", queries.as_bytes())]);

    let said = said(&lab(&["search", "--catalogue", &file("c"), "--queries", &file("q")], b""));

    let ids: Vec<&str> = said.lines().map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!(ids, ["long", "emoji", "script", "control", "tabs"]);
}
