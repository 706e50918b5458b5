//! Why a log cannot be opened, and why a decision is not taken into it.

use std::io;
use std::time::Duration;

use miette::Diagnostic;
use thiserror::Error;
use tollgate_records::log::{AppendError, ReadError};

/// Why settings cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum SettingsError {
    /// A share of decisions that is none.
    #[error("`{0}` is no share of decisions to log: it must be above 0 and at most 1")]
    Sample(String),
    /// Masks need a key, and there is none.
    #[error("inputs are masked, and there is no key for it in `{0}`")]
    #[diagnostic(help(
        "set it to a secret of 32 characters or more, such as `openssl rand -hex 32` gives, and \
         keep it: with another one the same value is masked as another"
    ))]
    NoKey(String),
    /// A key that can be guessed.
    #[error("the key in `{variable}` has {found} characters, and one of 32 or more is needed")]
    #[diagnostic(help("such as `openssl rand -hex 32` gives"))]
    ShortKey {
        /// The variable.
        variable: String,
        /// How long it is.
        found: usize,
    },
    /// A queue that takes nothing, or files that end before they begin.
    #[error("`{setting}` must be above 0")]
    Zero {
        /// The setting.
        setting: &'static str,
    },
}

/// Why a log cannot be opened.
#[derive(Debug, Error, Diagnostic)]
pub enum OpenError {
    /// The settings cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Settings(#[from] SettingsError),
    /// The folder cannot be used.
    #[error("the decision log cannot be kept in `{folder}`: {error}")]
    Folder {
        /// The folder.
        folder: String,
        /// What the system said.
        error: io::Error,
    },
    /// There is a file.
    #[error("`{0}` is a file, and a decision log is a folder of files")]
    File(String),
    /// Another process writes it.
    #[error(
        "`{folder}` is written by another process: give each a folder of its own, such as \
         `{folder}-2`"
    )]
    Busy {
        /// The folder.
        folder: String,
    },
    /// What is in the folder cannot be gone on with.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Append(#[from] AppendError),
    /// What is in the folder cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Read(#[from] ReadError),
}

/// Why a decision is not in the log, where it must be: whoever asked must not go
/// on by it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refused {
    /// The log takes no more, and has not for so long.
    #[error("the decision log took nothing for {} ms{}", .0.as_millis(), because(.1))]
    Full(Duration, Option<String>),
    /// It was taken, and is not known to be on the disk after so long.
    #[error("the decision was not on the disk after {} ms{}", .0.as_millis(), because(.1))]
    Unwritten(Duration, Option<String>),
    /// The log was closed.
    #[error("the decision log is closed")]
    Closed,
}

fn because(problem: &Option<String>) -> String {
    problem.as_ref().map_or_else(String::new, |problem| format!(": {problem}"))
}
