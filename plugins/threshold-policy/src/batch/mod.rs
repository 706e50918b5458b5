//! Decisions about many rows.
//!
//! Column by column, each row's key is put together in a loop that the
//! compiler turns into vector instructions; then each key is looked up. A row
//! with anything out of the ordinary (null, NaN, a value of another kind) is
//! marked and goes the way of a single decision, which knows best.

mod columns;
mod marks;
mod seen;

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use tollgate_sdk::policy::{Batch, Column, Kind};

use self::columns::{Cells, RowAt, View, fit};
use self::seen::Seen;
use crate::policy::ThresholdPolicy;

/// Marks a row that is not ordinary. Keys of ordinary rows stay below.
const ODD: u64 = 1 << 63;

/// How many rows are worked on at a time: their keys, 4 KiB on the stack, and
/// their cells stay in the first-level cache from one column to the next. A
/// multiple of 8, so that a chunk starts at a byte of the validity bitmaps.
const CHUNK: usize = 512;

/// How many rows a turn of a loop works on.
const GROUP: usize = 16;

impl ThresholdPolicy {
    pub(crate) fn decide_rows(&self, rows: usize, columns: &[Column]) -> Result<Batch, String> {
        let views = fit(columns, self.readings.len(), rows)?;
        let entries = self.judge_entries(&views);
        let mut rows = vec![0; rows];
        let mut seen = Seen::new(self);
        let mut buffer = [0; CHUNK];
        for (index, rows) in rows.chunks_mut(CHUNK).enumerate() {
            let start = index * CHUNK;
            let keys = buffer.get_mut(..rows.len()).unwrap_or_default();
            keys.fill(self.empty_key);
            self.mark_chunk(start, &views, &entries, keys);
            let groups = keys.chunks(GROUP).zip(rows.chunks_mut(GROUP));
            for (index, (keys, decisions)) in groups.enumerate() {
                if seen.all_known(keys, decisions) {
                    continue;
                }
                let start = start + index * GROUP;
                for (row, (key, decision)) in (start..).zip(keys.iter().zip(decisions)) {
                    let row = RowAt { views: &views, readings: &self.readings, row };
                    *decision = seen.decide(*key, &row);
                }
            }
        }
        Ok(Batch { decisions: seen.decisions, rows })
    }

    /// What each entry of a text column adds to a key, by column.
    fn judge_entries(&self, views: &[View<'_>]) -> Vec<Vec<u64>> {
        let columns = self.readings.iter().zip(views);
        let columns = columns.map(|(reading, view)| match view.cells {
            Cells::Texts(entries, _) if reading.kind == Kind::Text => {
                let weights = entries.iter().map(|entry| reading.judge_text(entry));
                weights.map(|weight| weight.unwrap_or(ODD)).collect()
            }
            _ => Vec::new(),
        });
        columns.collect()
    }

    /// Puts together the keys of the rows from `start` on.
    fn mark_chunk(&self, start: usize, views: &[View<'_>], entries: &[Vec<u64>], keys: &mut [u64]) {
        let columns = self.readings.iter().zip(views).zip(entries);
        for ((reading, view), entries) in columns {
            let end = start + keys.len();
            match (reading.kind, view.cells) {
                (Kind::Number, Cells::Numbers(cells)) => {
                    let cells = cells.get(start..end).unwrap_or_default();
                    marks::numbers(keys, cells, reading);
                }
                (Kind::Number, Cells::Integers(cells)) => {
                    let cells = cells.get(start..end).unwrap_or_default();
                    marks::integers(keys, cells, reading);
                }
                (Kind::Text, Cells::Texts(_, indices)) => {
                    let indices = indices.get(start..end).unwrap_or_default();
                    marks::texts(keys, indices, entries);
                }
                (Kind::Boolean, Cells::Booleans(_)) | (Kind::Integer, Cells::Integers(_)) => {}
                _ => keys.iter_mut().for_each(|key| *key |= ODD),
            }
            if reading.required
                && let Some(validity) = view.validity
            {
                marks::nulls(keys, validity.get(start / 8..).unwrap_or_default());
            }
        }
        for (bit, program) in &self.expressions {
            for (row, key) in (start..).zip(keys.iter_mut()) {
                if *key & ODD != 0 {
                    continue;
                }
                let row = RowAt { views, readings: &self.readings, row };
                match program.holds(&row) {
                    Ok(holds) => *key |= u64::from(holds) << bit,
                    Err(_) => *key |= ODD,
                }
            }
        }
    }
}
