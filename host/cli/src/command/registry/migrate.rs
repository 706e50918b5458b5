//! `tollgate registry migrate`

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use miette::Result;
use serde::Serialize;
use tollgate::report::GateReport;
use tollgate_promotion::moves::{self, Reached, Sunset, Whole};
use tollgate_promotion::{naming, unused};
use tollgate_sources::{Mlflow, MlflowError, Registered, Version};

use crate::arguments::{Format, Shared};
use crate::command::gate;
use crate::command::mlflow::{self, Moving, Waiting};
use crate::exit::Exit;
use crate::output::{self, visible};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate registry migrate churn_v2 churn_risk --reason 'no versions in names' --dry-run
  tollgate registry migrate churn_v2 churn_risk --reason 'no versions in names'
  tollgate registry migrate churn_v2 churn_risk --finish --sunset 2027-06-30 \\
      --reason 'all callers have moved' --sources requests.yaml

The new name is judged first. Then each version is copied to it with its run, its
files, its tags and where it came from, the aliases last, so that both names
serve. Once the traffic has moved, --finish gives the old name its sunset: that it
has is judged by the profile that the plan calls `unused`, from --facts, --sources
and what the profile names, or overridden by a person with a reason. A run that
died is finished by the same command, with --take-over.")]
pub(crate) struct Migrate {
    /// The name that it has
    #[arg(value_name = "OLD")]
    pub(crate) old: String,
    /// The name that it is to have
    #[arg(value_name = "NEW")]
    pub(crate) new: String,
    /// Why, for the record
    #[arg(
        long,
        value_name = "TEXT",
        required_unless_present = "override_reason",
        conflicts_with = "override_reason"
    )]
    pub(crate) reason: Option<String>,
    /// The traffic has moved: deprecate the old name
    #[arg(long, requires = "sunset")]
    pub(crate) finish: bool,
    /// Until when the old name may be used: a date, or a time with a zone
    #[arg(long, value_name = "DATE", requires = "finish")]
    pub(crate) sunset: Option<Sunset>,
    /// Evidence that the old name is used no more, JSON or YAML; may be given
    /// several times
    #[arg(long, value_name = "FILE", requires = "finish")]
    pub(crate) facts: Vec<PathBuf>,
    /// Where such evidence is; may be given several times
    #[arg(long, value_name = "FILE", requires = "finish")]
    pub(crate) sources: Vec<PathBuf>,
    /// Finish although nothing shows that the old name is used no more, for this
    /// reason, which is written down
    #[arg(long = "override", value_name = "REASON", requires = "by", requires = "finish")]
    pub(crate) override_reason: Option<String>,
    #[command(flatten)]
    pub(crate) moving: Moving,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

/// A migration that is as far as it was asked to be.
#[derive(Serialize)]
struct Already<'a> {
    from: &'a str,
    to: &'a str,
    reached: Reached,
    writes: [(); 0],
}

pub(crate) fn run(arguments: &Migrate) -> Exit {
    output::shown("registry migrate", arguments.moving.format, || migrate(arguments))
}

fn migrate(arguments: &Migrate) -> Result<Exit> {
    let moving = &arguments.moving;
    let (old, new) = (mlflow::model_name(&arguments.old)?, mlflow::model_name(&arguments.new)?);
    let reason = arguments.override_reason.as_deref().or(arguments.reason.as_deref());
    let mut audit = moving.actor.audit_with_reason(reason.unwrap_or_default())?;
    audit.overrides = arguments.override_reason.is_some();
    let plan = moving.registry.plan()?;
    let plugins = crate::command::plugins(&arguments.shared)?;
    let judged = naming::judge(&plan, &plugins, new, audit.at)?;
    if let Some(exit) = refused(moving.format, &judged, old, "not migrated, and keeps its name") {
        return Ok(exit);
    }
    if arguments.finish && !audit.overrides {
        let Migrate { facts, sources, .. } = arguments;
        let judged = unused::judge(&plan, &plugins, old, facts, sources, audit.at)?;
        if let Some(exit) = refused(moving.format, &judged, old, "not finished, and goes on") {
            return Ok(exit);
        }
    }
    let mlflow = moving.registry.connect(&plan)?;
    let waiting = Waiting::on(&mlflow);
    let of_old = (mlflow.registered(old)?, mlflow.versions(old)?);
    let of_new = found(&mlflow, new)?;
    let wanted = match (&arguments.sunset, &of_new) {
        (Some(sunset), Some(of_new)) => {
            moves::finish(&plan, whole(&of_old), whole(of_new), sunset, &audit)?
        }
        (Some(_), None) => return Err(MlflowError::NoModel(new.to_owned()).into()),
        (None, of_new) => {
            moves::migrate(&plan, whole(&of_old), new, of_new.as_ref().map(whole), &audit)?
        }
    };
    drop(waiting);
    if let Some(wanted) = wanted {
        return moving.actor.make("registry migrate", moving.format, &mlflow, &wanted);
    }
    let reached = if arguments.finish { Reached::Finished } else { Reached::BothServe };
    match moving.format {
        Format::Json => {
            output::json("registry migrate", &Already { from: old, to: new, reached, writes: [] })
        }
        Format::Human => output::page(|out| {
            let (old, new) = (visible(old), visible(new));
            match reached {
                Reached::Finished => writeln!(out, "{old} is on its way out already"),
                _ => writeln!(out, "{new} stands beside {old} already"),
            }
        }),
    }
    Ok(Exit::Passed)
}

/// How the command ends where a gate does not pass.
fn refused(format: Format, judged: &GateReport, old: &str, what: &str) -> Option<Exit> {
    let exit = Exit::of(judged.verdict, false);
    if exit == Exit::Passed {
        return None;
    }
    match format {
        Format::Json => output::json("gate", judged),
        Format::Human => output::page(|out| {
            gate::print(out, judged, None, false)?;
            writeln!(out, "{}: {what}", visible(old))
        }),
    }
    Some(exit)
}

/// What there is of a name.
fn found(mlflow: &Mlflow, name: &str) -> Result<Option<(Registered, Vec<Version>)>> {
    match mlflow.registered(name) {
        Ok(registered) => Ok(Some((registered, mlflow.versions(name)?))),
        Err(MlflowError::NoModel(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn whole((registered, versions): &(Registered, Vec<Version>)) -> Whole<'_> {
    Whole { registered, versions }
}
