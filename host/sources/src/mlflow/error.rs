//! Why the registry could not give what was asked for.

use miette::Diagnostic;
use thiserror::Error;

use crate::http::HttpError;

/// Why the registry could not give what was asked for.
#[derive(Debug, Clone, Error, Diagnostic)]
#[non_exhaustive]
pub enum MlflowError {
    /// There is no such answer.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Http(#[from] HttpError),
    /// No model has this name.
    #[error("the registry has no model `{0}`")]
    NoModel(String),
    /// The model has no version of this number.
    #[error("the registry has no version {version} of `{model}`")]
    NoVersion {
        /// The model.
        model: String,
        /// The version.
        version: u64,
    },
    /// The model has no such alias.
    #[error("`{model}` has no alias `{alias}`{}", listed(.known))]
    NoAlias {
        /// The model.
        model: String,
        /// The alias.
        alias: String,
        /// The aliases that there are.
        known: Vec<String>,
    },
    /// The version is not whole.
    #[error("version {version} of `{model}` is {status}, and cannot be judged before it is READY")]
    NotReady {
        /// The model.
        model: String,
        /// The version.
        version: u64,
        /// What it is.
        status: String,
    },
    /// The version names one run, and its files come from another.
    #[error(
        "version {version} of `{model}` is said to come from run `{said}`, and its files come from \
         run `{files}`: the metrics of the one say nothing of the other"
    )]
    #[diagnostic(help("register the model again with `run_id` left out, or its own"))]
    OtherRun {
        /// The model.
        model: String,
        /// The version.
        version: u64,
        /// The run that the registry names.
        said: String,
        /// The run that the files name.
        files: String,
    },
    /// Somebody else made a version at the same time.
    #[error(
        "the new version of `{model}` is {made} and not {wanted}: somebody else makes versions of it"
    )]
    #[diagnostic(help("wait for the other's end, and run the same command again"))]
    OtherNumber {
        /// The model.
        model: String,
        /// The number that was to be.
        wanted: u64,
        /// The number that it has.
        made: u64,
    },
    /// A list that does not end.
    #[error("`{0}` gives a list without an end")]
    Endless(String),
    /// An answer is no text.
    #[error("{0}")]
    Text(String),
}

fn listed(known: &[String]) -> String {
    if known.is_empty() {
        ", and no other".to_owned()
    } else {
        format!("; it has {}", known.join(", "))
    }
}
