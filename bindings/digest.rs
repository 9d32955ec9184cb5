//! Which interface a text is: the changelog's mark, and what library and bindings hold against each other.

/// FNV-1a, 64 bits: tells texts apart; nobody is to be kept from forging one.
pub(crate) fn digest(text: &str) -> String {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let hash = text.bytes().fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    format!("{hash:016x}")
}
