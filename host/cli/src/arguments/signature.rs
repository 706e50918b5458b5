//! `tollgate signature`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Format;

#[derive(Debug, Subcommand)]
pub(crate) enum Signature {
    /// Say what changed between two signatures, and whom it breaks
    Diff(Diff),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate signature diff models/churn-v7 models/churn-v8
  tollgate signature diff old/MLmodel signature.json --for both
  tollgate signature diff models/churn-v7 models/churn-v8 --format json

Callers send inputs and parameters and read outputs; the model takes the one
and gives the other. A change breaks callers when the new signature refuses what
the old one took, or no longer promises what it gave: then the major version
must rise. It breaks the model when a model made for the old signature would get
something else: then the model must change along with its signature.

Exit codes: 0 compatible, 1 breaking for those that --for names, 2 a file is
wrong. The rules, as a table: host/cli/SIGNATURES.md.")]
pub(crate) struct Diff {
    /// The old signature: an MLmodel file, a model's folder, or a JSON file
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,
    /// The new signature
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,
    /// Whom a breaking change must not meet
    #[arg(long = "for", value_enum, default_value_t, value_name = "WHOM")]
    pub(crate) reader: Reader,
    /// Exit with 0 where it would be 1; errors stay 2
    #[arg(long)]
    pub(crate) exit_zero: bool,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Reader {
    /// Who sends requests and reads answers
    #[default]
    Callers,
    /// A model that is kept while its signature changes
    Model,
    /// Both
    Both,
}
