//! `tollgate signature`

mod convert;
mod diff;
mod infer;

use std::fs;
use std::io::Write as _;
use std::path::Path;

use miette::{IntoDiagnostic as _, Result, WrapErr as _};
use tollgate::report::Exit;
use tollgate::signature::convert::Loss;

use crate::arguments::Signature;
use crate::output;

pub(crate) fn run(arguments: &Signature) -> Exit {
    match arguments {
        Signature::Diff(diff) => {
            output::shown("signature diff", diff.format, || self::diff::run(diff))
        }
        Signature::Infer(infer) => {
            output::shown("signature infer", infer.format, || self::infer::run(infer))
        }
        Signature::Convert(convert) => {
            output::shown("signature convert", convert.format, || self::convert::run(convert))
        }
    }
}

/// Writes a document to its file, or to standard output.
fn deliver(path: Option<&Path>, text: &str) -> Result<()> {
    let Some(path) = path else {
        return output::written(std::io::stdout().lock().write_all(text.as_bytes()));
    };
    // Beside it and renamed, so that no one ever reads half a document.
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    fs::write(&temporary, text)
        .and_then(|()| fs::rename(&temporary, path))
        .into_diagnostic()
        .wrap_err_with(|| format!("`{}` cannot be written", path.display()))
}

/// So many losses are shown to a person.
const SHOWN: usize = 20;

/// What is lost, for a person who also gets the document.
fn tell(losses: &[Loss]) -> std::io::Result<()> {
    let mut out = anstream::stderr().lock();
    let style = output::style(tollgate_engine::types::Outcome::Warn);
    for loss in losses.iter().take(SHOWN) {
        writeln!(out, "{style}lost{style:#}  {}  at {}", loss.message, loss.pointer)?;
    }
    if let Some(more) = losses.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        writeln!(out, "      and {more} more: see them all with --format json")?;
    }
    Ok(())
}
