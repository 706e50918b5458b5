//! `tollgate archive`

use clap::Args;
use miette::Result;
use tollgate_promotion::moves;
use tollgate_sources::ModelReference;

use super::mlflow::{self, Moving};
use crate::exit::Exit;
use crate::output;

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tollgate archive models:/churn/5 --reason 'superseded'

What serves is not archived: promote another version, or roll back.")]
pub(crate) struct Archive {
    /// The version: models:/NAME/VERSION or models:/NAME@ALIAS
    #[arg(value_name = "MODEL")]
    pub(crate) model: ModelReference,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    #[command(flatten)]
    pub(crate) moving: Moving,
}

pub(crate) fn run(arguments: &Archive) -> Exit {
    output::shown("archive", arguments.moving.format, || archive(arguments))
}

fn archive(arguments: &Archive) -> Result<Exit> {
    let Archive { model, reason, moving } = arguments;
    let audit = moving.actor.audit(reason.as_deref())?;
    moving.run("archive", |plan, mlflow| {
        let (registered, version) = mlflow::version(mlflow, model)?;
        moves::archive(plan, &registered, &version, &audit)
    })
}
