//! `tollgate registry deprecate`

use std::str::FromStr;

use clap::Args;
use miette::{Result, miette};
use serde::Serialize;
use tollgate_promotion::moves::{self, Replacement, Sunset};
use tollgate_sources::{ModelReference, Pick};

use crate::arguments::Format;
use crate::command::mlflow::{self, Moving, Waiting};
use crate::exit::Exit;
use crate::output::{self, visible};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate registry deprecate models:/churn/7 --sunset 2027-06-30 \\
      --replacement 8 --reason 'worse on small accounts' --dry-run
  tollgate registry deprecate models:/churn/7 --sunset 2027-06-30 \\
      --replacement models:/churn_risk/1 --reason 'the name has changed'

The version says so itself, in the tags that the gate `model-metadata` reads and
in its description. What serves is given a sunset only where its replacement
serves, or by --override.")]
pub(crate) struct Deprecate {
    /// The version: models:/NAME/VERSION or models:/NAME@ALIAS
    #[arg(value_name = "MODEL")]
    pub(crate) model: ModelReference,
    /// Until when it may be used: a date, or a time with a zone
    #[arg(long, value_name = "DATE")]
    pub(crate) sunset: Sunset,
    /// What comes after it: a version of the same model, or models:/NAME/VERSION
    #[arg(long, value_name = "VERSION")]
    pub(crate) replacement: Option<Successor>,
    /// Why, for the record
    #[arg(long, value_name = "TEXT", required_unless_present = "override_reason")]
    pub(crate) reason: Option<String>,
    /// Deprecate it although it serves, for this reason; needs --by, and is
    /// written into the registry
    #[arg(long = "override", value_name = "REASON", requires = "by", conflicts_with = "reason")]
    pub(crate) override_reason: Option<String>,
    #[command(flatten)]
    pub(crate) moving: Moving,
}

/// The version that comes after another.
#[derive(Debug, Clone)]
pub(crate) enum Successor {
    OfTheSame(u64),
    Named(ModelReference),
}

impl FromStr for Successor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<u64>() {
            Ok(version @ 1..) => Ok(Self::OfTheSame(version)),
            _ => text.parse().map(Self::Named),
        }
    }
}

impl Successor {
    fn of(&self, model: &ModelReference) -> ModelReference {
        match self {
            Self::OfTheSame(version) => {
                ModelReference { name: model.name.clone(), pick: Pick::Version(*version) }
            }
            Self::Named(reference) => reference.clone(),
        }
    }
}

/// A deprecation that an earlier run wrote.
#[derive(Serialize)]
struct Already<'a> {
    model: &'a str,
    version: u64,
    sunset_on: String,
    writes: [(); 0],
}

pub(crate) fn run(arguments: &Deprecate) -> Exit {
    let format = arguments.moving.format;
    output::shown("registry deprecate", format, || deprecate(arguments))
}

fn deprecate(arguments: &Deprecate) -> Result<Exit> {
    let Deprecate { model, sunset, replacement, reason, override_reason, moving } = arguments;
    let said = override_reason.as_ref().or(reason.as_ref());
    let said = said.ok_or_else(|| miette!("nobody says why, and it is written down"))?;
    let mut audit = moving.actor.audit_with_reason(said)?;
    audit.overrides = override_reason.is_some();
    let plan = moving.registry.plan()?;
    let mlflow = moving.registry.connect(&plan)?;
    let waiting = Waiting::on(&mlflow);
    let (registered, version) = mlflow::version(&mlflow, model)?;
    let after = replacement.as_ref().map(|it| mlflow::version(&mlflow, &it.of(model)));
    let after = after.transpose()?;
    let after = after.as_ref();
    let after = after.map(|(registered, version)| Replacement { registered, version });
    let wanted = moves::deprecate(&plan, &registered, &version, sunset, after, &audit)?;
    drop(waiting);
    if let Some(wanted) = wanted {
        return moving.actor.make("registry deprecate", moving.format, &mlflow, &wanted);
    }
    match moving.format {
        Format::Json => output::json(
            "registry deprecate",
            &Already {
                model: &version.name,
                version: version.version,
                sunset_on: sunset.to_string(),
                writes: [],
            },
        ),
        Format::Human => output::page(|out| {
            use std::fmt::Write as _;
            let name = visible(&version.name);
            writeln!(out, "{name} v{} has its sunset on {sunset} already", version.version)
        }),
    }
    Ok(Exit::Passed)
}
