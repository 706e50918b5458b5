//! Rows whose columns have types.
//!
//! A cell is what its column says that it is: an integer is also a number, and
//! a point in time, bytes, a list or a map is none of the kinds that a policy
//! reads. A number of 32 or 16 bits is the shortest decimal that prints it, as
//! it would be in JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;

use tollgate_engine::types::{Cells, Column, Kind, TypedColumn, Value};

use super::Cases;
use super::convert::{converted, fill, is_integer, nothing, other, without};
use crate::input::columns::{
    Building, Cell, InputFault, RawDigest, Rows, cell, is_present, raw_digest,
};
use crate::input::error::{InputError, RowsError};
use crate::input::found;
use crate::input::header::Header;
use crate::input::plan::{Beside, Place, Shadowed, Wanted};

/// Bytes of texts that the rows of a file may hold, and more for each row: a
/// text that a small file holds once may stand in millions of rows, and the id
/// of each decision takes all of it in.
const TEXTS: u64 = 4 << 30;
const TEXTS_A_ROW: u64 = 256;

/// What is wrong with rows, by row: the first that is, in the order of the
/// inputs.
type Faults = BTreeMap<usize, InputError>;

impl<S> Cases<'_, S> {
    /// So many rows out of columns.
    pub(super) fn typed(
        &mut self,
        count: usize,
        columns: &[TypedColumn],
    ) -> Result<Rows, RowsError> {
        self.bounded(count, columns)?;
        let header = self.header()?;
        let plan = self.extractor.plan();
        let mut faults = Faults::new();
        let keys = self.keys(header, count, columns, &mut faults);
        let mut read = Vec::with_capacity(plan.wanted.len());
        for (wanted, place) in plan.wanted.iter().zip(&header.wanted) {
            let given = place.and_then(|place| columns.get(place));
            read.push(match wanted.place {
                Place::Body { .. } => of_file(wanted, given, count, &mut faults),
                Place::Header(_) | Place::Counter(..) => {
                    self.of_host(wanted, keys.as_deref(), count, &mut faults)
                }
            });
        }
        let shadowed = shadowed(header, count, columns, &faults);
        let fault = |(row, error)| {
            let raw = raw(header, row, columns);
            InputFault { row: row as u32, error, raw }
        };
        let faults: Vec<InputFault> = faults.into_iter().map(fault).collect();
        for column in &mut read {
            without(column, &faults, count);
        }
        let rows = u32::try_from(count).unwrap_or(u32::MAX);
        Ok(Rows { rows, columns: read, plan: plan.id, faults, shadowed, ..Rows::default() })
    }

    /// Whether texts stay within bounds.
    fn bounded(&mut self, count: usize, columns: &[TypedColumn]) -> Result<(), RowsError> {
        let (mut rows, mut bytes) = self.seen;
        rows += count as u64;
        let wanted = self.header()?.wanted.iter().flatten();
        for column in wanted.filter_map(|place| columns.get(*place)) {
            if let Cells::Texts(texts) = &column.column.cells {
                let length = |index: &u32| texts.entries.get(*index as usize).map_or(0, str::len);
                bytes += texts.indices.iter().map(|index| length(index) as u64).sum::<u64>();
            }
        }
        self.seen = (rows, bytes);
        if bytes > TEXTS + TEXTS_A_ROW * rows {
            return Err(RowsError::TooMuchText { rows, megabytes: bytes >> 20 });
        }
        Ok(())
    }

    /// What the counters of each row are kept by; none where they are of every
    /// case.
    fn keys(
        &self,
        header: &Header,
        count: usize,
        columns: &[TypedColumn],
        faults: &mut Faults,
    ) -> Option<Vec<Option<String>>> {
        let name = self.extractor.plan().key.as_ref()?;
        let column = header.key.and_then(|place| columns.get(place));
        let key =
            |row| key(name, column, row).map_err(|error| faults.entry(row).or_insert(error)).ok();
        Some((0..count).map(key).collect())
    }

    /// An input that the host knows, of every row.
    fn of_host(
        &self,
        wanted: &Wanted,
        keys: Option<&[Option<String>]>,
        count: usize,
        faults: &mut Faults,
    ) -> Column {
        let mut building = Building::new(wanted.kind);
        for row in 0..count {
            let key = keys.and_then(|keys| keys.get(row)).and_then(Option::as_deref);
            let counters = self.extractor.counters().of(key);
            let beside = Beside { outside: self.outside, counters };
            let value = wanted.complete(Value::Null, beside, true).unwrap_or_else(|error| {
                faults.entry(row).or_insert(error);
                Value::Null
            });
            building.push(value);
        }
        building.finish()
    }
}

/// What rows give that is not read.
fn shadowed(
    header: &Header,
    count: usize,
    columns: &[TypedColumn],
    faults: &Faults,
) -> Vec<(u32, Shadowed)> {
    let mut found = Vec::new();
    if header.shadows.is_empty() {
        return found;
    }
    for row in (0..count).filter(|row| !faults.contains_key(row)) {
        let mut shadowed = Shadowed::default();
        for (place, shadow) in &header.shadows {
            let column = columns.get(*place);
            if column.is_some_and(|column| is_present(&column.column, row)) {
                shadowed.push(*shadow);
            }
        }
        if !shadowed.is_empty() {
            found.push((row as u32, shadowed));
        }
    }
    found
}

/// The digest of what the row gives for the inputs.
fn raw(header: &Header, row: usize, columns: &[TypedColumn]) -> RawDigest {
    let places = header.wanted.iter().flatten();
    let fields: Vec<Cow<'_, [u8]>> = places
        .filter_map(|place| columns.get(*place))
        .map(|column| match cell(&column.column, row) {
            Cell::Null => Cow::Borrowed(&[][..]),
            Cell::Text(text) => Cow::Borrowed(text.as_bytes()),
            cell => Cow::Owned(format!("{} {cell:?}", column.dtype).into_bytes()),
        })
        .collect();
    raw_digest(fields.iter().map(AsRef::as_ref))
}

/// An input that the file gives, of every row.
fn of_file(
    wanted: &Wanted,
    given: Option<&TypedColumn>,
    count: usize,
    faults: &mut Faults,
) -> Column {
    let mut column = nothing(wanted.kind, count);
    if let Some(given) = given {
        let mut wrong = |row: usize, found| {
            if is_present(&given.column, row) {
                faults.entry(row).or_insert_with(|| wanted.wrong_kind(&wanted.column(), found));
            }
        };
        match converted(given, wanted.kind) {
            Ok(cells) => column = Column { cells, validity: given.column.validity.clone() },
            Err(found) => (0..count).for_each(|row| wrong(row, found)),
        }
        if let (Cells::Unsigned(cells), Kind::Integer) = (&given.column.cells, wanted.kind) {
            let beyond =
                cells.iter().enumerate().filter(|(_, cell)| i64::try_from(**cell).is_err());
            beyond.for_each(|(row, _)| wrong(row, "a number"));
        }
    }
    if column.validity.is_none() {
        return column;
    }
    let missing: Vec<usize> = (0..count).filter(|row| !is_present(&column, *row)).collect();
    match &wanted.default {
        Some(default) => fill(&mut column, &missing, default),
        None if wanted.required => {
            for row in missing {
                let (input, place) = (wanted.name.clone(), wanted.column());
                faults.entry(row).or_insert(InputError::Missing { input, place });
            }
        }
        None => {}
    }
    column
}

/// What the counters of a row are kept by.
fn key(name: &str, column: Option<&TypedColumn>, row: usize) -> Result<String, InputError> {
    let place = || format!("column `{name}`");
    let none = || InputError::NoKey { place: place() };
    let column = column.ok_or_else(none)?;
    let kind = |found| InputError::KeyKind { place: place(), found };
    match (cell(&column.column, row), column.dtype.as_str()) {
        (Cell::Null, _) => Err(none()),
        (Cell::Text(text), "str") if text.trim().is_empty() => Err(none()),
        (Cell::Text(text), "str") => Ok(text.trim().to_owned()),
        (Cell::Unsigned(number), _) => Ok(number.to_string()),
        (Cell::Integer(number), dtype) if is_integer(dtype) => Ok(number.to_string()),
        (cell @ Cell::Number(_), dtype) if dtype.starts_with("float") => Err(kind(found(cell))),
        (cell @ Cell::Boolean(_), "bool") => Err(kind(found(cell))),
        (_, dtype) => Err(kind(other(dtype))),
    }
}
