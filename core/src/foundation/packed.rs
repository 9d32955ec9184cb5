//! Texts that `build.rs` packed.
//!
//! Guarantees: what was packed comes back, in its order; what is not as it was packed is one empty text.

/// Kept as long as the process lives: ask once.
pub(crate) fn texts(packed: &[u8]) -> Vec<&'static str> {
    let bytes = miniz_oxide::inflate::decompress_to_vec(packed).unwrap_or_default();
    let text: &'static str = String::from_utf8(bytes).unwrap_or_default().leak();
    text.split('\0').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_back_in_its_order() {
        let packed = miniz_oxide::deflate::compress_to_vec("Өвөл\0\0Үүр".as_bytes(), 10);

        assert_eq!(texts(&packed), ["Өвөл", "", "Үүр"]);
        assert_eq!(texts(&packed[1..]), [""]);
    }
}
