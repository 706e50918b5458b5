//! `tollgate log export`

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use miette::{IntoDiagnostic as _, Result, miette};
use tempfile::Builder;
use tollgate_decisions::export::{ExportError, export};

use crate::exit::Exit;
use crate::output::{self, visible};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate log export decisions/ -o decisions.parquet
  tollgate decide --policy new.yaml --input decisions.parquet

One row a decision: what is known of it in columns that begin with `decision.`, what
it was made on in columns of the inputs' own names, so that the table is also rows to
decide on. What is masked is in `NAME.masked`. A table has no chain of hashes: keep
the log.

Exit codes: 0 written, 2 the log is broken or the file cannot be written, 3 there is
no decision in the log.")]
pub(crate) struct Export {
    /// The folder of a decision log, or a file of it
    #[arg(value_name = "LOG")]
    pub(crate) log: PathBuf,
    /// The Parquet file to write, whole or not at all
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

pub(crate) fn run(arguments: &Export) -> Result<Exit> {
    let folder = arguments.output.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = Builder::new();
    builder.prefix(".tollgate-").suffix(".tmp");
    // As any new file; a temporary one would be its owner's alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let name = arguments.output.display().to_string();
    let refused = |error: &dyn std::fmt::Display| miette!("`{name}` cannot be written: {error}");
    let new = builder.tempfile_in(folder.unwrap_or(Path::new("."))).map_err(|e| refused(&e))?;
    let file = new.as_file().try_clone().into_diagnostic()?;
    let progress = output::progress("decisions");
    let exported = export(&arguments.log, file, &mut |count| progress.set_position(count));
    let exported = exported.map_err(|error| match error {
        ExportError::Write(problem) => refused(&problem),
        error => error.into(),
    })?;
    progress.finish_and_clear();
    if exported.decisions == 0 {
        output::note(|out| writeln!(out, "there is no decision in the log"));
        return Ok(Exit::Inconclusive);
    }
    new.persist(&arguments.output).map_err(|error| refused(&error.error))?;
    output::note(|out| {
        writeln!(out, "{} decisions in `{}`", exported.decisions, visible(&name))?;
        let left_out = exported.gap.dropped + exported.gap.sampled_away + exported.gap.too_long;
        match left_out {
            0 => Ok(()),
            count => writeln!(out, "warning: {count} more were made and are not in the log"),
        }
    });
    Ok(Exit::Passed)
}
