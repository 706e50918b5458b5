//! Pages of a Parquet file: what their headers say, and their bytes.
//!
//! A header says how large its page is when unpacked, and a reader asks for
//! that much memory before it looks; some ways of packing unfold to more than
//! the header says. So pages are read here, and the crate for Parquet gets
//! what is in them.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use parquet::basic::{Compression, Encoding};
use parquet::column::page::Page;

use crate::thrift::{Compact, I32, STRUCT, TRUE};
use crate::unpack::unpack;

/// So much of a page's start is read; headers with long statistics of texts
/// are some kilobytes.
const HEADER: u64 = 64 << 10;

/// Most headers are shorter.
const SHORT: u64 = 512;

/// What a page holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Values,
    /// The second version, whose levels are not packed.
    Values2 {
        nulls: u32,
        rows: u32,
        definitions: u32,
        repetitions: u32,
        packed: bool,
    },
    Dictionary,
    /// None of these: readers pass over it.
    Other,
}

/// What a page's header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    /// The header's own length.
    pub(crate) length: u64,
    pub(crate) unpacked: usize,
    pub(crate) packed: usize,
    pub(crate) values: u32,
    pub(crate) encoding: i64,
}

/// Texts that name how much they share with the one before.
pub(crate) const DELTA_BYTE_ARRAY: i64 = 7;

impl Header {
    /// None when the header is not whole, or none. The fields are those of
    /// `PageHeader` in the format's `parquet.thrift`.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = Compact(bytes);
        let (mut kind, mut unpacked, mut packed) = (None, None, None);
        let mut inner = Inner::default();
        let mut field = 0;
        while let Some(of) = rest.field(&mut field)? {
            match (field, of) {
                (1, I32) => kind = Some(rest.number()?),
                (2, I32) => unpacked = usize::try_from(rest.number()?).ok(),
                (3, I32) => packed = usize::try_from(rest.number()?).ok(),
                (5 | 7 | 8, STRUCT) => inner = Inner::read(&mut rest, field == 8)?,
                _ => rest.skip(of)?,
            }
        }
        let number = |number: i64| u32::try_from(number).ok();
        let kind = match kind? {
            0 => Kind::Values,
            2 => Kind::Dictionary,
            3 => Kind::Values2 {
                nulls: number(inner.nulls)?,
                rows: number(inner.rows)?,
                definitions: number(inner.definitions)?,
                repetitions: number(inner.repetitions)?,
                packed: inner.packed,
            },
            _ => Kind::Other,
        };
        Some(Self {
            kind,
            length: (bytes.len() - rest.0.len()) as u64,
            unpacked: unpacked?,
            packed: packed?,
            values: number(inner.values)?,
            encoding: inner.encoding,
        })
    }
}

/// `DataPageHeader`, `DictionaryPageHeader` or `DataPageHeaderV2`.
struct Inner {
    values: i64,
    nulls: i64,
    rows: i64,
    encoding: i64,
    definitions: i64,
    repetitions: i64,
    packed: bool,
}

impl Default for Inner {
    fn default() -> Self {
        let (values, nulls, rows, encoding) = (0, 0, 0, 0);
        Self { values, nulls, rows, encoding, definitions: 0, repetitions: 0, packed: true }
    }
}

impl Inner {
    fn read(rest: &mut Compact<'_>, second: bool) -> Option<Self> {
        let mut inner = Self::default();
        let mut field = 0;
        while let Some(kind) = rest.field(&mut field)? {
            match (field, kind, second) {
                (1, I32, _) => inner.values = rest.number()?,
                (2, I32, false) | (4, I32, true) => inner.encoding = rest.number()?,
                (2, I32, true) => inner.nulls = rest.number()?,
                (3, I32, true) => inner.rows = rest.number()?,
                // Levels that are not run lengths are written by nobody.
                (3 | 4, I32, false) => drop(rest.number()?),
                (5, I32, true) => inner.definitions = rest.number()?,
                (6, I32, true) => inner.repetitions = rest.number()?,
                (7, kind @ (1 | 2), true) => inner.packed = kind == TRUE,
                (_, kind, _) => rest.skip(kind)?,
            }
        }
        Some(inner)
    }
}

/// A file that several columns are read from.
#[derive(Debug, Clone)]
pub(crate) struct Shared(Arc<Mutex<File>>);

impl Shared {
    pub(crate) fn new(file: File) -> Self {
        Self(Arc::new(Mutex::new(file)))
    }

    /// Memory grows with what is there, not with what is announced.
    pub(crate) fn read(&self, at: u64, length: u64) -> io::Result<Vec<u8>> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(at))?;
        let there = file.metadata()?.len().saturating_sub(at);
        let mut bytes = Vec::with_capacity(usize::try_from(length.min(there)).unwrap_or(0));
        (&mut *file).take(length).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// The pages of a column in a row group, as far as they are read.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    pub(crate) file: Shared,
    pub(crate) at: u64,
    pub(crate) end: u64,
    pub(crate) codec: Compression,
}

/// A page whose header makes no sense.
pub(crate) const BAD_HEADER: &str = "the header of a page is damaged";
const BAD_BYTES: &str = "a page does not unpack to what its header says";

impl Chunk {
    /// The next header, and where its page begins; none at the end.
    pub(crate) fn header(&mut self) -> Result<Option<(Header, u64)>, String> {
        if self.at >= self.end {
            return Ok(None);
        }
        let unreadable = |error: io::Error| error.to_string();
        let left = self.end - self.at;
        let bytes = self.file.read(self.at, SHORT.min(left)).map_err(unreadable)?;
        let mut header = Header::read(&bytes);
        if header.is_none() && left > SHORT {
            let bytes = self.file.read(self.at, HEADER.min(left)).map_err(unreadable)?;
            header = Header::read(&bytes);
        }
        let header = header.ok_or(BAD_HEADER)?;
        let start = self.at + header.length;
        self.at = start + header.packed as u64;
        if self.at > self.end { Err(BAD_HEADER.to_owned()) } else { Ok(Some((header, start))) }
    }

    /// The bytes of a page, whose size somebody has looked at.
    pub(crate) fn page(&self, header: &Header, start: u64) -> Result<Vec<u8>, String> {
        let bytes =
            self.file.read(start, header.packed as u64).map_err(|error| error.to_string())?;
        let (levels, is_packed) = match header.kind {
            Kind::Values2 { definitions, repetitions, packed, .. } => {
                let levels = u64::from(definitions) + u64::from(repetitions);
                (usize::try_from(levels).unwrap_or(usize::MAX), packed)
            }
            _ => (0, true),
        };
        let codec = if is_packed { self.codec } else { Compression::UNCOMPRESSED };
        if codec == Compression::UNCOMPRESSED {
            return if bytes.len() == header.unpacked { Ok(bytes) } else { Err(BAD_BYTES.into()) };
        }
        let (plain, packed) = bytes.split_at_checked(levels).ok_or(BAD_BYTES)?;
        let size = header.unpacked.checked_sub(levels).ok_or(BAD_BYTES)?;
        // Only levels: some write nothing for no values.
        let unpacked = match (size, packed.is_empty()) {
            (0, true) => Vec::new(),
            _ => unpack(codec, packed, size).ok_or(BAD_BYTES)?,
        };
        Ok(if plain.is_empty() { unpacked } else { [plain, &unpacked].concat() })
    }

    /// The next page; none at the end.
    pub(crate) fn next_page(&mut self) -> Result<Option<Page>, String> {
        while let Some((header, start)) = self.header()? {
            if header.kind == Kind::Other {
                continue;
            }
            let buf = Bytes::from(self.page(&header, start)?);
            let num_values = header.values;
            let encoding =
                encoding(header.encoding).ok_or("a page is in an encoding that is not known")?;
            return Ok(Some(match header.kind {
                Kind::Dictionary => {
                    Page::DictionaryPage { buf, num_values, encoding, is_sorted: false }
                }
                Kind::Values2 { nulls, rows, definitions, repetitions, .. } => Page::DataPageV2 {
                    buf,
                    num_values,
                    encoding,
                    num_nulls: nulls,
                    num_rows: rows,
                    def_levels_byte_len: definitions,
                    rep_levels_byte_len: repetitions,
                    is_compressed: false,
                    statistics: None,
                },
                Kind::Values | Kind::Other => Page::DataPage {
                    buf,
                    num_values,
                    encoding,
                    def_level_encoding: Encoding::RLE,
                    rep_level_encoding: Encoding::RLE,
                    statistics: None,
                },
            }));
        }
        Ok(None)
    }
}

fn encoding(number: i64) -> Option<Encoding> {
    Some(match number {
        0 => Encoding::PLAIN,
        2 => Encoding::PLAIN_DICTIONARY,
        3 => Encoding::RLE,
        5 => Encoding::DELTA_BINARY_PACKED,
        6 => Encoding::DELTA_LENGTH_BYTE_ARRAY,
        7 => Encoding::DELTA_BYTE_ARRAY,
        8 => Encoding::RLE_DICTIONARY,
        9 => Encoding::BYTE_STREAM_SPLIT,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_says_how_large_its_page_is() {
        // type 0, unpacked 300, packed 21, crc, values 7 in encoding 8, and a
        // text.
        let bytes = [
            0x15, 0x00, 0x15, 0xD8, 0x04, 0x15, 0x2A, 0x15, 0x02, 0x1C, 0x15, 0x0E, 0x15, 0x10,
            0x15, 0x06, 0x15, 0x06, 0x18, 0x02, b'a', b'b', 0x00, 0x00,
        ];
        let mut page = bytes.to_vec();
        page.extend([9; 21]);
        let header = Header::read(&page).unwrap();
        let length = bytes.len() as u64;
        let wanted = Header {
            kind: Kind::Values,
            length,
            unpacked: 300,
            packed: 21,
            values: 7,
            encoding: 8,
        };
        assert_eq!(header, wanted);
        for end in 0..bytes.len() {
            assert!(Header::read(&bytes[..end]).is_none(), "{end}");
        }
    }
}
