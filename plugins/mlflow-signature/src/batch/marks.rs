//! Which cells broke which rule: the first places, and how many more.

use alloc::vec::Vec;

use mlflow_schema::fault::Fault;

use super::cells::Batch;
use super::{PLACES, at, label};

/// The cells of a column that broke rules, by rule.
pub(super) struct Marks<K>(Vec<Mark<K>>);

struct Mark<K> {
    rule: K,
    /// The first rows.
    rows: Vec<usize>,
    count: usize,
}

impl<K: PartialEq + Copy> Marks<K> {
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    /// A cell at fault.
    pub(super) fn add(&mut self, rule: K, row: usize) {
        match self.0.iter_mut().find(|mark| mark.rule == rule) {
            Some(mark) => {
                mark.count += 1;
                if mark.rows.len() < PLACES {
                    mark.rows.push(row);
                }
            }
            None => self.0.push(Mark { rule, rows: alloc::vec![row], count: 1 }),
        }
    }

    /// Cells at fault, of which only the first rows are known.
    pub(super) fn add_many(&mut self, rule: K, first: &[usize], count: usize) {
        if count > 0 {
            self.0.push(Mark { rule, rows: first.to_vec(), count });
        }
    }

    /// The faults, in the order of their first rows; `fault` says what is
    /// wrong with a row.
    pub(super) fn into_faults(
        self,
        batch: &Batch<'_>,
        faults: &mut Vec<Fault>,
        fault: impl Fn(K, usize) -> Option<Fault>,
    ) {
        for Mark { rule, rows, count } in self.0 {
            let rest = count + 1 - rows.len();
            let last = rows.len().saturating_sub(1);
            for (number, row) in rows.into_iter().enumerate() {
                let Some(mut fault) = fault(rule, row) else { continue };
                if number == last {
                    fault.occurrences = u32::try_from(rest).unwrap_or(u32::MAX);
                }
                faults.push(label(at(fault, row, batch.name), batch.name));
            }
        }
    }
}
