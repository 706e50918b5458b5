//! `tollgate reject`

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
  tollgate reject models:/churn/8 --reason 'worse on small accounts'

A version in Staging goes to Archived, and says who rejected it and why.")]
pub(crate) struct Reject {
    /// The version: models:/NAME/VERSION or models:/NAME@ALIAS
    #[arg(value_name = "MODEL")]
    pub(crate) model: ModelReference,
    /// Why it is not good enough, for the record
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) moving: Moving,
}

pub(crate) fn run(arguments: &Reject) -> Exit {
    output::shown("reject", arguments.moving.format, || reject(arguments))
}

fn reject(arguments: &Reject) -> Result<Exit> {
    let Reject { model, reason, moving } = arguments;
    let audit = moving.actor.audit_with_reason(reason)?;
    moving.run("reject", |plan, mlflow| {
        let (registered, version) = mlflow::version(mlflow, model)?;
        moves::reject(plan, &registered, &version, &audit)
    })
}
