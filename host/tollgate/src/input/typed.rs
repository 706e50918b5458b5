//! Rows whose columns have types.

mod convert;

use std::borrow::Cow;
use std::cell::Cell as Counter;
use std::collections::BTreeMap;

use tollgate_engine::types::{Cells, Column, Kind, TypedColumn, Value};

use self::convert::{converted, extend, fill, is_integer, nothing, other, without};
use super::columns::{Building, Cell, InputFault, cell, is_present, raw_digest};
use super::header::Header;
use super::plan::{Beside, Place, Wanted};
use super::{Extractor, InputError, Outside, RawDigest, Rows, RowsError, Shadowed, found};
use crate::rows::{RowBatch, RowContent, RowFormat, RowNumbers, RowSource};

/// Bytes of texts that the rows of a file may hold, and more for each row: a
/// text that a small file holds once may stand in millions of rows, and the id
/// of each decision takes all of it in.
const TEXTS: u64 = 4 << 30;
const TEXTS_A_ROW: u64 = 256;

/// Reads the inputs of a policy from typed columns, batch by batch.
///
/// A cell is what its column says that it is: an integer is also a number, and
/// a point in time, bytes, a list or a map is none of the kinds that a policy
/// reads. A number of 32 or 16 bits is the shortest decimal that prints it, as
/// it would be in JSON. A row that gives no values is a fault of its own.
#[derive(Debug)]
pub struct Typed<'a, S> {
    source: S,
    extractor: &'a Extractor,
    outside: &'a Outside,
    header: Header,
    /// Rows and bytes of texts so far.
    seen: Counter<(u64, u64)>,
}

/// What is wrong with rows, by row: the first that is, in the order of the
/// inputs.
type Faults = BTreeMap<usize, InputError>;

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
        Ok(Self { source, extractor, outside, header, seen: Counter::default() })
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
            let rows = self.rows(&rows, &columns, &too_large)?;
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
    ) -> Result<Option<Rows>, RowsError> {
        let count = numbers.count;
        let number = |row| numbers.number(row);
        let all = count + too_large.len();
        if all == 0 {
            return Ok(None);
        }
        self.bounded(count, columns)?;
        let plan = self.extractor.plan();
        let mut faults = Faults::new();
        let keys = self.keys(count, columns, &mut faults);
        let mut read = Vec::with_capacity(plan.wanted.len());
        for (wanted, place) in plan.wanted.iter().zip(&self.header.wanted) {
            let given = place.and_then(|place| columns.get(place));
            read.push(match wanted.place {
                Place::Body { .. } => of_file(wanted, given, count, all, &mut faults),
                Place::Header(_) | Place::Counter(..) => {
                    self.of_host(wanted, keys.as_deref(), count, all, &mut faults)
                }
            });
        }
        let mut rows = Rows { rows: u32::try_from(all).unwrap_or(u32::MAX), ..Rows::default() };
        rows.plan = plan.id;
        rows.numbered = true;
        rows.lines =
            (0..count).map(number).chain(too_large.iter().copied()).map(|n| n + 1).collect();
        rows.shadowed = self.shadowed(count, columns, &faults);
        for (row, error) in faults {
            let raw = self.raw(row, columns);
            rows.faults.push(InputFault { row: row as u32, error, raw });
        }
        for (place, number) in too_large.iter().enumerate() {
            let raw = raw_digest([&number.to_le_bytes()[..]]);
            let row = (count + place) as u32;
            rows.faults.push(InputFault { row, error: InputError::TooLong, raw });
        }
        for column in &mut read {
            without(column, &rows.faults, all);
        }
        rows.columns = read;
        Ok(Some(rows))
    }

    /// Whether texts stay within bounds.
    fn bounded(&self, count: usize, columns: &[TypedColumn]) -> Result<(), RowsError> {
        let (mut rows, mut bytes) = self.seen.get();
        rows += count as u64;
        for column in self.header.wanted.iter().flatten().filter_map(|place| columns.get(*place)) {
            if let Cells::Texts(texts) = &column.column.cells {
                let length = |index: &u32| texts.entries.get(*index as usize).map_or(0, str::len);
                bytes += texts.indices.iter().map(|index| length(index) as u64).sum::<u64>();
            }
        }
        self.seen.set((rows, bytes));
        if bytes > TEXTS + TEXTS_A_ROW * rows {
            return Err(RowsError::TooMuchText { rows, megabytes: bytes >> 20 });
        }
        Ok(())
    }

    /// What the counters of each row are kept by; none where they are of every
    /// case.
    fn keys(
        &self,
        count: usize,
        columns: &[TypedColumn],
        faults: &mut Faults,
    ) -> Option<Vec<Option<String>>> {
        let name = self.extractor.plan().key.as_ref()?;
        let column = self.header.key.and_then(|place| columns.get(place));
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
        all: usize,
        faults: &mut Faults,
    ) -> Column {
        let mut building = Building::new(wanted.kind);
        for row in 0..all {
            let key = keys.and_then(|keys| keys.get(row)).and_then(Option::as_deref);
            let counters = self.extractor.counters().of(key);
            let beside = Beside { outside: self.outside, counters };
            let value = wanted.complete(Value::Null, beside, true).unwrap_or_else(|error| {
                if row < count {
                    faults.entry(row).or_insert(error);
                }
                Value::Null
            });
            building.push(value);
        }
        building.finish()
    }

    /// What rows give that is not read.
    fn shadowed(
        &self,
        count: usize,
        columns: &[TypedColumn],
        faults: &Faults,
    ) -> Vec<(u32, Shadowed)> {
        let mut found = Vec::new();
        if self.header.shadows.is_empty() {
            return found;
        }
        for row in (0..count).filter(|row| !faults.contains_key(row)) {
            let mut shadowed = Shadowed::default();
            for (place, shadow) in &self.header.shadows {
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
    fn raw(&self, row: usize, columns: &[TypedColumn]) -> RawDigest {
        let places = self.header.wanted.iter().flatten();
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
}

/// An input that the file gives, of every row.
fn of_file(
    wanted: &Wanted,
    given: Option<&TypedColumn>,
    count: usize,
    all: usize,
    faults: &mut Faults,
) -> Column {
    let mut column = nothing(wanted.kind, count);
    if let Some(given) = given {
        let mut wrong = |row: usize, found| {
            if is_present(&given.column, row) {
                faults.entry(row).or_insert_with(|| wanted.wrong_kind(&place(wanted), found));
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
    extend(&mut column, all);
    let missing: Vec<usize> = match (&column.validity, count == all) {
        (None, true) => return column,
        _ => (0..count).filter(|row| !is_present(&column, *row)).collect(),
    };
    match &wanted.default {
        Some(default) => fill(&mut column, &missing, default),
        None if wanted.required => {
            for row in missing {
                let place = place(wanted);
                let input = wanted.name.clone();
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

fn place(wanted: &Wanted) -> String {
    match &wanted.place {
        Place::Body { column, .. } => format!("column `{column}`"),
        Place::Header(name) | Place::Counter(name, _) => format!("`{name}`"),
    }
}
