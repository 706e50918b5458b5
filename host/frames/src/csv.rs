//! CSV with a header.

use std::io::BufRead;

use tollgate::delimited::{COMMAS, CsvRecords, HEADER_BYTES, Stopped};
use tollgate::rows::{
    BATCH_BYTES, BATCH_ROWS, CSV_DTYPE, Judged, RowBatch, RowContent, RowFault, RowFormat,
    RowNumbers, UntypedCells,
};

use crate::error::FrameError;
use crate::frames::FileRows;
use crate::limits::{COLUMNS, LINE_BYTES};
use crate::payload::PayloadFile;

pub(crate) fn open(file: PayloadFile) -> Result<FileRows, FrameError> {
    let name = file.name.clone();
    let broken = move |problem: &str| FrameError::Broken {
        file: name.clone(),
        format: RowFormat::Csv,
        problem: problem.to_owned(),
    };
    let mut records = CsvRecords::new(file.reader, LINE_BYTES);
    let header = records.header().map_err(|stopped| broken(&explained(stopped)))?;
    if header.len() > COLUMNS {
        return Err(broken(&format!("it has more than {COLUMNS} columns")));
    }
    let is_empty = header.is_empty();
    let mut names = Vec::with_capacity(header.len());
    for name in header {
        let Ok(name) = std::str::from_utf8(name) else {
            return Err(broken("the names in its first line are not UTF-8 text"));
        };
        if name.chars().any(|c| c.is_control() && !c.is_whitespace()) {
            return Err(broken("its first line holds no names of columns, but control characters"));
        }
        names.push(name.trim().to_owned());
    }
    // An empty file has no rows, which is for the judge to say.
    if !is_empty && names.iter().all(String::is_empty) {
        return Err(broken("it has no header: the first line must name the columns"));
    }
    let columns = names.iter().map(|name| (name.clone(), CSV_DTYPE.to_owned())).collect();
    let batches = Batches { records, names, row: 0, judged: file.judged, broken };
    Ok(FileRows { columns, count: None, batches: Box::new(batches) })
}

struct Batches<F> {
    records: CsvRecords<Box<dyn BufRead + Send>>,
    names: Vec<String>,
    /// How many rows were read.
    row: u64,
    judged: Judged,
    broken: F,
}

impl<F: Fn(&str) -> FrameError> Iterator for Batches<F> {
    type Item = Result<RowBatch, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut rows = RowNumbers::default();
        let mut faults = Vec::new();
        let mut written = UntypedCells::new(&self.names);
        while rows.count < BATCH_ROWS && faults.len() < BATCH_ROWS && written.bytes() < BATCH_BYTES
        {
            let line = match self.records.advance() {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(stopped) => return Some(Err((self.broken)(&explained(stopped)))),
            };
            let row = self.row;
            self.row += 1;
            match self.cells() {
                Ok(cells) => {
                    written.push(cells.iter().copied());
                    rows.push(row, line);
                }
                Err(fault) => faults.push(RowFault { row, line: Some(line), ..fault }),
            }
        }
        if rows.count == 0 && faults.is_empty() {
            return None;
        }
        let content = match self.judged {
            Judged::Together => {
                RowContent::Columns { columns: written.columns(), written: Some(written) }
            }
            Judged::Apart => RowContent::columns(written.exact()),
        };
        Some(Ok(RowBatch { rows, content, faults }))
    }
}

impl<F> Batches<F> {
    /// The record's cells, as many as there are names; or a fault that does
    /// not say where yet.
    fn cells(&self) -> Result<Vec<&str>, RowFault> {
        let fault = |rule, message: String| RowFault::new(rule, 0, None, message);
        let record = self.records.record();
        if record.as_slice().len() > LINE_BYTES {
            let message = format!("the row is longer than {} MiB", LINE_BYTES >> 20);
            return Err(fault("row-too-long", message));
        }
        let (found, expected) = (record.len(), self.names.len());
        if found != expected {
            let message = if found < expected {
                "the row has fewer cells than the header has names: it may be cut off"
            } else {
                "the row has more cells than the header has names: a value that holds a comma \
                 needs quotes"
            };
            return Err(RowFault {
                expected: Some(counted(expected)),
                actual: Some(counted(found)),
                ..fault("ragged-row", message.to_owned())
            });
        }
        let mut cells = Vec::with_capacity(found);
        for (cell, name) in record.iter().zip(&self.names) {
            match std::str::from_utf8(cell) {
                Ok(cell) => cells.push(cell),
                Err(_) => {
                    let message = format!(
                        "column `{name}`: the cell is not UTF-8 text; the file may be in Latin-1 \
                         or Windows-1252"
                    );
                    return Err(fault("not-utf8", message));
                }
            }
        }
        Ok(cells)
    }
}

fn counted(cells: usize) -> String {
    format!("{cells} cell{}", if cells == 1 { "" } else { "s" })
}

fn explained(stopped: Stopped) -> String {
    match stopped {
        Stopped::NoEnd { line: 1 } => format!(
            "its names, which begin at line 1, take more than {} MiB: a quote may never be closed",
            HEADER_BYTES >> 20
        ),
        Stopped::NoEnd { line } => format!(
            "the row that begins at line {line} has more than {} MiB or {COMMAS} commas: a quote \
             may never be closed",
            LINE_BYTES >> 20
        ),
        Stopped::Unreadable(error) => error.to_string(),
    }
}
