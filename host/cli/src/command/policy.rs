//! `tollgate policy`

mod diff;

use clap::Subcommand;

use crate::exit::Exit;

#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Show what a change of a policy or a gate profile changes
    Diff(diff::Diff),
}

pub(crate) fn run(arguments: &Policy) -> Exit {
    match arguments {
        Policy::Diff(diff) => self::diff::run(diff),
    }
}
