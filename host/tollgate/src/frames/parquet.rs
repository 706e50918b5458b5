//! Parquet.

use std::fs::File;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData};

use super::arrow::{Cutter, data_columns, dtype};
use super::format::{Source, ends};
use super::pages;
use super::{Batch, Format, FrameError, Frames, Progress, Spare};

/// What one record batch may take here, before it is cut for the plugin.
const READ_BYTES: i64 = 8 << 20;
const READ_ROWS: i64 = 64 << 10;

/// The most values that lists in one row group may hold, and the largest one
/// value: some gigabytes that a few bytes of a file can claim to unpack to.
const LIST_VALUES: i64 = 64 << 20;

pub(super) fn open(source: Source) -> Result<Frames, FrameError> {
    let (name, spare) = (source.name, source.spare);
    let broken = {
        let name = name.clone();
        move |problem: String| FrameError::Broken {
            file: name.clone(),
            format: Format::Parquet,
            problem,
        }
    };
    let Some(file) = source.file else {
        let problem = "it is read from its end, so give it as a file, not on standard input";
        return Err(broken(problem.to_owned()));
    };
    if let Some(problem) = unfinished(&file) {
        return Err(broken(problem.to_owned()));
    }
    let metadata = metadata(&file).map_err(|error| broken(explained(&error)))?;
    if let Some(problem) = pages::too_large(&file, metadata.metadata()) {
        return Err(broken(problem));
    }
    let rows_at_a_time = rows_at_a_time(metadata.metadata()).map_err(&broken)?;
    let schema = Arc::clone(metadata.schema());
    let columns = data_columns(&schema);
    let mask = ProjectionMask::roots(metadata.parquet_schema(), columns.iter().copied());
    let rows = u64::try_from(metadata.metadata().file_metadata().num_rows())
        .map_err(|_| broken("it says that it has fewer than 0 rows".to_owned()))?;
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
        .with_projection(mask)
        .with_batch_size(rows_at_a_time)
        .build()
        .map_err(|error| broken(explained(&error)))?;
    let fields = columns.iter().filter_map(|place| schema.fields().get(*place));
    let columns = fields.map(|field| (field.name().clone(), dtype(field.data_type()))).collect();
    let batches = Batches { reader, cutter: Cutter::new(&spare), rows, given: 0, broken };
    Ok(Frames {
        format: Format::Parquet,
        rows: Some(rows),
        bytes: None,
        progress: Progress::default(),
        spare: Spare::default(),
        columns,
        batches: Box::new(batches),
    })
}

/// Reads what describes the file. Texts are asked for as views: they share
/// the pages that they came in, so that a few bytes that unpack to the same
/// long text a million times do not take a million times its memory.
fn metadata(file: &File) -> Result<ArrowReaderMetadata, ParquetError> {
    let options = || {
        // The indexes are for skipping, and nothing is skipped.
        ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Skip)
    };
    let plain = ArrowReaderMetadata::load(file, options())?;
    let fields: Vec<Arc<Field>> = plain.schema().fields().iter().map(viewed).collect();
    let schema = Schema::new_with_metadata(fields, plain.schema().metadata().clone());
    let viewed = options().with_schema(Arc::new(schema));
    // Some writer may declare what cannot be a view: then it is copied.
    Ok(ArrowReaderMetadata::try_new(Arc::clone(plain.metadata()), viewed).unwrap_or(plain))
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
        _ => return Arc::clone(field),
    };
    Arc::new(field.as_ref().clone().with_data_type(view))
}

/// What a file's ends say. Writers put the description last, so a file that
/// was not written to its end lacks it.
fn unfinished(file: &File) -> Option<&'static str> {
    let mark = b"PAR1";
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

/// So many rows that they fit the memory by what the file says of itself.
fn rows_at_a_time(metadata: &ParquetMetaData) -> Result<usize, String> {
    let mut least = READ_ROWS;
    for (number, group) in metadata.row_groups().iter().enumerate() {
        let rows = group.num_rows().max(1);
        let mut bytes = 0i64;
        for column in group.columns() {
            bytes = bytes.saturating_add(column.uncompressed_size().max(0));
            let values = column.num_values().max(0);
            if column.column_descr().max_rep_level() > 0 {
                if values > LIST_VALUES {
                    return Err(format!(
                        "row group {number} has a list column of {values} values, and more than \
                         {LIST_VALUES} in one are not read"
                    ));
                }
                bytes = bytes.saturating_add(values.saturating_mul(16));
            }
        }
        least = least.min(READ_BYTES / (bytes / rows).max(1));
    }
    Ok(usize::try_from(least).unwrap_or(1).max(64))
}

/// The reader's error without its own words for its kind.
fn explained(error: &ParquetError) -> String {
    let text = error.to_string();
    let text = text.split_once(": ").map_or(text.as_str(), |(_, rest)| rest);
    text.lines().next().unwrap_or_default().trim_end_matches('.').to_owned()
}

struct Batches<F> {
    reader: ParquetRecordBatchReader,
    cutter: Cutter,
    rows: u64,
    given: u64,
    broken: F,
}

impl<F: Fn(String) -> FrameError> Iterator for Batches<F> {
    type Item = Result<Batch, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.cutter.is_done() {
            match self.reader.next() {
                Some(Ok(batch)) => {
                    self.given += batch.num_rows() as u64;
                    self.cutter.refill(batch);
                }
                Some(Err(error)) => {
                    let text = error.to_string();
                    let problem = format!(
                        "it is damaged, somewhere after row {}: {}",
                        self.given,
                        text.rsplit(": ").next().unwrap_or_default()
                    );
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
