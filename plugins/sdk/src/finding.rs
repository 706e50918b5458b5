//! Findings, the statements that plugins make.

use alloc::string::String;
use alloc::vec::Vec;

pub use crate::bindings::exports::tollgate::plugin::types::{Finding, Outcome};

impl Finding {
    /// A finding with a rule, an outcome and a message, and no place.
    #[must_use]
    pub fn new(rule: impl Into<String>, outcome: Outcome, message: impl Into<String>) -> Self {
        Self {
            rule: rule.into(),
            outcome,
            message: message.into(),
            pointer: None,
            expected: None,
            actual: None,
            facts: Vec::new(),
            occurrences: 1,
        }
    }

    /// The finding for settings that do not parse.
    #[must_use]
    pub fn invalid_settings(message: String) -> Self {
        Self::new("invalid-settings", Outcome::Fail, message)
    }

    /// At this JSON Pointer.
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
}
