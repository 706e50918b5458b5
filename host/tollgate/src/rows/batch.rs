//! Some rows.

use tollgate_engine::types::{Cells, Column, Dictionary, Records, TypedColumn};

use super::fault::RowFault;
use super::untyped::UntypedCells;

/// Some rows.
#[derive(Debug)]
pub struct RowBatch {
    /// Which rows they are.
    pub rows: RowNumbers,
    /// What is in them.
    pub content: RowContent,
    /// Rows among them that could not be read, and are not in the content.
    pub faults: Vec<RowFault>,
}

/// What a plugin is to judge.
#[derive(Debug)]
pub enum RowContent {
    /// Columns that are what their types say.
    Columns(Vec<TypedColumn>),
    /// Cells of a file without types, as they were written.
    Untyped(UntypedCells),
    /// JSON values, as they were written.
    Records(Records),
}

/// Which rows of all a batch holds.
#[derive(Debug, Default, Clone)]
pub struct RowNumbers {
    /// How many.
    pub count: usize,
    /// The first one's number among all, from 0.
    pub first: u64,
    /// Each one's number, where some between them could not be read.
    numbers: Vec<u64>,
    /// Each one's line, from 1, where the file has lines.
    lines: Vec<u64>,
}

impl RowNumbers {
    /// So many rows that follow each other.
    #[must_use]
    pub fn from(first: u64, count: usize) -> Self {
        Self { count, first, numbers: Vec::new(), lines: Vec::new() }
    }

    /// Adds a row, where some between them may be left out.
    pub fn push(&mut self, number: u64, line: u64) {
        if self.count == 0 {
            self.first = number;
        }
        self.numbers.push(number);
        self.lines.push(line);
        self.count += 1;
    }

    /// A row's number among all, from 0.
    #[must_use]
    pub fn number(&self, row: usize) -> u64 {
        self.numbers.get(row).copied().unwrap_or(self.first + row as u64)
    }

    /// A row's line, from 1.
    #[must_use]
    pub fn line(&self, row: usize) -> Option<u64> {
        self.lines.get(row).copied()
    }

    /// Some of them.
    fn of(&self, rows: &[usize]) -> Self {
        Self {
            count: rows.len(),
            first: rows.first().map_or(self.first, |row| self.number(*row)),
            numbers: rows.iter().map(|row| self.number(*row)).collect(),
            lines: rows.iter().filter_map(|row| self.line(*row)).collect(),
        }
    }

    fn part(&self, start: usize, count: usize) -> Self {
        let part = |all: &[u64]| all.get(start..start + count).unwrap_or_default().to_vec();
        Self {
            count,
            first: self.number(start),
            numbers: part(&self.numbers),
            lines: part(&self.lines),
        }
    }
}

impl RowBatch {
    /// The same, where rows of cells that are no texts, one a column, are
    /// faults. Whoever takes cells for texts asks for this first.
    #[must_use]
    pub fn readable(self) -> Self {
        let RowContent::Untyped(cells) = &self.content else { return self };
        let (mut rows, mut faults) = (Vec::new(), self.faults);
        for row in 0..self.rows.count {
            match cells.fault(row) {
                None => rows.push(row),
                Some(fault) => {
                    let (row, line) = (self.rows.number(row), self.rows.line(row));
                    faults.push(RowFault { row, line, ..fault });
                }
            }
        }
        if rows.len() == self.rows.count {
            return Self { faults, ..self };
        }
        faults.sort_by_key(|fault| fault.row);
        let content = RowContent::Untyped(cells.of(rows.iter().copied()));
        Self { rows: self.rows.of(&rows), content, faults }
    }

    /// Its two halves; none when it is a single row.
    #[must_use]
    pub fn halves(&self) -> Option<[Self; 2]> {
        let count = self.rows.count;
        // Marks of missing rows are bits: a half starts at a byte.
        let middle = if count >= 16 { count / 16 * 8 } else { count / 2 };
        let half = |start: usize, count: usize| {
            let content = match &self.content {
                RowContent::Records(records) => {
                    RowContent::Records(records.iter().skip(start).take(count).collect())
                }
                RowContent::Untyped(cells) => RowContent::Untyped(cells.of(start..start + count)),
                RowContent::Columns(columns) => RowContent::Columns(
                    columns.iter().map(|column| part(column, start, count)).collect(),
                ),
            };
            Self { rows: self.rows.part(start, count), content, faults: Vec::new() }
        };
        (count >= 2).then(|| [half(0, middle), half(middle, count - middle)])
    }
}

fn part(column: &TypedColumn, start: usize, count: usize) -> TypedColumn {
    fn cut<T: Copy>(all: &[T], start: usize, count: usize) -> Vec<T> {
        all.get(start..start + count).unwrap_or_default().to_vec()
    }
    let cells = match &column.column.cells {
        Cells::Booleans(cells) => Cells::Booleans(cut(cells, start, count)),
        Cells::Integers(cells) => Cells::Integers(cut(cells, start, count)),
        Cells::Unsigned(cells) => Cells::Unsigned(cut(cells, start, count)),
        Cells::Numbers(cells) => Cells::Numbers(cut(cells, start, count)),
        Cells::Texts(texts) => Cells::Texts(used(texts, start, count)),
    };
    let validity = column.column.validity.as_ref().map(|bits| {
        let present = |row: usize| bits.get(row / 8).is_some_and(|byte| byte >> (row % 8) & 1 == 1);
        validity_bits(count, |row| present(start + row))
    });
    TypedColumn {
        name: column.name.clone(),
        dtype: column.dtype.clone(),
        column: Column { cells, validity },
    }
}

/// A validity bitmap: a bit for each row, set where a cell is not missing.
#[must_use]
pub fn validity_bits(count: usize, present: impl Fn(usize) -> bool) -> Vec<u8> {
    let mut bits = vec![0u8; count.div_ceil(8)];
    for (place, byte) in bits.iter_mut().enumerate() {
        for bit in 0..8 {
            let row = place * 8 + bit;
            *byte |= u8::from(row < count && present(row)) << bit;
        }
    }
    bits
}

/// Only the texts that these rows use.
fn used(texts: &Dictionary, start: usize, count: usize) -> Dictionary {
    let mut places = vec![None; texts.entries.len()];
    let mut part = Dictionary::default();
    for index in texts.indices.get(start..start + count).unwrap_or_default() {
        let index = *index as usize;
        let text = texts.entries.get(index);
        let place = match (places.get_mut(index), text) {
            (Some(Some(place)), _) => *place,
            (Some(place @ None), Some(text)) => {
                let new = u32::try_from(part.entries.len()).unwrap_or(u32::MAX);
                part.entries.push(text);
                *place = Some(new);
                new
            }
            // A missing row may name any text.
            _ => u32::MAX,
        };
        part.indices.push(place);
    }
    part
}
