//! CSV with a header: one row a record.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use csv::{ByteRecord, ReaderBuilder};
use tollgate_engine::types::Value;

use super::columns::raw_digest;
use super::plan::Place;
use super::{Extractor, InputError, Outside, ROW_LIMIT, Rows, RowsBuilder, RowsError, from_text};
use crate::document::suggestion::closest;

/// Reads the inputs of a policy from CSV (RFC 4180), some rows at a time.
///
/// The first record names the columns. An empty cell is null. A row that
/// gives no values is a fault of its own, and the next row is read all the
/// same.
#[derive(Debug)]
pub struct Csv<'a, R> {
    reader: csv::Reader<Metered<R>>,
    meter: Rc<Meter>,
    extractor: &'a Extractor,
    outside: &'a Outside,
    /// For each input the index of its column.
    columns: Vec<Option<usize>>,
    header_len: usize,
    record: ByteRecord,
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
        let meter = Rc::new(Meter::default());
        let mut reader = ReaderBuilder::new()
            .flexible(true)
            .from_reader(Metered { inner: reader, meter: Rc::clone(&meter) });
        let header: Vec<String> = match reader.byte_headers() {
            Ok(header) => {
                header.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect()
            }
            Err(error) => return Err(unreadable(error, 1)),
        };
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
            reader,
            meter,
            extractor,
            outside,
            columns,
            header_len: header.len(),
            record: ByteRecord::new(),
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
            self.meter.left.set(METER);
            let line = self.reader.position().line();
            match self.reader.read_byte_record(&mut self.record) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => return Err(unreadable(error, line)),
            }
            // The reader begins a record right behind the carriage return, on
            // the line before.
            let line = self.record.position().map_or(line, csv::Position::line)
                + u64::from(self.meter.carriage_return.get() == Some(true));
            match self.read() {
                Ok(()) => rows.push(line, Ok(&mut self.values)),
                Err(error) => rows.push(line, Err((error, raw_digest(self.record.iter())))),
            }
        }
        Ok(rows.finish())
    }

    fn read(&mut self) -> Result<(), InputError> {
        self.values.clear();
        if self.record.as_slice().len() > ROW_LIMIT {
            return Err(InputError::TooLong);
        }
        if self.record.len() != self.header_len {
            return Err(InputError::Ragged { expected: self.header_len, found: self.record.len() });
        }
        for (wanted, column) in self.extractor.plan().wanted.iter().zip(&self.columns) {
            let cell = column.and_then(|column| self.record.get(column));
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

/// What may be read on for one record: the longest row, and what the reader's
/// buffer takes ahead.
const METER: usize = ROW_LIMIT + (64 << 10);

/// What the source of a CSV reader tells and is told.
#[derive(Debug)]
struct Meter {
    /// How many bytes the present record may still take.
    left: Cell<usize>,
    /// Whether lines end in CR LF; none before the first end of a line.
    carriage_return: Cell<Option<bool>>,
}

impl Default for Meter {
    fn default() -> Self {
        Self { left: Cell::new(METER), carriage_return: Cell::new(None) }
    }
}

/// A source that stops when one record took too much: the CSV reader itself
/// would keep on filling the memory.
#[derive(Debug)]
struct Metered<R> {
    inner: R,
    meter: Rc<Meter>,
}

const NO_END: &str = "a row has no end";

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.meter.left.get();
        if left == 0 {
            return Err(io::Error::other(NO_END));
        }
        let read = self.inner.read(into)?;
        self.meter.left.set(left.saturating_sub(read));
        if self.meter.carriage_return.get().is_none() {
            let bytes = into.get(..read).unwrap_or_default();
            let mut lines = bytes.split(|&byte| byte == b'\n');
            if let (Some(first), Some(_)) = (lines.next(), lines.next()) {
                self.meter.carriage_return.set(Some(first.ends_with(b"\r")));
            }
        }
        Ok(read)
    }
}

fn unreadable(error: csv::Error, line: u64) -> RowsError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) if error.to_string() == NO_END => RowsError::RowTooLong { line },
        csv::ErrorKind::Io(error) => RowsError::Unreadable(error),
        // With byte records and records of any length nothing else happens.
        _ => RowsError::Unreadable(io::Error::other("the CSV reader failed")),
    }
}
