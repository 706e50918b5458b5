//! Why pins cannot be read or changed.

use std::io;

use miette::Diagnostic;
use thiserror::Error;
use tollgate::document::DocumentError;
use tollgate::mistake::{Mistake, Mistakes};
use tollgate::source::SourceError;
use tollgate_engine::Digest;

/// Why a pin is not changed.
#[derive(Debug, Clone, Error, Diagnostic)]
pub enum PinError {
    /// Nothing is to be done.
    #[error("`{name}` is pinned to {version} already")]
    Current {
        /// The policy.
        name: String,
        /// The version.
        version: String,
    },
    /// It was rolled back.
    #[error("version {version} of `{name}` was rolled back and is marked bad")]
    #[diagnostic(help(
        "`tollgate history` says why; pin a mended version, or give `--even-if-bad` and the reason"
    ))]
    Bad {
        /// The policy.
        name: String,
        /// The version.
        version: String,
    },
    /// The document is another one.
    #[error(
        "version {version} of `{name}` was pinned with {pinned}, and the document is {found} now"
    )]
    #[diagnostic(help(
        "what was pinned is never changed: give the changed document a version of its own"
    ))]
    Changed {
        /// The policy.
        name: String,
        /// The version.
        version: String,
        /// The digest that the document has.
        found: Digest,
        /// The digest that it had.
        pinned: Digest,
    },
    /// There is nothing to go back to.
    #[error("`{name}` has no {target} version to go back to from {current}{other}")]
    #[diagnostic(help("pin a version that is good: `tollgate pin`"))]
    NothingBefore {
        /// The policy.
        name: String,
        /// What is current.
        current: String,
        /// `previous` or `fallback`.
        target: &'static str,
        /// What there is instead.
        other: &'static str,
    },
}

/// Why pins cannot be read or written.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum PinsError {
    /// The file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The text is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Document(#[from] DocumentError),
    /// The operating system refused.
    #[error("`{file}` cannot be {what}: {error}")]
    Refused {
        /// The file as the user named it.
        file: String,
        /// `read`, `written`, `locked`.
        what: &'static str,
        /// What the system said.
        error: io::Error,
    },
    /// Somebody else holds the file.
    #[error("`{file}` is not written: another process held it for {seconds} seconds")]
    Busy {
        /// The file as the user named it.
        file: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// Somebody else was quicker.
    #[error(
        "`{file}` is not written: the pin of `{name}` went from generation {seen} to {found} \
         meanwhile{who}"
    )]
    #[diagnostic(help("look at it with `tollgate history`, and decide again"))]
    Stale {
        /// The file as the user named it.
        file: String,
        /// The policy.
        name: String,
        /// The generation that was read.
        seen: u64,
        /// The generation that it has.
        found: u64,
        /// `, by alice`.
        who: String,
    },
    /// A mounted ConfigMap is written by Kubernetes only.
    #[error("`{0}` is a mounted ConfigMap, which only Kubernetes writes")]
    #[diagnostic(help(
        "give `--patch`, and apply what it prints: `kubectl patch configmap NAME --type json \
         --patch-file patch.json`"
    ))]
    Mounted(String),
    /// A plain file has no patch.
    #[error("`{0}` is no ConfigMap, so that there is nothing to patch: leave `--patch` out")]
    NoConfigMap(String),
    /// A ConfigMap that has no place for a key.
    #[error("`{file}` is not written: there is no place for `{name}` in it")]
    #[diagnostic(help("write `data:` as a map with a key for it, such as `{name}: \"1\"`"))]
    NoPlace {
        /// The file as the user named it.
        file: String,
        /// The policy.
        name: String,
    },
    /// A folder that changes faster than it can be read.
    #[error("`{0}` was swapped each time it was read")]
    Restless(String),
    /// What would be written is too long.
    #[error("`{0}` is not written: it would be larger than 1 MiB")]
    TooLarge(String),
}

impl From<Mistakes> for PinsError {
    fn from(mistakes: Mistakes) -> Self {
        Self::Document(mistakes.into())
    }
}

impl From<Mistake> for PinsError {
    fn from(mistake: Mistake) -> Self {
        Self::Document(mistake.into())
    }
}
