//! `tollgate signature diff`

use std::io::Write as _;

use miette::Result;
use tollgate::report::Exit;
use tollgate::signature::diff::{Change, DiffReport, Effect, Raises, diff};
use tollgate::signature::file;
use tollgate_engine::types::Outcome;

use crate::arguments::{Diff, Format, Reader};
use crate::output;

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
        command: "signature diff",
        verdict: if breaks { "fail" } else { "pass" },
        old: old.source,
        new: new.source,
        callers: word(callers),
        model: word(model),
        raises: diff.raises(),
        diff,
    };
    match arguments.format {
        Format::Json => output::written(output::json(&report))?,
        Format::Human => output::written(print(&report, arguments.reader, breaks))?,
    }
    Ok(if breaks && !arguments.exit_zero { Exit::Failed } else { Exit::Passed })
}

fn word(breaks: bool) -> &'static str {
    if breaks { "breaking" } else { "compatible" }
}

fn print(report: &DiffReport, reader: Reader, breaks: bool) -> std::io::Result<()> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{} -> {}", report.old, report.new)?;
    for change in &report.diff.changes {
        print_change(&mut out, reader, change)?;
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

fn print_change(
    out: &mut impl std::io::Write,
    reader: Reader,
    change: &Change,
) -> std::io::Result<()> {
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
    writeln!(out, "  {style}{sign:<9}{style:#} {}  at {}", change.title(), change.pointer)?;
    effect(out, "callers", &change.callers)?;
    effect(out, "model", &change.model)
}

fn effect(out: &mut impl std::io::Write, who: &str, effect: &Effect) -> std::io::Result<()> {
    let sign = if effect.breaking { "breaks" } else { "fine" };
    writeln!(out, "            {who:<8} {sign}: {}", effect.reason)?;
    for exception in &effect.unless {
        writeln!(out, "                     unless {}", exception.text())?;
    }
    Ok(())
}
