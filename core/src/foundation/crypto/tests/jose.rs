//! Signed texts as others forge them: Wycheproof's JOSE files, and the examples of RFC 7520 and RFC 7797.
//!
//! They lie beside the workspace and are no part of it; where they are not, these tests say that they skipped.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::{Value, json};

use crate::foundation::crypto::jws::{KeySet, Refusal, verify};

fn vectors(folder: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors/jose")).join(folder);
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: no JOSE vectors ({folder}) beside the workspace");
    None
}

fn load(path: PathBuf) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn set(keys: &[Value]) -> KeySet {
    KeySet::read(json!({"keys": keys}).to_string().as_bytes()).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

/// A case in compact form is a text of its own; one in JSON is as it stands in the file.
fn text(case: &Value) -> String {
    case.as_str().map_or_else(|| case.to_string(), str::to_owned)
}

/// How many cases came to which end.
type Counts = BTreeMap<&'static str, usize>;

fn count(counts: &mut Counts, end: &'static str) {
    *counts.entry(end).or_default() += 1;
}

/// For a case that is none of ES256: only a refusal that names the reason is right.
fn refused_as(refusal: Refusal) -> Option<&'static str> {
    match refusal {
        Refusal::Algorithm => Some("another algorithm: refused as unsupported"),
        Refusal::Form | Refusal::Unreadable(_) => Some("another algorithm: the text is broken"),
        Refusal::HeaderTwice
        | Refusal::KeySetTwice
        | Refusal::Critical
        | Refusal::UnknownKey
        | Refusal::TwoKeys
        | Refusal::Nameless
        | Refusal::KeyKind
        | Refusal::KeyAlgorithm
        | Refusal::KeyUse
        | Refusal::KeyOperations
        | Refusal::KeySet
        | Refusal::ManyKeys
        | Refusal::Signature => None,
    }
}

#[test]
fn wycheproofs_signed_texts_are_decided_as_it_says() {
    let Some(folder) = vectors("wycheproof") else { return };
    let mut counts = Counts::new();
    for file in ["json_web_signature_test.json", "json_web_crypto_test.json", "json_web_key_test.json"] {
        let file = load(folder.join(file));
        for group in list(&file["testGroups"]) {
            let key = group.get("public").unwrap_or(&group["private"]);
            let keys = key.get("keys").map_or_else(|| vec![key.clone()], |keys| list(keys).to_vec());
            let for_es256 = keys.len() == 1 && (keys[0]["crv"] == "P-256" || keys[0]["alg"] == "ES256");
            let keys = set(&keys);
            for case in list(&group["tests"]) {
                let valid = case["result"] == "valid";
                assert!(valid || case["result"] == "invalid", "{case}");
                let end = match case.get("jws") {
                    None => {
                        assert_eq!(verify(&text(&case["jwe"]), &keys), Err(Refusal::Form), "{case}");
                        "encrypted: refused as another form"
                    }
                    Some(jws) => match (for_es256, verify(&text(jws), &keys)) {
                        (true, Ok(signed)) if valid && signed.payload == b"foo" => "ES256: believed",
                        (true, Err(_)) if !valid => "ES256: refused",
                        // Of HS256: letters outside the alphabet, which RFC 7515 forbids and the file lets pass.
                        (false, Err(Refusal::Unreadable("header"))) if valid => "another algorithm: the text is odd",
                        (false, Err(refusal)) if !valid || refusal == Refusal::Algorithm => {
                            refused_as(refusal).unwrap_or_else(|| panic!("{refusal}: {case}"))
                        }
                        (_, other) => panic!("{other:?}: {case}"),
                    },
                };
                count(&mut counts, end);
            }
        }
    }
    println!("{counts:#?}");
    let expected = Counts::from([
        ("ES256: believed", 3),
        ("ES256: refused", 59),
        ("another algorithm: refused as unsupported", 377),
        ("another algorithm: the text is broken", 36),
        ("another algorithm: the text is odd", 1),
        ("encrypted: refused as another form", 34),
    ]);
    assert_eq!(counts, expected);
}

#[test]
fn the_examples_of_rfc_7520_are_refused_as_unsupported() {
    let Some(folder) = vectors("cookbook") else { return };
    let names = ["3_1.ec_public_key", "3_3.rsa_public_key", "3_5.symmetric_key_mac_computation"];
    let keys = set(&names.map(|name| load(folder.join(format!("{name}.json")))));
    let mut counts = Counts::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let example = if path.extension().is_some_and(|e| e == "json") { load(path) } else { continue };
        let output = &example["output"];
        if let Some(text) = output["compact"].as_str() {
            let refusal = verify(text, &keys).unwrap_err();
            count(&mut counts, refused_as(refusal).unwrap_or_else(|| panic!("{refusal}: {example}")));
        }
        for json in [&output["json"], &output["json_flat"]].into_iter().filter(|json| !json.is_null()) {
            assert!(verify(&json.to_string(), &keys).is_err(), "JSON is no form of ours");
            let signatures = json.get("signatures").map_or(std::slice::from_ref(json), list);
            for one in signatures {
                let part = |from: &Value, name: &str| from[name].as_str().unwrap_or_default().to_owned();
                let text = [part(one, "protected"), part(json, "payload"), part(one, "signature")].join(".");
                let refusal = verify(&text, &keys).unwrap_err();
                let end = match (one.get("protected"), refusal) {
                    (None, Refusal::Unreadable("header")) => "JSON: its algorithm is not signed",
                    (Some(_), Refusal::Algorithm) => "JSON: refused as unsupported",
                    (Some(_), Refusal::Form) => "JSON: a payload that is not encoded",
                    (_, other) => panic!("{other}: {example}"),
                };
                count(&mut counts, end);
            }
        }
    }
    println!("{counts:#?}");
    let expected = Counts::from([
        ("another algorithm: refused as unsupported", 6),
        ("JSON: refused as unsupported", 16),
        ("JSON: its algorithm is not signed", 3),
        ("JSON: a payload that is not encoded", 2),
    ]);
    assert_eq!(counts, expected);
}
