//! What several commands are asked with.

mod reports;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use tollgate::rows::RowFormat;
use tollgate_engine::Digest;
use tollgate_engine::types::Outcome;

use crate::exit::Exit;

pub(crate) use self::reports::{ReportFormat, ReportTo, Reports};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PayloadFormat {
    /// By the file's name (.csv, .jsonl, .ndjson, .parquet, .pq, .arrow,
    /// .feather, .json), else by its first bytes; else a request, and on
    /// standard input an error
    #[default]
    Auto,
    /// One request body
    Request,
    /// Comma-separated, with a header row
    Csv,
    /// One JSON object a line
    Jsonl,
    /// Apache Parquet
    Parquet,
    /// Apache Arrow IPC, a file or a stream
    Arrow,
}

impl PayloadFormat {
    pub(crate) fn asked(self) -> tollgate_frames::PayloadFormat {
        use tollgate_frames::PayloadFormat;
        match self {
            Self::Auto => PayloadFormat::Auto,
            Self::Request => PayloadFormat::Request,
            Self::Csv => PayloadFormat::Rows(RowFormat::Csv),
            Self::Jsonl => PayloadFormat::Rows(RowFormat::Jsonl),
            Self::Parquet => PayloadFormat::Rows(RowFormat::Parquet),
            Self::Arrow => PayloadFormat::Rows(RowFormat::Arrow),
        }
    }
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Shared {
    /// A plugin file that documents may name; may be given several times
    #[arg(long = "plugin", value_name = "FILE", id = "plugin_file")]
    pub(crate) plugins: Vec<PathBuf>,
    /// Compile plugins anew, and keep nothing on disk
    ///
    /// Compiled plugins are kept in `~/.cache/tollgate/compiled` (or below
    /// `$XDG_CACHE_HOME`), at most 512 MiB, the least recently used go first.
    /// The key that marks them as yours is `~/.local/state/tollgate/cache.key`
    /// (or below `$XDG_STATE_HOME`). Where either is a link, another user's or
    /// open to others there is no cache, and a warning says why.
    #[arg(long)]
    pub(crate) no_cache: bool,
}

/// What commands that judge rows take.
#[derive(Debug, Args)]
pub(crate) struct Emptiness {
    /// Let pass what has no rows, which is inconclusive otherwise
    #[arg(long)]
    pub(crate) allow_empty: bool,
}

/// What commands that judge take.
#[derive(Debug, Args)]
pub(crate) struct Verdict {
    /// The mildest outcome that fails the command
    #[arg(long, value_enum, default_value_t, value_name = "OUTCOME")]
    pub(crate) fail_on: FailOn,
    /// Exit with 0 where it would be 1 or 3; errors stay 2
    #[arg(long)]
    pub(crate) exit_zero: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Warnings pass
    #[default]
    Fail,
    /// Warnings fail, too
    Warn,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a person
    #[default]
    Human,
    /// For a program; see policies/report.schema.json
    Json,
}

impl Verdict {
    /// How a command with this verdict ends.
    pub(crate) fn exit(&self, verdict: Outcome) -> Exit {
        let exit = Exit::of(verdict, self.fail_on == FailOn::Warn);
        if self.exit_zero { Exit::Passed } else { exit }
    }
}

/// How much of a report for a person is shown.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Detail {
    /// Show each rule that holds, too, in the report for a person; without it
    /// they are counted
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

/// Reads a digest on the command line.
pub(crate) fn digest(text: &str) -> Result<Digest, &'static str> {
    Digest::parse(text).ok_or("a digest is `sha256:` and 64 hex digits")
}
