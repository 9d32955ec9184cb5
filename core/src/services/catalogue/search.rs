//! The interface behind which search lives, and a plain one: every word, anywhere, whatever its case.

use crate::services::ServiceId;

/// What is indexed of a service.
pub(super) struct Entry {
    pub(super) id: ServiceId,
    /// Names in every language, organisation, abbreviation.
    pub(super) text: String,
}

/// Finds services. Lives in memory, is built whole, never changed.
pub(super) trait Search: Send + Sync {
    /// Best first, at most `limit`.
    fn find(&self, query: &str, limit: usize) -> Vec<ServiceId>;
}

pub(super) struct PlainSearch(Vec<Entry>);

impl PlainSearch {
    /// From entries in the order in which equally good hits are shown.
    pub(super) fn build(mut entries: Vec<Entry>) -> Self {
        for entry in &mut entries {
            entry.text = entry.text.to_lowercase();
        }
        Self(entries)
    }
}

impl Search for PlainSearch {
    fn find(&self, query: &str, limit: usize) -> Vec<ServiceId> {
        let query = query.to_lowercase();
        let words: Vec<&str> = query.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
        if words.is_empty() {
            return Vec::new();
        }
        let found: Vec<(usize, &Entry)> = self
            .0
            .iter()
            .filter(|entry| words.iter().all(|word| entry.text.contains(word)))
            .map(|entry| (whole_words(&entry.text, &words), entry))
            .collect();
        let best_first = (0..=words.len()).rev();
        let ranked = best_first.flat_map(|whole| found.iter().filter(move |(words, _)| *words == whole));
        ranked.take(limit).map(|(_, entry)| entry.id.clone()).collect()
    }
}

fn whole_words(text: &str, words: &[&str]) -> usize {
    words.iter().filter(|word| text.split(|c: char| !c.is_alphanumeric()).any(|w| w == **word)).count()
}
