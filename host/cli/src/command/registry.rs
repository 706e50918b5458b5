//! `tollgate registry`

mod audit;
mod deprecate;
mod migrate;

use clap::Subcommand;

use crate::exit::Exit;

#[derive(Debug, Subcommand)]
pub(crate) enum Registry {
    /// Judge every model by what its gates would say today
    Audit(audit::Audit),
    /// Give a version its sunset, and say what comes after it
    Deprecate(deprecate::Deprecate),
    /// Let a new name serve what an old one serves, and then the old one go
    Migrate(migrate::Migrate),
}

pub(crate) fn run(arguments: &Registry) -> Exit {
    match arguments {
        Registry::Audit(audit) => self::audit::run(audit),
        Registry::Deprecate(deprecate) => self::deprecate::run(deprecate),
        Registry::Migrate(migrate) => self::migrate::run(migrate),
    }
}
