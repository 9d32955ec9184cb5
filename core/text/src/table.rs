//! Reads the crate's own tables: lines of fields with tabs between; `#` begins a comment, the first line names the fields.

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
