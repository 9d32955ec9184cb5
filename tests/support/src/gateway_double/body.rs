//! Bodies that are sent as they are made, so that 300 MB cost a few KiB here.

use std::{
    convert::Infallible,
    future::poll_fn,
    io::Write,
    pin::Pin,
    sync::OnceLock,
    task::{Context, Poll},
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::time::Interval;

/// Sent at a time.
const CHUNK: usize = 64 << 10;

/// What a gzip bomb becomes when decoded: some 1,000 times what travels.
pub(crate) const BOMB: u64 = 256 << 20;

/// A flood and a bomb look like JSON for as long as one cares to read: an array of empty lines.
const OPENING: &[u8] = b"[";
const FILLING: u8 = b' ';

pub(crate) enum ScriptedBody {
    Whole(Option<Bytes>),
    Flood { opened: bool, left: u64, chunk: Bytes },
    Drip(Interval),
}

impl ScriptedBody {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::bytes(Bytes::from(text.into()))
    }

    pub(crate) fn bytes(bytes: Bytes) -> Self {
        Self::Whole(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }

    pub(crate) fn flood(bytes: u64) -> Self {
        Self::Flood { opened: false, left: bytes, chunk: Bytes::from(vec![FILLING; CHUNK]) }
    }

    pub(crate) fn drip(every: Duration) -> Self {
        Self::Drip(tokio::time::interval(every))
    }
}

impl Body for ScriptedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let next = match &mut *self {
            Self::Whole(bytes) => bytes.take(),
            Self::Flood { left: 0, .. } => None,
            Self::Flood { opened: opened @ false, left, .. } => {
                *opened = true;
                *left -= 1;
                Some(Bytes::from_static(OPENING))
            }
            Self::Flood { left, chunk, .. } => {
                let size = usize::try_from(*left).unwrap_or(usize::MAX).min(chunk.len());
                *left -= size as u64;
                Some(chunk.slice(..size))
            }
            Self::Drip(interval) => {
                std::task::ready!(interval.poll_tick(cx));
                Some(Bytes::from_static(&[FILLING]))
            }
        };
        Poll::Ready(next.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            // Without a length a client can't refuse before it reads.
            Self::Flood { .. } | Self::Drip(_) => SizeHint::default(),
        }
    }
}

/// The whole body of a request, and of a larger one the beginning.
pub(crate) async fn read(mut body: Incoming, limit: usize) -> Vec<u8> {
    let mut kept = Vec::new();
    while let Some(Ok(frame)) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        if let Some(data) = frame.data_ref() {
            kept.extend_from_slice(&data[..data.len().min(limit.saturating_sub(kept.len()))]);
        }
    }
    kept
}

/// Made once per process, when first asked for, away from the runtime's thread.
pub(crate) async fn gzip_bomb() -> Bytes {
    static BYTES: OnceLock<Bytes> = OnceLock::new();
    let made = tokio::task::spawn_blocking(|| BYTES.get_or_init(|| make_bomb().unwrap_or_default()).clone());
    made.await.unwrap_or_default()
}

fn make_bomb() -> std::io::Result<Bytes> {
    let chunk = vec![FILLING; 1 << 20];
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(OPENING)?;
    let mut left = BOMB - OPENING.len() as u64;
    while left > 0 {
        let size = usize::try_from(left).unwrap_or(usize::MAX).min(chunk.len());
        gzip.write_all(&chunk[..size])?;
        left -= size as u64;
    }
    gzip.finish().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, copy, sink};

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn the_bomb_is_small_and_becomes_what_it_says() {
        let bomb = make_bomb().unwrap();
        assert!(bomb.len() < 512 << 10, "{}", bomb.len());

        let mut decoded = GzDecoder::new(&bomb[..]);
        let mut first = [0];
        decoded.read_exact(&mut first).unwrap();

        assert_eq!(first, OPENING);
        assert_eq!(1 + copy(&mut decoded, &mut sink()).unwrap(), BOMB);
    }
}
