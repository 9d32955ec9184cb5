//! Reads the crate's own tables: lines of fields with tabs between; `#` begins a comment, the first line names the fields.

use std::collections::HashMap;

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
    far: HashMap<char, T>,
}

/// After the last Cyrillic letter.
const NEAR: u32 = 0x530;

impl<T> ByLetter<T> {
    pub(crate) fn get(&self, letter: char) -> Option<&T> {
        match self.near.get(letter as usize) {
            Some(place) => place.as_ref(),
            None => self.far.get(&letter),
        }
    }
}

impl<T> FromIterator<(char, T)> for ByLetter<T> {
    fn from_iter<I: IntoIterator<Item = (char, T)>>(letters: I) -> Self {
        let mut near: Vec<Option<T>> = (0..NEAR).map(|_| None).collect();
        let mut far = HashMap::new();
        for (letter, value) in letters {
            match near.get_mut(letter as usize) {
                Some(place) => *place = Some(value),
                None => drop(far.insert(letter, value)),
            }
        }
        Self { near, far }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(all_read::<7>(include_str!("../data/letters.tsv")));
        assert!(all_read::<3>(include_str!("../data/numbers.tsv")));
        assert!(all_read::<2>(include_str!("../data/ordinals.tsv")));
        assert!(all_read::<3>(include_str!("../data/particles.tsv")));
        assert!(all_read::<3>(include_str!("../data/repairs.tsv")));
        assert!(all_read::<6>(include_str!("../data/suffixes.tsv")));
        assert!(all_read::<6>(include_str!("../data/verbs.tsv")));
    }
}
