//! Why a statistic could not be computed.

use alloc::string::String;

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

/// A part of a statistic, or why there is none.
pub(crate) type Sound<T> = Result<T, Trouble>;

/// That something cannot be judged.
pub(crate) fn doubt<T>(reason: impl Into<String>) -> Sound<T> {
    Err(Trouble::Doubtful(reason.into()))
}
