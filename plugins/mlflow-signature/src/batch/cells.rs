//! The cells of one column of a batch.

use alloc::format;

use mlflow_plugin::Part;
use mlflow_schema::fault::{Fault, Kind};
use mlflow_schema::schema::ColSpec;
use tollgate_sdk::signature::{Cells, Dictionary, TypedColumn};

use super::{Missing, PLACES};

/// A column of a batch and what it should be.
#[derive(Clone, Copy)]
pub(super) struct Batch<'c> {
    /// How many rows there are.
    pub(super) rows: usize,
    pub(super) column: &'c TypedColumn,
    pub(super) spec: &'c ColSpec,
    /// Whether the signature wants it.
    pub(super) required: bool,
    /// The column's name; its number where it has none.
    pub(super) name: &'c str,
    /// Which column it is.
    pub(super) place: usize,
    /// Which part of the signature is enforced.
    pub(super) part: Part,
}

impl<'c> Batch<'c> {
    /// Cells, marks or texts that are not there.
    pub(super) fn broken(&self) -> Option<Fault> {
        let rows = self.rows;
        let short = |have: usize| {
            (have < rows).then(|| {
                let message = format!("it has {have} cells, and the batch {rows} rows");
                Fault::new(Kind::FrameBuild, message)
            })
        };
        let marks = self.column.column.validity.as_ref();
        let marked = marks.map_or(rows, |bits| bits.len().saturating_mul(8));
        let cells = match &self.column.column.cells {
            Cells::Booleans(cells) => cells.len(),
            Cells::Integers(cells) => cells.len(),
            Cells::Unsigned(cells) => cells.len(),
            Cells::Numbers(cells) => cells.len(),
            Cells::Texts(texts) => {
                if self.beyond(texts) {
                    let message = "a cell names a text that its dictionary does not have";
                    return Some(Fault::new(Kind::FrameBuild, message));
                }
                texts.indices.len()
            }
        };
        short(cells.min(marked))
    }

    /// Whether a present row has an index beyond the dictionary.
    fn beyond(&self, texts: &Dictionary) -> bool {
        let entries = texts.entries.len();
        let beyond = |index: &u32| *index as usize >= entries;
        // Most often no row has one, present or not.
        texts.indices.iter().any(beyond)
            && texts
                .indices
                .iter()
                .take(self.rows)
                .enumerate()
                .any(|(row, index)| beyond(index) && self.present(row))
    }

    #[inline]
    pub(super) fn present(&self, row: usize) -> bool {
        self.column.column.is_present(row)
    }

    /// The rows that are marked as missing.
    pub(super) fn nulls(&self) -> Missing {
        let Some(bits) = &self.column.column.validity else {
            return Missing::default();
        };
        let (whole, rest) = (self.rows / 8, self.rows % 8);
        let ones = bits.iter().take(whole).map(|byte| byte.count_ones() as usize).sum::<usize>();
        let last = bits
            .get(whole)
            .map_or(0, |byte| (byte & ((1u16 << rest) - 1) as u8).count_ones() as usize);
        let count = self.rows - (ones + last).min(self.rows);
        let mut missing = Missing::default();
        if count > 0 {
            missing.rows.extend((0..self.rows).filter(|row| !self.present(*row)).take(PLACES));
        }
        missing.count = count;
        missing
    }
}
