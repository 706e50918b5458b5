//! What payloads and rows came to.

use tollgate_engine::types::{Finding, Outcome};

use crate::report::{FindingReport, RowsReport};

/// What a payload came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// What was found, as the plugin orders it.
    pub findings: Vec<Finding>,
}

impl Checked {
    /// The worst outcome; pass when nothing was found.
    #[must_use]
    pub fn verdict(&self) -> Outcome {
        self.findings.iter().map(|finding| finding.outcome).max().unwrap_or(Outcome::Pass)
    }

    /// Whether the payload may go on: nothing failed, and nothing could not be
    /// judged.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.verdict() <= Outcome::Warn
    }
}

/// What many rows came to.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedRows {
    /// The findings of all batches, merged by rule, column and what they say;
    /// what is true of all rows first, then in the order of their first rows.
    pub findings: Vec<FindingReport>,
    /// How many more there were than are told.
    pub more_findings: u64,
    /// The worst outcome, of those that are not told, too.
    pub verdict: Outcome,
    /// How many rows there were, and what each column came to.
    pub rows: RowsReport,
}

impl CheckedRows {
    /// Whether the rows may go on: nothing failed, and nothing could not be
    /// judged.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.verdict <= Outcome::Warn
    }
}
