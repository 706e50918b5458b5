//! The bytes of one buffer of a record batch, from front to back.

use std::io::{self, BufReader, Read};
use std::sync::Arc;

use arrow_ipc::CompressionType;
use lz4_flex::frame::FrameDecoder;

use crate::pages::Shared;

/// Where the buffers of a batch are.
#[derive(Clone)]
pub(crate) enum Body {
    /// In a file.
    File { file: Shared, start: u64, length: u64 },
    /// Here.
    Bytes(Arc<Vec<u8>>),
}

impl Body {
    fn read(&self, at: u64, length: u64) -> io::Result<Vec<u8>> {
        match self {
            Self::File { file, start, length: all } => {
                file.read(start + at, length.min(all.saturating_sub(at)))
            }
            Self::Bytes(bytes) => {
                let bytes = usize::try_from(at).ok().and_then(|at| bytes.get(at..));
                let bytes = bytes.unwrap_or_default();
                let length = usize::try_from(length).unwrap_or(usize::MAX).min(bytes.len());
                Ok(bytes.get(..length).unwrap_or_default().to_vec())
            }
        }
    }
}

/// A part of a body.
struct Region {
    body: Body,
    at: u64,
    end: u64,
}

impl Read for Region {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = (into.len() as u64).min(self.end - self.at);
        let bytes = self.body.read(self.at, length)?;
        for (to, from) in into.iter_mut().zip(&bytes) {
            *to = *from;
        }
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }
}

/// The bytes of a buffer.
pub(crate) struct Stream {
    from: Box<dyn Read + Send>,
    /// How many are to come.
    pub(crate) left: u64,
    /// What unpacking holds.
    pub(crate) window: u64,
}

/// One that is not there.
impl Default for Stream {
    fn default() -> Self {
        Self { from: Box::new(io::empty()), left: 0, window: 0 }
    }
}

const DAMAGED: &str = "it is damaged: a buffer of a record batch does not unpack to what it says";

/// How much of a file is asked for at a time.
const AHEAD: usize = 64 << 10;

impl Stream {
    /// The buffer at `offset`, which takes `length` bytes.
    pub(crate) fn new(
        body: &Body,
        offset: u64,
        length: u64,
        codec: Option<CompressionType>,
    ) -> Result<Self, String> {
        let region = |skipped: u64| {
            let end = offset.saturating_add(length);
            let region = Region { body: body.clone(), at: (offset + skipped).min(end), end };
            BufReader::with_capacity(AHEAD, region)
        };
        let Some(codec) = codec else {
            return Ok(Self { from: Box::new(region(0)), left: length, window: 0 });
        };
        // A packed buffer says how long it is unpacked; -1 that it is not.
        let head = body.read(offset, length.min(32)).map_err(|error| error.to_string())?;
        let size = head.first_chunk().copied().map(i64::from_le_bytes).ok_or(DAMAGED)?;
        if size == -1 {
            return Ok(Self { from: Box::new(region(8)), left: length - 8, window: 0 });
        }
        let left = u64::try_from(size).map_err(|_| DAMAGED)?;
        let packed = head.get(8..).unwrap_or_default();
        Ok(match codec {
            CompressionType::ZSTD => {
                let window = zstd_window(packed, left).ok_or(DAMAGED)?;
                let mut from = zstd::stream::read::Decoder::with_buffer(region(8))
                    .map_err(|error| error.to_string())?;
                let log = window.next_power_of_two().trailing_zeros().clamp(10, 31);
                from.window_log_max(log).map_err(|error| error.to_string())?;
                Self { from: Box::new(from), left, window }
            }
            CompressionType::LZ4_FRAME => {
                let window = lz4_window(packed).ok_or(DAMAGED)?;
                Self { from: Box::new(FrameDecoder::new(region(8))), left, window }
            }
            _ => return Err("its buffers are packed in a way that is not known".to_owned()),
        })
    }

    /// The next bytes.
    pub(crate) fn read(&mut self, length: u64) -> Result<Vec<u8>, String> {
        if length > self.left {
            return Err(DAMAGED.to_owned());
        }
        let mut bytes = Vec::new();
        let read = (&mut self.from).take(length).read_to_end(&mut bytes).map_err(|_| DAMAGED)?;
        self.left -= length;
        if (read as u64) < length { Err(DAMAGED.to_owned()) } else { Ok(bytes) }
    }

    /// Passes over bytes.
    pub(crate) fn skip(&mut self, length: u64) -> Result<(), String> {
        let mut left = length;
        while left > 0 {
            let step = left.min(AHEAD as u64);
            self.read(step)?;
            left -= step;
        }
        Ok(())
    }
}

/// How far back the bytes of a frame refer (RFC 8878, section 3.1.1.1).
fn zstd_window(frame: &[u8], size: u64) -> Option<u64> {
    if !frame.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]) {
        return None;
    }
    if frame.get(4)? & 0x20 != 0 {
        // A single segment: all of it.
        return Some(size);
    }
    let window = *frame.get(5)?;
    let base = 1u64 << (10 + (window >> 3));
    Some(base + base / 8 * u64::from(window & 7))
}

/// What the blocks of a frame take, one packed and two unpacked.
fn lz4_window(frame: &[u8]) -> Option<u64> {
    let size = frame.get(5)? >> 4 & 7;
    (4..=7).contains(&size).then(|| 3 << (8 + 2 * u64::from(size)))
}
