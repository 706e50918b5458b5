//! Why a file of rows cannot be read.

use miette::Diagnostic;
use thiserror::Error;
use tollgate::rows::RowFormat;
use tollgate::source::SourceError;

/// Why a file of rows cannot be read.
#[derive(Debug, Error, Diagnostic)]
pub enum FrameError {
    /// The file cannot be had.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Nobody said what it is, and it does not show.
    #[error("`{file}` is neither JSON nor rows that can be told by their beginning")]
    #[diagnostic(code(tollgate::format), help("say what its format is"))]
    Untold {
        /// The file as the user named it.
        file: String,
    },
    /// The file is not what it is said to be, or broken.
    #[error("`{file}` cannot be read as {format}: {problem}")]
    Broken {
        /// The file as the user named it.
        file: String,
        /// What it was read as.
        format: RowFormat,
        /// What is wrong, and what would be right.
        problem: String,
    },
}
