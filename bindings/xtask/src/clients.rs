//! One way out: whoever speaks to a network does so in the few files that hold it to our roots and pins.
//!
//! Guarantees: a word of an HTTP client or of a socket anywhere else in what ships fails; so does a rule whose words are
//! found nowhere any more, since it looks at nothing.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{contract, report::Outcome, workspace::Workspace};

struct Rule {
    what: &'static str,
    /// Folders, from the root; `*` is any one name.
    sources: &'static [&'static str],
    ending: &'static str,
    words: &'static [&'static str],
    /// Files, or folders with all that is in them, that may.
    allowed: &'static [&'static str],
}

const RULES: &[Rule] = &[
    Rule {
        what: "Rust",
        sources: &["core/src", "core/*/src", "bindings/ffi/src", "bindings/cli/src"],
        ending: "rs",
        words: &[
            "reqwest::",
            "rustls::ClientConfig",
            "hyper::client",
            "hyper_util::client",
            "ureq::",
            "TcpStream::connect(",
        ],
        allowed: &["core/src/foundation/net"],
    },
    Rule {
        what: "Kotlin",
        sources: &["android/*/src/main"],
        ending: "kt",
        words: &[
            "HttpURLConnection",
            "HttpsURLConnection",
            "openConnection(",
            "openStream(",
            "java.net.http",
            "okhttp3",
            "io.ktor",
            "retrofit2",
            "org.chromium.net",
            "android.webkit",
            "DownloadManager",
            "SocketFactory",
            "SocketChannel",
            "Socket(",
        ],
        allowed: &[
            "android/core/src/main/kotlin/mn/emongolia/core/platform/ServerSpeech.kt",
            "android/core/src/main/kotlin/mn/emongolia/core/platform/PinnedTls.kt",
        ],
    },
    Rule {
        what: "Swift",
        sources: &["ios/Sources", "ios/App"],
        ending: "swift",
        words: &[
            "URLSession(",
            "URLSession.shared",
            "URLSessionConfiguration",
            "NSURLConnection",
            "NWConnection", // of Network; whether there is one may be watched
            "NWListener",
            "NWBrowser",
            "CFStreamCreatePair",
            "CFSocketCreate",
            "WKWebView",
            "import Alamofire",
            "import AsyncHTTPClient",
            "import NIO",
        ],
        allowed: &[
            "ios/Sources/EMongoliaCore/Apple/URLSessionSpeechTransport.swift",
            "ios/Sources/EMongoliaCore/PinnedTrust.swift",
        ],
    },
];

pub(crate) fn check(workspace: &Workspace) -> Outcome {
    let mut read = 0;
    for rule in RULES {
        read += judge(&workspace.root, rule)?;
    }
    Ok(format!("{read} files, and no client but ours"))
}

/// How many files were read.
fn judge(root: &Path, rule: &Rule) -> Result<usize, String> {
    let mut files = Vec::new();
    for source in rule.sources {
        for folder in folders(root, source) {
            let wanted = |path: &PathBuf| path.extension().is_some_and(|found| found == rule.ending);
            files.extend(contract::files(&folder)?.into_iter().filter(wanted));
        }
    }
    let allowed: Vec<PathBuf> = rule.allowed.iter().map(|path| root.join(path)).collect();
    let (mut strays, mut at_home) = (Vec::new(), 0);
    for file in &files {
        let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let found = lines(&text, rule);
        if allowed.iter().any(|place| file.starts_with(place)) {
            at_home += found.len();
        } else {
            let name = file.strip_prefix(root).unwrap_or(file).display().to_string();
            strays.extend(found.into_iter().map(|(line, word)| format!("{name}:{line}: {word}")));
        }
    }
    match (strays.is_empty(), at_home) {
        (true, 0) => {
            Err(format!("{}: no word of the rule is found, not even where it may be: it looks at nothing", rule.what))
        }
        (true, _) => Ok(files.len()),
        (false, _) => Err(format!("{}: another way out than ours:\n{}", rule.what, strays.join("\n"))),
    }
}

/// Lines, counted from 1, with a word of the rule. Comments may speak of anything, and tests may speak to anybody.
fn lines(text: &str, rule: &Rule) -> Vec<(usize, &'static str)> {
    let is_comment = |line: &str| ["//", "/*", "*"].iter().any(|mark| line.trim_start().starts_with(mark));
    let shipped = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let numbered = (1..).zip(shipped.lines()).filter(|(_, line)| !is_comment(line));
    let worded = |(n, line): (usize, &str)| Some((n, *rule.words.iter().find(|word| line.contains(**word))?));
    numbered.filter_map(worded).collect()
}

/// Those that are there.
fn folders(root: &Path, source: &str) -> Vec<PathBuf> {
    let Some((before, after)) = source.split_once("/*/") else {
        return vec![root.join(source)].into_iter().filter(|folder| folder.is_dir()).collect();
    };
    let inside = fs::read_dir(root.join(before)).into_iter().flatten().filter_map(Result::ok);
    inside.map(|entry| entry.path().join(after)).filter(|folder| folder.is_dir()).collect()
}

#[cfg(test)]
mod unit {
    use super::*;

    /// A tree with one file where the rule looks and one where its words may be.
    fn tree(rule: &Rule, stray: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let put = |path: PathBuf, text: &str| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let home = dir.path().join(rule.allowed[0]);
        let home = if home.extension().is_some() { home } else { home.join("client").with_extension(rule.ending) };
        put(home, rule.words[0]);
        let source = rule.sources[0].replace('*', "app");
        put(dir.path().join(source).join("Дэлгэц").join("screen").with_extension(rule.ending), stray);
        dir
    }

    #[test]
    fn every_word_of_every_rule_is_found_where_it_may_not_be() {
        for rule in RULES {
            assert_eq!(judge(tree(rule, "// нээлттэй\n").path(), rule), Ok(2), "{}: control", rule.what);
            for word in rule.words {
                let refused = judge(tree(rule, &format!("x\n    val a = {word} b\n")).path(), rule).unwrap_err();
                assert!(refused.contains("screen") && refused.contains(&format!(":2: {word}")), "{refused}");
                assert!(
                    judge(tree(rule, &format!("// {word}\n")).path(), rule).is_ok(),
                    "a comment may speak of {word}"
                );
            }
        }
    }

    #[test]
    fn a_rule_that_looks_at_nothing_fails() {
        for rule in RULES {
            let dir = tempfile::tempdir().unwrap();

            assert!(judge(dir.path(), rule).unwrap_err().contains("looks at nothing"));
        }
    }

    #[test]
    fn this_tree_has_no_other_way_out() {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));

        for rule in RULES {
            assert!(judge(root, rule).is_ok(), "{:?}", judge(root, rule));
        }
    }
}
