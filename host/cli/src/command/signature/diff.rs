//! `tollgate signature diff`

use std::fmt::{self, Write};

use miette::Result;
use tollgate_engine::types::Outcome;
use tollgate_signatures::diff::{Change, DiffReport, Effect, Raises, diff};
use tollgate_signatures::file;

use crate::arguments::{Diff, Format, Reader};
use crate::exit::Exit;
use crate::output::{self, visible};

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
