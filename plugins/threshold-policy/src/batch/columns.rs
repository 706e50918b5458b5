//! Columns, checked for their shape once, so that no row needs to.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use tollgate_sdk::policy::{self, Column, Kind, Texts};

use crate::cel::{self, Cell};
use crate::inputs::Reading;

/// The cells of a column, as many as there are rows.
#[derive(Clone, Copy)]
pub(super) enum Cells<'a> {
    Booleans(&'a [u8]),
    Integers(&'a [i64]),
    Numbers(&'a [f64]),
    /// The distinct texts and the index of each row's.
    Texts(&'a Texts, &'a [u32]),
}

/// A column whose shape fits.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) cells: Cells<'a>,
    pub(super) validity: Option<&'a [u8]>,
}

impl View<'_> {
    fn is_null(&self, row: usize) -> bool {
        let byte = |bits: &[u8]| bits.get(row / 8).is_none_or(|byte| byte >> (row % 8) & 1 == 0);
        self.validity.is_some_and(byte)
    }

    #[inline]
    pub(super) fn cell(&self, row: usize) -> Cell<'_> {
        if self.is_null(row) {
            return Cell::Null;
        }
        let cell = match self.cells {
            Cells::Booleans(cells) => cells.get(row).map(|cell| Cell::Boolean(*cell != 0)),
            Cells::Integers(cells) => cells.get(row).map(|cell| Cell::Integer(*cell)),
            Cells::Numbers(cells) => cells.get(row).map(|cell| Cell::Number(*cell)),
            Cells::Texts(entries, indices) => {
                (indices.get(row)).and_then(|index| entries.get(*index as usize)).map(Cell::Text)
            }
        };
        cell.unwrap_or(Cell::Null)
    }
}

/// The columns, cut to `rows`.
///
/// # Errors
/// One sentence when there are not as many as inputs, when one is too short,
/// or when a dictionary lacks a text.
pub(super) fn fit(columns: &[Column], inputs: usize, rows: usize) -> Result<Vec<View<'_>>, String> {
    if columns.len() != inputs {
        let found = columns.len();
        return Err(format!("the policy reads {inputs} columns, not {found}"));
    }
    let views = columns.iter().enumerate().map(|(index, column)| {
        view(column, rows)
            .ok_or_else(|| format!("column {index} has no cell for each of {rows} rows"))
    });
    views.collect()
}

fn view(column: &Column, rows: usize) -> Option<View<'_>> {
    let cells = match &column.cells {
        policy::Cells::Booleans(cells) => Cells::Booleans(cells.get(..rows)?),
        policy::Cells::Integers(cells) => Cells::Integers(cells.get(..rows)?),
        policy::Cells::Numbers(cells) => Cells::Numbers(cells.get(..rows)?),
        // The contract gives a policy none.
        policy::Cells::Unsigned(_) => return None,
        policy::Cells::Texts(texts) => Cells::Texts(&texts.entries, texts.indices.get(..rows)?),
    };
    let validity = match &column.validity {
        Some(validity) => Some(validity.get(..rows.div_ceil(8))?),
        None => None,
    };
    let view = View { cells, validity };
    if let Cells::Texts(entries, indices) = cells {
        // The greatest index is found at the speed of memory; only when it is
        // out of range does it matter whether its row is null.
        let greatest = indices.iter().copied().max().unwrap_or_default() as usize;
        let lacks =
            |(row, index): (usize, &u32)| *index as usize >= entries.len() && !view.is_null(row);
        if greatest >= entries.len() && indices.iter().enumerate().any(lacks) {
            return None;
        }
    }
    Some(view)
}

/// One row of the columns.
pub(super) struct RowAt<'a> {
    pub(super) views: &'a [View<'a>],
    pub(super) readings: &'a [Reading],
    pub(super) row: usize,
}

impl cel::Row for RowAt<'_> {
    #[inline]
    fn cell(&self, index: usize) -> Cell<'_> {
        let cell = self.views.get(index).map_or(Cell::Null, |view| view.cell(self.row));
        let number =
            || (self.readings.get(index)).is_some_and(|reading| reading.kind == Kind::Number);
        match cell {
            Cell::Integer(integer) if number() => Cell::Number(integer as f64),
            cell => cell,
        }
    }
}
