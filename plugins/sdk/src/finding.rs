//! Findings, the statements that plugins make.

use alloc::string::String;
use alloc::vec::Vec;

pub use crate::bindings::exports::tollgate::plugin::types::{Finding, Outcome};

use crate::bindings::exports::tollgate::plugin::types::Measure;

impl Finding {
    /// A finding with a rule, an outcome and a message, and no place.
    #[must_use]
    pub fn new(rule: impl Into<String>, outcome: Outcome, message: impl Into<String>) -> Self {
        Self {
            rule: rule.into(),
            outcome,
            message: message.into(),
            row: None,
            column: None,
            pointer: None,
            expected: None,
            actual: None,
            facts: Vec::new(),
            occurrences: 1,
            measured: None,
        }
    }

    /// The finding for settings that do not parse.
    #[must_use]
    pub fn invalid_settings(message: String) -> Self {
        Self::new("invalid-settings", Outcome::Fail, message)
    }

    /// About this row, counted from 0 among those given.
    #[must_use]
    pub fn in_row(mut self, row: usize) -> Self {
        self.row = u32::try_from(row).ok();
        self
    }

    /// About this column of the row.
    #[must_use]
    pub fn in_column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }

    /// About this row, which was judged as a JSON value of its own: the pointer
    /// led into that, and its first step is the column.
    #[must_use]
    pub fn in_record(mut self, row: usize) -> Self {
        let pointer = self.pointer.take().unwrap_or_default();
        if let Some(steps) = pointer.strip_prefix('/') {
            let (name, rest) = steps.split_at(steps.find('/').unwrap_or(steps.len()));
            self.column = Some(name.replace("~1", "/").replace("~0", "~"));
            self.pointer = Some(rest.into()).filter(|rest: &String| !rest.is_empty());
        }
        self.in_row(row)
    }

    /// At this JSON Pointer: with a row it leads on from there, otherwise into
    /// what was judged.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into());
        self
    }

    /// What would have been right.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// What was there instead.
    #[must_use]
    pub fn actual(mut self, actual: impl Into<String>) -> Self {
        self.actual = Some(actual.into());
        self
    }

    /// The number that was judged, and what it was held against. Of gates.
    #[must_use]
    pub fn measured(mut self, measure: impl Into<Option<Measure>>) -> Self {
        self.measured = measure.into();
        self
    }
}
