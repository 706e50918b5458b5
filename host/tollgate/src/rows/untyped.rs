//! Cells of a file without types, before anyone has said what they mean.

use std::ops::Range;
use std::sync::Arc;

use tollgate_engine::types::{Cells, Column, TypedColumn};

use super::dictionary::DictionaryBuilder;
use super::fault::RowFault;

/// The contract's dtype for cells as they were written.
pub const CSV_DTYPE: &str = "csv";

/// What stands for a cell that is no text where texts are asked for: nobody
/// takes it for what was written, and it is neither empty nor a number.
const NO_TEXT: &str = "\u{fffd}";

/// Some rows as they were written, before anyone has said what is wrong with
/// them: one may have fewer or more cells than there are names, and a cell may
/// be no text ([`RowBatch::readable`](super::RowBatch::readable)). Whoever
/// judges them chooses what they become.
#[derive(Debug, Default)]
pub struct UntypedCells {
    names: Arc<[String]>,
    bytes: Vec<u8>,
    /// Where each cell ends, row by row.
    ends: Vec<usize>,
    /// How many cells there are up to the end of each row.
    rows: Vec<usize>,
}

impl UntypedCells {
    /// No rows yet, of columns with these names.
    #[must_use]
    pub fn new(names: Arc<[String]>) -> Self {
        Self { names, ..Self::default() }
    }

    /// Adds a row: its cells one behind the other, and where each of them ends.
    pub fn push(&mut self, cells: &[u8], ends: impl Iterator<Item = usize>) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(cells);
        self.ends.extend(ends.map(|end| start + end));
        self.rows.push(self.ends.len());
    }

    /// What it takes, more or less.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes.len() + self.ends.len() * 8
    }

    /// A row, its cells one behind the other.
    #[must_use]
    pub fn row(&self, row: usize) -> &[u8] {
        let cells = span(&self.rows, row);
        let (first, last) = (span(&self.ends, cells.start), span(&self.ends, cells.end));
        self.bytes.get(first.start..last.start).unwrap_or_default()
    }

    /// The cells of a row.
    pub fn cells(&self, row: usize) -> impl ExactSizeIterator<Item = &[u8]> {
        let cell = |at| self.bytes.get(span(&self.ends, at)).unwrap_or_default();
        span(&self.rows, row).map(cell)
    }

    /// The cell of a row in a column; none where the row has fewer.
    #[inline]
    #[must_use]
    pub fn cell(&self, row: usize, column: usize) -> Option<&[u8]> {
        let cells = span(&self.rows, row);
        let at = cells.start + column;
        if at < cells.end { self.bytes.get(span(&self.ends, at)) } else { None }
    }

    /// The same as text, or what stands for one.
    #[inline]
    #[must_use]
    pub fn text(&self, row: usize, column: usize) -> &str {
        let text = self.cell(row, column).and_then(|cell| std::str::from_utf8(cell).ok());
        text.unwrap_or(NO_TEXT)
    }

    /// Why a row is none of texts, one a column: where that is, nobody knows
    /// here.
    pub(super) fn fault(&self, row: usize) -> Option<RowFault> {
        let fault = |rule, message: String| RowFault::new(rule, 0, None, message);
        let (found, expected) = (self.cells(row).len(), self.names.len());
        if found != expected {
            let message = if found < expected {
                "the row has fewer cells than the header has names: it may be cut off"
            } else {
                "the row has more cells than the header has names: a value that holds a comma \
                 needs quotes"
            };
            return Some(RowFault {
                expected: Some(counted(expected)),
                actual: Some(counted(found)),
                ..fault("ragged-row", message.to_owned())
            });
        }
        if self.row(row).is_ascii() {
            return None;
        }
        let is_text = |cell| std::str::from_utf8(cell).is_ok();
        let (_, name) = self.cells(row).zip(&*self.names).find(|(cell, _)| !is_text(cell))?;
        let message = format!(
            "column `{name}`: the cell is not UTF-8 text; the file may be in Latin-1 or \
             Windows-1252"
        );
        Some(fault("not-utf8", message))
    }

    /// Some of the rows.
    pub(super) fn of(&self, rows: impl Iterator<Item = usize>) -> Self {
        let mut part = Self::new(Arc::clone(&self.names));
        for row in rows {
            let mut end = 0;
            let ends = self.cells(row).map(|cell| {
                end += cell.len();
                end
            });
            part.push(self.row(row), ends);
        }
        part
    }

    /// The columns in the fewest bytes: where every cell is a number that is
    /// written as plainly as can be, the numbers; otherwise the texts.
    #[must_use]
    pub fn columns(&self) -> Vec<TypedColumn> {
        (0..self.names.len())
            .map(|column| {
                let numbers = self.integers(column).or_else(|| self.numbers(column));
                match numbers {
                    Some(numbers) => self.typed(column, numbers),
                    None => self.written(column),
                }
            })
            .collect()
    }

    /// The columns without losing how a cell is written: whole numbers say it,
    /// others may not.
    #[must_use]
    pub fn exact(&self) -> Vec<TypedColumn> {
        (0..self.names.len())
            .map(|column| match self.integers(column) {
                Some(numbers) => self.typed(column, numbers),
                None => self.written(column),
            })
            .collect()
    }

    /// A column's cells as they were written.
    #[must_use]
    pub fn written(&self, column: usize) -> TypedColumn {
        let rows = self.rows.len();
        let mut texts = DictionaryBuilder::new(rows);
        for row in 0..rows {
            texts.push(self.text(row, column));
        }
        let cells = Cells::Texts(texts.finish());
        self.typed(column, Column { cells, validity: None })
    }

    /// The place of a column that has this name.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    fn typed(&self, column: usize, cells: Column) -> TypedColumn {
        TypedColumn {
            name: self.names.get(column).cloned(),
            dtype: CSV_DTYPE.to_owned(),
            column: cells,
        }
    }

    /// None when a cell is no plain whole number, or all are empty.
    fn integers(&self, column: usize) -> Option<Column> {
        self.parsed(column, integer, Cells::Integers)
    }

    fn numbers(&self, column: usize) -> Option<Column> {
        self.parsed(column, number, Cells::Numbers)
    }

    fn parsed<T: Copy + Default>(
        &self,
        column: usize,
        parse: impl Fn(&str) -> Option<T>,
        cells: impl Fn(Vec<T>) -> Cells,
    ) -> Option<Column> {
        let rows = self.rows.len();
        let mut values = Vec::with_capacity(rows);
        let mut missing = Vec::new();
        for row in 0..rows {
            let cell = self.text(row, column);
            if cell.is_empty() {
                missing.push(row);
                values.push(T::default());
            } else {
                values.push(parse(cell)?);
            }
        }
        if missing.len() == rows {
            return None;
        }
        let validity = (!missing.is_empty()).then(|| {
            let mut bits = vec![0xFFu8; rows.div_ceil(8)];
            for row in missing {
                if let Some(byte) = bits.get_mut(row / 8) {
                    *byte &= !(1 << (row % 8));
                }
            }
            bits
        });
        Some(Column { cells: cells(values), validity })
    }
}

fn counted(cells: usize) -> String {
    format!("{cells} cell{}", if cells == 1 { "" } else { "s" })
}

/// From where the one before ends to where this one does.
#[inline]
fn span(ends: &[usize], index: usize) -> Range<usize> {
    let start = index.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    start..ends.get(index).copied().unwrap_or(start)
}

/// Up to 18 digits, a minus, no leading zeros: the number says how it was
/// written.
fn integer(cell: &str) -> Option<i64> {
    let digits = cell.strip_prefix('-').unwrap_or(cell).as_bytes();
    let negative = digits.len() < cell.len();
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    if digits.first() == Some(&b'0') && (digits.len() > 1 || negative) {
        return None;
    }
    let mut number = 0i64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + i64::from(digit);
    }
    Some(if negative { -number } else { number })
}

/// A decimal number without a plus or leading zeros, that a double holds as
/// well as it holds any: neither infinite nor zero by rounding, and whole
/// numbers exactly.
fn number(cell: &str) -> Option<f64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let digits = cell.strip_prefix('-').unwrap_or(cell).as_bytes();
    let second = digits.get(1);
    match digits.first() {
        Some(b'0') if second.is_some_and(u8::is_ascii_digit) => return None,
        Some(b'0'..=b'9') => {}
        Some(b'.') if second.is_some_and(u8::is_ascii_digit) => {}
        _ => return None,
    }
    let number: f64 = cell.parse().ok()?;
    let zero = || digits.iter().all(|byte| matches!(byte, b'0' | b'.'));
    let kept = number.is_finite() && number.abs() < EXACT && (number != 0.0 || zero());
    kept.then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(rows: &[[&str; 3]]) -> Vec<Column> {
        let names = ["a", "b", "c"].map(str::to_owned);
        let mut cells = UntypedCells::new(names.into());
        rows.iter().for_each(|row| push(&mut cells, &row.map(str::as_bytes)));
        cells.columns().into_iter().map(|column| column.column).collect()
    }

    fn push(cells: &mut UntypedCells, row: &[&[u8]]) {
        let ends = row.iter().scan(0, |end, cell| {
            *end += cell.len();
            Some(*end)
        });
        cells.push(&row.concat(), ends);
    }

    /// Ragged rows and cells that are no text stay what they are, in a part as
    /// well; as columns they are neither empty nor numbers.
    #[test]
    fn rows_are_kept_as_they_were_written() {
        let rows: [&[&[u8]]; 5] =
            [&[b"1", b"2"], &[b"3"], &[], &[b"\xff", b"", b"4"], &[b"\xc3", b"\xa9"]];
        let mut cells = UntypedCells::new(["a", "b"].map(str::to_owned).into());
        rows.iter().for_each(|row| push(&mut cells, row));
        let part = cells.of(1..5);
        for (row, wanted) in rows.iter().enumerate() {
            assert!(cells.cells(row).eq(wanted.iter().copied()), "{row}");
            assert_eq!(cells.row(row), wanted.concat());
            assert_eq!(cells.cell(row, 1), wanted.get(1).copied());
            if let Some(row) = row.checked_sub(1) {
                assert!(part.cells(row).eq(wanted.iter().copied()), "{row}");
                assert_eq!(part.row(row), wanted.concat());
            }
        }
        let columns = cells.columns();
        for (column, wanted) in columns
            .iter()
            .zip([["1", "3", NO_TEXT, NO_TEXT, NO_TEXT], ["2", NO_TEXT, NO_TEXT, "", NO_TEXT]])
        {
            let Cells::Texts(texts) = &column.column.cells else { panic!("{column:?}") };
            let given = texts.indices.iter().map(|index| texts.entries.get(*index as usize));
            assert!(given.eq(wanted.map(Some)), "{texts:?}");
        }
    }

    #[test]
    fn only_plain_numbers_become_numbers() {
        let columns = columns(&[["1", "2.5", "x"], ["-20", "3", ""], ["", "1e3", "007"]]);
        assert_eq!(columns[0].cells, Cells::Integers(vec![1, -20, 0]));
        assert_eq!(columns[0].validity, Some(vec![0b1111_1011]));
        assert_eq!(columns[1].cells, Cells::Numbers(vec![2.5, 3.0, 1000.0]));
        let Cells::Texts(texts) = &columns[2].cells else { panic!("{columns:?}") };
        assert!(texts.entries.iter().eq(["x", "", "007"]));
    }

    #[test]
    fn how_a_number_was_written_is_never_lost() {
        for cell in ["007", "+1", " 1", "-0", "1_000", "", "99999999999999999999"] {
            assert_eq!(integer(cell), None, "`{cell}`");
        }
        for cell in ["007.5", "+1.5", "inf", "NaN", "1e999", "1e-999", "9007199254740993", "."] {
            assert_eq!(number(cell), None, "`{cell}`");
        }
        assert_eq!(number("0.0"), Some(0.0));
        assert_eq!(number("-.5"), Some(-0.5));
    }
}
