//! From a path to rows, or to a request.

use std::io::BufRead;
use std::path::Path;

use tollgate::rows::{Extent, Judged, RowFormat};

use crate::error::FrameError;
use crate::frames::{FileRows, Frames};
use crate::payload::PayloadFile;
use crate::sniff::PayloadFormat;
use crate::{csv, guard, ipc, lines, parquet};

/// A payload: a file of rows, or what is left to be read whole.
#[derive(Debug)]
pub enum Payload {
    /// Rows.
    Frames(Frames),
    /// A request body.
    Request(Vec<u8>),
}

/// Opens a payload: `asked` says what it is, or its name, or its first bytes.
///
/// # Errors
/// When it cannot be read, or is not what it is said to be.
pub fn open(path: &Path, asked: PayloadFormat, judged: Judged) -> Result<Payload, FrameError> {
    read(PayloadFile::open(path, asked)?, judged)
}

/// Reads a payload, or begins to read its rows as they are judged.
///
/// # Errors
/// When it cannot be read, or is not what it is said to be.
pub fn read(file: PayloadFile, judged: Judged) -> Result<Payload, FrameError> {
    match file.format {
        Some(format) => frames(file, format, judged).map(Payload::Frames),
        None => file.read_whole().map(Payload::Request),
    }
}

/// Begins to read rows that are in no file; errors call them `name`. Parquet,
/// which is read from its end, must be in one.
///
/// # Errors
/// When they cannot be read, or are not what they are said to be.
pub fn rows(
    name: &str,
    format: RowFormat,
    judged: Judged,
    reader: impl BufRead + Send + 'static,
) -> Result<Frames, FrameError> {
    frames(PayloadFile::of_rows(name, format, Box::new(reader))?, format, judged)
}

fn frames(mut file: PayloadFile, format: RowFormat, judged: Judged) -> Result<Frames, FrameError> {
    file.judged = judged;
    // One bad row is no reason to decide on none.
    if judged != Judged::Decided {
        file.is_text(format)?;
    }
    let (name, progress) = (file.name.clone(), file.progress.clone());
    // What is read in parts has rows to count, and no bytes.
    let bytes = file.bytes.filter(|_| format != RowFormat::Parquet);
    let FileRows { columns, count, batches } = match format {
        RowFormat::Csv => guard::opening(&name, format, || csv::open(file))?,
        RowFormat::Jsonl => lines::open(file),
        RowFormat::Parquet => guard::opening(&name, format, || parquet::open(file))?,
        RowFormat::Arrow => guard::opening(&name, format, || ipc::open(file))?,
    };
    let extent = Extent { rows: count, bytes };
    Ok(Frames { format, columns, extent, progress, batches })
}
