//! Records in files, one a line: in one file, or in a folder of files that go
//! on with each other.

mod append;
mod blocks;
mod file;
mod read;
mod sequence;
mod tail;

use std::io;
use std::path::Path;

use miette::Diagnostic;
use thiserror::Error;
use tollgate::source::SourceError;

pub use self::append::{Appended, append, usable};
pub use self::blocks::{Block, Blocks, Raw};
pub use self::read::Records;
pub use self::sequence::{file_name, files};
pub use self::tail::Tail;
use crate::record::Flaw;

/// Why a log cannot be read.
#[derive(Debug, Error, Diagnostic)]
pub enum ReadError {
    /// The file cannot be opened.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The operating system refused.
    #[error("`{log}` cannot be read: {error}")]
    Refused {
        /// The file as the user named it.
        log: String,
        /// What the system said.
        error: io::Error,
    },
    /// A folder without a file of records.
    #[error("`{0}` is a folder without a file of records, such as `decisions-000000000001.jsonl`")]
    NoFiles(String),
    /// A folder with more than one log.
    #[error("`{folder}` holds the files of two logs, `{one}` and `{other}`: give one of the files")]
    TwoLogs {
        /// The folder.
        folder: String,
        /// What the files of one are called by.
        one: String,
        /// What those of another are.
        other: String,
    },
    /// A line is no record, or not the next one.
    #[error("`{log}` is broken at line {line}: {flaw}")]
    Broken {
        /// The file as the user named it.
        log: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        flaw: Flaw,
    },
}

/// Why nothing was recorded.
#[derive(Debug, Error, Diagnostic)]
pub enum AppendError {
    /// There is a folder.
    #[error("`{0}` is a folder, expected a file of records")]
    Folder(String),
    /// A link: the records would be where nobody looks for them.
    #[error("`{0}` is a link, and records are kept in a file itself: give the path that it names")]
    Link(String),
    /// A FIFO, a device, a socket.
    #[error("`{0}` is no regular file, and records must stay where they are written")]
    NoFile(String),
    /// There is no folder.
    #[error("`{log}` cannot be written: there is no folder `{folder}`")]
    NoFolder {
        /// The file as the user named it.
        log: String,
        /// The folder that it should be in.
        folder: String,
    },
    /// The operating system refused.
    #[error("nothing is recorded: `{log}` cannot be written: {error}")]
    Refused {
        /// The file as the user named it.
        log: String,
        /// What the system said.
        error: io::Error,
    },
    /// Somebody else holds the file.
    #[error("nothing is recorded: `{log}` was held by another process for {seconds} seconds")]
    Busy {
        /// The file as the user named it.
        log: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The end of the file is no record.
    #[error("nothing is recorded: the last line of `{log}` is no record: {flaw}")]
    #[diagnostic(help("`tollgate log verify` says where a chain is broken; begin a new file"))]
    NoEnd {
        /// The file as the user named it.
        log: String,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// The file that was being written is not there any more.
    #[error("nothing is recorded: `{0}` was moved or removed while it was written")]
    Gone(String),
    /// The file that was being written is another one.
    #[error("nothing is recorded: `{0}` was changed by somebody else while it was written")]
    Changed(String),
    /// More than a line may hold.
    #[error("nothing is recorded: {}", Flaw::TooLong)]
    TooLong,
}

/// What errors call a file.
fn name(path: &Path) -> String {
    path.display().to_string()
}
