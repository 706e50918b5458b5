//! Rows as columns, as `decide-batch` takes them.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};
use tollgate_engine::types::{Cells, Column, Dictionary, Kind, Value};

use super::InputError;
use super::plan::Wanted;

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
pub struct RowFault {
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
    /// The line that each row begins at, from 1.
    pub lines: Vec<u64>,
    /// The rows that give no values, in order.
    pub faults: Vec<RowFault>,
}

/// Collects rows into columns.
#[derive(Debug)]
pub struct RowsBuilder {
    columns: Vec<Building>,
    rows: Rows,
}

impl RowsBuilder {
    pub(super) fn new(wanted: &[Wanted]) -> Self {
        Self {
            columns: wanted.iter().map(|wanted| Building::new(wanted.kind)).collect(),
            rows: Rows::default(),
        }
    }

    /// How many rows were pushed.
    #[must_use]
    pub fn rows(&self) -> u32 {
        self.rows.rows
    }

    /// Adds a row whose values are in the order of the inputs, or what is
    /// wrong with it and its digest.
    pub fn push(&mut self, line: u64, values: Result<&mut Vec<Value>, (InputError, RawDigest)>) {
        match values {
            Ok(values) => {
                for (column, value) in self.columns.iter_mut().zip(values.drain(..)) {
                    column.push(value);
                }
            }
            Err((error, raw)) => {
                for column in &mut self.columns {
                    column.push(Value::Null);
                }
                let row = self.rows.rows;
                self.rows.faults.push(RowFault { row, error, raw });
            }
        }
        self.rows.lines.push(line);
        self.rows.rows += 1;
    }

    /// The columns; none when no row was pushed.
    #[must_use]
    pub fn finish(self) -> Option<Rows> {
        let Self { columns, mut rows } = self;
        if rows.rows == 0 {
            return None;
        }
        rows.columns = columns.into_iter().map(Building::finish).collect();
        Some(rows)
    }
}

/// A column that is being built.
#[derive(Debug)]
struct Building {
    cells: Cells,
    /// Where a text is in the dictionary. Only looked up, never walked, so
    /// its order does not matter.
    texts: HashMap<String, u32>,
    validity: Vec<u8>,
    rows: usize,
    nulls: usize,
}

impl Building {
    fn new(kind: Kind) -> Self {
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

    fn push(&mut self, value: Value) {
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
                        dictionary.entries.push(text.clone());
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

    fn finish(self) -> Column {
        Column { cells: self.cells, validity: (self.nulls > 0).then_some(self.validity) }
    }
}
