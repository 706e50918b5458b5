//! Parquet.

use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, RowGroups,
};
use parquet::arrow::{ProjectionMask, parquet_to_arrow_field_levels};
use parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, RowGroupMetaData};

use tollgate::rows::{RowBatch, RowFormat};

use crate::ahead::Ahead;
use crate::arrow::{Cutter, data_columns, dtype};
use crate::error::FrameError;
use crate::frames::FileRows;
use crate::pages::{Chunk, Shared};
use crate::payload::{PayloadFile, ends};
use crate::{footer, plan, types};

/// What is wrong with a file whose parts do not fit each other.
const CONTRADICTION: &str = "it is damaged: its description and its contents contradict each other";

pub(crate) fn open(payload: PayloadFile) -> Result<FileRows, FrameError> {
    let name = payload.name;
    let broken = {
        let name = name.clone();
        move |problem: String| FrameError::Broken {
            file: name.clone(),
            format: RowFormat::Parquet,
            problem,
        }
    };
    let Some(file) = payload.file else {
        let problem = "it is read from its end, so give it as a file, not on standard input";
        return Err(broken(problem.to_owned()));
    };
    if let Some(problem) = unfinished(&file) {
        return Err(broken(problem.to_owned()));
    }
    if let Some(problem) = footer::problem(&file) {
        return Err(broken(problem));
    }
    let (metadata, shared) = metadata(&file).map_err(|problem| broken(problem.to_owned()))?;
    let schema = Arc::clone(metadata.schema());
    types::bounded(&schema).map_err(&broken)?;
    let columns = data_columns(&schema, payload.only.as_deref());
    let rows_at_a_time =
        plan::rows_at_a_time(&file, metadata.metadata(), &columns, shared).map_err(&broken)?;
    let rows = u64::try_from(metadata.metadata().file_metadata().num_rows())
        .map_err(|_| broken(CONTRADICTION.to_owned()))?;
    let trouble = Trouble::default();
    let pages = Pages {
        file: Shared::new(file),
        metadata: Arc::clone(metadata.metadata()),
        trouble: trouble.clone(),
    };
    let mask = ProjectionMask::roots(metadata.parquet_schema(), columns.iter().copied());
    let reader =
        parquet_to_arrow_field_levels(metadata.parquet_schema(), mask, Some(schema.fields()))
            .and_then(|levels| {
                let rows = rows_at_a_time;
                ParquetRecordBatchReader::try_new_with_row_groups(&levels, &pages, rows, None)
            })
            .map_err(|_| broken(trouble.told()))?;
    let fields = columns.iter().filter_map(|place| schema.fields().get(*place));
    let columns = fields.map(|field| (field.name().clone(), dtype(field.data_type()))).collect();
    let cutter = Cutter::new(payload.judged);
    let length = payload.bytes.unwrap_or(0);
    let reader = Ahead::New(reader);
    let batches = Batches { reader, cutter, rows, given: 0, length, trouble, broken };
    Ok(FileRows { columns, count: Some(rows), batches: Box::new(batches) })
}

/// Reads what describes the file. Texts are asked for as views: they share
/// the pages that they came in, so that a few bytes that unpack to the same
/// long text a million times do not take a million times its memory. Says
/// whether all are.
fn metadata(file: &File) -> Result<(ArrowReaderMetadata, bool), &'static str> {
    let options = || {
        // The indexes are for skipping, and nothing is skipped.
        ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Skip)
    };
    let plain = ArrowReaderMetadata::load(file, options()).map_err(|_| {
        let without = options().with_skip_arrow_metadata(true);
        match ArrowReaderMetadata::load(file, without) {
            Ok(_) => {
                "what its entry `ARROW:schema` says of the columns is damaged, or does not fit \
                 them: write the file again, or without that entry"
            }
            Err(_) => CONTRADICTION,
        }
    })?;
    let fields: Vec<Arc<Field>> = plain.schema().fields().iter().map(viewed).collect();
    let schema = Schema::new_with_metadata(fields, plain.schema().metadata().clone());
    let viewed = options().with_schema(Arc::new(schema));
    // Some writer may declare what cannot be a view: then it is copied.
    match ArrowReaderMetadata::try_new(Arc::clone(plain.metadata()), viewed) {
        Ok(viewed) => Ok((viewed, true)),
        Err(_) => Ok((plain, false)),
    }
}

fn viewed(field: &Arc<Field>) -> Arc<Field> {
    let view = match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
        DataType::Binary | DataType::LargeBinary => DataType::BinaryView,
        DataType::Dictionary(_, values)
            if matches!(**values, DataType::Utf8 | DataType::LargeUtf8) =>
        {
            DataType::Utf8View
        }
        DataType::List(item) => DataType::List(viewed(item)),
        DataType::LargeList(item) => DataType::LargeList(viewed(item)),
        DataType::Map(entries, sorted) => DataType::Map(viewed(entries), *sorted),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(viewed).collect()),
        _ => return Arc::clone(field),
    };
    Arc::new(field.as_ref().clone().with_data_type(view))
}

/// What a file's ends say. Writers put the description last, so a file that
/// was not written to its end lacks it.
fn unfinished(file: &File) -> Option<&'static str> {
    let mark = b"PAR1";
    if matches!(ends(file), Ok(Some((_, last))) if &last == b"PARE") {
        return Some("it is encrypted, and keys are not taken");
    }
    match ends(file).ok()? {
        None => Some("it has fewer bytes than the smallest such file"),
        Some((first, last)) => match (&first == mark, &last == mark) {
            (true, true) => None,
            (true, false) => Some(
                "it begins as one and has no end: it was probably not written to the end, or \
                 only partly copied",
            ),
            (false, true) => Some("its first bytes are damaged"),
            (false, false) => Some("it does not begin with `PAR1`, as every such file does"),
        },
    }
}

/// What went wrong with a page: the crate for Parquet passes errors on in its
/// own words.
#[derive(Debug, Clone, Default)]
struct Trouble(Arc<Mutex<Option<String>>>);

impl Trouble {
    fn note(&self, problem: String) -> ParquetError {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
        ParquetError::General(String::new())
    }

    fn told(&self) -> String {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        noted
            .map_or_else(|| CONTRADICTION.to_owned(), |problem| format!("it is damaged: {problem}"))
    }
}

/// The pages of all columns.
struct Pages {
    file: Shared,
    metadata: Arc<ParquetMetaData>,
    trouble: Trouble,
}

impl RowGroups for Pages {
    fn num_rows(&self) -> usize {
        usize::try_from(self.metadata.file_metadata().num_rows()).unwrap_or(0)
    }

    fn column_chunks(&self, column: usize) -> Result<Box<dyn PageIterator>, ParquetError> {
        let groups = self.metadata.row_groups().iter();
        let chunks: Vec<Chunk> = groups
            .filter_map(|group| Some(plan::chunk(&self.file, group.columns().get(column)?)))
            .collect();
        Ok(Box::new(Chunks { chunks: chunks.into_iter(), trouble: self.trouble.clone() }))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(self.metadata.row_groups().iter())
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }
}

/// A column's chunks, one a row group.
struct Chunks {
    chunks: std::vec::IntoIter<Chunk>,
    trouble: Trouble,
}

impl Iterator for Chunks {
    type Item = Result<Box<dyn PageReader>, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        let chunk = self.chunks.next()?;
        Some(Ok(Box::new(ChunkPages { chunk, trouble: self.trouble.clone() })))
    }
}

impl PageIterator for Chunks {}

/// The pages of a chunk.
struct ChunkPages {
    chunk: Chunk,
    trouble: Trouble,
}

impl Iterator for ChunkPages {
    type Item = Result<Page, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for ChunkPages {
    fn get_next_page(&mut self) -> Result<Option<Page>, ParquetError> {
        self.chunk.next_page().map_err(|problem| self.trouble.note(problem))
    }

    /// For skipping, which nobody does.
    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>, ParquetError> {
        Ok(None)
    }

    fn skip_next_page(&mut self) -> Result<(), ParquetError> {
        self.get_next_page().map(drop)
    }

    /// A row may go on in the next page.
    fn at_record_boundary(&mut self) -> Result<bool, ParquetError> {
        Ok(self.chunk.at >= self.chunk.end)
    }
}

struct Batches<F> {
    reader: Ahead<ParquetRecordBatchReader>,
    cutter: Cutter,
    rows: u64,
    given: u64,
    length: u64,
    trouble: Trouble,
    broken: F,
}

impl<F: Fn(String) -> FrameError> Iterator for Batches<F> {
    type Item = Result<RowBatch, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.cutter.is_done() {
            let next = match self.reader.next() {
                Ok(next) => next,
                Err(error) => {
                    return Some(Err((self.broken)(format!("no thread can decode it: {error}"))));
                }
            };
            match next {
                Some(Ok(batch)) => {
                    self.given += batch.num_rows() as u64;
                    if self.given > self.rows {
                        let problem =
                            format!("it says that it has {} rows, and has more", self.rows);
                        return Some(Err((self.broken)(problem)));
                    }
                    self.cutter.refill(batch, self.length);
                }
                Some(Err(_)) => {
                    let problem = format!("after row {}: {}", self.given, self.trouble.told());
                    return Some(Err((self.broken)(problem)));
                }
                None if self.given != self.rows => {
                    let problem =
                        format!("it says that it has {} rows, and has {}", self.rows, self.given);
                    self.rows = self.given;
                    return Some(Err((self.broken)(problem)));
                }
                None => return None,
            }
        }
        Some(self.cutter.next().map_err(&self.broken))
    }
}
