//! Rows whose columns have types.

use std::borrow::Cow;
use std::cell::Cell as Counter;
use std::collections::BTreeMap;

use tollgate_engine::types::{Cells, Column, Dictionary, Kind, TypedColumn, Value};

use super::columns::{Building, Cell, InputFault, cell, raw_digest};
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
                let length =
                    |index: &u32| texts.entries.get(*index as usize).map_or(0, String::len);
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
        if let (Cells::Integers(cells), Kind::Integer) = (&given.column.cells, wanted.kind)
            && is_unsigned(&given.dtype)
        {
            let beyond = cells.iter().enumerate().filter(|(_, cell)| **cell < 0);
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

/// The upper half of these comes as negative numbers.
fn is_unsigned(dtype: &str) -> bool {
    dtype.starts_with("uint")
}

/// A column as the kind that an input wants; or what it holds instead.
fn converted(given: &TypedColumn, kind: Kind) -> Result<Cells, &'static str> {
    let TypedColumn { dtype, column, .. } = given;
    match (&column.cells, kind) {
        (Cells::Booleans(cells), _) if dtype == "bool" => match kind {
            Kind::Boolean => Ok(Cells::Booleans(cells.clone())),
            _ => Err("a boolean"),
        },
        (Cells::Integers(cells), _) if is_unsigned(dtype) || dtype.starts_with("int") => match kind
        {
            Kind::Integer => Ok(Cells::Integers(cells.clone())),
            Kind::Number if is_unsigned(dtype) => {
                let number = |cell: &i64| cell.cast_unsigned() as f64;
                Ok(Cells::Numbers(cells.iter().map(number).collect()))
            }
            Kind::Number => Ok(Cells::Numbers(cells.iter().map(|cell| *cell as f64).collect())),
            _ => Err("an integer"),
        },
        (Cells::Numbers(cells), _) if dtype.starts_with("float") => match (kind, dtype.as_str()) {
            (Kind::Number, "float32") => {
                Ok(Cells::Numbers(cells.iter().map(|cell| shortest(*cell, 24)).collect()))
            }
            (Kind::Number, "float16") => {
                Ok(Cells::Numbers(cells.iter().map(|cell| shortest(*cell, 11)).collect()))
            }
            (Kind::Number, _) => Ok(Cells::Numbers(cells.clone())),
            _ => Err("a number"),
        },
        (Cells::Texts(texts), _) if dtype == "str" => match kind {
            Kind::Text => Ok(Cells::Texts(texts.clone())),
            _ => Err("text"),
        },
        _ => Err(other(dtype)),
    }
}

/// The double nearest to the shortest decimal that prints a number of fewer
/// bits: 0.7 for the single that is 0.699999988079071.
fn shortest(number: f64, bits: i32) -> f64 {
    if !number.is_finite() || number == 0.0 {
        return number;
    }
    if bits == 24 {
        let text = zmij::Buffer::new().format_finite(number as f32).parse();
        return text.unwrap_or(number);
    }
    // Half of the distance to the next of so many bits.
    let half = 2f64.powi((number.abs().log2().floor() as i32).max(-14) - bits);
    (0..9)
        .filter_map(|digits| format!("{number:.digits$e}").parse::<f64>().ok())
        .find(|short| (short - number).abs() < half)
        .unwrap_or(number)
}

fn nothing(kind: Kind, count: usize) -> Column {
    let cells = match kind {
        Kind::Boolean => Cells::Booleans(vec![0; count]),
        Kind::Integer => Cells::Integers(vec![0; count]),
        Kind::Number => Cells::Numbers(vec![0.0; count]),
        Kind::Text => Cells::Texts(Dictionary { entries: Vec::new(), indices: vec![0; count] }),
    };
    Column { cells, validity: Some(vec![0; count.div_ceil(8)]) }
}

/// Adds nulls up to `all` rows.
fn extend(column: &mut Column, all: usize) {
    let count = match &mut column.cells {
        Cells::Booleans(cells) => longer(cells, all, 0),
        Cells::Integers(cells) => longer(cells, all, 0),
        Cells::Numbers(cells) => longer(cells, all, 0.0),
        Cells::Texts(texts) => longer(&mut texts.indices, all, 0),
    };
    if count < all && column.validity.is_none() {
        column.validity = Some(vec![0xff; count.div_ceil(8)]);
    }
    if let Some(validity) = &mut column.validity {
        validity.resize(all.div_ceil(8), 0);
        (count..all).for_each(|row| set(validity, row, false));
    }
}

fn longer<T: Clone>(cells: &mut Vec<T>, all: usize, null: T) -> usize {
    let count = cells.len();
    cells.resize(all, null);
    count
}

/// Puts a value where there is none.
fn fill(column: &mut Column, rows: &[usize], value: &Value) {
    fn put<T: Copy>(cells: &mut [T], rows: &[usize], value: T) {
        for row in rows {
            if let Some(cell) = cells.get_mut(*row) {
                *cell = value;
            }
        }
    }
    match (&mut column.cells, value) {
        (Cells::Booleans(cells), Value::Boolean(value)) => put(cells, rows, u8::from(*value)),
        (Cells::Integers(cells), Value::Integer(value)) => put(cells, rows, *value),
        (Cells::Numbers(cells), Value::Number(value)) => put(cells, rows, *value),
        (Cells::Texts(texts), Value::Text(value)) => {
            put(&mut texts.indices, rows, texts.entries.len() as u32);
            texts.entries.push(value.clone());
        }
        // A default is of its input's kind.
        _ => return,
    }
    if let Some(validity) = &mut column.validity {
        rows.iter().for_each(|row| set(validity, *row, true));
    }
}

/// Makes a null of the rows that give no values, and lets nulls lead to a text
/// that is there.
fn without(column: &mut Column, faults: &[InputFault], all: usize) {
    if !faults.is_empty() {
        let validity = column.validity.get_or_insert_with(|| vec![0xff; all.div_ceil(8)]);
        faults.iter().for_each(|fault| set(validity, fault.row as usize, false));
    }
    if let (Cells::Texts(texts), Some(validity)) = (&mut column.cells, &column.validity) {
        for (row, index) in texts.indices.iter_mut().enumerate() {
            if validity.get(row / 8).is_none_or(|byte| byte >> (row % 8) & 1 == 0) {
                *index = 0;
            }
        }
    }
}

fn set(bits: &mut [u8], row: usize, present: bool) {
    if let Some(byte) = bits.get_mut(row / 8) {
        let bit = 1 << (row % 8);
        *byte = if present { *byte | bit } else { *byte & !bit };
    }
}

fn is_present(column: &Column, row: usize) -> bool {
    let bit = |bits: &Vec<u8>| bits.get(row / 8).is_some_and(|byte| byte >> (row % 8) & 1 == 1);
    column.validity.as_ref().is_none_or(bit)
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
        (Cell::Integer(number), dtype) if dtype.starts_with("uint") => {
            Ok(number.cast_unsigned().to_string())
        }
        (Cell::Integer(number), dtype) if dtype.starts_with("int") => Ok(number.to_string()),
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

fn other(dtype: &str) -> &'static str {
    if dtype.starts_with("datetime") || dtype.starts_with("timestamp") {
        "a point in time"
    } else if dtype == "bytes" {
        "bytes"
    } else {
        "a value of another type"
    }
}

#[cfg(test)]
mod tests {
    use super::shortest;

    #[test]
    fn a_short_number_is_the_decimal_that_prints_it() {
        for (number, bits, wanted) in [
            (f64::from(0.7_f32), 24, 0.7),
            (f64::from(-1e-30_f32), 24, -1e-30),
            (f64::from(f32::MAX), 24, 3.4028235e38),
            (0.0, 24, 0.0),
            (f64::INFINITY, 24, f64::INFINITY),
            // 0.7 and 0.1 in 16 bits, and the largest.
            (0.7001953125, 11, 0.7),
            (0.0999755859375, 11, 0.1),
            (65504.0, 11, 65500.0),
            (2048.0, 11, 2048.0),
        ] {
            assert_eq!(shortest(number, bits), wanted, "{number} of {bits} bits");
        }
    }
}
