//! `tollgate rollback`

use clap::Args;
use miette::Result;
use tollgate_promotion::moves;

use super::registry::{Actor, Registry, Waiting};
use crate::arguments::Format;
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
    pub(crate) actor: Actor,
    #[command(flatten)]
    pub(crate) registry: Registry,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

pub(crate) fn run(arguments: &Rollback) -> Exit {
    output::shown("rollback", arguments.format, || rollback(arguments))
}

fn rollback(arguments: &Rollback) -> Result<Exit> {
    let audit = arguments.actor.audit_with_reason(&arguments.reason)?;
    let plan = arguments.registry.plan()?;
    let mlflow = arguments.registry.connect(&plan)?;
    let waiting = Waiting::on(&mlflow);
    let name = super::registry::model_name(&arguments.model)?;
    let registered = mlflow.registered(name)?;
    let versions = mlflow.versions(name)?;
    let wanted = moves::rollback(&plan, &registered, &versions, arguments.to_version, &audit)?;
    drop(waiting);
    arguments.actor.make("rollback", arguments.format, &mlflow, &wanted)
}
