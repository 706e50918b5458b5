//! Packed bytes, unpacked to as many as were announced and no more.

use std::io::Read;

use parquet::basic::Compression;

/// Unpacks to exactly `size` bytes; none when the bytes are damaged, or hold
/// more or less. The caller has looked at `size`.
pub(crate) fn unpack(codec: Compression, packed: &[u8], size: usize) -> Option<Vec<u8>> {
    let unpacked = match codec {
        Compression::UNCOMPRESSED => packed.to_vec(),
        Compression::SNAPPY => {
            // What it says of itself is how much it asks for.
            let said = snap::raw::decompress_len(packed).ok()?;
            if said != size {
                return None;
            }
            snap::raw::Decoder::new().decompress_vec(packed).ok()?
        }
        Compression::GZIP(_) => exactly(flate2::read::MultiGzDecoder::new(packed), size)?,
        Compression::BROTLI(_) => exactly(brotli::Decompressor::new(packed, 64 << 10), size)?,
        Compression::ZSTD(_) => zstd::bulk::decompress(packed, size).ok()?,
        Compression::LZ4_RAW => lz4_flex::block::decompress(packed, size).ok()?,
        // Three ways of writing it went by this name.
        Compression::LZ4 => hadoop(packed, size)
            .or_else(|| exactly(lz4_flex::frame::FrameDecoder::new(packed), size))
            .or_else(|| lz4_flex::block::decompress(packed, size).ok())?,
        Compression::LZO => return None,
    };
    (unpacked.len() == size).then_some(unpacked)
}

/// One byte more than there should be shows that there is more.
fn exactly(from: impl Read, size: usize) -> Option<Vec<u8>> {
    let mut unpacked = Vec::with_capacity(size);
    from.take(size as u64 + 1).read_to_end(&mut unpacked).ok()?;
    Some(unpacked)
}

/// Blocks as Hadoop writes them: the sizes unpacked and packed, high byte
/// first, and the bytes.
fn hadoop(mut packed: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut unpacked = Vec::new();
    while !packed.is_empty() {
        let word = |at: usize| {
            let bytes = packed.get(at..at + 4)?;
            usize::try_from(u32::from_be_bytes(bytes.try_into().ok()?)).ok()
        };
        let (more, length) = (word(0)?, word(4)?);
        if more > size - unpacked.len() {
            return None;
        }
        let block = packed.get(8..)?.get(..length)?;
        unpacked.extend(lz4_flex::block::decompress(block, more).ok()?);
        packed = packed.get(8 + length..)?;
    }
    Some(unpacked)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// Each way of packing, on what unpacks to far more than is announced.
    #[test]
    fn nothing_unpacks_to_more_than_it_says() {
        let text = vec![b'x'; 1 << 20];
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(&text).unwrap();
        let mut frame = lz4_flex::frame::FrameEncoder::new(Vec::new());
        frame.write_all(&text).unwrap();
        let mut brotli_packed = Vec::new();
        brotli::CompressorWriter::new(&mut brotli_packed, 4096, 5, 20).write_all(&text).unwrap();
        let block = lz4_flex::block::compress(&text);
        let mut hadoop = (text.len() as u32).to_be_bytes().to_vec();
        hadoop.extend((block.len() as u32).to_be_bytes());
        hadoop.extend(&block);
        for (codec, packed) in [
            (Compression::UNCOMPRESSED, text.clone()),
            (Compression::SNAPPY, snap::raw::Encoder::new().compress_vec(&text).unwrap()),
            (Compression::GZIP(Default::default()), gzip.finish().unwrap()),
            (Compression::BROTLI(Default::default()), brotli_packed),
            (Compression::ZSTD(Default::default()), zstd::bulk::compress(&text, 3).unwrap()),
            (Compression::LZ4_RAW, block.clone()),
            (Compression::LZ4, block),
            (Compression::LZ4, hadoop),
            (Compression::LZ4, frame.finish().unwrap()),
        ] {
            assert_eq!(unpack(codec, &packed, text.len()).as_deref(), Some(&*text), "{codec}");
            for wrong in [0, 1_000, text.len() - 1, text.len() + 1] {
                assert_eq!(unpack(codec, &packed, wrong), None, "{codec} to {wrong}");
            }
            assert_eq!(unpack(codec, &packed[..packed.len() / 2], text.len()), None, "{codec}");
        }
    }
}
