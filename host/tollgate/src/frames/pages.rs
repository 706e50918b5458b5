//! How large the pages of a Parquet file are when unpacked.
//!
//! Each page says so in its header (Thrift's compact protocol, first three
//! fields of `PageHeader` in the format's `parquet.thrift`), and a reader asks
//! for that much memory before it looks. So the headers are walked first: some
//! hundred bytes of each page are read, and nothing is unpacked.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use parquet::file::metadata::ParquetMetaData;

/// The largest page. Writers make pages of 1 MB, a few of as much as a row
/// group's column.
const PAGE_BYTES: u64 = 256 << 20;

/// So much of a page's start is read; headers with long statistics of texts
/// are some kilobytes.
const HEADER: u64 = 64 << 10;

/// What is wrong with a page's size. What cannot be walked is left to the
/// reader.
pub(super) fn too_large(mut file: &File, metadata: &ParquetMetaData) -> Option<String> {
    let length = file.seek(SeekFrom::End(0)).ok()?;
    for (number, group) in metadata.row_groups().iter().enumerate() {
        for column in group.columns() {
            let (mut at, size) = column.byte_range();
            let end = at.saturating_add(size).min(length);
            while at < end {
                let mut bytes = Vec::new();
                file.seek(SeekFrom::Start(at)).ok()?;
                // Most headers are short.
                file.take(512.min(end - at)).read_to_end(&mut bytes).ok()?;
                let mut page = Page::read(&bytes);
                if page.is_none() {
                    file.take(HEADER.min(end - at).saturating_sub(512))
                        .read_to_end(&mut bytes)
                        .ok()?;
                    page = Page::read(&bytes);
                }
                let Some(page) = page else { break };
                if page.unpacked > PAGE_BYTES {
                    let name = column.column_path().string();
                    return Some(format!(
                        "a page of column `{name}` in row group {number} unpacks to {} MiB, and \
                         the limit is {} MiB",
                        page.unpacked >> 20,
                        PAGE_BYTES >> 20
                    ));
                }
                at = at.saturating_add(page.header).saturating_add(page.packed);
            }
        }
    }
    None
}

/// What a page's header says.
struct Page {
    header: u64,
    unpacked: u64,
    packed: u64,
}

impl Page {
    /// None when the header is not whole, or none.
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = Compact(bytes);
        let (mut unpacked, mut packed) = (None, None);
        let mut field = 0;
        while let Some(kind) = rest.field(&mut field)? {
            match (field, kind) {
                (2, I32) => unpacked = u64::try_from(rest.number()?).ok(),
                (3, I32) => packed = u64::try_from(rest.number()?).ok(),
                _ => rest.skip(kind, 0)?,
            }
        }
        let header = (bytes.len() - rest.0.len()) as u64;
        Some(Self { header, unpacked: unpacked?, packed: packed? })
    }
}

/// A 32-bit number, among the types of the compact protocol.
const I32: u8 = 5;

/// Deeper than any header nests.
const DEPTH: usize = 16;

/// What is left of a text in Thrift's compact protocol.
struct Compact<'b>(&'b [u8]);

impl Compact<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn unsigned(&mut self) -> Option<u64> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn number(&mut self) -> Option<i64> {
        let zigzag = self.unsigned()?;
        Some((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed())
    }

    /// The type of the next field, whose id follows the last one's; none at
    /// the end of the struct.
    #[allow(clippy::option_option, reason = "the end of the struct is not that of the bytes")]
    fn field(&mut self, id: &mut i64) -> Option<Option<u8>> {
        let head = self.byte()?;
        if head == 0 {
            return Some(None);
        }
        *id = match head >> 4 {
            0 => self.number()?,
            delta => *id + i64::from(delta),
        };
        Some(Some(head & 0x0F))
    }

    fn bytes(&mut self, count: u64) -> Option<()> {
        self.0 = self.0.get(usize::try_from(count).ok()?..)?;
        Some(())
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        if depth > DEPTH {
            return None;
        }
        match kind {
            // True and false are types of their own.
            1 | 2 => Some(()),
            3 => self.bytes(1),
            4..=6 => self.unsigned().map(drop),
            7 => self.bytes(8),
            8 => {
                let length = self.unsigned()?;
                self.bytes(length)
            }
            9 | 10 => {
                let head = self.byte()?;
                let count = match head >> 4 {
                    15 => self.unsigned()?,
                    count => count.into(),
                };
                for _ in 0..count {
                    match head & 0x0F {
                        // In lists they take a byte.
                        1 | 2 => self.bytes(1)?,
                        kind => self.skip(kind, depth + 1)?,
                    }
                }
                Some(())
            }
            12 => {
                let mut id = 0;
                while let Some(kind) = self.field(&mut id)? {
                    self.skip(kind, depth + 1)?;
                }
                Some(())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_says_how_large_its_page_is() {
        // type 0, unpacked 300, packed 21, crc, and a nested struct.
        let header = [
            0x15, 0x00, 0x15, 0xD8, 0x04, 0x15, 0x2A, 0x15, 0x02, 0x1C, 0x15, 0x06, 0x18, 0x02,
            b'a', b'b', 0x11, 0x00, 0x00,
        ];
        let mut bytes = header.to_vec();
        bytes.extend([7; 21]);
        let page = Page::read(&bytes).unwrap();
        assert_eq!((page.header, page.unpacked, page.packed), (header.len() as u64, 300, 21));
        for end in 0..header.len() {
            assert!(Page::read(&bytes[..end]).is_none(), "{end}");
        }
    }
}
