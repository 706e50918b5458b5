//! CSV with a header.

use std::io::BufRead;
use std::sync::Arc;

use csv::ByteRecord;
use tollgate::rows::{
    BATCH_BYTES, BATCH_ROWS, CSV_DTYPE, DECIDED_ROWS, Judged, RowBatch, RowContent, RowFault,
    RowFormat, RowNumbers, UntypedCells,
};

use crate::delimited::{COMMAS, CsvRecords, HEADER_BYTES, Stopped};
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
    // Names that no policy reads may be anything.
    if file.judged != Judged::Decided
        && let Some(problem) = nameless(header)
    {
        return Err(broken(problem));
    }
    let name = |name| std::str::from_utf8(name).unwrap_or_default().trim().to_owned();
    let names: Arc<[String]> = header.iter().map(name).collect();
    let columns = names.iter().map(|name| (name.clone(), CSV_DTYPE.to_owned())).collect();
    let batches = Batches { records, names, row: 0, judged: file.judged, broken };
    Ok(FileRows { columns, count: None, batches: Box::new(batches) })
}

/// Why a header does not name the columns.
fn nameless(header: &ByteRecord) -> Option<&'static str> {
    let mut is_blank = true;
    for name in header {
        let Ok(name) = std::str::from_utf8(name) else {
            return Some("the names in its first line are not UTF-8 text");
        };
        if name.chars().any(|c| c.is_control() && !c.is_whitespace()) {
            return Some("its first line holds no names of columns, but control characters");
        }
        is_blank &= name.trim().is_empty();
    }
    // An empty file has no rows, which is for the judge to say.
    (is_blank && !header.is_empty())
        .then_some("it has no header: the first line must name the columns")
}

struct Batches<F> {
    records: CsvRecords<Box<dyn BufRead + Send>>,
    names: Arc<[String]>,
    /// How many rows were read.
    row: u64,
    judged: Judged,
    broken: F,
}

impl<F: Fn(&str) -> FrameError> Iterator for Batches<F> {
    type Item = Result<RowBatch, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        let decided = self.judged == Judged::Decided;
        let most = if decided { DECIDED_ROWS } else { BATCH_ROWS };
        let mut rows = RowNumbers::default();
        let mut faults = Vec::new();
        let mut cells = UntypedCells::new(Arc::clone(&self.names));
        while rows.count < most && faults.len() < most && cells.bytes() < BATCH_BYTES {
            let line = match self.records.advance() {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(stopped) => return Some(Err((self.broken)(&explained(stopped)))),
            };
            let row = self.row;
            self.row += 1;
            let record = self.records.record();
            if !decided && record.as_slice().len() > LINE_BYTES {
                let message = format!("the row is longer than {} MiB", LINE_BYTES >> 20);
                faults.push(RowFault::new("row-too-long", row, Some(line), message));
                continue;
            }
            let end = |cell| record.range(cell).unwrap_or_default().end;
            cells.push(record.as_slice(), (0..record.len()).map(end));
            rows.push(row, line);
        }
        if rows.count == 0 && faults.is_empty() {
            return None;
        }
        Some(Ok(RowBatch { rows, content: RowContent::Untyped(cells), faults }))
    }
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
        Stopped::OpenQuote { line } => {
            format!("the quote that opens at line {line} is never closed: the file may be cut off")
        }
        Stopped::Unreadable(error) => error.to_string(),
    }
}
