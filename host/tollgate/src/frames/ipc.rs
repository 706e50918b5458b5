//! Arrow IPC, as a file or as a stream.
//!
//! A file is a stream between two marks, with a table of contents behind it
//! for those who jump about. Here both are read from front to back.

use std::io::{self, BufRead, Read};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_buffer::{Buffer, MutableBuffer};
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::FileDecoder;
use arrow_ipc::{Block, Message, MessageHeader, MetadataVersion, root_as_message};

use super::arrow::{Cutter, data_columns, dtype};
use super::format::{Source, ends};
use super::{Batch, Format, FrameError, Frames, Progress, Spare};

/// The longest description of one message; a schema of 100,000 columns is
/// some 20 MB.
const DESCRIPTION: usize = 64 << 20;

/// The largest record batch, as stored and as unpacked. Its writer had to hold
/// it in memory, and so has every reader.
const BODY: usize = 1 << 30;

pub(super) fn open(source: Source) -> Result<Frames, FrameError> {
    let name = source.name.clone();
    let broken = move |problem: String| FrameError::Broken {
        file: name.clone(),
        format: Format::Arrow,
        problem,
    };
    let whole = source.file.as_ref().and_then(is_whole);
    let mut messages = Messages { reader: source.reader, ended: false };
    messages.skip_mark().map_err(|error| broken(error.to_string()))?;
    if whole == Some(false) {
        let problem = "it begins as an Arrow file and has no end: it was probably not written to \
                       the end, or only partly copied";
        return Err(broken(problem.to_owned()));
    }
    let (schema, version) = messages.schema().map_err(&broken)?;
    let columns = data_columns(&schema);
    let fields = columns.iter().filter_map(|place| schema.fields().get(*place));
    let named = fields.map(|field| (field.name().clone(), dtype(field.data_type()))).collect();
    let decoder = FileDecoder::new(Arc::clone(&schema), version);
    let projection = (columns.len() < schema.fields().len()).then_some(columns);
    let cutter = Cutter::new(&source.spare);
    Ok(Frames {
        format: Format::Arrow,
        rows: None,
        bytes: None,
        progress: Progress::default(),
        spare: Spare::default(),
        columns: named,
        batches: Box::new(Batches { messages, decoder, projection, cutter, given: 0, broken }),
    })
}

/// Whether an Arrow file has its end; none for what begins as none.
fn is_whole(file: &std::fs::File) -> Option<bool> {
    match ends(file).ok()? {
        Some((first, last)) => (&first == b"ARROW1").then_some(&last == b"ARROW1"),
        None => None,
    }
}

/// The messages of a stream.
struct Messages {
    reader: Box<dyn BufRead + Send>,
    ended: bool,
}

/// One message: where its parts are in the bytes.
struct Framed {
    block: Block,
    bytes: Buffer,
}

impl Messages {
    /// A file begins with its mark, filled up to eight bytes or to sixty-four.
    fn skip_mark(&mut self) -> io::Result<()> {
        if self.reader.fill_buf()?.starts_with(b"ARROW1") {
            let mut mark = [0; 8];
            self.reader.read_exact(&mut mark)?;
            for _ in 0..7 {
                if self.reader.fill_buf()?.starts_with(&[0; 8]) {
                    self.reader.consume(8);
                }
            }
        }
        Ok(())
    }

    /// The first message.
    fn schema(&mut self) -> Result<(arrow_schema::SchemaRef, MetadataVersion), String> {
        let first = self.next()?.ok_or("there is nothing in it")?;
        let message = message(&first)?;
        let Some(schema) = message.header_as_schema() else {
            return Err("it does not begin with a schema".to_owned());
        };
        if !schema.endianness().equals_to_target_endianness() {
            return Err("its numbers have the bytes of another kind of machine".to_owned());
        }
        let schema = try_fb_to_schema(schema).map_err(|error| error.to_string())?;
        Ok((Arc::new(schema), message.version()))
    }

    /// The next message; none at the end.
    fn next(&mut self) -> Result<Option<Framed>, String> {
        let cut = |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof => "it ends in the middle of a record batch".to_owned(),
            _ => error.to_string(),
        };
        if self.ended || self.reader.fill_buf().map_err(cut)?.is_empty() {
            return Ok(None);
        }
        let mut head = [0; 4];
        self.reader.read_exact(&mut head).map_err(cut)?;
        let marked = head == [0xFF; 4];
        let mut bytes = head.to_vec();
        if marked {
            self.reader.read_exact(&mut head).map_err(cut)?;
            bytes.extend_from_slice(&head);
        }
        let length = i32::from_le_bytes(head);
        if length == 0 {
            self.ended = true;
            return Ok(None);
        }
        let length = usize::try_from(length)
            .ok()
            .filter(|length| *length <= DESCRIPTION)
            .ok_or("it is damaged: the length of a message makes no sense")?;
        self.fill(&mut bytes, length).map_err(cut)?;
        let start = if marked { 8 } else { 4 };
        let description = bytes.get(start..).unwrap_or_default();
        let message = root_as_message(description)
            .map_err(|_| "it is damaged: the description of a message cannot be read")?;
        let body = usize::try_from(message.bodyLength())
            .ok()
            .filter(|body| *body <= BODY)
            .ok_or_else(|| {
                format!(
                    "a record batch is larger than {} MiB, or its length is damaged",
                    BODY >> 20
                )
            })?;
        let described = bytes.len();
        self.fill(&mut bytes, body).map_err(cut)?;
        let block = Block::new(
            0,
            i32::try_from(described).unwrap_or(i32::MAX),
            i64::try_from(body).unwrap_or(i64::MAX),
        );
        Ok(Some(Framed { block, bytes: aligned(&bytes) }))
    }

    /// Reads on. Memory grows with what is there, not with what is announced.
    fn fill(&mut self, bytes: &mut Vec<u8>, length: usize) -> io::Result<()> {
        let read = (&mut self.reader).take(length as u64).read_to_end(bytes)?;
        if read < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }
}

/// The arrays want their numbers at multiples of their size.
fn aligned(bytes: &[u8]) -> Buffer {
    let mut buffer = MutableBuffer::with_capacity(bytes.len());
    buffer.extend_from_slice(bytes);
    buffer.into()
}

fn message(framed: &Framed) -> Result<Message<'_>, String> {
    let start = if framed.bytes.starts_with(&[0xFF; 4]) { 8 } else { 4 };
    root_as_message(framed.bytes.get(start..).unwrap_or_default())
        .map_err(|error| format!("it is damaged: {error}"))
}

/// Packed buffers say how large they are unpacked, and the reader believes it.
fn unpacked_is_bounded(framed: &Framed) -> Result<(), String> {
    let message = message(framed)?;
    let batch = match message.header_type() {
        MessageHeader::DictionaryBatch => {
            message.header_as_dictionary_batch().and_then(|batch| batch.data())
        }
        _ => message.header_as_record_batch(),
    };
    let Some(batch) = batch.filter(|batch| batch.compression().is_some()) else {
        return Ok(());
    };
    let body = usize::try_from(framed.block.metaDataLength()).unwrap_or(0);
    let mut sum = 0usize;
    for buffer in batch.buffers().into_iter().flatten() {
        let start = usize::try_from(buffer.offset()).ok().and_then(|at| at.checked_add(body));
        let prefix = start.and_then(|at| framed.bytes.get(at..at.checked_add(8)?));
        let size = prefix.and_then(|bytes| <[u8; 8]>::try_from(bytes).ok()).map(i64::from_le_bytes);
        // -1 says that the buffer is not packed.
        sum = sum.saturating_add(usize::try_from(size.unwrap_or(0)).unwrap_or(0));
    }
    if sum > BODY {
        return Err(format!("a record batch is larger than {} MiB when unpacked", BODY >> 20));
    }
    Ok(())
}

struct Batches<F> {
    messages: Messages,
    decoder: FileDecoder,
    projection: Option<Vec<usize>>,
    cutter: Cutter,
    given: u64,
    broken: F,
}

impl<F: Fn(String) -> FrameError> Batches<F> {
    fn record_batch(&mut self) -> Result<Option<RecordBatch>, String> {
        while let Some(framed) = self.messages.next()? {
            unpacked_is_bounded(&framed)?;
            let header = message(&framed)?.header_type();
            match header {
                MessageHeader::DictionaryBatch => self
                    .decoder
                    .read_dictionary(&framed.block, &framed.bytes)
                    .map_err(|error| error.to_string())?,
                MessageHeader::RecordBatch => {
                    let batch = self
                        .decoder
                        .read_record_batch(&framed.block, &framed.bytes)
                        .map_err(|error| error.to_string())?;
                    let Some(batch) = batch else { continue };
                    return match &self.projection {
                        Some(columns) => {
                            batch.project(columns).map(Some).map_err(|error| error.to_string())
                        }
                        None => Ok(Some(batch)),
                    };
                }
                _ => {}
            }
        }
        Ok(None)
    }
}

impl<F: Fn(String) -> FrameError> Iterator for Batches<F> {
    type Item = Result<Batch, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.cutter.is_done() {
            match self.record_batch() {
                Ok(Some(batch)) => {
                    self.given += batch.num_rows() as u64;
                    self.cutter.refill(batch);
                }
                Ok(None) => return None,
                Err(problem) => {
                    let problem = format!("after row {}: {problem}", self.given);
                    return Some(Err((self.broken)(problem)));
                }
            }
        }
        Some(self.cutter.next().map_err(&self.broken))
    }
}
