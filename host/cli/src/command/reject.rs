//! `tollgate reject`

use clap::Args;
use miette::Result;
use tollgate_promotion::moves;
use tollgate_sources::ModelReference;

use super::registry::{Actor, Registry, Waiting};
use crate::arguments::Format;
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
    pub(crate) actor: Actor,
    #[command(flatten)]
    pub(crate) registry: Registry,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

pub(crate) fn run(arguments: &Reject) -> Exit {
    output::shown("reject", arguments.format, || reject(arguments))
}

fn reject(arguments: &Reject) -> Result<Exit> {
    let audit = arguments.actor.audit_with_reason(&arguments.reason)?;
    let plan = arguments.registry.plan()?;
    let mlflow = arguments.registry.connect(&plan)?;
    let waiting = Waiting::on(&mlflow);
    let registered = mlflow.registered(&arguments.model.name)?;
    let number = mlflow.resolve(&arguments.model, &registered)?;
    let version = mlflow.version(&arguments.model.name, number)?;
    let wanted = moves::reject(&plan, &registered, &version, &audit)?;
    drop(waiting);
    arguments.actor.make("reject", arguments.format, &mlflow, &wanted)
}
