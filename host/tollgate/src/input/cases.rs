//! What a policy decides on, out of any rows.

mod cells;
mod convert;
mod typed;

use tollgate_engine::types::Value;

use self::convert::extend;
use super::columns::{InputFault, RawDigest, Rows, RowsBuilder, raw_digest};
use super::error::{InputError, RowsError};
use super::header::Header;
use super::plan::Shadowed;
use super::{Extractor, Outside, RECORD_LIMIT};
use crate::rows::{RowBatch, RowContent, RowFault, RowFormat, RowSource};

/// Reads the inputs of a policy from the rows of any source, batch by batch:
/// typed columns, cells of CSV as they were written, or JSON, of which each
/// record is a request.
///
/// A row that gives no values is a fault of its own, and the next one is read
/// all the same. It is known by what was written, where the source gives that
/// as it was ([`Judged::Decided`](crate::rows::Judged::Decided)). Rows that the
/// source itself could not read are faults behind the others of their batch.
#[derive(Debug)]
pub struct Cases<'a, S> {
    source: S,
    extractor: &'a Extractor,
    outside: &'a Outside,
    /// None where rows are JSON.
    header: Option<Header>,
    /// Rows, and bytes of their texts, that came in typed columns so far.
    seen: (u64, u64),
}

impl Extractor {
    /// Whether a column of this name is read.
    #[must_use]
    pub fn reads_column(&self, name: &str) -> bool {
        self.plan().columns().any(|column| column == name)
    }
}

impl<'a, S: RowSource> Cases<'a, S> {
    /// Finds the columns that are read among those of `source`. `outside` holds
    /// for every row.
    ///
    /// # Errors
    /// When a column is missing that the policy needs, or is there twice.
    pub fn new(
        source: S,
        extractor: &'a Extractor,
        outside: &'a Outside,
    ) -> Result<Self, RowsError> {
        let Cases { header, .. } = Cases::of_batches(&source, extractor, outside)?;
        Ok(Self { source, extractor, outside, header, seen: (0, 0) })
    }

    /// The rows of the next batch; none at the end.
    ///
    /// # Errors
    /// When the source cannot be read on.
    pub fn next_rows(&mut self) -> Result<Option<Rows>, RowsError> {
        while let Some(batch) = self.source.next_batch()? {
            if let Some(rows) = self.rows_of(&batch)? {
                return Ok(Some(rows));
            }
        }
        Ok(None)
    }
}

impl<'a> Cases<'a, ()> {
    /// For batches that somebody else reads out of `source`, so that several
    /// policies can decide on the same rows; see [`Cases::rows_of`].
    ///
    /// # Errors
    /// As [`Cases::new`].
    pub fn of_batches(
        source: &dyn RowSource,
        extractor: &'a Extractor,
        outside: &'a Outside,
    ) -> Result<Self, RowsError> {
        let header = if source.format() == RowFormat::Jsonl {
            None
        } else {
            let names = source.columns().iter().map(|(name, _)| name.as_str());
            Some(Header::new(names, extractor.plan())?)
        };
        Ok(Self { source: (), extractor, outside, header, seen: (0, 0) })
    }
}

impl<S> Cases<'_, S> {
    /// The rows of a batch; none when it has none.
    ///
    /// # Errors
    /// When it holds what cannot be read.
    pub fn rows_of(&mut self, batch: &RowBatch) -> Result<Option<Rows>, RowsError> {
        let RowBatch { rows: numbers, content, faults } = batch;
        let count = numbers.count;
        if count + faults.len() == 0 {
            return Ok(None);
        }
        let mut rows = match content {
            RowContent::Columns(columns) => self.typed(count, columns)?,
            RowContent::Untyped(cells) => {
                let header = self.header()?;
                self.each(0..count, |row, values| {
                    let read = self.cells(header, cells, row, values);
                    read.map_err(|error| (error, raw_digest(cells.cells(row))))
                })
            }
            RowContent::Records(records) => self.each(records.iter(), |record, values| {
                let read = self.request(record, values);
                read.map_err(|error| (error, raw_digest([record])))
            }),
        };
        let line = |row| numbers.line(row).unwrap_or_else(|| numbers.number(row) + 1);
        rows.lines = (0..count).map(line).collect();
        rows.numbered = numbers.line(0).is_none();
        unread(faults, &mut rows);
        Ok(Some(rows))
    }

    fn header(&self) -> Result<&Header, RowsError> {
        self.header.as_ref().ok_or(RowsError::NoHeader)
    }

    /// Rows, each read by itself.
    fn each<T>(
        &self,
        rows: impl Iterator<Item = T>,
        mut read: impl FnMut(T, &mut Vec<Value>) -> Result<Shadowed, (InputError, RawDigest)>,
    ) -> Rows {
        let mut built = RowsBuilder::new(self.extractor.plan());
        let mut values = Vec::new();
        for row in rows {
            let read = read(row, &mut values);
            built.push(read.map(|shadowed| (&mut values, shadowed)));
        }
        built.finish()
    }

    fn request(&self, record: &[u8], values: &mut Vec<Value>) -> Result<Shadowed, InputError> {
        if record.len() > RECORD_LIMIT {
            return Err(InputError::TooLong);
        }
        self.extractor.extract_and_tell(record, self.outside, values)
    }
}

/// Adds rows of which no more is known than why they could not be read, and
/// where.
fn unread(faults: &[RowFault], rows: &mut Rows) {
    if rows.rows == 0 {
        rows.numbered = faults.iter().all(|fault| fault.line.is_none());
    }
    for fault in faults {
        rows.lines.push(fault.line.unwrap_or(fault.row + 1));
        let error = match fault.inconclusive {
            true => InputError::TooLong,
            false => InputError::Unread(fault.message.clone()),
        };
        let raw = raw_digest([&fault.row.to_le_bytes()[..]]);
        rows.faults.push(InputFault { row: rows.rows, error, raw });
        rows.rows += 1;
    }
    for column in &mut rows.columns {
        extend(column, rows.lines.len());
    }
}
