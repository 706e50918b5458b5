//! Arrow IPC, as a file or as a stream.
//!
//! A file is a stream between two marks, with a table of contents behind it
//! for those who jump about. Here both are read from front to back.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::FileDecoder;
use arrow_ipc::{MessageHeader, MetadataVersion};
use arrow_schema::SchemaRef;

use tollgate::rows::{RowBatch, RowFormat};

use crate::arrow::{Cutter, data_columns, dtype};
use crate::claims::Claims;
use crate::error::FrameError;
use crate::frames::FileRows;
use crate::limits::WHOLE;
use crate::messages::{Message, Messages};
use crate::pages::Shared;
use crate::payload::{PayloadFile, ends};
use crate::pieces::Pieces;
use crate::types;

pub(crate) fn open(payload: PayloadFile) -> Result<FileRows, FrameError> {
    let name = payload.name.clone();
    let broken = move |problem: String| FrameError::Broken {
        file: name.clone(),
        format: RowFormat::Arrow,
        problem,
    };
    let whole = payload.file.as_ref().and_then(is_whole);
    let mut messages = Messages::new(payload.reader);
    messages.skip_mark().map_err(&broken)?;
    if whole == Some(false) {
        let problem = "it begins as an Arrow file and has no end: it was probably not written to \
                       the end, or only partly copied";
        return Err(broken(problem.to_owned()));
    }
    let (schema, version) = schema(&mut messages).map_err(&broken)?;
    types::bounded(&schema).map_err(&broken)?;
    let columns = data_columns(&schema, payload.only.as_deref());
    let fields = columns.iter().filter_map(|place| schema.fields().get(*place));
    let named = fields.map(|field| (field.name().clone(), dtype(field.data_type()))).collect();
    let decoder = FileDecoder::new(Arc::clone(&schema), version);
    let projection = (columns.len() < schema.fields().len()).then_some(columns);
    let cutter = Cutter::new(payload.judged);
    let batches = Batches {
        messages,
        file: payload.file.map(Shared::new),
        schema,
        decoder,
        projection,
        claims: Claims::default(),
        pieces: None,
        cutter,
        given: 0,
        broken,
    };
    Ok(FileRows { columns: named, count: None, batches: Box::new(batches) })
}

/// Whether an Arrow file has its end; none for what begins as none.
fn is_whole(file: &std::fs::File) -> Option<bool> {
    match ends(file).ok()? {
        Some((first, last)) => (&first == b"ARROW1").then_some(&last == b"ARROW1"),
        None => None,
    }
}

/// What the first message says.
fn schema(messages: &mut Messages) -> Result<(SchemaRef, MetadataVersion), String> {
    let first = messages.next()?.ok_or("there is nothing in it")?;
    messages.skip(&first)?;
    let message = first.parsed()?;
    let Some(schema) = message.header_as_schema() else {
        return Err("it does not begin with a schema".to_owned());
    };
    if !schema.endianness().equals_to_target_endianness() {
        return Err("its numbers have the bytes of another kind of machine".to_owned());
    }
    let schema = try_fb_to_schema(schema)
        .map_err(|_| "it is damaged: what it says of its columns makes no sense")?;
    Ok((Arc::new(schema), message.version()))
}

struct Batches<F> {
    messages: Messages,
    /// The file again, for batches that are read in pieces.
    file: Option<Shared>,
    schema: SchemaRef,
    decoder: FileDecoder,
    projection: Option<Vec<usize>>,
    claims: Claims,
    /// What is left of a batch that is read in pieces.
    pieces: Option<Pieces>,
    cutter: Cutter,
    given: u64,
    broken: F,
}

/// What is wrong with a message that the decoder does not take.
const UNFIT: &str = "it is damaged: a record batch does not fit the description of the columns";

impl<F: Fn(String) -> FrameError> Batches<F> {
    fn record_batch(&mut self) -> Result<Option<RecordBatch>, String> {
        loop {
            if let Some(pieces) = &mut self.pieces {
                match pieces.next()? {
                    Some(piece) => return self.projected(piece).map(Some),
                    None => self.pieces = None,
                }
            }
            let Some(message) = self.messages.next()? else { return Ok(None) };
            match message.parsed()?.header_type() {
                MessageHeader::DictionaryBatch => self.dictionary(&message)?,
                MessageHeader::RecordBatch => {
                    if let Some(batch) = self.batch(&message)? {
                        return self.projected(batch).map(Some);
                    }
                }
                _ => self.messages.skip(&message)?,
            }
        }
    }

    fn dictionary(&mut self, message: &Message) -> Result<(), String> {
        let parsed = message.parsed()?;
        let batch = parsed.header_as_dictionary_batch().ok_or(UNFIT)?;
        let data = batch.data().ok_or(UNFIT)?;
        let body = self.messages.small_body(message)?;
        let unpacked = self.claims.unpacked(&data, &body, message, self.messages.at())?;
        self.claims.dictionary(batch.id(), batch.isDelta(), unpacked)?;
        let (block, bytes) = message.framed(&body);
        self.decoder.read_dictionary(&block, &bytes).map_err(|_| UNFIT.to_owned())
    }

    /// The record batch; none where it is read in pieces.
    fn batch(&mut self, message: &Message) -> Result<Option<RecordBatch>, String> {
        let parsed = message.parsed()?;
        let batch = parsed.header_as_record_batch().ok_or(UNFIT)?;
        let start = self.messages.at();
        self.claims.rows(&batch, message, &self.schema, start)?;
        if message.body > WHOLE {
            let Some(file) = &self.file else {
                let body = self.messages.body(message)?;
                return self.pieces_of(message, body);
            };
            let pieces = Pieces::of_file(&self.schema, &batch, message.body, file, start)?;
            self.messages.skip(message)?;
            self.claims.unpacks(pieces.unpacked, self.messages.at())?;
            self.pieces = Some(pieces);
            return Ok(None);
        }
        let body = self.messages.small_body(message)?;
        let unpacked = self.claims.unpacked(&batch, &body, message, self.messages.at())?;
        if unpacked > WHOLE {
            return self.pieces_of(message, body);
        }
        let (block, bytes) = message.framed(&body);
        let batch = self.decoder.read_record_batch(&block, &bytes).map_err(|_| UNFIT)?;
        batch.map(Some).ok_or_else(|| UNFIT.to_owned())
    }

    fn pieces_of(
        &mut self,
        message: &Message,
        body: Vec<u8>,
    ) -> Result<Option<RecordBatch>, String> {
        let parsed = message.parsed()?;
        let batch = parsed.header_as_record_batch().ok_or(UNFIT)?;
        self.pieces = Some(Pieces::of_bytes(&self.schema, &batch, body)?);
        Ok(None)
    }

    fn projected(&self, batch: RecordBatch) -> Result<RecordBatch, String> {
        match &self.projection {
            Some(columns) => batch.project(columns).map_err(|_| UNFIT.to_owned()),
            None => Ok(batch),
        }
    }
}

impl<F: Fn(String) -> FrameError> Iterator for Batches<F> {
    type Item = Result<RowBatch, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.cutter.is_done() {
            match self.record_batch() {
                Ok(Some(batch)) => {
                    self.given += batch.num_rows() as u64;
                    self.cutter.refill(batch, self.messages.at());
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
