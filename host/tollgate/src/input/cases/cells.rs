//! Rows of cells without types, as CSV has them. An empty cell is null.

use tollgate_engine::types::Value;

use super::Cases;
use crate::input::error::InputError;
use crate::input::header::Header;
use crate::input::plan::{Beside, Shadowed};
use crate::input::{RECORD_LIMIT, from_text};
use crate::rows::UntypedCells;

impl<S> Cases<'_, S> {
    /// Puts the values of a row into `values`. Cells that are not read may be
    /// anything.
    pub(super) fn cells(
        &self,
        header: &Header,
        cells: &UntypedCells,
        row: usize,
        values: &mut Vec<Value>,
    ) -> Result<Shadowed, InputError> {
        values.clear();
        if cells.row(row).len() > RECORD_LIMIT {
            return Err(InputError::TooLong);
        }
        let (expected, found) = (header.count, cells.cells(row).len());
        if found != expected {
            return Err(InputError::Ragged { expected, found });
        }
        let cell = |column| cells.cell(row, column);
        let plan = self.extractor.plan();
        let key = match &plan.key {
            Some(column) => Some(key(column, header.key.and_then(cell))?),
            None => None,
        };
        let counters = self.extractor.counters().of(key);
        let beside = Beside { outside: self.outside, counters };
        for (wanted, column) in plan.wanted.iter().zip(&header.wanted) {
            let value = match column.and_then(cell) {
                Some(cell) => std::str::from_utf8(cell)
                    .ok()
                    .and_then(|text| from_text(text, wanted.kind))
                    .ok_or_else(|| wanted.wrong_kind(&wanted.column(), "text that is none"))?,
                None => Value::Null,
            };
            values.push(wanted.complete(value, beside, true)?);
        }
        let mut shadowed = Shadowed::default();
        for (column, shadow) in &header.shadows {
            if cell(*column).is_some_and(|cell| !cell.is_empty()) {
                shadowed.push(*shadow);
            }
        }
        Ok(shadowed)
    }
}

/// What the counters of a row are kept by.
fn key<'r>(column: &str, cell: Option<&'r [u8]>) -> Result<&'r str, InputError> {
    let place = || format!("column `{column}`");
    let text = std::str::from_utf8(cell.unwrap_or_default())
        .map_err(|_| InputError::KeyKind { place: place(), found: "bytes that are no text" })?;
    let text = text.trim();
    if text.is_empty() { Err(InputError::NoKey { place: place() }) } else { Ok(text) }
}
