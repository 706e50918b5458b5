//! Rows as columns, as `decide-batch` takes them.

use std::collections::HashMap;
use std::ops::Range;

use sha2::{Digest as _, Sha256};
use tollgate_engine::types::{Cells, Column, Dictionary, Kind, Texts, Value};

use super::Extractor;
use super::error::InputError;
use super::plan::{Plan, PlanId, Shadowed};

/// SHA-256 of a request's or row's fields as they were written, each after its
/// length: what identifies one that gives no values.
pub type RawDigest = [u8; 32];

/// The digest of a request of one field, or of a row's fields.
pub(crate) fn raw_digest<'a>(fields: impl IntoIterator<Item = &'a [u8]>) -> RawDigest {
    let mut hasher = Sha256::new();
    for field in fields {
        hasher.update((field.len() as u64).to_le_bytes());
        hasher.update(field);
    }
    hasher.finalize().into()
}

/// A row that gives no values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFault {
    /// The row in its batch, from 0.
    pub row: u32,
    /// What is wrong with it.
    pub error: InputError,
    /// The digest of the row as it was written.
    pub raw: RawDigest,
}

/// Some rows as columns, in the order of the declared inputs.
///
/// A row with a fault has only nulls here: whatever a policy says about it
/// does not count, and the caller's fallback action applies.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    /// How many rows there are.
    pub rows: u32,
    /// One column an input.
    pub columns: Vec<Column>,
    /// The line that each row begins at, from 1; its number, from 1, where a
    /// file has no lines.
    pub lines: Vec<u64>,
    /// Whether `lines` are numbers of rows.
    pub numbered: bool,
    /// Which plan they were read by.
    pub(super) plan: PlanId,
    /// The rows that give no values, in order.
    pub faults: Vec<InputFault>,
    /// The rows that give what is not read, in order, and what that is.
    pub shadowed: Vec<(u32, Shadowed)>,
}

impl Rows {
    /// The rows from `start` up to `end`, with no more texts than they hold.
    pub(crate) fn part(&self, start: u32, end: u32) -> Self {
        let within = start as usize..end as usize;
        let inside = |row: u32| (start..end).contains(&row);
        Self {
            rows: end - start,
            columns: self.columns.iter().map(|column| part(column, within.clone())).collect(),
            lines: self.lines.get(within.clone()).unwrap_or_default().to_vec(),
            numbered: self.numbered,
            plan: self.plan,
            faults: (self.faults.iter().filter(|fault| inside(fault.row)))
                .map(|fault| InputFault { row: fault.row - start, ..fault.clone() })
                .collect(),
            shadowed: (self.shadowed.iter().filter(|(row, _)| inside(*row)))
                .map(|(row, shadowed)| (row - start, shadowed.clone()))
                .collect(),
        }
    }
}

/// What is in a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    /// Of a file only: no input is of this kind.
    Unsigned(u64),
    Number(f64),
    Text(&'a str),
}

impl<'a> Cell<'a> {
    pub(crate) fn of(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Boolean(value) => Self::Boolean(*value),
            Value::Integer(value) => Self::Integer(*value),
            Value::Number(value) => Self::Number(*value),
            Value::Text(value) => Self::Text(value),
        }
    }

    pub(crate) fn value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Boolean(value) => Value::Boolean(value),
            Self::Integer(value) => Value::Integer(value),
            Self::Unsigned(value) => {
                i64::try_from(value).map_or(Value::Number(value as f64), Value::Integer)
            }
            Self::Number(value) => Value::Number(value),
            Self::Text(value) => Value::Text(value.to_owned()),
        }
    }
}

/// Whether a row of a column is not null.
pub(super) fn is_present(column: &Column, row: usize) -> bool {
    let bit = |bits: &Vec<u8>| bits.get(row / 8).is_some_and(|byte| byte >> (row % 8) & 1 == 1);
    column.validity.as_ref().is_none_or(bit)
}

/// The cell of a row; null where there is none.
pub(crate) fn cell(column: &Column, row: usize) -> Cell<'_> {
    if !is_present(column, row) {
        return Cell::Null;
    }
    let cell = match &column.cells {
        Cells::Booleans(cells) => cells.get(row).map(|cell| Cell::Boolean(*cell != 0)),
        Cells::Integers(cells) => cells.get(row).copied().map(Cell::Integer),
        Cells::Unsigned(cells) => cells.get(row).copied().map(Cell::Unsigned),
        Cells::Numbers(cells) => cells.get(row).copied().map(Cell::Number),
        Cells::Texts(texts) => {
            let index = texts.indices.get(row);
            index.and_then(|index| texts.entries.get(*index as usize)).map(Cell::Text)
        }
    };
    cell.unwrap_or(Cell::Null)
}

/// Some cells of a column.
fn part(column: &Column, rows: Range<usize>) -> Column {
    let cells = match &column.cells {
        Cells::Booleans(cells) => {
            Cells::Booleans(cells.get(rows.clone()).unwrap_or_default().to_vec())
        }
        Cells::Integers(cells) => {
            Cells::Integers(cells.get(rows.clone()).unwrap_or_default().to_vec())
        }
        Cells::Unsigned(cells) => {
            Cells::Unsigned(cells.get(rows.clone()).unwrap_or_default().to_vec())
        }
        Cells::Numbers(cells) => {
            Cells::Numbers(cells.get(rows.clone()).unwrap_or_default().to_vec())
        }
        Cells::Texts(texts) => {
            let mut places = HashMap::new();
            let mut entries = Texts::default();
            let indices = texts.indices.get(rows.clone()).unwrap_or_default().iter().map(|index| {
                *places.entry(*index).or_insert_with(|| {
                    // The index of a null may lead nowhere.
                    if let Some(text) = texts.entries.get(*index as usize) {
                        entries.push(text);
                    }
                    (entries.len() as u32).saturating_sub(1)
                })
            });
            let indices = indices.collect();
            Cells::Texts(Dictionary { entries, indices })
        }
    };
    let validity = column.validity.as_ref().map(|_| {
        let mut part = vec![0; rows.len().div_ceil(8)];
        for (place, row) in rows.enumerate() {
            let present = is_present(column, row);
            if let Some(byte) = part.get_mut(place / 8) {
                *byte |= u8::from(present) << (place % 8);
            }
        }
        part
    });
    Column { cells, validity }
}

/// Collects rows into columns.
#[derive(Debug)]
pub struct RowsBuilder {
    columns: Vec<Building>,
    rows: Rows,
}

impl RowsBuilder {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            columns: plan.wanted.iter().map(|wanted| Building::new(wanted.kind)).collect(),
            rows: Rows { plan: plan.id, ..Rows::default() },
        }
    }

    /// For rows of values that were read before, in the order of the inputs.
    #[must_use]
    pub fn of(extractor: &Extractor) -> Self {
        let mut built = Self::new(extractor.plan());
        built.rows.numbered = true;
        built
    }

    /// Adds such a row; `number` is what it is called by. `values` is empty
    /// afterwards.
    pub fn push_values(&mut self, values: &mut Vec<Value>, number: u64) {
        self.push(Ok((values, Shadowed::default())));
        self.rows.lines.push(number);
    }

    /// How many rows there are so far.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.rows.rows
    }

    /// Adds a row whose values are in the order of the inputs, and what it
    /// gives that is not read; or what is wrong with it and its digest.
    pub(super) fn push(
        &mut self,
        values: Result<(&mut Vec<Value>, Shadowed), (InputError, RawDigest)>,
    ) {
        match values {
            Ok((values, shadowed)) => {
                if !shadowed.is_empty() {
                    self.rows.shadowed.push((self.rows.rows, shadowed));
                }
                for (column, value) in self.columns.iter_mut().zip(values.drain(..)) {
                    column.push(value);
                }
            }
            Err((error, raw)) => {
                for column in &mut self.columns {
                    column.push(Value::Null);
                }
                let row = self.rows.rows;
                self.rows.faults.push(InputFault { row, error, raw });
            }
        }
        self.rows.rows += 1;
    }

    /// The rows; of those that were not added by
    /// [`RowsBuilder::push_values`] without their lines.
    #[must_use]
    pub fn finish(self) -> Rows {
        let columns = self.columns.into_iter().map(Building::finish).collect();
        Rows { columns, ..self.rows }
    }
}

/// A column that is being built.
#[derive(Debug)]
pub(super) struct Building {
    cells: Cells,
    /// Where a text is in the dictionary. Only looked up, never walked, so
    /// its order does not matter.
    texts: HashMap<String, u32>,
    validity: Vec<u8>,
    rows: usize,
    nulls: usize,
}

impl Building {
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            cells: match kind {
                Kind::Boolean => Cells::Booleans(Vec::new()),
                Kind::Integer => Cells::Integers(Vec::new()),
                Kind::Number => Cells::Numbers(Vec::new()),
                Kind::Text => Cells::Texts(Dictionary::default()),
            },
            texts: HashMap::new(),
            validity: Vec::new(),
            rows: 0,
            nulls: 0,
        }
    }

    pub(super) fn push(&mut self, value: Value) {
        let present = match (&mut self.cells, value) {
            (Cells::Booleans(cells), Value::Boolean(value)) => {
                cells.push(u8::from(value));
                true
            }
            (Cells::Integers(cells), Value::Integer(value)) => {
                cells.push(value);
                true
            }
            (Cells::Numbers(cells), Value::Number(value)) => {
                cells.push(value);
                true
            }
            (Cells::Texts(dictionary), Value::Text(text)) => {
                let index = match self.texts.get(&text) {
                    Some(&index) => index,
                    None => {
                        let index = u32::try_from(dictionary.entries.len()).unwrap_or(u32::MAX);
                        dictionary.entries.push(&text);
                        self.texts.insert(text, index);
                        index
                    }
                };
                dictionary.indices.push(index);
                true
            }
            (cells, _) => {
                match cells {
                    Cells::Booleans(cells) => cells.push(0),
                    Cells::Integers(cells) => cells.push(0),
                    Cells::Unsigned(cells) => cells.push(0),
                    Cells::Numbers(cells) => cells.push(0.0),
                    Cells::Texts(dictionary) => dictionary.indices.push(0),
                }
                false
            }
        };
        if self.rows.is_multiple_of(8) {
            self.validity.push(0);
        }
        if let Some(byte) = self.validity.last_mut() {
            *byte |= u8::from(present) << (self.rows % 8);
        }
        self.rows += 1;
        self.nulls += usize::from(!present);
    }

    pub(super) fn finish(self) -> Column {
        Column { cells: self.cells, validity: (self.nulls > 0).then_some(self.validity) }
    }
}

#[cfg(test)]
mod tests {
    use tollgate_engine::types::{Declaration, Input};

    use super::*;
    use crate::input::{Extractor, Outside};

    /// A part is what reading its rows alone gives.
    #[test]
    fn parts_are_rows_by_themselves() {
        let inputs = [("a", Kind::Text), ("b", Kind::Boolean), ("c", Kind::Integer)];
        let declaration = Declaration {
            inputs: inputs
                .map(|(name, kind)| Input { name: name.to_owned(), kind, required: false })
                .to_vec(),
            score: None,
            actions: vec!["allow".to_owned()],
            reasons: Vec::new(),
        };
        let extractor = Extractor::new(&declaration, None).unwrap();
        let outside = Outside::default();
        let lines: Vec<String> = (0..40)
            .map(|row| match row % 4 {
                0 => format!("{{\"a\":\"text {}\",\"c\":{row}}}", row / 8),
                1 => "{\"b\":true}".to_owned(),
                2 => format!("{{\"a\":\"{row}\",\"b\":false}}"),
                _ => "{\"c\":0.5}".to_owned(),
            })
            .collect();
        let read = |lines: &[String]| {
            let mut rows = RowsBuilder::new(extractor.plan());
            let mut values = Vec::new();
            for line in lines.iter().map(String::as_bytes) {
                let read = extractor.extract_and_tell(line, &outside, &mut values);
                let read = read.map_err(|error| (error, raw_digest([line])));
                rows.push(read.map(|shadowed| (&mut values, shadowed)));
            }
            Rows { lines: (1..=lines.len() as u64).collect(), ..rows.finish() }
        };
        let all = read(&lines);
        for (start, end) in [(0, 40), (0, 1), (3, 4), (1, 20), (7, 33), (39, 40)] {
            let mut expected = read(&lines[start..end]);
            expected.lines.iter_mut().for_each(|line| *line += start as u64);
            let part = all.part(start as u32, end as u32);
            assert_eq!((part.rows, &part.lines), (expected.rows, &expected.lines));
            assert_eq!(part.faults, expected.faults);
            for (part, expected) in part.columns.iter().zip(&expected.columns) {
                let cells = |column: &Column| -> Vec<String> {
                    (0..end - start).map(|row| format!("{:?}", cell(column, row))).collect()
                };
                assert_eq!(cells(part), cells(expected));
                if let Cells::Texts(texts) = &part.cells {
                    assert!(texts.entries.len() <= end - start, "no more texts than rows");
                }
            }
        }
    }

    fn cell(column: &Column, row: usize) -> Option<Value> {
        let present = |bits: &Vec<u8>| bits[row / 8] >> (row % 8) & 1 == 1;
        if !column.validity.as_ref().is_none_or(present) {
            return None;
        }
        Some(match &column.cells {
            Cells::Booleans(cells) => Value::Boolean(cells[row] != 0),
            Cells::Integers(cells) => Value::Integer(cells[row]),
            Cells::Unsigned(_) => return None,
            Cells::Numbers(cells) => Value::Number(cells[row]),
            Cells::Texts(texts) => {
                Value::Text(texts.entries.get(texts.indices[row] as usize)?.to_owned())
            }
        })
    }
}
