//! What a change means for one side.

use serde::Serialize;

/// What a change means for callers or for the model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Effect {
    /// Whether they must change.
    pub breaking: bool,
    /// Why.
    pub reason: String,
    /// What must not be done today, so that nothing breaks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unless: Vec<Exception>,
}

/// What a caller may do under the old signature that no longer works, though
/// the change is compatible otherwise. In words: [`Exception::text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exception {
    /// Whole numbers beyond 2^53, which no double holds exactly.
    BeyondDouble,
    /// The new name is already sent, and dropped.
    Undeclared,
    /// A bare list is sent, which counts when there is but one input, or none
    /// that is required.
    Bare,
    /// Columns are sent as an object.
    ObjectOfColumns,
    /// `params` that are no object, where no parameter was declared.
    ParamsNoObject,
    /// A data frame is sent for tensors.
    Frame,
    /// Lists of unequal length are sent, and not in a data frame.
    Ragged,
    /// A name that is gone is still sent, and not in a data frame.
    StillSent,
}

impl Exception {
    /// The exception, to follow "unless".
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::BeyondDouble => "a caller sends whole numbers beyond 2^53",
            Self::Undeclared => {
                "a caller already sends this name, which the old signature drops unread"
            }
            Self::Bare => "a caller sends a bare list or value without names",
            Self::ObjectOfColumns => {
                "a caller sends columns as one object in `inputs` or `instances`, from which MLflow \
                 builds another frame when a column holds lists or objects"
            }
            Self::ParamsNoObject => {
                "a caller sends `params` that are no object, which MLflow ignores as long as no \
                 parameter is declared"
            }
            Self::Frame => {
                "a caller sends a data frame, for which all lengths but the first must be fixed"
            }
            Self::Ragged => {
                "a caller sends lists of unequal length in `inputs` or `instances`, of which MLflow \
                 builds no array"
            }
            Self::StillSent => {
                "a caller goes on sending this name in `inputs` or `instances`: MLflow builds the \
                 column before it drops it, and may refuse single values or lists of unequal length"
            }
        }
    }
}

impl Effect {
    /// Nothing to do.
    pub(super) fn fine(reason: impl Into<String>) -> Self {
        Self { breaking: false, reason: reason.into(), unless: Vec::new() }
    }

    /// They must change.
    pub(super) fn breaking(reason: impl Into<String>) -> Self {
        Self { breaking: true, reason: reason.into(), unless: Vec::new() }
    }

    pub(super) fn none() -> Self {
        Self::fine("")
    }

    /// Nothing to do, but for an exception.
    pub(super) fn unless(mut self, exception: Exception) -> Self {
        if !self.unless.contains(&exception) {
            self.unless.push(exception);
        }
        self
    }

    pub(super) fn unless_when(self, condition: bool, exception: Exception) -> Self {
        if condition { self.unless(exception) } else { self }
    }
}
