//! Number words: «арван найм» is 18.

use std::sync::LazyLock;

use crate::table::{self, Words};

struct Numbers {
    words: Words,
    values: Vec<u64>,
}

static NUMBERS: LazyLock<Numbers> = LazyLock::new(numbers);

fn numbers() -> Numbers {
    let rows = || {
        let rows = table::rows::<3>(table::text("numbers.tsv"));
        rows.filter_map(|[value, word, attributive]| Some((value.parse::<u64>().ok()?, [word, attributive])))
    };
    Numbers {
        words: Words::new(rows().flat_map(|(_, words)| words).map(|word| table::hash(word.chars()))),
        values: rows().flat_map(|(value, words)| words.map(|_| value)).collect(),
    }
}

/// What one word says: «гурван» and «гурав» are 3.
pub fn word(word: &str) -> Option<u64> {
    NUMBERS.words.place(table::hash(word.chars())).map(|place| NUMBERS.values[place])
}

/// The number that words begin with, and how many of them say it.
///
/// ```
/// use mongolian_text::number;
/// assert_eq!(number::leading(&["арван", "найман", "нас"]), Some((18, 2)));
/// assert_eq!(number::leading(&["хоёр", "зуун", "мянган", "төгрөг"]), Some((200_000, 3)));
/// assert_eq!(number::leading(&["нас"]), None);
/// ```
pub fn leading(words: &[&str]) -> Option<(u64, usize)> {
    let (mut sum, mut group, mut last, mut used) = (0u64, 0u64, None, 0);
    for value in words.iter().map_while(|&text| word(text)) {
        match value {
            100 => group = group.max(1).checked_mul(100)?,
            1_000.. => {
                sum = sum.checked_add(group.max(1).checked_mul(value)?)?;
                group = 0;
            }
            // «хорин хорь» is two numbers, «хорин нэг» is one.
            _ if last.is_some_and(|last| last < 100 && last <= value.max(9)) => break,
            _ => group = group.checked_add(value)?,
        }
        last = Some(value);
        used += 1;
    }
    (used > 0).then_some((sum.checked_add(group)?, used))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_several_words_are_added_up_and_two_numbers_stay_two() {
        assert_eq!(leading(&["нэг", "мянга", "есөн", "зуун", "ерэн", "хоёр", "онд"]), Some((1992, 6)));
        assert_eq!(leading(&["гурав", "дөрөв"]), Some((3, 1)));
        assert_eq!(leading(&["тэг"]), Some((0, 1)));
        assert_eq!(leading(&["сая", "төгрөг"]), Some((1_000_000, 1)));
        assert_eq!(leading(&[]), None);
    }

    #[test]
    fn a_number_too_large_to_hold_is_none() {
        assert_eq!(leading(&["тэрбум"; 40]).map(|(value, _)| value), Some(40_000_000_000));
        let huge: Vec<&str> = ["зуун"; 30].to_vec();
        assert_eq!(leading(&huge), None);
    }
}
