//! Cells of a file without types, before anyone has said what they mean.

use tollgate_engine::types::{Cells, Column, TypedColumn};

use super::dictionary::DictionaryBuilder;

/// The contract's dtype for cells as they were written.
pub const CSV_DTYPE: &str = "csv";

/// Some rows as they were written.
#[derive(Debug, Default)]
pub struct UntypedCells {
    names: Vec<String>,
    text: String,
    /// Where each cell ends, row by row.
    ends: Vec<usize>,
}

impl UntypedCells {
    /// No rows yet, of columns with these names.
    #[must_use]
    pub fn new(names: &[String]) -> Self {
        Self { names: names.to_vec(), ..Self::default() }
    }

    /// Adds a row of as many cells as there are names.
    pub fn push<'a>(&mut self, cells: impl Iterator<Item = &'a str>) {
        for cell in cells {
            self.text.push_str(cell);
            self.ends.push(self.text.len());
        }
    }

    /// What it takes, more or less.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.text.len() + self.ends.len() * 8
    }

    fn rows(&self) -> usize {
        self.ends.len().checked_div(self.names.len()).unwrap_or(0)
    }

    #[inline]
    fn cell(&self, row: usize, column: usize) -> &str {
        let at = row * self.names.len() + column;
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        let end = self.ends.get(at).copied().unwrap_or_default();
        self.text.get(start.unwrap_or(0)..end).unwrap_or_default()
    }

    pub(super) fn part(&self, start: usize, count: usize) -> Self {
        let mut part = Self::new(&self.names);
        for row in start..start + count {
            part.push((0..self.names.len()).map(|column| self.cell(row, column)));
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
        let rows = self.rows();
        let mut texts = DictionaryBuilder::new(rows);
        for row in 0..rows {
            texts.push(self.cell(row, column));
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
        let rows = self.rows();
        let mut values = Vec::with_capacity(rows);
        let mut missing = Vec::new();
        for row in 0..rows {
            let cell = self.cell(row, column);
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
        let mut cells = UntypedCells::new(&names);
        for row in rows {
            cells.push(row.iter().copied());
        }
        cells.columns().into_iter().map(|column| column.column).collect()
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
