//! From a path to rows, or to a request.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use tollgate::rows::{Extent, Judged, RowFormat};

use crate::error::FrameError;
use crate::frames::{FileRows, Frames};
use crate::payload::{PayloadFile, PayloadFormat};
use crate::{csv, guard, ipc, lines, parquet, sniff};

/// A payload: a file of rows, or what is left to be read whole.
#[derive(Debug)]
pub enum Payload {
    /// Rows.
    Frames(Frames),
    /// A request body.
    Request(Vec<u8>),
}

/// What a file of rows is, by its name, else by its first bytes; none when they
/// say nothing of the kind, or it cannot be read.
#[must_use]
pub fn told(path: &Path) -> Option<RowFormat> {
    if let Some(named) = sniff::named(path) {
        return named;
    }
    let mut start = Vec::new();
    File::open(path).ok()?.take(sniff::START).read_to_end(&mut start).ok()?;
    sniff::told(&start).ok().flatten()
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
pub fn read(mut file: PayloadFile, judged: Judged) -> Result<Payload, FrameError> {
    file.judged = judged;
    let Some(format) = file.format else {
        return file.read_whole().map(Payload::Request);
    };
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
    Ok(Payload::Frames(Frames { format, columns, extent, progress, batches }))
}
