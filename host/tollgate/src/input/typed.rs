//! Rows whose columns have types.

use std::borrow::Cow;

use tollgate_engine::types::{Cells, TypedColumn, Value};

use super::columns::raw_digest;
use super::header::Header;
use super::plan::{Beside, Place, Wanted};
use super::{Extractor, InputError, Outside, Rows, RowsBuilder, RowsError, Shadowed, of_kind};
use crate::rows::{RowBatch, RowContent, RowFormat, RowNumbers, RowSource};

/// Reads the inputs of a policy from typed columns, batch by batch.
///
/// A cell is what its column says that it is: an integer is also a number, and
/// a point in time, bytes, a list or a map is none of the kinds that a policy
/// reads. A row that gives no values is a fault of its own.
#[derive(Debug)]
pub struct Typed<'a, S> {
    source: S,
    extractor: &'a Extractor,
    outside: &'a Outside,
    header: Header,
}

impl<'a, S: RowSource> Typed<'a, S> {
    /// Finds the columns that are read among those of `source`. `outside` holds
    /// for every row.
    ///
    /// # Errors
    /// When the columns have no types, or one is missing that the policy needs,
    /// or is there twice.
    pub fn new(
        source: S,
        extractor: &'a Extractor,
        outside: &'a Outside,
    ) -> Result<Self, RowsError> {
        let format = source.format();
        if matches!(format, RowFormat::Csv | RowFormat::Jsonl) {
            return Err(RowsError::Untyped(format));
        }
        let names = source.columns().iter().map(|(name, _)| name.as_str());
        let header = Header::new(names, extractor.plan())?;
        Ok(Self { source, extractor, outside, header })
    }

    /// The rows of the next batch; none at the end.
    ///
    /// # Errors
    /// When the source cannot be read on.
    pub fn next_rows(&mut self) -> Result<Option<Rows>, RowsError> {
        while let Some(RowBatch { rows, content, faults }) = self.source.next_batch()? {
            let RowContent::Columns { columns, .. } = content else {
                return Err(RowsError::Untyped(self.source.format()));
            };
            let too_large: Vec<u64> = faults.iter().map(|fault| fault.row).collect();
            let rows = self.rows(&rows, &columns, &too_large);
            if rows.is_some() {
                return Ok(rows);
            }
        }
        Ok(None)
    }

    /// Rows out of columns, and after them rows of which nobody can say more
    /// than that they are too large. None when there are no rows.
    fn rows(
        &self,
        numbers: &RowNumbers,
        columns: &[TypedColumn],
        too_large: &[u64],
    ) -> Option<Rows> {
        let mut rows = RowsBuilder::new(&self.extractor.plan().wanted);
        rows.are_numbered();
        let mut values = Vec::new();
        for row in 0..numbers.count {
            let read = self.read(row, columns, &mut values);
            let read = read.map_err(|error| (error, self.raw(row, columns)));
            rows.push(numbers.number(row) + 1, read.map(|shadowed| (&mut values, shadowed)));
        }
        for number in too_large {
            let raw = raw_digest([&number.to_le_bytes()[..]]);
            rows.push(number + 1, Err((InputError::TooLong, raw)));
        }
        rows.finish()
    }

    fn read(
        &self,
        row: usize,
        columns: &[TypedColumn],
        values: &mut Vec<Value>,
    ) -> Result<Shadowed, InputError> {
        values.clear();
        let plan = self.extractor.plan();
        let key = match &plan.key {
            Some(name) => {
                let column = self.header.key.and_then(|place| columns.get(place));
                Some(key(name, column.map_or(Cell::Missing, |column| cell(column, row)))?)
            }
            None => None,
        };
        let beside = Beside {
            outside: self.outside,
            counters: self.extractor.counters().of(key.as_deref()),
        };
        for (wanted, place) in plan.wanted.iter().zip(&self.header.wanted) {
            let column = place.and_then(|place| columns.get(place));
            let value = match column {
                Some(column) => value(wanted, cell(column, row))?,
                None => Value::Null,
            };
            values.push(wanted.complete(value, beside, true)?);
        }
        let mut shadowed = Shadowed::default();
        for (place, shadow) in &self.header.shadows {
            let column = columns.get(*place);
            if column.is_some_and(|column| !matches!(cell(column, row), Cell::Missing)) {
                shadowed.push(*shadow);
            }
        }
        Ok(shadowed)
    }

    /// The digest of what the row gives for the inputs.
    fn raw(&self, row: usize, columns: &[TypedColumn]) -> super::RawDigest {
        let places = self.header.wanted.iter().flatten();
        let fields: Vec<Cow<'_, [u8]>> = places
            .filter_map(|place| columns.get(*place))
            .map(|column| match cell(column, row) {
                Cell::Missing => Cow::Borrowed(&[][..]),
                Cell::Of(Value::Text(text)) => Cow::Owned(text.into_bytes()),
                Cell::Of(value) => Cow::Owned(format!("{value:?}").into_bytes()),
                Cell::Other(found) => Cow::Borrowed(found.as_bytes()),
            })
            .collect();
        raw_digest(fields.iter().map(AsRef::as_ref))
    }
}

/// What is in a cell.
enum Cell {
    Missing,
    Of(Value),
    /// Nothing that a policy reads, and what it is.
    Other(&'static str),
}

fn cell(column: &TypedColumn, row: usize) -> Cell {
    let TypedColumn { dtype, column, .. } = column;
    if let Some(validity) = &column.validity
        && validity.get(row / 8).is_none_or(|byte| byte >> (row % 8) & 1 == 0)
    {
        return Cell::Missing;
    }
    let value = match &column.cells {
        Cells::Booleans(cells) if dtype == "bool" => {
            cells.get(row).map(|cell| Value::Boolean(*cell != 0))
        }
        Cells::Integers(cells) if dtype.starts_with("int") => {
            cells.get(row).copied().map(Value::Integer)
        }
        Cells::Integers(cells) if dtype.starts_with("uint") => {
            // The upper half comes as negative numbers.
            cells.get(row).map(|cell| match *cell {
                cell @ 0.. => Value::Integer(cell),
                cell => Value::Number(cell.cast_unsigned() as f64),
            })
        }
        Cells::Numbers(cells) if dtype.starts_with("float") => {
            cells.get(row).copied().map(Value::Number)
        }
        Cells::Texts(texts) if dtype == "str" => texts
            .indices
            .get(row)
            .and_then(|index| texts.entries.get(*index as usize))
            .map(|text| Value::Text(text.clone())),
        _ => return Cell::Other(other(dtype)),
    };
    value.map_or(Cell::Missing, Cell::Of)
}

fn value(wanted: &Wanted, cell: Cell) -> Result<Value, InputError> {
    let (value, found) = match cell {
        Cell::Missing => return Ok(Value::Null),
        Cell::Other(found) => (None, found),
        Cell::Of(value) => {
            let found = super::found(&value);
            (of_kind(value, wanted.kind), found)
        }
    };
    value.ok_or_else(|| {
        let place = match &wanted.place {
            Place::Body { column, .. } => format!("column `{column}`"),
            Place::Header(name) | Place::Counter(name, _) => format!("`{name}`"),
        };
        wanted.wrong_kind(&place, found)
    })
}

/// What the counters of a row are kept by.
fn key(column: &str, cell: Cell) -> Result<String, InputError> {
    let place = || format!("column `{column}`");
    match cell {
        Cell::Missing => Err(InputError::NoKey { place: place() }),
        Cell::Of(Value::Text(text)) => match text.trim() {
            "" => Err(InputError::NoKey { place: place() }),
            text => Ok(text.to_owned()),
        },
        Cell::Of(Value::Integer(number)) => Ok(number.to_string()),
        Cell::Of(value) => Err(InputError::KeyKind { place: place(), found: super::found(&value) }),
        Cell::Other(found) => Err(InputError::KeyKind { place: place(), found }),
    }
}

fn other(dtype: &str) -> &'static str {
    if dtype.starts_with("datetime") || dtype.starts_with("timestamp") {
        "a point in time"
    } else if dtype == "bytes" {
        "bytes"
    } else {
        "a value of another type"
    }
}
