//! CSV with a header: one row a record.

use std::io::Read;

use tollgate_engine::types::Value;

use super::columns::raw_digest;
use super::plan::Place;
use super::{Extractor, InputError, Outside, ROW_LIMIT, Rows, RowsBuilder, RowsError, from_text};
use crate::document::suggestion::closest;
use crate::records::csv::{Records, Stopped};

/// Reads the inputs of a policy from CSV (RFC 4180), some rows at a time.
///
/// The first record names the columns. An empty cell is null. A row that
/// gives no values is a fault of its own, and the next row is read all the
/// same.
#[derive(Debug)]
pub struct Csv<'a, R> {
    records: Records<R>,
    extractor: &'a Extractor,
    outside: &'a Outside,
    /// For each input the index of its column.
    columns: Vec<Option<usize>>,
    header_len: usize,
    values: Vec<Value>,
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
        let mut records = Records::new(reader, ROW_LIMIT);
        let header = records.header().map_err(unreadable)?;
        let header: Vec<String> =
            header.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        if header.iter().all(String::is_empty) {
            return Err(RowsError::NoHeader);
        }
        let mut columns = Vec::new();
        for wanted in &extractor.plan().wanted {
            let Place::Body { column, .. } = &wanted.place else {
                columns.push(None);
                continue;
            };
            let mut found = header.iter().enumerate().filter(|(_, name)| *name == column);
            let index = found.next().map(|(index, _)| index);
            if found.next().is_some() {
                return Err(RowsError::DuplicateColumn(column.clone()));
            }
            if index.is_none() && wanted.required && wanted.default.is_none() {
                let names = header.iter().map(String::as_str);
                return Err(RowsError::NoColumn {
                    column: column.clone(),
                    input: wanted.name.clone(),
                    meant: closest(column, names).map(str::to_owned),
                });
            }
            columns.push(index);
        }
        Ok(Self {
            records,
            extractor,
            outside,
            columns,
            header_len: header.len(),
            values: Vec::new(),
        })
    }

    /// The next rows, at most `most`; none at the end.
    ///
    /// # Errors
    /// When the file cannot be read, or a row has no end.
    pub fn next_rows(&mut self, most: u32) -> Result<Option<Rows>, RowsError> {
        let mut rows = RowsBuilder::new(&self.extractor.plan().wanted);
        while rows.rows() < most {
            let Some(line) = self.records.advance().map_err(unreadable)? else {
                break;
            };
            match self.read() {
                Ok(()) => rows.push(line, Ok(&mut self.values)),
                Err(error) => {
                    rows.push(line, Err((error, raw_digest(self.records.record().iter()))))
                }
            }
        }
        Ok(rows.finish())
    }

    fn read(&mut self) -> Result<(), InputError> {
        self.values.clear();
        let record = self.records.record();
        if record.as_slice().len() > ROW_LIMIT {
            return Err(InputError::TooLong);
        }
        if record.len() != self.header_len {
            return Err(InputError::Ragged { expected: self.header_len, found: record.len() });
        }
        for (wanted, column) in self.extractor.plan().wanted.iter().zip(&self.columns) {
            let cell = column.and_then(|column| record.get(column));
            let value = match cell {
                Some(cell) => std::str::from_utf8(cell)
                    .ok()
                    .and_then(|text| from_text(text, wanted.kind))
                    .ok_or_else(|| {
                        let place = match &wanted.place {
                            Place::Body { column, .. } => format!("column `{column}`"),
                            Place::Header(name) | Place::Counter(name) => format!("`{name}`"),
                        };
                        wanted.wrong_kind(&place, "text that is none")
                    })?,
                None => Value::Null,
            };
            let value = wanted.complete(value, self.outside, true)?;
            self.values.push(value);
        }
        Ok(())
    }
}

fn unreadable(stopped: Stopped) -> RowsError {
    match stopped {
        Stopped::NoEnd { line } => RowsError::RowTooLong { line },
        Stopped::Unreadable(error) => RowsError::Unreadable(error),
    }
}
