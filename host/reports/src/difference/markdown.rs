//! What a pull request shows of a policy that it changes.

use std::fmt::{self, Write};

use tollgate::difference::{
    DecisionDifferences, DifferenceReport, Example, GateDifferences, Taken,
};

use super::{direction, scores, share, summary, verdict};
use crate::markdown::escaped;

/// What is beyond so many rows of a table is counted.
const MOST: usize = 100;

pub(crate) fn render(out: &mut String, report: &DifferenceReport) -> fmt::Result {
    let summary = summary(report);
    let (word, behind) = summary.split_once(": ").unwrap_or((&summary, ""));
    let (old, new) = (&report.old, &report.new);
    writeln!(out, "## {} — tollgate policy diff\n", escaped(word))?;
    write!(out, "**{} {}", escaped(&new.name), escaped(&old.version))?;
    if old.version != new.version {
        write!(out, " → {}", escaped(&new.version))?;
    }
    writeln!(out, "** ({})\n\n{}", escaped(&new.file), escaped(behind))?;
    for remark in &report.remarks {
        writeln!(out, "\n> {}", escaped(remark))?;
    }
    changes(out, report)?;
    if let Some(found) = &report.decisions {
        decisions(out, found)?;
    }
    if let Some(found) = &report.gates {
        gates(out, found)?;
    }
    Ok(())
}

/// Rows, and how many there are beyond the most.
fn rows<T>(
    out: &mut String,
    all: &[T],
    mut row: impl FnMut(&mut String, &T) -> fmt::Result,
) -> fmt::Result {
    all.iter().take(MOST).try_for_each(|it| row(out, it))?;
    match all.len().saturating_sub(MOST) {
        0 => Ok(()),
        more => writeln!(out, "\n{more} more are in the report as JSON."),
    }
}

fn changes(out: &mut String, report: &DifferenceReport) -> fmt::Result {
    if report.changes.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n### What is written differently\n\n| line | what | change |\n| --: | --- | --- |"
    )?;
    rows(out, &report.changes, |out, change| {
        let line = change.line.map(|line| line.to_string()).unwrap_or_default();
        writeln!(out, "| {line} | {} | {} |", escaped(&change.path), escaped(&change.shown()))
    })
}

fn decisions(out: &mut String, found: &DecisionDifferences) -> fmt::Result {
    if found.transitions.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n### What {} of {} come to\n\n| from | to | rows | share | | scores |\n\
         | --- | --- | --: | --: | --- | --- |",
        if found.rows == 1 { "1 row".to_owned() } else { format!("{} rows", found.rows) },
        escaped(&found.input)
    )?;
    rows(out, &found.transitions, |out, it| {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            escaped(&it.from.shown()),
            escaped(&it.to.shown()),
            it.rows,
            share(it.rows, found.rows),
            if it.from == it.to { "other reasons" } else { direction(it.direction) },
            scores(it.scores)
        )
    })?;
    if !found.reasons.is_empty() {
        writeln!(out, "\n| reason | rows that lose it | rows that get it |\n| --- | --: | --: |")?;
        rows(out, &found.reasons, |out, it| {
            writeln!(out, "| {} | {} | {} |", escaped(&it.reason), it.lost, it.gained)
        })?;
    }
    let examples: Vec<(&Taken, &Taken, &Example)> = found
        .transitions
        .iter()
        .flat_map(|it| it.examples.iter().map(|example| (&it.from, &it.to, example)))
        .collect();
    if examples.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n<details><summary>Some of these rows</summary>\n\n\
         | row | from | because of | to | because of | inputs |\n| --- | --- | --- | --- | --- | --- |"
    )?;
    rows(out, &examples, |out, (from, to, example)| {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            example.place(),
            escaped(&from.shown()),
            escaped(&example.because),
            escaped(&to.shown()),
            escaped(&example.because_new),
            escaped(&example.inputs_shown())
        )
    })?;
    writeln!(out, "\n</details>")
}

fn gates(out: &mut String, found: &GateDifferences) -> fmt::Result {
    if !found.changed.is_empty() {
        writeln!(
            out,
            "\n### What {} come to\n\n| version | from | to | rule | what was found | where |\n\
             | --- | --- | --- | --- | --- | --- |",
            if found.compared == 1 {
                "1 gate run".to_owned()
            } else {
                format!("{} gate runs", found.compared)
            },
        )?;
    }
    let rules: Vec<_> = found
        .changed
        .iter()
        .flat_map(|change| change.rules.iter().map(move |rule| (change, rule)))
        .collect();
    rows(out, &rules, |out, (change, rule)| {
        writeln!(
            out,
            "| {} | {} | {} | {}: {} → {} | {} | {} |",
            escaped(&change.candidate),
            change.from.name(),
            change.to.name(),
            escaped(&rule.rule),
            verdict(rule.from),
            verdict(rule.to),
            escaped(&rule.message),
            escaped(&change.place)
        )
    })?;
    let counts = [
        (found.other_profiles, "left out, since other profiles judged them"),
        (found.recorded_otherwise, "recorded with another verdict than the old profile gives now"),
        (found.unjudged, "judged by neither profile"),
    ];
    for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
        writeln!(out, "\nGate runs {what}: {count}.")?;
    }
    Ok(())
}
