//! A record batch that is too large to be decoded as a whole: its buffers are
//! unpacked side by side, some rows at a time, and none is held.
//!
//! What lies in order can be read so: numbers, times, texts and bytes. Lists,
//! dictionaries and views point about in their batch, which then must fit.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, make_array};
use arrow_buffer::{BooleanBufferBuilder, Buffer};
use arrow_data::ArrayData;
use arrow_ipc::RecordBatch as Described;
use arrow_schema::{DataType, SchemaRef};

use crate::limits::WHOLE;
use crate::pages::Shared;
use crate::stream::{Body, Stream};

/// What a piece may take.
const PIECE: u64 = 8 << 20;

/// The most rows of a piece.
const ROWS: u64 = 64 << 10;

/// What the streams may hold together: of what is packed the part that later
/// bytes may refer to.
const WINDOWS: u64 = 96 << 20;

/// The rest of a record batch.
pub(crate) struct Pieces {
    schema: SchemaRef,
    columns: Vec<Column>,
    left: u64,
    step: u64,
    /// What the batch unpacks to.
    pub(crate) unpacked: u64,
}

struct Column {
    data_type: DataType,
    validity: Option<Bits>,
    cells: Cells,
}

enum Cells {
    Null,
    Bits(Bits),
    Fixed(Stream, u64),
    Texts(Texts),
}

/// Texts, or bytes.
struct Texts {
    /// Where each begins, and behind the last one's end.
    offsets: Stream,
    /// Whether an offset takes eight bytes.
    wide: bool,
    /// Offsets that were read, the first one being the next row's.
    ahead: Vec<u64>,
    data: Stream,
    /// How much of the data was read.
    at: u64,
}

/// One bit a row.
struct Bits {
    stream: Stream,
    byte: u8,
    left: u32,
}

const DAMAGED: &str = "it is damaged: a record batch has fewer bytes than its description says";

impl Pieces {
    /// Of a batch in a file, whose body begins at `start`.
    pub(crate) fn of_file(
        schema: &SchemaRef,
        batch: &Described<'_>,
        length: u64,
        file: &Shared,
        start: u64,
    ) -> Result<Self, String> {
        Self::new(schema, batch, &Body::File { file: file.clone(), start, length })
    }

    /// Of a batch that is at hand.
    pub(crate) fn of_bytes(
        schema: &SchemaRef,
        batch: &Described<'_>,
        body: Vec<u8>,
    ) -> Result<Self, String> {
        Self::new(schema, batch, &Body::Bytes(Arc::new(body)))
    }

    fn new(schema: &SchemaRef, batch: &Described<'_>, body: &Body) -> Result<Self, String> {
        let left = u64::try_from(batch.length()).map_err(|_| DAMAGED)?;
        let codec = batch.compression().map(|compression| compression.codec());
        let mut nodes = batch.nodes().into_iter().flatten();
        let mut buffers = batch.buffers().into_iter().flatten();
        let mut unpacked = 0u64;
        let mut windows = 0u64;
        let mut stream = || -> Result<Option<Stream>, String> {
            let buffer = buffers.next().ok_or(DAMAGED)?;
            let (offset, length) = (buffer.offset(), buffer.length());
            if length == 0 {
                return Ok(None);
            }
            let stream = Stream::new(body, offset.cast_unsigned(), length.cast_unsigned(), codec)?;
            unpacked = unpacked.saturating_add(stream.left);
            windows = windows.saturating_add(stream.window);
            Ok(Some(stream))
        };
        let mut columns = Vec::new();
        let mut width = 0u64;
        for field in schema.fields() {
            let node = nodes.next().ok_or(DAMAGED)?;
            if node.length().cast_unsigned() != left {
                return Err(DAMAGED.to_owned());
            }
            let data_type = field.data_type().clone();
            if data_type == DataType::Null {
                columns.push(Column { data_type, validity: None, cells: Cells::Null });
                continue;
            }
            let validity = stream()?.filter(|_| node.null_count() > 0).map(Bits::new);
            if validity.is_none() && node.null_count() > 0 {
                return Err(DAMAGED.to_owned());
            }
            let needed = |stream: Option<Stream>| stream.unwrap_or_default();
            let cells = match &data_type {
                DataType::Boolean => Cells::Bits(Bits::new(needed(stream()?))),
                DataType::Utf8 | DataType::Binary | DataType::LargeUtf8 | DataType::LargeBinary => {
                    let wide = matches!(data_type, DataType::LargeUtf8 | DataType::LargeBinary);
                    let (offsets, data) = (needed(stream()?), needed(stream()?));
                    width += 8;
                    Cells::Texts(Texts { offsets, wide, ahead: Vec::new(), data, at: 0 })
                }
                of => {
                    let bytes = match of {
                        DataType::FixedSizeBinary(bytes) => u64::try_from(*bytes).ok(),
                        of => of.primitive_width().map(|bytes| bytes as u64),
                    };
                    let bytes = bytes.ok_or_else(|| {
                        format!(
                            "a record batch unpacks to more than {} MiB, and column `{}` is of a \
                             type that cannot be read in pieces: write it in smaller batches",
                            WHOLE >> 20,
                            field.name()
                        )
                    })?;
                    width += bytes;
                    Cells::Fixed(needed(stream()?), bytes)
                }
            };
            columns.push(Column { data_type, validity, cells });
        }
        if windows > WINDOWS {
            return Err(format!(
                "a record batch has so many packed columns that reading them side by side takes \
                 {} MiB, and the limit is {} MiB: write it in smaller batches",
                windows >> 20,
                WINDOWS >> 20
            ));
        }
        let step = (PIECE / width.max(1)).clamp(1, ROWS);
        Ok(Self { schema: Arc::clone(schema), columns, left, step, unpacked })
    }

    /// The next rows; none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<RecordBatch>, String> {
        if self.left == 0 {
            return Ok(None);
        }
        let mut count = self.step.min(self.left);
        for column in &mut self.columns {
            if let Cells::Texts(texts) = &mut column.cells {
                count = texts.fitting(count)?;
            }
        }
        self.left -= count;
        let rows = usize::try_from(count).unwrap_or(usize::MAX);
        let arrays: Result<Vec<ArrayRef>, String> =
            self.columns.iter_mut().map(|column| column.next(rows)).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays?, &options)
            .map(Some)
            .map_err(|_| "it is damaged: a column that has no nulls has some".to_owned())
    }
}

impl Column {
    fn next(&mut self, rows: usize) -> Result<ArrayRef, String> {
        let validity = self.validity.as_mut().map(|bits| bits.next(rows)).transpose()?;
        let data = ArrayData::builder(self.data_type.clone()).len(rows).null_bit_buffer(validity);
        let data = match &mut self.cells {
            Cells::Null => data,
            Cells::Bits(bits) => data.add_buffer(bits.next(rows)?),
            Cells::Fixed(stream, width) => {
                data.add_buffer(Buffer::from(stream.read(rows as u64 * *width)?))
            }
            Cells::Texts(texts) => {
                let (offsets, bytes) = texts.next(rows)?;
                data.add_buffer(offsets).add_buffer(bytes)
            }
        };
        let data = data.align_buffers(true).build();
        data.map(make_array).map_err(|_| {
            "it is damaged: a column holds what its type does not allow, such as text that is not \
             UTF-8"
                .to_owned()
        })
    }
}

impl Bits {
    fn new(stream: Stream) -> Self {
        Self { stream, byte: 0, left: 0 }
    }

    fn next(&mut self, rows: usize) -> Result<Buffer, String> {
        let fresh = (rows as u64).saturating_sub(self.left.into()).div_ceil(8);
        let bytes = self.stream.read(fresh)?;
        let mut bytes = bytes.iter();
        let mut bits = BooleanBufferBuilder::new(rows);
        for _ in 0..rows {
            if self.left == 0 {
                self.byte = *bytes.next().ok_or(DAMAGED)?;
                self.left = 8;
            }
            bits.append(self.byte & 1 == 1);
            self.byte >>= 1;
            self.left -= 1;
        }
        Ok(bits.finish().into_inner())
    }
}

impl Texts {
    /// So many of `count` rows that their texts fit.
    fn fitting(&mut self, count: u64) -> Result<u64, String> {
        let size = if self.wide { 8 } else { 4 };
        let missing = (count + 1).saturating_sub(self.ahead.len() as u64);
        let bytes = self.offsets.read(missing * size)?;
        for offset in bytes.chunks_exact(usize::try_from(size).unwrap_or(8)) {
            let mut word = [0; 8];
            word.iter_mut().zip(offset).for_each(|(to, from)| *to = *from);
            let offset = u64::from_le_bytes(word);
            if self.ahead.last().is_some_and(|last| *last > offset) || offset < self.at {
                return Err("it is damaged: its texts do not follow each other".to_owned());
            }
            self.ahead.push(offset);
        }
        let first = self.ahead.first().copied().unwrap_or_default();
        let within = self.ahead.iter().take_while(|offset| **offset - first <= PIECE).count();
        let fitting = (within as u64).saturating_sub(1).clamp(1, count);
        let end = self.ahead.get(usize::try_from(fitting).unwrap_or(0)).copied().unwrap_or(first);
        if end - first > WHOLE {
            let size = (end - first) >> 20;
            return Err(format!("a single text takes {size} MiB, which is more than can be held"));
        }
        Ok(fitting)
    }

    /// Offsets from the first text on, and the texts.
    fn next(&mut self, rows: usize) -> Result<(Buffer, Buffer), String> {
        let first = self.ahead.first().copied().unwrap_or_default();
        let offsets: Vec<u64> =
            self.ahead.iter().take(rows + 1).map(|offset| offset - first).collect();
        let length = offsets.last().copied().unwrap_or_default();
        self.data.skip(first - self.at)?;
        let data = self.data.read(length)?;
        self.at = first + length;
        // The last one is where the next row begins.
        self.ahead.drain(..rows.min(self.ahead.len()));
        let offsets = if self.wide {
            Buffer::from_iter(offsets.into_iter().map(u64::cast_signed))
        } else {
            Buffer::from_iter(offsets.into_iter().map(|at| i32::try_from(at).unwrap_or(i32::MAX)))
        };
        Ok((offsets, Buffer::from(data)))
    }
}
