//! The search for values that must not be readable: every file, whatever was said, every usual encoding.
//!
//! Guarantees: a value in any of the encodings below is found wherever it stands, also across the borders of what
//! is read at a time; a file that can't be read is an error, never a clean one.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use aho_corasick::AhoCorasick;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

/// Read at a time. Small enough to stay flat on any file, large enough not to matter in speed.
const CHUNK: usize = 256 << 10;

/// In bytes. A shorter value turns up in noise: in 1 GiB of random bytes 5 of them are met in one search of a thousand,
/// 6 in one of 260,000.
const SHORTEST_VALUE: usize = 6;

/// How a value may be written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Encoding {
    /// As it is: a text as UTF-8, a key as its bytes.
    Bytes,
    Utf16Le,
    Utf16Be,
    HexLower,
    HexUpper,
    /// `212, 168`, as a list of bytes is shown.
    Decimal,
    /// Alphabet of RFC 4648 §4. At any of the three alignments.
    Base64,
    /// Alphabet of RFC 4648 §5. At any of the three alignments.
    Base64Url,
    /// `\u04e9`, as some JSON writers do.
    JsonEscaped,
    /// `%D3%A9`, as in an address or a form.
    Percent,
}

/// One place where a value can be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub file: PathBuf,
    /// In bytes from the start of the file.
    pub offset: u64,
    pub value_label: String,
    pub encoding: Encoding,
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum CanaryError {
    #[error("the value `{label}` is {bytes} bytes long; under {SHORTEST_VALUE} a find would mean nothing")]
    TooShort { label: String, bytes: usize },
    #[error("the patterns do not fit the search: {0}")]
    Patterns(#[from] aho_corasick::BuildError),
    #[error("{}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
}

/// The values to look for.
pub struct Canaries {
    search: AhoCorasick,
    /// What each pattern of `search` stands for.
    meaning: Vec<(String, Encoding)>,
    longest: usize,
}

impl Canaries {
    /// Labels name the values in findings, so that a report repeats none of them.
    pub fn new<L: Into<String>, V: AsRef<str>>(values: impl IntoIterator<Item = (L, V)>) -> Result<Self, CanaryError> {
        Self::with_keys(values, std::iter::empty::<(String, Vec<u8>)>())
    }

    /// With values that are no text, such as keys.
    pub fn with_keys<L: Into<String>, V: AsRef<str>, K: Into<String>, B: AsRef<[u8]>>(
        values: impl IntoIterator<Item = (L, V)>,
        keys: impl IntoIterator<Item = (K, B)>,
    ) -> Result<Self, CanaryError> {
        let mut patterns = Vec::new();
        let mut meaning = Vec::new();
        let mut add = |label: String, bytes: usize, encoded: Vec<(Encoding, Vec<u8>)>| {
            if bytes < SHORTEST_VALUE {
                return Err(CanaryError::TooShort { label, bytes });
            }
            for (encoding, pattern) in encoded {
                patterns.push(pattern);
                meaning.push((label.clone(), encoding));
            }
            Ok(())
        };
        for (label, value) in values {
            add(label.into(), value.as_ref().len(), encodings(value.as_ref()))?;
        }
        for (label, bytes) in keys {
            add(label.into(), bytes.as_ref().len(), encodings_of_bytes(bytes.as_ref()))?;
        }
        let longest = patterns.iter().map(Vec::len).max().unwrap_or(0);
        Ok(Self { search: AhoCorasick::new(&patterns)?, meaning, longest })
    }

    /// In what was said, as [`Canaries::scan`] in a file: label and encoding.
    pub fn heard_in(&self, said: &str) -> Vec<(String, Encoding)> {
        let hits = self.search.find_overlapping_iter(said.as_bytes());
        hits.map(|hit| self.meaning[hit.pattern().as_usize()].clone()).collect()
    }

    /// Every file under the directories (a plain file is searched itself), in order of path and offset.
    /// Links are not followed; a file that goes away meanwhile holds nothing.
    pub fn scan<P: AsRef<Path>>(&self, roots: impl IntoIterator<Item = P>) -> Result<Vec<Finding>, CanaryError> {
        let mut findings = Vec::new();
        for root in roots {
            self.scan_path(root.as_ref(), &mut findings)?;
        }
        findings.sort();
        findings.dedup();
        Ok(findings)
    }

    fn scan_path(&self, path: &Path, findings: &mut Vec<Finding>) -> Result<(), CanaryError> {
        let unreadable = |source| CanaryError::Unreadable { path: path.to_owned(), source };
        let kind = match fs::symlink_metadata(path) {
            Ok(about) => about.file_type(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(unreadable(error)),
        };
        if kind.is_dir() {
            for entry in fs::read_dir(path).map_err(unreadable)? {
                self.scan_path(&entry.map_err(unreadable)?.path(), findings)?;
            }
        } else if kind.is_file() {
            let file = match File::open(path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(error) => return Err(unreadable(error)),
            };
            let place = |offset, label: &str, encoding| Finding {
                file: path.to_owned(),
                offset,
                value_label: label.to_owned(),
                encoding,
            };
            self.scan_bytes(file, CHUNK, |offset, (label, encoding)| findings.push(place(offset, label, *encoding)))
                .map_err(unreadable)?;
        }
        Ok(())
    }

    fn scan_bytes(
        &self,
        mut from: impl Read,
        chunk: usize,
        mut found: impl FnMut(u64, &(String, Encoding)),
    ) -> io::Result<()> {
        // What is kept of the last chunk is one byte short of the longest pattern: enough for a find across the border.
        let overlap = self.longest.saturating_sub(1);
        let mut window = Vec::with_capacity(overlap + chunk);
        let mut window_at = 0_u64;
        loop {
            let kept = window.len();
            from.by_ref().take(chunk as u64).read_to_end(&mut window)?;
            if window.len() == kept {
                return Ok(());
            }
            for hit in self.search.find_overlapping_iter(&window) {
                if hit.end() > kept {
                    found(window_at + hit.start() as u64, &self.meaning[hit.pattern().as_usize()]);
                }
            }
            let spent = window.len().saturating_sub(overlap);
            window.drain(..spent);
            window_at += spent as u64;
        }
    }
}

fn encodings_of_bytes(bytes: &[u8]) -> Vec<(Encoding, Vec<u8>)> {
    let hex = |digit: fn(&u8) -> String| bytes.iter().map(digit).collect::<String>().into_bytes();
    let mut all = vec![
        (Encoding::Bytes, bytes.to_vec()),
        (Encoding::HexLower, hex(|byte| format!("{byte:02x}"))),
        (Encoding::HexUpper, hex(|byte| format!("{byte:02X}"))),
        // As `{:?}` writes bytes.
        (Encoding::Decimal, bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(", ").into_bytes()),
    ];
    for alignment in 0..3 {
        all.push((Encoding::Base64, base64_at(&STANDARD_NO_PAD, bytes, alignment)));
        all.push((Encoding::Base64Url, base64_at(&URL_SAFE_NO_PAD, bytes, alignment)));
    }
    all
}

fn encodings(value: &str) -> Vec<(Encoding, Vec<u8>)> {
    let bytes = value.as_bytes();
    let mut all = encodings_of_bytes(bytes);
    all.push((Encoding::Utf16Le, value.encode_utf16().flat_map(u16::to_le_bytes).collect()));
    all.push((Encoding::Utf16Be, value.encode_utf16().flat_map(u16::to_be_bytes).collect()));
    let escaped = |unit: fn(u16) -> String| {
        let letter = |c: char| match c {
            ' '..='~' => c.to_string(),
            other => other.encode_utf16(&mut [0; 2]).iter().map(|u| unit(*u)).collect(),
        };
        value.chars().map(letter).collect::<String>().into_bytes()
    };
    let percent = |octet: fn(u8) -> String| {
        let letter = |b: &u8| match b {
            // Unreserved: RFC 3986 §2.3.
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(*b).to_string(),
            other => octet(*other),
        };
        bytes.iter().map(letter).collect::<String>().into_bytes()
    };
    for (encoding, pattern) in [
        (Encoding::JsonEscaped, escaped(|u| format!("\\u{u:04x}"))),
        (Encoding::JsonEscaped, escaped(|u| format!("\\u{u:04X}"))),
        (Encoding::Percent, percent(|b| format!("%{b:02X}"))),
        (Encoding::Percent, percent(|b| format!("%{b:02x}"))),
    ] {
        if pattern != bytes {
            all.push((encoding, pattern)); // plain ASCII: the same as UTF-8
        }
    }
    all
}

/// The characters that stand for `bytes` alone when it begins `alignment` bytes into a group of three.
fn base64_at(alphabet: &impl Engine, bytes: &[u8], alignment: usize) -> Vec<u8> {
    let text = alphabet.encode([&[0; 3][..alignment], bytes].concat());
    let first_own = (alignment * 8).div_ceil(6); // earlier ones carry bits of what stands before
    let last_own = (alignment + bytes.len()) * 8 / 6; // the next one carries bits of what follows
    text.as_bytes()[first_own..last_own].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::temp::temp_dir;

    const NAME: &str = "Өлзийтийн Үнэнбат";
    const NUMBER: &str = "УБ99112233";

    fn found_in(content: &[u8]) -> Vec<Finding> {
        let dir = temp_dir("canary-").unwrap();
        fs::create_dir(dir.path().join("дотор")).unwrap();
        fs::write(dir.path().join("дотор/state.db"), content).unwrap();
        Canaries::new([("name", NAME), ("number", NUMBER)]).unwrap().scan([dir.path()]).unwrap()
    }

    /// Some of what stands around a value in a database page.
    fn between(pattern: &[u8]) -> Vec<u8> {
        [&[0, 0xff, b'A', 0x81][..], pattern, &[b'=', 0, 0xc3]].concat()
    }

    #[test]
    fn a_clean_file_has_no_finding() {
        let noise: Vec<u8> = (0..1_000_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();

        assert_eq!(found_in(&noise), []);
    }

    #[test]
    fn a_value_is_found_in_every_plain_encoding() {
        let utf16 = |order: fn(u16) -> [u8; 2]| NAME.encode_utf16().flat_map(order).collect::<Vec<u8>>();
        let hex = |f: fn(u8) -> String| NAME.bytes().map(f).collect::<String>().into_bytes();
        for (encoding, written) in [
            (Encoding::Bytes, NAME.as_bytes().to_vec()),
            (Encoding::Utf16Le, utf16(u16::to_le_bytes)),
            (Encoding::Utf16Be, utf16(u16::to_be_bytes)),
            (Encoding::HexLower, hex(|b| format!("{b:02x}"))),
            (Encoding::HexUpper, hex(|b| format!("{b:02X}"))),
        ] {
            let found = found_in(&between(&written));

            let [only] = &found[..] else { panic!("{encoding:?}: {found:?}") };
            assert_eq!((only.encoding, only.offset, only.value_label.as_str()), (encoding, 4, "name"));
            assert!(only.file.ends_with("дотор/state.db"));
        }
    }

    #[test]
    fn a_value_inside_base64_is_found_at_each_alignment_in_both_alphabets() {
        for (encoding, alphabet) in [(Encoding::Base64, &STANDARD_NO_PAD), (Encoding::Base64Url, &URL_SAFE_NO_PAD)] {
            for before in ["", "а", "12", "123", "ab,c"] {
                let written = alphabet.encode(format!("{before}{NUMBER}>?>"));

                let found = found_in(written.as_bytes());

                assert!(
                    found.iter().any(|f| f.encoding == encoding && f.value_label == "number"),
                    "{encoding:?} after {before:?}: {found:?}"
                );
            }
        }
    }

    #[test]
    fn the_two_base64_alphabets_are_told_apart() {
        // This text takes both characters that differ between the alphabets.
        let canaries = Canaries::new([("odd", "??>>??>>~~~~")]).unwrap();
        let scan = |text: String| {
            let mut found = Vec::new();
            canaries.scan_bytes(text.as_bytes(), CHUNK, |_, (_, encoding)| found.push(*encoding)).unwrap();
            found
        };

        assert_eq!(scan(STANDARD_NO_PAD.encode("??>>??>>~~~~")), [Encoding::Base64]);
        assert_eq!(scan(URL_SAFE_NO_PAD.encode("??>>??>>~~~~")), [Encoding::Base64Url]);
    }

    #[test]
    fn a_value_is_found_escaped_in_json_and_in_an_address() {
        let json = r#"{"n":"\u0423\u041199112233"}"#;
        let address = "https://localhost/?n=%d0%a3%d0%9199112233";

        assert!(found_in(json.as_bytes()).iter().any(|f| f.encoding == Encoding::JsonEscaped && f.offset == 6));
        assert!(found_in(address.as_bytes()).iter().any(|f| f.encoding == Encoding::Percent && f.offset == 21));
    }

    #[test]
    fn a_value_across_any_border_of_chunks_is_found_once() {
        let canaries = Canaries::new([("name", NAME)]).unwrap();
        let content = between(NAME.as_bytes());
        for chunk in 1..content.len() + 2 {
            let mut found = Vec::new();

            canaries.scan_bytes(&content[..], chunk, |at, (_, encoding)| found.push((at, *encoding))).unwrap();

            assert_eq!(found, [(4, Encoding::Bytes)], "chunks of {chunk}");
        }
    }

    #[test]
    fn a_value_deep_in_a_large_file_is_found_at_its_offset() {
        let mut content = vec![b'x'; 3 * CHUNK];
        let at = 2 * CHUNK - 7;
        content[at..at + NAME.len()].copy_from_slice(NAME.as_bytes());

        let found = found_in(&content);

        assert_eq!(found.iter().map(|f| f.offset).collect::<Vec<_>>(), [at as u64]);
    }

    #[test]
    fn a_key_is_found_as_it_is_and_in_every_way_it_may_be_written() {
        let key: Vec<u8> = (0..32).map(|n: u8| n.wrapping_mul(77) ^ 0xa5).collect();
        let canaries = Canaries::with_keys([("name", NAME)], [("key", &key)]).unwrap();
        let hex = key.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        for (encoding, said) in [
            (Encoding::HexLower, hex.clone()),
            (Encoding::HexUpper, hex.to_uppercase()),
            (Encoding::Decimal, format!("Secret({key:?})")),
            (Encoding::Base64, STANDARD_NO_PAD.encode([&b"k="[..], &key, b"."].concat())),
            (Encoding::Base64Url, URL_SAFE_NO_PAD.encode([&b"k"[..], &key, b"."].concat())),
        ] {
            assert!(canaries.heard_in(&said).contains(&("key".to_owned(), encoding)), "{encoding:?} in {said}");
        }
        let mut found = Vec::new();
        canaries.scan_bytes(&between(&key)[..], CHUNK, |at, (_, encoding)| found.push((at, *encoding))).unwrap();

        assert_eq!(found, [(4, Encoding::Bytes)]);
        assert_eq!(canaries.heard_in(&format!("«{NAME}»")), [("name".to_owned(), Encoding::Bytes)]);
    }

    #[test]
    fn a_value_too_short_to_mean_anything_is_refused() {
        assert!(matches!(Canaries::new([("soum", "01-04")]), Err(CanaryError::TooShort { bytes: 5, .. })));
    }
}
