//! What УБЕГ stands for.

use std::{collections::HashMap, sync::LazyLock};

use crate::{fold_letters, table};

static LONG: LazyLock<HashMap<String, Vec<&str>>> = LazyLock::new(|| {
    let mut known: HashMap<String, Vec<&str>> = HashMap::new();
    for [short, long, _] in table::rows::<3>(table::text("abbreviations.tsv")) {
        known.entry(key(short)).or_default().push(long);
    }
    known
});

/// The full forms of an abbreviation, likeliest first; in Cyrillic with or without its vowels' dots, or in Latin.
///
/// ```
/// use mongolian_text::abbreviation;
/// assert_eq!(abbreviation::long("НДШ").first(), Some(&"нийгмийн даатгалын шимтгэл"));
/// assert_eq!(abbreviation::long("ubeg"), abbreviation::long("УБЕГ"));
/// assert!(abbreviation::long("үнэмлэх").is_empty());
/// ```
pub fn long(short: &str) -> &'static [&'static str] {
    LONG.get(&key(short)).map(Vec::as_slice).unwrap_or_default()
}

fn key(short: &str) -> String {
    fold_letters(&short.to_lowercase())
}

/// Every abbreviation with its full form, in the order of the table.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    table::rows::<3>(table::text("abbreviations.tsv")).map(|[short, long, _]| (short, long))
}
