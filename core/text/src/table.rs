//! Reads the crate's own tables: lines of fields with tabs between; `#` begins a comment, the first line names the fields.

use std::sync::LazyLock;

/// As `build.rs` packed them. What is not as it was packed is nothing, as a row that does not fit.
static TABLES: LazyLock<String> = LazyLock::new(|| {
    let packed = include_bytes!(concat!(env!("OUT_DIR"), "/tables"));
    String::from_utf8(miniz_oxide::inflate::decompress_to_vec(packed).unwrap_or_default()).unwrap_or_default()
});

/// The table of that name in `data/`.
pub(crate) fn text(name: &str) -> &'static str {
    let of_that_name = |table: &'static str| table.strip_prefix(name)?.strip_prefix('\n');
    TABLES.split('\0').find_map(of_that_name).unwrap_or_default()
}

/// The rows of a table as they stand, without its head.
pub(crate) fn rows<const N: usize>(text: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    lines(text).skip(1).filter_map(|line| {
        let mut fields = line.split('\t');
        let row = std::array::from_fn(|_| fields.next().unwrap_or_default());
        fields.next().is_none().then_some(row)
    })
}

pub(crate) fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Something for each of some letters, found without hashing: letters below the end of Cyrillic have places of their own.
pub(crate) struct ByLetter<T> {
    near: Vec<Option<T>>,
    far: Vec<(char, T)>,
}

/// After the last Cyrillic letter.
const NEAR: u32 = 0x530;

impl<T> ByLetter<T> {
    pub(crate) fn new() -> Self {
        Self { near: (0..NEAR).map(|_| None).collect(), far: Vec::new() }
    }

    pub(crate) fn get(&self, letter: char) -> Option<&T> {
        match self.near.get(letter as usize) {
            Some(place) => place.as_ref(),
            None => self.far.iter().find(|(far, _)| *far == letter).map(|(_, value)| value),
        }
    }

    pub(crate) fn put(&mut self, letter: char, value: T) {
        match self.near.get_mut(letter as usize) {
            Some(place) => *place = Some(value),
            None => self.far.push((letter, value)),
        }
    }

    pub(crate) fn get_mut(&mut self, letter: char) -> Option<&mut T> {
        match self.near.get_mut(letter as usize) {
            Some(place) => place.as_mut(),
            None => self.far.iter_mut().find(|(far, _)| *far == letter).map(|(_, value)| value),
        }
    }
}

impl<T> FromIterator<(char, T)> for ByLetter<T> {
    fn from_iter<I: IntoIterator<Item = (char, T)>>(letters: I) -> Self {
        let mut by_letter = Self::new();
        for (letter, value) in letters {
            by_letter.put(letter, value);
        }
        by_letter
    }
}

/// The places of words in a list, by a hash that costs less than the standard one: stemming asks at each step. One kind
/// for all tables, for each kind of map is code of its own.
#[derive(Default)]
pub(crate) struct Words {
    /// In order.
    hashes: Vec<(u64, u32)>,
    /// For each first byte of a hash, where those that have it or a later one start.
    starts: Vec<u32>,
}

impl Words {
    /// From words in the order of their places; of two that are the same, the first counts.
    pub(crate) fn new(words: impl Iterator<Item = u64>) -> Self {
        let mut places: Vec<(u64, u32)> = words.zip(0..).collect();
        places.sort_unstable();
        let start = |byte: u64| places.partition_point(|(hash, _)| hash >> 56 < byte) as u32;
        Self { starts: (0..=256).map(start).collect(), hashes: places }
    }

    pub(crate) fn place(&self, word: u64) -> Option<usize> {
        let byte = (word >> 56) as usize;
        let Some(&[start, end]) = self.starts.get(byte..byte + 2) else { return None };
        let likely = &self.hashes[start as usize..end as usize];
        likely.iter().find(|(other, _)| *other == word).map(|(_, place)| *place as usize)
    }
}

/// FNV-1a over letters: a few hundred words, 64 bits.
pub(crate) fn hash(letters: impl Iterator<Item = char>) -> u64 {
    letters.fold(0xCBF2_9CE4_8422_2325, |hash: u64, letter| {
        (hash ^ u64::from(u32::from(letter))).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_packed_with_all_its_rows() {
        for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/data")).unwrap() {
            let file = file.unwrap();
            let written: &str = std::fs::read_to_string(file.path()).unwrap().leak();

            let packed = text(file.file_name().to_str().unwrap());

            assert!(!packed.is_empty() && lines(packed).count() == lines(written).count(), "{file:?}");
        }
        assert_eq!(text("үгүй.tsv"), "");
    }

    /// Rows that do not fit are left out, so that no table can stop an app: here is where they are noticed.
    #[test]
    fn every_line_of_every_table_is_a_row_of_it() {
        fn all_read<const N: usize>(text: &'static str) -> bool {
            lines(text).count() == rows::<N>(text).count() + 1
        }
        assert!(all_read::<3>(include_str!("../data/abbreviations.tsv")));
        assert!(all_read::<3>(include_str!("../data/classes.tsv")));
        assert!(all_read::<3>(include_str!("../data/irregular.tsv")));
        assert!(all_read::<4>(include_str!("../data/latin.tsv")));
        assert!(all_read::<4>(include_str!("../data/latin-also.tsv")));
        assert!(all_read::<7>(include_str!("../data/letters.tsv")));
        assert!(all_read::<3>(include_str!("../data/numbers.tsv")));
        assert!(all_read::<2>(include_str!("../data/ordinals.tsv")));
        assert!(all_read::<3>(include_str!("../data/particles.tsv")));
        assert!(all_read::<3>(include_str!("../data/repairs.tsv")));
        assert!(all_read::<6>(include_str!("../data/suffixes.tsv")));
        assert!(all_read::<6>(include_str!("../data/verbs.tsv")));
    }
}
