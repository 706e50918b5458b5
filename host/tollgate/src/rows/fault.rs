//! A row that could not be read.

/// A row that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    /// Its number, from 0.
    pub row: u64,
    /// Its line, from 1.
    pub line: Option<u64>,
    /// The rule's id.
    pub rule: &'static str,
    /// What is wrong, without values.
    pub message: String,
    /// What would have been right.
    pub expected: Option<String>,
    /// What was there instead.
    pub actual: Option<String>,
    /// Whether it is only that nobody can judge it.
    pub inconclusive: bool,
}

impl RowFault {
    /// A fault of a row of which there is no more to say.
    pub fn new(
        rule: &'static str,
        row: u64,
        line: Option<u64>,
        message: impl Into<String>,
    ) -> Self {
        let message = message.into();
        Self { row, line, rule, message, expected: None, actual: None, inconclusive: false }
    }

    /// The fault of a row that nobody can judge.
    #[must_use]
    pub fn too_large(row: u64, line: Option<u64>, message: String) -> Self {
        Self { inconclusive: true, ..Self::new("row-too-large", row, line, message) }
    }
}
