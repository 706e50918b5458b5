//! Why a store cannot be used.

use miette::Diagnostic;
use thiserror::Error;

use super::location::LocationError;
use crate::request::Invalid;

/// Why a store cannot be used, or will not take something. Whatever it is,
/// nothing was written, unless it says otherwise.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum StoreError {
    /// The address is none.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Location(#[from] LocationError),
    /// A text that cannot be stored.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// Nobody asked.
    #[error("`{name}` has no request `{request}`")]
    NoRequest {
        /// The store.
        name: String,
        /// The id.
        request: String,
    },
    /// There are several revisions, and the vote does not say which it means.
    #[error("`{request}` was requested again since, with other digests: which do you mean?")]
    #[diagnostic(help("look at it, then vote on `{request}@{newest}`"))]
    WhichRevision {
        /// The id.
        request: String,
        /// The newest revision.
        newest: u32,
    },
    /// The revision is not the newest.
    #[error("`{request}@{revision}` is not what is asked for now, which is `{request}@{newest}`")]
    #[diagnostic(help("look at what changed before you vote"))]
    OldRevision {
        /// The id.
        request: String,
        /// The one that was meant.
        revision: u32,
        /// The newest revision.
        newest: u32,
    },
    /// Two versions give the same id.
    #[error("`{request}` is the request for version `{version}` of model `{model}`")]
    #[diagnostic(help("rename one of the two: votes for the one would count for the other"))]
    Taken {
        /// The id.
        request: String,
        /// The model that has it.
        model: String,
        /// And its version.
        version: String,
    },
    /// The newest row is from the future.
    #[error(
        "the newest entry of `{request}` is of {newest}, which is after this machine's time {now}"
    )]
    #[diagnostic(help("set the clock: of several votes of a person the newest counts"))]
    Clock {
        /// The id.
        request: String,
        /// The newest row's time.
        newest: String,
        /// The machine's time.
        now: String,
    },
    /// Somebody else writes.
    #[error("`{name}` is locked by another program, and was for {seconds} s")]
    #[diagnostic(help("try again; a program that hangs may hold the lock"))]
    Locked {
        /// The store.
        name: String,
        /// How long was waited.
        seconds: u64,
    },
    /// No space is left.
    #[error("`{name}` cannot take more: the disk is full, so nothing was recorded")]
    Full {
        /// The store.
        name: String,
    },
    /// It can be read only.
    #[error("`{name}` can only be read{problem}, so nothing was recorded")]
    ReadOnly {
        /// The store.
        name: String,
        /// Why, where that is known: `: ...`.
        problem: String,
    },
    /// The file is damaged, or none of SQLite.
    #[error("`{name}` is damaged or no store of approvals: {problem}")]
    #[diagnostic(help("nothing was changed in it: bring it back from a copy"))]
    Corrupt {
        /// The store.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// Another program's.
    #[error("`{name}` is a database of another program")]
    #[diagnostic(help("name another: a file that does not exist is made"))]
    Foreign {
        /// The store.
        name: String,
    },
    /// Made by a newer tollgate.
    #[error(
        "`{name}` has version {found} of the tables, and this tollgate knows none above {known}"
    )]
    #[diagnostic(help("use the tollgate that wrote it, or a newer one"))]
    Newer {
        /// The store.
        name: String,
        /// Its version.
        found: i64,
        /// The newest that is known.
        known: i64,
    },
    /// The server cannot be reached, or is gone.
    #[error("`{name}` does not answer: {problem}")]
    #[diagnostic(help("is the server running, and is this its address?"))]
    Gone {
        /// The store.
        name: String,
        /// What the system says.
        problem: String,
    },
    /// The server went while it committed.
    #[error("`{name}` went away while it wrote: whether it was recorded is not known")]
    #[diagnostic(help("look at the request before you try again"))]
    Unknown {
        /// The store.
        name: String,
    },
    /// The server does not let us in, or not do that.
    #[error("`{name}` does not let us in, or not do that: {problem}")]
    #[diagnostic(help(
        "the user is that of the address or `PGUSER`, the password that of `PGPASSWORD`"
    ))]
    Denied {
        /// The store.
        name: String,
        /// What the server says.
        problem: String,
    },
    /// The file or its folder is not fit to hold what people stand for.
    #[error("`{name}` cannot be used: {problem}")]
    Unsafe {
        /// The store.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Anything else.
    #[error("`{name}` cannot be used: {problem}")]
    Other {
        /// The store.
        name: String,
        /// What it says.
        problem: String,
    },
}
