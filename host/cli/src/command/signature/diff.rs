//! `tollgate signature diff`

use std::fmt::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use miette::Result;
use tollgate_engine::types::Outcome;
use tollgate_signatures::diff::{Change, DiffReport, Effect, Raises, diff};
use tollgate_signatures::file;

use crate::arguments::Format;
use crate::exit::Exit;
use crate::output::{self, visible};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tollgate signature diff models/churn-v7 models/churn-v8
  tollgate signature diff old/MLmodel signature.json --for both
  tollgate signature diff models/churn-v7 models/churn-v8 --format json

Callers send inputs and parameters and read outputs; the model takes the one
and gives the other. A change breaks callers when the new signature refuses what
the old one took, or no longer promises what it gave: then the major version
must rise. It breaks the model when a model made for the old signature would get
something else: then the model must change along with its signature.

Exit codes: 0 compatible, 1 breaking for those that --for names, 2 a file is
wrong. The rules, as a table: host/cli/SIGNATURES.md.")]
pub(crate) struct Diff {
    /// The old signature: an MLmodel file, a model's folder, or a JSON file
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,
    /// The new signature
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,
    /// Whom a breaking change must not meet
    #[arg(long = "for", value_enum, default_value_t, value_name = "WHOM")]
    pub(crate) reader: Reader,
    /// Exit with 0 where it would be 1; errors stay 2
    #[arg(long)]
    pub(crate) exit_zero: bool,
    /// How to print the report
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Reader {
    /// Who sends requests and reads answers
    #[default]
    Callers,
    /// A model that is kept while its signature changes
    Model,
    /// Both
    Both,
}

pub(crate) fn run(arguments: &Diff) -> Result<Exit> {
    let old = file::read(&arguments.old)?;
    let new = file::read(&arguments.new)?;
    let diff = diff(&old.signature, &new.signature);
    let (callers, model) = (diff.breaks_callers(), diff.breaks_model());
    let breaks = match arguments.reader {
        Reader::Callers => callers,
        Reader::Model => model,
        Reader::Both => callers || model,
    };
    let report = DiffReport {
        verdict: if breaks { "fail" } else { "pass" },
        old: old.source,
        new: new.source,
        callers: word(callers),
        model: word(model),
        raises: diff.raises(),
        diff,
    };
    match arguments.format {
        Format::Json => output::json("signature diff", &report),
        Format::Human => output::page(|out| print(out, &report, arguments.reader, breaks)),
    }
    Ok(if breaks && !arguments.exit_zero { Exit::Failed } else { Exit::Passed })
}

fn word(breaks: bool) -> &'static str {
    if breaks { "breaking" } else { "compatible" }
}

fn print(out: &mut String, report: &DiffReport, reader: Reader, breaks: bool) -> fmt::Result {
    writeln!(out, "{} -> {}", visible(&report.old), visible(&report.new))?;
    for change in &report.diff.changes {
        print_change(out, reader, change)?;
    }
    let style = output::style(if breaks { Outcome::Fail } else { Outcome::Pass });
    if report.diff.changes.is_empty() {
        return writeln!(out, "{style}SAME{style:#}: nothing changed");
    }
    let DiffReport { callers, model, raises, .. } = report;
    let count = report.diff.changes.len();
    let changes = if count == 1 { "change" } else { "changes" };
    writeln!(
        out,
        "{style}{}{style:#} for callers, {model} for the model: {count} {changes}, {}",
        callers.to_uppercase(),
        version(*raises),
    )
}

fn version(raises: Raises) -> String {
    format!("the {} version must rise", raises.name())
}

fn print_change(out: &mut impl Write, reader: Reader, change: &Change) -> fmt::Result {
    let asked: Vec<&Effect> = match reader {
        Reader::Callers => vec![&change.callers],
        Reader::Model => vec![&change.model],
        Reader::Both => vec![&change.callers, &change.model],
    };
    let (style, sign) = if asked.iter().any(|effect| effect.breaking) {
        (output::style(Outcome::Fail), "breaking")
    } else if asked.iter().all(|effect| effect.unless.is_empty()) {
        (output::style(Outcome::Pass), "ok")
    } else {
        (output::style(Outcome::Warn), "ok, but")
    };
    writeln!(
        out,
        "  {style}{sign:<9}{style:#} {}  at {}",
        visible(&change.title()),
        visible(&change.pointer)
    )?;
    effect(out, "callers", &change.callers)?;
    effect(out, "model", &change.model)
}

fn effect(out: &mut impl Write, who: &str, effect: &Effect) -> fmt::Result {
    let sign = if effect.breaking { "breaks" } else { "fine" };
    writeln!(out, "            {who:<8} {sign}: {}", visible(&effect.reason))?;
    for exception in &effect.unless {
        writeln!(out, "                     unless {}", visible(exception.text()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tollgate_signatures::diff::{ChangeKind, Diff};

    use super::*;
    use crate::output::hostile::assert_harmless;

    #[test]
    fn whatever_a_signature_says_is_only_read() {
        assert_harmless(|out, text| {
            let text = || text.to_owned();
            let effect = Effect { breaking: true, reason: text(), unless: Vec::new() };
            let change = Change {
                kind: ChangeKind::Default,
                what: text(),
                pointer: text(),
                old: Some(text()),
                new: Some(text()),
                callers: effect.clone(),
                model: effect,
                raises: Raises::Major,
            };
            let report = DiffReport {
                verdict: "fail",
                old: text(),
                new: text(),
                callers: "breaking",
                model: "breaking",
                raises: Raises::Major,
                diff: Diff { changes: vec![change] },
            };
            print(out, &report, Reader::Both, true)
        });
    }
}
