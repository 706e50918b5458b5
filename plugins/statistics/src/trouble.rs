//! Why a statistic could not be computed.

use alloc::string::String;

use gate_evidence::verdict::{Judged, Verdict};

/// Why there is no value, in one sentence.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Facts are not there.
    Missing(String),
    /// They rest on too few samples.
    Thin(String),
    /// They cannot be judged.
    Doubtful(String),
}

impl From<Trouble> for Verdict {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Missing(reason) => Self::missing(reason),
            Trouble::Thin(reason) => Self::new(Judged::Thin, reason),
            Trouble::Doubtful(reason) => Self::doubtful(reason),
        }
    }
}

/// A part of a statistic, or why there is none.
pub(crate) type Sound<T> = Result<T, Trouble>;

/// That something cannot be judged.
pub(crate) fn doubt<T>(reason: impl Into<String>) -> Sound<T> {
    Err(Trouble::Doubtful(reason.into()))
}
