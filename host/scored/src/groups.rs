//! Rows by slice: the slices that some columns make, and what is counted of
//! each.

use crate::slices::{Slices, TooMany};
use crate::tally::{Batch, Tally};

/// The slices that some columns make.
#[derive(Debug)]
pub(crate) struct Grouped {
    /// The label and the column of each level; none for the whole.
    pub(crate) levels: Vec<(String, usize)>,
    /// The slices.
    pub(crate) slices: Slices,
    /// What is counted of each.
    pub(crate) tally: Tally,
    slots: Vec<u32>,
}

impl Grouped {
    pub(crate) fn new(levels: Vec<(String, usize)>, tally: Tally) -> Self {
        let slices = Slices::new(levels.len());
        Self { levels, slices, tally, slots: Vec::new() }
    }

    /// Adds a batch. `codes` gives those of a column.
    pub(crate) fn add<'b>(
        &mut self,
        subjects: &[u32],
        codes: impl Fn(usize) -> &'b [u32],
        batch: &Batch<'_>,
    ) -> Result<(), TooMany> {
        let columns: Vec<&[u32]> = self.levels.iter().map(|(_, column)| codes(*column)).collect();
        self.slices.of(subjects, &columns, &mut self.slots)?;
        self.tally.add(&self.slots, self.slices.paths().len(), batch);
        Ok(())
    }
}
