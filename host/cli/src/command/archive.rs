//! `tollgate archive`

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
    pub(crate) actor: Actor,
    #[command(flatten)]
    pub(crate) registry: Registry,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

pub(crate) fn run(arguments: &Archive) -> Exit {
    output::shown("archive", arguments.format, || archive(arguments))
}

fn archive(arguments: &Archive) -> Result<Exit> {
    let audit = arguments.actor.audit(arguments.reason.as_deref())?;
    let plan = arguments.registry.plan()?;
    let mlflow = arguments.registry.connect(&plan)?;
    let waiting = Waiting::on(&mlflow);
    let registered = mlflow.registered(&arguments.model.name)?;
    let number = mlflow.resolve(&arguments.model, &registered)?;
    let version = mlflow.version(&arguments.model.name, number)?;
    let wanted = moves::archive(&plan, &registered, &version, &audit)?;
    drop(waiting);
    arguments.actor.make("archive", arguments.format, &mlflow, &wanted)
}
