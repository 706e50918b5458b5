//! Why rows cannot be counted.

use miette::Diagnostic;
use thiserror::Error;
use tollgate::facts::FactsError;
use tollgate::rows::RowSourceError;
use tollgate::source::SourceError;
use tollgate_frames::FrameError;

/// Why rows cannot be counted.
#[derive(Debug, Error, Diagnostic)]
pub enum ScoredError {
    /// What is asked for contradicts itself.
    #[error("`{key}`: {problem}")]
    Spec {
        /// The key of the spec.
        key: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// A file cannot be had.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A file cannot be read as what it is.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Frame(#[from] FrameError),
    /// The rows of a file cannot be read to their end.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Rows(#[from] RowSourceError),
    /// The facts of a reference cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Facts(#[from] FactsError),
    /// A row cannot be read.
    #[error("`{file}` {place}: {problem}")]
    Row {
        /// The file as the user named it.
        file: String,
        /// Its line or row.
        place: String,
        /// What is wrong.
        problem: String,
    },
    /// A file holds no rows that can be counted.
    #[error("`{file}` {problem}")]
    File {
        /// The file as the user named it.
        file: String,
        /// What is wrong.
        problem: String,
    },
    /// A column is not there, or not what it is asked as.
    #[error("`{file}`: column `{column}` {problem}")]
    Column {
        /// The file as the user named it.
        file: String,
        /// The column.
        column: String,
        /// What is wrong.
        problem: String,
        /// What was probably meant.
        #[help]
        help: Option<String>,
    },
}
