//! `tollgate signature`

mod convert;
mod diff;
mod infer;

use std::fmt::{self, Write as _};
use std::path::Path;

use clap::Subcommand;
use miette::{Result, miette};
use tollgate_signatures::convert::Loss;

use crate::exit::Exit;
use crate::output::{self, visible};

#[derive(Debug, Subcommand)]
pub(crate) enum Signature {
    /// Say what changed between two signatures, and whom it breaks
    Diff(diff::Diff),
    /// Infer a signature from data files, as MLflow does
    Infer(infer::Infer),
    /// Write a signature in another form, and say what is lost
    Convert(convert::Convert),
}

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

/// The file to write; none for standard output.
fn file(path: Option<&Path>) -> Option<&Path> {
    path.filter(|path| !output::is_standard_output(path))
}

/// Writes a document to its file, or to standard output.
fn deliver(path: Option<&Path>, text: &str) -> Result<()> {
    match path {
        Some(path) => Ok(output::write(path, text.as_bytes())?),
        None => output::document(text)
            .map_err(|error| miette!("standard output cannot be written: {error}")),
    }
}

/// So many losses are shown to a person.
const SHOWN: usize = 20;

/// What is lost, for a person who also gets the document.
fn tell(out: &mut String, losses: &[Loss]) -> fmt::Result {
    let style = output::style(tollgate_engine::types::Outcome::Warn);
    for loss in losses.iter().take(SHOWN) {
        writeln!(
            out,
            "{style}lost{style:#}  {}  at {}",
            visible(&loss.message),
            visible(&loss.pointer)
        )?;
    }
    if let Some(more) = losses.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        writeln!(out, "      and {more} more: see them all with --format json")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::hostile::assert_harmless;

    #[test]
    fn whatever_is_lost_is_only_read() {
        assert_harmless(|out, text| {
            let loss = Loss { pointer: text.to_owned(), message: text.to_owned() };
            tell(out, &[loss.clone(), loss])
        });
    }
}
