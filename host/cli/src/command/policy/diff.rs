//! `tollgate policy diff`

mod evidence;
mod print;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use miette::{Report as Failure, Result, miette};
use tollgate::difference::{self, DecisionDifferences, DifferenceReport, GateDifferences};
use tollgate::judge::{Decider, Gate, Opened};
use tollgate::rows::Judged;
use tollgate::source;
use tollgate_engine::World;
use tollgate_frames::{Frames, Payload};
use tollgate_reports::Report;

use crate::arguments::{PayloadFormat, Reports, Shared};
use crate::exit::Exit;
use crate::output;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate policy diff old.yaml policies/fraud.yaml
  tollgate policy diff old.yaml policies/fraud.yaml --decisions yesterday.parquet
  tollgate policy diff old.yaml policies/gates/offline.yaml --records records.jsonl
  git show origin/main:policies/fraud.yaml > old.yaml

With --decisions both policies decide on what was decided on yesterday: how many
rows come out differently, from which action to which, and some of them. With
--records both profiles judge what gates judged before: which versions come out
differently, and by which rule. A file or a folder may be given: records that
`tollgate gate --record` wrote (.jsonl), and what `--facts-out` wrote (.json).
Both may be given: what a document judges says which is looked at; the other one
alone is an error.

Exit codes: 0 compared, 1 something comes out differently and --fail-on change is
given, 2 a file is wrong or a plugin fails, 3 nothing was compared, or not all and
the rest is the same.")]
pub(crate) struct Diff {
    /// The document as it is, or a component made by `tollgate bake`
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,
    /// The document that is to replace it
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,
    /// What a policy decided on: a file of rows; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) decisions: Option<PathBuf>,
    /// How to read it
    #[arg(long, value_enum, default_value_t, requires = "decisions")]
    pub(crate) input_format: PayloadFormat,
    /// Counters that the policies read, JSON or YAML
    #[arg(long, value_name = "FILE", requires = "decisions")]
    pub(crate) counters: Option<PathBuf>,
    /// How many rows to show of each kind of change
    #[arg(long, value_name = "N", default_value_t = 3, requires = "decisions")]
    pub(crate) examples: u16,
    /// What gates judged: records, or evidence that was kept; files or folders,
    /// may be given several times
    #[arg(long, value_name = "PATH")]
    pub(crate) records: Vec<PathBuf>,
    /// Fail when something comes out differently
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) fail_on: Option<FailOn>,
    #[command(flatten)]
    pub(crate) reports: Reports,
    #[command(flatten)]
    pub(crate) shared: Shared,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Any decision or verdict; where none is compared, any value of the
    /// documents
    Change,
}

pub(crate) fn run(arguments: &Diff) -> Exit {
    output::reported("policy diff", &arguments.reports, |reporter| {
        let report = compared(arguments)?;
        let report = match arguments.fail_on {
            Some(FailOn::Change) => report.where_no_change_passes(),
            None => report,
        };
        reporter.report(&Report::Difference(&report), |out| print::print(out, &report))?;
        Ok(Exit::of(report.verdict, false))
    })
}

fn compared(arguments: &Diff) -> Result<DifferenceReport> {
    apart(arguments)?;
    let plugins = super::super::plugins(&arguments.shared)?;
    let old = Opened::open(&plugins, &arguments.old)?;
    let new = Opened::open(&plugins, &arguments.new)?;
    let (world, other) = (old.plugin().world(), new.plugin().world());
    if world != other {
        return Err(miette!(
            "`{}` judges {} and `{}` judges {}: they cannot be compared",
            old.file(),
            judges(world),
            new.file(),
            judges(other)
        ));
    }
    let report = DifferenceReport::of(&old, &new);
    // Also what the document has no use for: it was misspelt, perhaps.
    let given = arguments.decisions.iter().chain(&arguments.records);
    if let Some(gone) =
        given.into_iter().find(|path| !source::is_standard_input(path) && !path.exists())
    {
        return Err(miette!("`{}` does not exist", gone.display()));
    }
    match (world, &arguments.decisions, arguments.records.as_slice()) {
        (_, None, []) => Ok(report),
        (World::Policy, Some(rows), _) => {
            let old = decider(arguments, old)?;
            let new = decider(arguments, new)?;
            Ok(report.with_decisions(decisions(arguments, rows, &old, &new)?))
        }
        (World::Gate, _, records @ [_, ..]) => Ok(report.with_gates(gates(records, old, new)?)),
        // The words alone would answer another question than the one asked.
        (World::Policy, None, _) => Err(no_evidence(arguments, world, "`--records`", DECISIONS)),
        (World::Gate, ..) => Err(no_evidence(arguments, world, "`--decisions`", RECORDS)),
        (World::Signature, ..) => Err(no_evidence(arguments, world, "what was given", NOTHING)),
    }
}

const DECISIONS: &str = "give rows that it decides on, with `--decisions`";
const RECORDS: &str = "give what gates judged, with `--records`";
const NOTHING: &str = "documents alone are compared where neither `--decisions` nor `--records` is \
                       given";

/// What was given is no evidence for such a document.
fn no_evidence(arguments: &Diff, world: World, given: &str, takes: &str) -> Failure {
    miette!(
        help = takes,
        "`{}` judges {}, of which {given} says nothing",
        arguments.new.display(),
        judges(world)
    )
}

fn decisions(
    arguments: &Diff,
    rows: &Path,
    old: &Decider,
    new: &Decider,
) -> Result<DecisionDifferences> {
    let mut frames = frames(rows, arguments.input_format)?;
    let (name, progress) = (name(rows), progress());
    let examples = usize::from(arguments.examples);
    let found = difference::decisions(old, new, &mut frames, &name, examples, &mut |rows| {
        progress.set_position(rows);
    })?;
    progress.finish_and_clear();
    Ok(found)
}

/// A comparison with itself would say that nothing changes, whatever is asked.
fn apart(arguments: &Diff) -> Result<()> {
    let Diff { old, new, decisions, .. } = arguments;
    if [Some(old), Some(new), decisions.as_ref()]
        .into_iter()
        .flatten()
        .filter(|path| source::is_standard_input(path))
        .count()
        > 1
    {
        return Err(miette!("standard input cannot give two of the files"));
    }
    let real = |path: &PathBuf| path.canonicalize().ok();
    if old == new || real(old).is_some_and(|old| real(new) == Some(old)) {
        return Err(miette!(
            help = "`git show origin/main:policies/fraud.yaml > old.yaml` gives the document as it \
                    was",
            "`{}` and `{}` are one file, and a comparison with itself says nothing",
            old.display(),
            new.display()
        ));
    }
    Ok(())
}

fn judges(world: World) -> &'static str {
    match world {
        World::Signature => "payloads",
        World::Gate => "model versions",
        World::Policy => "scores",
    }
}

fn decider(arguments: &Diff, opened: Opened) -> Result<Decider> {
    let decider = Decider::new(opened)?;
    Ok(match &arguments.counters {
        Some(counters) => decider.with_counters(counters)?,
        None => decider,
    })
}

fn frames(path: &Path, asked: PayloadFormat) -> Result<Frames> {
    match tollgate_frames::open(path, asked.asked(), Judged::Decided)? {
        Payload::Frames(rows) => Ok(rows),
        Payload::Request(_) => Err(miette!(
            help = "give JSON lines, CSV, Parquet or Arrow; `--input-format` says which it is",
            "`{}` is one request, and rows are compared",
            name(path)
        )),
    }
}

fn name(path: &Path) -> String {
    if source::is_standard_input(path) { "<stdin>".to_owned() } else { path.display().to_string() }
}

fn gates(paths: &[PathBuf], old: Opened, new: Opened) -> Result<GateDifferences> {
    let (old, new) = (Gate::new(old)?, Gate::new(new)?);
    let mut found = GateDifferences::default();
    evidence::each(paths, |case| match case {
        Some(case) => difference::gates(&old, &new, &case, &mut found),
        None => found.skipped += 1,
    })?;
    Ok(found)
}

/// Rows so far; nothing where standard error is no terminal.
fn progress() -> ProgressBar {
    let progress = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} rows, {per_sec}") {
        progress.set_style(style);
    }
    progress
}
