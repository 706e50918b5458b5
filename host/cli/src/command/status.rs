//! `tollgate status`

use std::fmt::{self, Write as _};

use clap::Args;
use miette::Result;
use tollgate_promotion::Stage;
use tollgate_promotion::status::{Status as Report, status};

use super::mlflow::{Registry, Waiting};
use crate::arguments::Format;
use crate::exit::Exit;
use crate::output::{self, visible};

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tollgate status churn

Shows which version is in which stage, since when and by whom, which one a
rollback goes back to, which one would be promoted next, and moves that were
begun and are not done.")]
pub(crate) struct Status {
    /// The model, by its name
    #[arg(value_name = "NAME")]
    pub(crate) model: String,
    #[command(flatten)]
    pub(crate) registry: Registry,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

pub(crate) fn run(arguments: &Status) -> Exit {
    output::shown("status", arguments.format, || show(arguments))
}

fn show(arguments: &Status) -> Result<Exit> {
    let plan = arguments.registry.plan()?;
    let mlflow = arguments.registry.connect(&plan)?;
    let waiting = Waiting::on(&mlflow);
    let name = super::mlflow::model_name(&arguments.model)?;
    let registered = mlflow.registered(name)?;
    let versions = mlflow.versions(name)?;
    drop(waiting);
    let report = status(&plan, &registered, &versions);
    match arguments.format {
        Format::Json => output::json("status", &report),
        Format::Human => output::page(|out| print(out, &report)),
    }
    Ok(Exit::Passed)
}

/// Versions without a stage beyond these are many and say little.
const SHOWN: usize = 20;

fn print(out: &mut String, report: &Report) -> fmt::Result {
    writeln!(out, "{}", visible(&report.model))?;
    let mut left_out = 0;
    for (index, version) in report.versions.iter().enumerate() {
        let says_little = matches!(version.stage, Stage::None | Stage::Archived);
        if says_little && index >= SHOWN && version.bad.is_none() && version.unfinished.is_none() {
            left_out += 1;
            continue;
        }
        write!(out, "  {:>4}  {:<10}", format!("v{}", version.version), version.stage)?;
        let aliases: Vec<String> =
            version.aliases.iter().map(|alias| visible(&format!("@{alias}")).to_string()).collect();
        write!(out, "  {:<22}", aliases.join(" "))?;
        if let Some(since) = &version.since {
            write!(out, "  since {}", visible(since))?;
        }
        if let Some(by) = &version.by {
            write!(out, " by {}", visible(by))?;
        }
        if let Some(reason) = &version.bad {
            write!(out, "  bad: {}", visible(reason))?;
        }
        writeln!(out)?;
        if let Some(intent) = &version.unfinished {
            writeln!(
                out,
                "        {} to {} begun by {} at {} and not done: run it again to finish it",
                visible(&intent.action),
                visible(&intent.to),
                visible(&intent.by),
                visible(&intent.at)
            )?;
        }
    }
    if left_out > 0 {
        writeln!(out, "  and {left_out} older versions out of use")?;
    }
    if let Some(previous) = report.previous {
        writeln!(out, "a rollback goes back to v{previous}")?;
    }
    if let Some(next) = &report.next {
        writeln!(out, "next: v{} to {}", next.version, next.to)?;
    }
    for claim in &report.claims {
        writeln!(
            out,
            "at work since {}: {} moves v{} to {}",
            visible(&claim.at),
            visible(&claim.by),
            claim.version,
            visible(&claim.to)
        )?;
    }
    Ok(())
}
