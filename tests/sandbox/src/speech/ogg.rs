//! How long Opus in Ogg is, without decoding it (RFC 3533, RFC 7845).
//!
//! Guarantees: audio that is not one whole, unbroken stream is refused, not guessed at; the length counts what its packets
//! hold, whatever its pages claim.

/// Opus counts samples at 48 kHz whatever it was recorded at (RFC 7845 §4).
const SAMPLES_PER_MS: u64 = 48;

/// A packet holds 120 ms at most (RFC 6716 §3.2.5).
const LONGEST_PACKET: u64 = 120 * SAMPLES_PER_MS;

/// Of a page before its segment table (RFC 3533 §6).
const HEADER: usize = 27;
const CHECKSUM: std::ops::Range<usize> = 22..26;

const CONTINUED: u8 = 1;
const FIRST: u8 = 2;
const LAST: u8 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("not an Ogg page where one must begin")]
    NoPage,
    #[error("the audio breaks off")]
    BrokenOff,
    #[error("a page is damaged")]
    Checksum,
    #[error("a page is missing, twice there, or of another stream")]
    Sequence,
    #[error("not Opus (RFC 7845 §5)")]
    NotOpus,
    #[error("an Opus packet is malformed (RFC 6716 §3)")]
    Packet,
    #[error("no audio in it")]
    Empty,
}

/// Milliseconds of sound, begun ones counted whole.
pub(super) fn length_ms(audio: &[u8]) -> Result<u64, Unreadable> {
    let packets = packets(audio)?;
    let (head, rest) = packets.split_first().ok_or(Unreadable::Empty)?;
    let (tags, sounds) = rest.split_first().ok_or(Unreadable::BrokenOff)?;
    let version = head.get(8).copied().unwrap_or(u8::MAX);
    if !head.starts_with(b"OpusHead") || head.len() < 19 || version >> 4 != 0 || !tags.starts_with(b"OpusTags") {
        return Err(Unreadable::NotOpus);
    }
    let mut samples = 0;
    for packet in sounds {
        samples += samples_of(packet)?;
    }
    if samples == 0 { Err(Unreadable::Empty) } else { Ok(samples.div_ceil(SAMPLES_PER_MS)) }
}

/// The packets of the one stream in it, put together from its pages.
fn packets(mut audio: &[u8]) -> Result<Vec<Vec<u8>>, Unreadable> {
    let mut all = Vec::new();
    let mut open: Option<Vec<u8>> = None;
    let mut serial = None;
    let mut number: u32 = 0;
    let mut ended = false;
    while !audio.is_empty() {
        let page;
        (page, audio) = Page::split(audio)?;
        let begins = page.flags & FIRST != 0;
        if ended
            || page.number != number
            || begins != (number == 0)
            || *serial.get_or_insert(page.serial) != page.serial
        {
            return Err(Unreadable::Sequence);
        }
        if (page.flags & CONTINUED != 0) != open.is_some() {
            return Err(Unreadable::Sequence);
        }
        let mut body = page.body;
        for length in page.segments {
            let (piece, rest) = body.split_at_checked(usize::from(*length)).ok_or(Unreadable::BrokenOff)?;
            body = rest;
            open.get_or_insert_default().extend_from_slice(piece);
            if *length < u8::MAX {
                all.extend(open.take());
            }
        }
        ended = page.flags & LAST != 0;
        number += 1;
    }
    if ended && open.is_none() {
        Ok(all)
    } else if all.is_empty() {
        Err(Unreadable::Empty)
    } else {
        Err(Unreadable::BrokenOff)
    }
}

struct Page<'a> {
    flags: u8,
    serial: u32,
    number: u32,
    segments: &'a [u8],
    body: &'a [u8],
}

impl<'a> Page<'a> {
    fn split(audio: &'a [u8]) -> Result<(Self, &'a [u8]), Unreadable> {
        if !audio.starts_with(b"OggS\0") {
            return Err(Unreadable::NoPage);
        }
        let table = usize::from(*audio.get(HEADER - 1).ok_or(Unreadable::BrokenOff)?);
        let (header, rest) = audio.split_at_checked(HEADER).ok_or(Unreadable::BrokenOff)?;
        let (segments, rest) = rest.split_at_checked(table).ok_or(Unreadable::BrokenOff)?;
        let size = segments.iter().map(|length| usize::from(*length)).sum();
        let (body, rest) = rest.split_at_checked(size).ok_or(Unreadable::BrokenOff)?;
        let mut blank = header.to_vec();
        let given = number_at(header, CHECKSUM.start);
        blank.get_mut(CHECKSUM).ok_or(Unreadable::BrokenOff)?.fill(0);
        if checksum(&[&blank, segments, body]) != given {
            return Err(Unreadable::Checksum);
        }
        let flags = header.get(5).copied().unwrap_or_default();
        Ok((Self { flags, serial: number_at(header, 14), number: number_at(header, 18), segments, body }, rest))
    }
}

fn number_at(header: &[u8], at: usize) -> u32 {
    header.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes)
}

/// CRC-32 with the polynomial 0x04c11db7, neither reflected nor inverted (RFC 3533 §6).
pub(super) fn checksum(pieces: &[&[u8]]) -> u32 {
    let bit = |sum: u32, _| if sum & 0x8000_0000 == 0 { sum << 1 } else { (sum << 1) ^ 0x04c1_1db7 };
    pieces.iter().copied().flatten().fold(0, |sum, byte| (0..8).fold(sum ^ (u32::from(*byte) << 24), bit))
}

/// From the packet's first bytes (RFC 6716 §3.1, §3.2).
fn samples_of(packet: &[u8]) -> Result<u64, Unreadable> {
    let (toc, rest) = packet.split_first().ok_or(Unreadable::Packet)?;
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u64::from(*rest.first().ok_or(Unreadable::Packet)? & 0x3f),
    };
    // In tenths of milliseconds: SILK 10 to 60, hybrid 10 and 20, CELT 2.5 to 20.
    let frame = match toc >> 3 {
        silk @ 0..=11 => [100, 200, 400, 600].get(usize::from(silk & 3)),
        hybrid @ 12..=15 => [100, 200].get(usize::from(hybrid & 1)),
        celt => [25, 50, 100, 200].get(usize::from(celt & 3)),
    };
    let samples = frames * frame.ok_or(Unreadable::Packet)? * SAMPLES_PER_MS / 10;
    if samples == 0 || samples > LONGEST_PACKET { Err(Unreadable::Packet) } else { Ok(samples) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0";
    const TAGS: &[u8] = b"OpusTags\0\0\0\0\0\0\0\0";
    /// 20 ms of nothing.
    const SILENCE: &[u8] = &[0xf8, 0xff, 0xfe];

    fn page(flags: u8, number: u32, segments: &[u8], body: &[u8]) -> Vec<u8> {
        let mut page = b"OggS\0".to_vec();
        page.push(flags);
        page.extend([0; 8]);
        page.extend(7_u32.to_le_bytes());
        page.extend(number.to_le_bytes());
        page.extend([0; 4]);
        page.push(u8::try_from(segments.len()).unwrap());
        page.extend(segments);
        page.extend(body);
        let sum = checksum(&[&page]);
        page[CHECKSUM].copy_from_slice(&sum.to_le_bytes());
        page
    }

    fn begun() -> Vec<u8> {
        [page(FIRST, 0, &[19], HEAD), page(0, 1, &[16], TAGS)].concat()
    }

    fn of(packet: &[u8], times: u8) -> Vec<u8> {
        let length = u8::try_from(packet.len()).unwrap();
        [begun(), page(LAST, 2, &vec![length; usize::from(times)], &packet.repeat(usize::from(times)))].concat()
    }

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(checksum(&[b"1234", b"56789"]), 0x89a1_897f);
    }

    #[test]
    fn every_kind_of_packet_is_as_long_as_its_first_bytes_say() {
        for (packet, ms) in [
            (&[0xf8, 1][..], 20),   // CELT, one frame
            (&[0xe0, 1], 3),        // CELT, 2.5 ms, begun
            (&[0x08, 1], 20),       // SILK
            (&[0x18, 1], 60),       // SILK
            (&[0x60, 1], 10),       // hybrid
            (&[0xf9, 1, 1], 40),    // two equal frames
            (&[0xfa, 1, 1, 1], 40), // two frames
            (&[0xfb, 6, 1], 120),   // six frames
        ] {
            assert_eq!(length_ms(&of(packet, 1)), Ok(ms), "{packet:?}");
        }
        assert_eq!(length_ms(&of(SILENCE, 50)), Ok(1000));
    }

    #[test]
    fn a_packet_that_goes_on_over_pages_is_one() {
        let first = page(0, 2, &[255], &[&[0xf8][..], &[1; 254]].concat());
        let audio = [begun(), first, page(CONTINUED | LAST, 3, &[5], &[1; 5])].concat();

        assert_eq!(length_ms(&audio), Ok(20));
    }

    #[test]
    fn what_pages_claim_does_not_shorten_the_sound() {
        let audio = of(SILENCE, 200); // every page says granule 0

        assert_eq!(length_ms(&audio), Ok(4000));
    }

    #[test]
    fn what_is_no_whole_stream_is_refused_with_its_reason() {
        let whole = of(SILENCE, 2);
        let mut damaged = whole.clone();
        *damaged.last_mut().unwrap() ^= 1;
        let unended = [begun(), page(0, 2, &[3], SILENCE)].concat();
        let skipped = [begun(), page(LAST, 3, &[3], SILENCE)].concat();
        let goes_on = [whole.clone(), page(0, 3, &[3], SILENCE)].concat();
        let vorbis = [page(FIRST, 0, &[7], b"\x01vorbis"), page(LAST, 1, &[16], TAGS)].concat();

        for (audio, why) in [
            (Vec::new(), Unreadable::Empty),
            ("Өдрийн мэнд".into(), Unreadable::NoPage),
            (whole[..whole.len() - 1].to_vec(), Unreadable::BrokenOff),
            (whole[..60].to_vec(), Unreadable::BrokenOff),
            (damaged, Unreadable::Checksum),
            (unended, Unreadable::BrokenOff),
            (skipped, Unreadable::Sequence),
            (goes_on, Unreadable::Sequence),
            (vorbis, Unreadable::NotOpus),
            (of(&[0xfb], 1), Unreadable::Packet),
            (of(&[0xfb, 7, 1], 1), Unreadable::Packet),
            ([page(FIRST, 0, &[19], HEAD), page(LAST, 1, &[16], TAGS)].concat(), Unreadable::Empty),
        ] {
            assert_eq!(length_ms(&audio), Err(why));
        }
    }
}
