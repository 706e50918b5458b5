//! `tollgate promote`

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use miette::{Result, miette};
use serde::Serialize;
use tollgate_promotion::ask::{Asked, ask};
use tollgate_promotion::collect::{Collected, Question};
use tollgate_promotion::gates::Gates;
use tollgate_promotion::{Stage, moves};
use tollgate_sources::{ModelReference, Version};

use super::approve;
use super::gate;
use super::mlflow::{Actor, Approvals, Registry, Waiting};
use super::record::{self, Recording};
use super::sources;
use crate::arguments::{Detail, FailOn, Format, Shared};
use crate::exit::Exit;
use crate::output::{self, visible};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate promote models:/churn/8 --to Staging
  tollgate promote models:/churn/8 --to Production --dry-run
  tollgate promote models:/churn/8 --to Production --by dana \\
      --override 'INC-4711: the champion leaks memory'

The gates of the stage judge first; what does not pass is not moved, and the
command ends as `tollgate gate` would. Then the audit tags, the alias and the
stage are written, in an order that a crash leaves recoverable: the same command
finishes what was begun.")]
pub(crate) struct Promote {
    /// The version: models:/NAME/VERSION or models:/NAME@ALIAS
    #[arg(value_name = "MODEL")]
    pub(crate) model: ModelReference,
    /// Where to: Staging or Production
    #[arg(long, value_name = "STAGE")]
    pub(crate) to: Stage,
    /// More evidence, JSON or YAML; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) facts: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) listed: sources::Listed,
    /// Why it is promoted, for the record
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Promote it although its gates do not let it pass, for this reason; needs
    /// --by, and is written into the registry
    #[arg(long = "override", value_name = "REASON", requires = "by", conflicts_with = "reason")]
    pub(crate) override_reason: Option<String>,
    #[command(flatten)]
    pub(crate) actor: Actor,
    #[command(flatten)]
    pub(crate) registry: Registry,
    #[command(flatten)]
    pub(crate) approvals: Approvals,
    #[command(flatten)]
    pub(crate) recording: Recording,
    /// The mildest outcome that is not promoted
    #[arg(long, value_enum, default_value_t, value_name = "OUTCOME")]
    pub(crate) fail_on: FailOn,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) detail: Detail,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

/// A promotion that an earlier run made.
#[derive(Serialize)]
struct Already<'a> {
    model: &'a str,
    version: u64,
    to: Stage,
    promoted: &'a moves::Intent,
}

pub(crate) fn run(arguments: &Promote) -> Exit {
    output::shown("promote", arguments.format, || promote(arguments))
}

fn promote(arguments: &Promote) -> Result<Exit> {
    let to = arguments.to;
    if ![Stage::Staging, Stage::Production].contains(&to) {
        return Err(miette!(
            help = "`tollgate reject` and `tollgate archive` take a version out of use",
            "a version is promoted to Staging or to Production, not to {to}"
        ));
    }
    let is_blank = |reason: &String| reason.trim().is_empty();
    if arguments.override_reason.as_ref().is_some_and(is_blank) {
        return Err(miette!("an override has a reason, which is written down"));
    }
    let reason = arguments.override_reason.as_deref().or(arguments.reason.as_deref());
    let recorder = arguments.recording.recorder()?;
    let mut audit = arguments.actor.audit(reason)?;
    let plugins = super::plugins(&arguments.shared)?;
    let plan = arguments.registry.plan()?;
    let target = plan.target(to)?;
    let gates = Gates::open(&plugins, target)?;
    let sources = target.sources.as_ref();
    let sources = arguments.listed.read_beside_registry(sources, gates.all(), true)?;
    let mlflow = arguments.registry.connect(&plan)?;
    let waiting = Waiting::on(&mlflow).also_on(&sources::names(&sources));
    let format = arguments.format;
    let question = Question {
        candidate: &arguments.model,
        target: Some(to),
        action: "promote",
        actor: Some(&audit.by),
        reason,
        champion: None,
        facts: &arguments.facts,
        sources: &sources,
        // What is written is judged as of now, and of no other time.
        as_of: audit.at,
    };
    let asked = ask(&mlflow, &plan, &plugins, to, &audit, &question)?;
    let Collected { mut case, registered, candidate, .. } = match asked {
        Asked::Open(collected) => *collected,
        Asked::Rest(rest) => {
            drop(waiting);
            return arguments.actor.make("promote", format, &mlflow, &*rest);
        }
        Asked::Already(version, done) => {
            drop(waiting);
            told_of(format, &version, to, &done);
            return Ok(Exit::Passed);
        }
    };
    sources::tell(&case);
    let approvals = arguments.approvals.approvals.as_deref();
    approve::state(&gates, &mut case, approvals)?;
    let report = gates.judge(&plugins, &mut case, |id| approve::facts(approvals, id));
    let report = record::gate(recorder.as_ref(), &case, gates.all(), report)?;
    drop(waiting);
    let exit = Exit::of(report.verdict, arguments.fail_on == FailOn::Warn);
    if exit != Exit::Passed && arguments.override_reason.is_none() {
        match format {
            Format::Json => output::json("gate", &report),
            Format::Human => output::page(|out| {
                gate::print(out, &report, None, arguments.detail.verbose)?;
                writeln!(out, "not moved: {} stays in its stage", visible(&report.candidate))
            }),
        }
        return Ok(exit);
    }
    audit.overrides = arguments.override_reason.is_some();
    let wanted = moves::promote(&plan, &registered, &candidate, to, &report, &audit)?;
    if format == Format::Human {
        output::page(|out| gate::print(out, &report, None, arguments.detail.verbose));
    }
    arguments.actor.make("promote", format, &mlflow, &wanted)
}

fn told_of(format: Format, version: &Version, to: Stage, done: &moves::Intent) {
    let report = Already { model: &version.name, version: version.version, to, promoted: done };
    match format {
        Format::Json => output::json("promote", &report),
        Format::Human => output::page(|out| {
            let name = visible(&version.name);
            let (by, at) = (visible(&done.by), visible(&done.at));
            writeln!(
                out,
                "{name} v{} is in {to} already: promoted by {by} at {at}",
                version.version
            )
        }),
    }
}
