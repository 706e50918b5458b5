//! `tollgate policy`

mod diff;
mod explain;
mod fmt;
mod lint;

use std::fmt::Write as _;

use clap::Subcommand;
use tollgate_authoring::files::All;

use crate::exit::Exit;
use crate::output::{self, visible};

#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Find mistakes in policy documents, gate profiles and promotion plans
    Lint(lint::Lint),
    /// Format documents, and keep their comments
    Fmt(fmt::Fmt),
    /// Show what a change of a policy or a gate profile changes
    Diff(diff::Diff),
    /// Say on one page what a document decides
    Explain(explain::Explain),
}

/// Says which folders were not looked into.
fn tell_links(all: &All) {
    output::note(|out| {
        all.links.iter().try_for_each(|link| {
            let link = link.display().to_string();
            writeln!(out, "note: `{}` is a link to a folder, and was passed over", visible(&link))
        })
    });
}

pub(crate) fn run(arguments: &Policy) -> Exit {
    match arguments {
        Policy::Lint(lint) => self::lint::run(lint),
        Policy::Fmt(fmt) => output::shown("policy fmt", fmt.format, || self::fmt::run(fmt)),
        Policy::Diff(diff) => self::diff::run(diff),
        Policy::Explain(explain) => self::explain::run(explain),
    }
}
