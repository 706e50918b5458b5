//! CSV with a header: one row a record.

use std::collections::HashSet;
use std::io::Read;

use csv::{ByteRecord, ReaderBuilder};
use tollgate_engine::types::Value;

use super::columns::raw_digest;
use super::header::Header;
use super::plan::{Beside, Place};
use super::{
    Extractor, InputError, Outside, RECORD_LIMIT, Rows, RowsBuilder, RowsError, Shadowed, from_text,
};
use crate::delimited::{CsvRecords, Stopped};

/// Reads the inputs of a policy from CSV (RFC 4180), some rows at a time.
///
/// The first record names the columns. An empty cell is null. A row that
/// gives no values is a fault of its own, and the next row is read all the
/// same.
#[derive(Debug)]
pub struct Csv<'a, R> {
    records: CsvRecords<R>,
    extractor: &'a Extractor,
    outside: &'a Outside,
    columns: Header,
    values: Vec<Value>,
}

impl Extractor {
    /// Whether a line is the header of CSV, in that it names a column that is
    /// read.
    #[must_use]
    pub fn knows_header(&self, line: &[u8]) -> bool {
        let plan = self.plan();
        let wanted = plan.wanted.iter().filter_map(|wanted| match &wanted.place {
            Place::Body { column, .. } => Some(column),
            Place::Header(_) | Place::Counter(..) => None,
        });
        let names: HashSet<&str> = wanted.chain(&plan.key).map(String::as_str).collect();
        let mut reader = ReaderBuilder::new().has_headers(false).from_reader(line);
        let mut header = ByteRecord::new();
        reader.read_byte_record(&mut header).is_ok_and(|read| read)
            && header
                .iter()
                .any(|name| std::str::from_utf8(name).is_ok_and(|name| names.contains(name.trim())))
    }
}

impl<'a, R: Read> Csv<'a, R> {
    /// Reads the header from `reader`. `outside` holds for every row.
    ///
    /// # Errors
    /// When there is no header, or it lacks a column that the policy needs.
    pub fn new(
        reader: R,
        extractor: &'a Extractor,
        outside: &'a Outside,
    ) -> Result<Self, RowsError> {
        let mut records = CsvRecords::new(reader, RECORD_LIMIT);
        let header = records.header().map_err(unreadable)?;
        let names = header.iter().map(|name| std::str::from_utf8(name).unwrap_or_default().trim());
        let columns = Header::new(names, extractor.plan())?;
        Ok(Self { records, extractor, outside, columns, values: Vec::new() })
    }

    /// The next rows, at most `most`; none at the end.
    ///
    /// # Errors
    /// When the file cannot be read, or a row has no end.
    pub fn next_rows(&mut self, most: u32) -> Result<Option<Rows>, RowsError> {
        let mut rows = RowsBuilder::new(self.extractor.plan());
        while !rows.is_full(most) {
            let Some(line) = self.records.advance().map_err(unreadable)? else {
                break;
            };
            match self.read() {
                Ok(shadowed) => rows.push(line, Ok((&mut self.values, shadowed))),
                Err(error) => {
                    rows.push(line, Err((error, raw_digest(self.records.record().iter()))))
                }
            }
        }
        Ok(rows.finish())
    }

    fn read(&mut self) -> Result<Shadowed, InputError> {
        self.values.clear();
        let record = self.records.record();
        if record.as_slice().len() > RECORD_LIMIT {
            return Err(InputError::TooLong);
        }
        if record.len() != self.columns.count {
            let (expected, found) = (self.columns.count, record.len());
            return Err(InputError::Ragged { expected, found });
        }
        let plan = self.extractor.plan();
        let key = match (&plan.key, self.columns.key) {
            (Some(column), place) => Some(key(column, place.and_then(|place| record.get(place)))?),
            (None, _) => None,
        };
        let counters = self.extractor.counters().of(key);
        let beside = Beside { outside: self.outside, counters };
        for (wanted, column) in plan.wanted.iter().zip(&self.columns.wanted) {
            let cell = column.and_then(|column| record.get(column));
            let value = match cell {
                Some(cell) => std::str::from_utf8(cell)
                    .ok()
                    .and_then(|text| from_text(text, wanted.kind))
                    .ok_or_else(|| {
                        let place = match &wanted.place {
                            Place::Body { column, .. } => format!("column `{column}`"),
                            Place::Header(name) | Place::Counter(name, _) => format!("`{name}`"),
                        };
                        wanted.wrong_kind(&place, "text that is none")
                    })?,
                None => Value::Null,
            };
            let value = wanted.complete(value, beside, true)?;
            self.values.push(value);
        }
        let mut shadowed = Shadowed::default();
        for (column, shadow) in &self.columns.shadows {
            if record.get(*column).is_some_and(|cell| !cell.is_empty()) {
                shadowed.push(*shadow);
            }
        }
        Ok(shadowed)
    }
}

/// What the counters of a row are kept by.
fn key<'r>(column: &str, cell: Option<&'r [u8]>) -> Result<&'r str, InputError> {
    let place = || format!("column `{column}`");
    let text = std::str::from_utf8(cell.unwrap_or_default())
        .map_err(|_| InputError::KeyKind { place: place(), found: "bytes that are no text" })?;
    let text = text.trim();
    if text.is_empty() { Err(InputError::NoKey { place: place() }) } else { Ok(text) }
}

fn unreadable(stopped: Stopped) -> RowsError {
    match stopped {
        Stopped::NoEnd { line } => RowsError::RowTooLong { line },
        Stopped::Unreadable(error) => RowsError::Unreadable(error),
    }
}
