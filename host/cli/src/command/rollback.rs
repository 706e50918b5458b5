//! `tollgate rollback`

use clap::Args;
use miette::Result;
use tollgate_promotion::moves;

use super::mlflow::{self, Moving};
use crate::exit::Exit;
use crate::output;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate rollback churn --reason 'error rate 4 %'
  tollgate rollback churn --to-version 6 --reason 'INC-4711'

The version that serves is marked as bad and is never gone back to; the alias
moves in one write.")]
pub(crate) struct Rollback {
    /// The model, by its name
    #[arg(value_name = "NAME")]
    pub(crate) model: String,
    /// The version to go back to; the last good one that served, without it
    #[arg(long, value_name = "VERSION")]
    pub(crate) to_version: Option<u64>,
    /// What is wrong with the version that serves, for the record
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) moving: Moving,
}

pub(crate) fn run(arguments: &Rollback) -> Exit {
    output::shown("rollback", arguments.moving.format, || rollback(arguments))
}

fn rollback(arguments: &Rollback) -> Result<Exit> {
    let Rollback { model, to_version, reason, moving } = arguments;
    let audit = moving.actor.audit_with_reason(reason)?;
    let name = mlflow::model_name(model)?;
    moving.run("rollback", |plan, mlflow| {
        let registered = mlflow.registered(name)?;
        let versions = mlflow.versions(name)?;
        moves::rollback(plan, &registered, &versions, *to_version, &audit)
    })
}
