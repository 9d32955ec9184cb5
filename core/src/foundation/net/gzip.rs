//! Answers that come packed (RFC 1952), unpacked piece by piece.
//!
//! Guarantees: never more than the cap in memory; an answer that is damaged, cut short or followed by something is none.
//! What inflates here inflates the search's tables too: reqwest's own way would bring a second inflate and its tables.

use miniz_oxide::{
    DataFormat, MZError, MZFlush, MZStatus,
    inflate::stream::{InflateState, inflate},
};

/// Unpacked at once.
const STEP: usize = 16 * 1024;

/// No head with a name and a comment is longer.
const LONGEST_HEAD: usize = 4096;

/// Checksum and length at the end.
const TAIL: usize = 8;

/// Why an answer can't be unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    TooLarge,
    Damaged,
}

pub(super) struct Gunzip {
    stage: Stage,
    /// What came of a part that is read whole.
    kept: Vec<u8>,
    state: Box<InflateState>,
    checksum: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Head,
    Body,
    Tail,
    Done,
}

impl Gunzip {
    pub(super) fn new() -> Self {
        Self {
            stage: Stage::Head,
            kept: Vec::new(),
            state: InflateState::new_boxed(DataFormat::Raw),
            checksum: u32::MAX,
        }
    }

    /// Unpacks one more piece behind what is in `body` already.
    pub(super) fn put(&mut self, piece: &[u8], body: &mut Vec<u8>, cap: usize) -> Result<(), Wrong> {
        let mut left = piece;
        while !left.is_empty() {
            match self.stage {
                Stage::Head => {
                    self.kept.extend_from_slice(left);
                    left = &[];
                    if let Some(length) = head_length(&self.kept)? {
                        let kept = std::mem::take(&mut self.kept);
                        self.stage = Stage::Body;
                        self.put(&kept[length..], body, cap)?;
                    }
                }
                Stage::Body => left = self.unpack(left, body, cap)?,
                Stage::Tail => {
                    let (tail, rest) = left.split_at(left.len().min(TAIL - self.kept.len()));
                    self.kept.extend_from_slice(tail);
                    left = rest;
                    if self.kept.len() == TAIL {
                        self.check(body.len())?;
                    }
                }
                Stage::Done => return Err(Wrong::Damaged),
            }
        }
        Ok(())
    }

    /// Nothing is missing.
    pub(super) fn is_whole(&self) -> bool {
        self.stage == Stage::Done
    }

    /// Unpacks until the piece or the packed body ends, and returns what is left of the piece.
    fn unpack<'a>(&mut self, mut piece: &'a [u8], body: &mut Vec<u8>, cap: usize) -> Result<&'a [u8], Wrong> {
        let mut step = [0; STEP];
        loop {
            let done = inflate(&mut self.state, piece, &mut step, MZFlush::None);
            let unpacked = &step[..done.bytes_written];
            if body.len() + unpacked.len() > cap {
                return Err(Wrong::TooLarge);
            }
            self.checksum = checksum(self.checksum, unpacked);
            body.extend_from_slice(unpacked);
            piece = &piece[done.bytes_consumed..];
            match done.status {
                Ok(MZStatus::StreamEnd) => {
                    self.stage = Stage::Tail;
                    return Ok(piece);
                }
                Ok(_) if done.bytes_written > 0 || done.bytes_consumed > 0 => {} // there may be more of what was taken in
                Ok(_) | Err(MZError::Buf) if piece.is_empty() => return Ok(piece),
                Ok(_) | Err(_) => return Err(Wrong::Damaged),
            }
        }
    }

    fn check(&mut self, length: usize) -> Result<(), Wrong> {
        let (checksum, told_length) = self.kept.split_at(TAIL / 2);
        let number = |bytes: &[u8]| bytes.iter().rev().fold(0u32, |number, &byte| number << 8 | u32::from(byte));
        self.stage = Stage::Done;
        // The length is told modulo 2³², and no body of ours is so long.
        let is_right = number(checksum) == !self.checksum && number(told_length) as usize == length;
        if is_right { Ok(()) } else { Err(Wrong::Damaged) }
    }
}

/// How long the head is; `None`: it goes on.
fn head_length(bytes: &[u8]) -> Result<Option<usize>, Wrong> {
    const FIXED: usize = 10;
    const CHECKED: u8 = 1 << 1;
    const EXTRA: u8 = 1 << 2;
    const NAME: u8 = 1 << 3;
    const COMMENT: u8 = 1 << 4;
    let Some(fixed) = bytes.get(..FIXED) else { return Ok(None) };
    let flags = fixed[3];
    if fixed[..3] != [0x1F, 0x8B, 8] || flags >= COMMENT << 1 {
        return Err(Wrong::Damaged);
    }
    let mut at = FIXED;
    if flags & EXTRA > 0 {
        let Some(&[low, high]) = bytes.get(at..at + 2) else { return goes_on(bytes) };
        at += 2 + usize::from(low) + (usize::from(high) << 8);
    }
    for _ in 0..(flags & NAME).count_ones() + (flags & COMMENT).count_ones() {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(end) = rest.iter().position(|&byte| byte == 0) else { return goes_on(bytes) };
        at += end + 1;
    }
    at += if flags & CHECKED > 0 { 2 } else { 0 };
    match (at > LONGEST_HEAD, bytes.len() < at) {
        (true, _) => Err(Wrong::Damaged),
        (false, true) => Ok(None),
        (false, false) => Ok(Some(at)),
    }
}

fn goes_on(bytes: &[u8]) -> Result<Option<usize>, Wrong> {
    if bytes.len() > LONGEST_HEAD { Err(Wrong::Damaged) } else { Ok(None) }
}

/// CRC-32 by half bytes: sixteen numbers where the usual way keeps thousands.
fn checksum(before: u32, bytes: &[u8]) -> u32 {
    const TABLE: [u32; 16] = table();
    bytes.iter().fold(before, |sum, &byte| {
        let sum = sum ^ u32::from(byte);
        let sum = sum >> 4 ^ TABLE[(sum & 15) as usize];
        sum >> 4 ^ TABLE[(sum & 15) as usize]
    })
}

const fn table() -> [u32; 16] {
    const POLYNOMIAL: u32 = 0xEDB8_8320;
    let mut table = [0; 16];
    let mut place = 0;
    while place < table.len() {
        let mut sum = place as u32;
        let mut bit = 0;
        while bit < 4 {
            sum = if sum & 1 > 0 { sum >> 1 ^ POLYNOMIAL } else { sum >> 1 };
            bit += 1;
        }
        table[place] = sum;
        place += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, GzBuilder};
    use proptest::prelude::*;

    use super::*;

    fn packed(text: &[u8], builder: GzBuilder) -> Vec<u8> {
        let mut encoder = builder.write(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn unpacked(packed: &[u8], piece: usize, cap: usize) -> Result<Option<Vec<u8>>, Wrong> {
        let (mut gunzip, mut body) = (Gunzip::new(), Vec::new());
        for piece in packed.chunks(piece.max(1)) {
            gunzip.put(piece, &mut body, cap)?;
        }
        Ok(gunzip.is_whole().then_some(body))
    }

    #[test]
    fn a_head_may_have_a_name_a_comment_and_more() {
        let builder = GzBuilder::new().filename("Өрх.json").comment("үүл").extra(vec![7; 300]);
        let packed = packed("Ө".repeat(9_000).as_bytes(), builder);
        for piece in [1, 7, packed.len()] {
            assert_eq!(unpacked(&packed, piece, 1 << 20).unwrap().unwrap(), "Ө".repeat(9_000).as_bytes());
        }
    }

    /// What is unpacked at once ends now and then exactly where a piece does.
    #[test]
    fn a_text_of_any_length_comes_out_whole_whatever_the_pieces() {
        for length in [STEP - 1, STEP, STEP + 1, 2 * STEP, 32 * 1024, 33 * 1024, 300_000] {
            let text = "Үнэмлэх, өргөдөл; ".bytes().cycle().take(length).collect::<Vec<u8>>();
            let packed = packed(&text, GzBuilder::new());
            for piece in [1, 2, 3, 10, 100, packed.len() - 8, packed.len()] {
                let is_whole = unpacked(&packed, piece, 1 << 20).is_ok_and(|out| out.as_deref() == Some(&text[..]));
                assert!(is_whole, "{length} by {piece}");
            }
        }
    }

    #[test]
    fn what_is_cut_damaged_or_followed_by_something_is_no_answer() {
        let whole = packed("Үнэмлэх".repeat(50).as_bytes(), GzBuilder::new());
        for length in 0..whole.len() {
            assert_eq!(unpacked(&whole[..length], 5, 1 << 20), Ok(None), "{length} of {}", whole.len());
        }
        for at in [0, 1, 2, whole.len() - 8, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            assert_eq!(unpacked(&damaged, 64, 1 << 20), Err(Wrong::Damaged), "byte {at}");
        }
        assert_eq!(unpacked(&[&whole[..], b"x"].concat(), 9, 1 << 20), Err(Wrong::Damaged));
        let endless = [vec![0x1F, 0x8B, 8, 1 << 4, 0, 0, 0, 0, 0, 3], vec![b'x'; LONGEST_HEAD]].concat();
        assert_eq!(unpacked(&endless, 99, 1 << 20), Err(Wrong::Damaged));
    }

    #[test]
    fn no_more_than_the_cap_is_unpacked() {
        let bomb = packed(&vec![0; 1 << 22], GzBuilder::new());
        let (mut gunzip, mut body) = (Gunzip::new(), Vec::new());

        assert_eq!(gunzip.put(&bomb, &mut body, 100_000), Err(Wrong::TooLarge));
        assert!(body.len() <= 100_000);
    }

    proptest! {
        #[test]
        fn what_was_packed_comes_out(text in prop::collection::vec(any::<u8>(), 0..40_000), piece in 1usize..5_000) {
            let packed = packed(&text, GzBuilder::new());
            prop_assert_eq!(unpacked(&packed, piece, 1 << 20).unwrap(), Some(text));
        }

        #[test]
        fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..2_000), piece in 1usize..300) {
            let with_head = [&[0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], &bytes[..]].concat();
            let _ = unpacked(&with_head, piece, 1 << 16);
            let _ = unpacked(&bytes, piece, 1 << 16);
        }
    }
}
