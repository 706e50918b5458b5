//! The results, for a person and for a program.

use serde_json::{Value, json};

use crate::figures::{ratio, time};
use crate::group::{Results, RowResult};
use crate::machine::Machine;
use crate::measure::{Effort, Times};
use crate::targets::Judged;

/// The table that a person reads.
pub(crate) fn text(
    machine: &Machine,
    effort: Effort,
    results: &[Results],
    targets: &[Judged],
) -> String {
    let mut lines = vec![
        format!(
            "Tollgate beside its peers: {}, {} cores, {}",
            machine.cpu, machine.cores, machine.os
        ),
        format!(
            "One run. The rows of a group take turns, {} ms at a time; times are medians over the \
             rounds, in brackets least to greatest.",
            effort.sample.as_millis()
        ),
    ];
    let width = results
        .iter()
        .flat_map(|group| &group.rows)
        .map(|row| row.label.chars().count())
        .max()
        .unwrap_or_default();
    for group in results.iter().filter(|group| !group.rows.is_empty()) {
        lines.push(String::new());
        lines.push(format!(
            "{}: the time of a {}, {} rounds",
            group.title, group.unit, group.rounds
        ));
        let reference = group.median(group.reference);
        lines.extend(group.rows.iter().map(|row| line(row, group.reference, reference, width)));
    }
    if !targets.is_empty() {
        lines.push(String::new());
        lines.push("Targets".to_owned());
        lines.extend(targets.iter().map(target));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn line(row: &RowResult, reference: &str, by: Option<f64>, width: usize) -> String {
    let label = &row.label;
    match &row.times {
        Err(why) => format!("  {label:<width$}  {why}"),
        Ok(times) => {
            let ratio = if row.id == reference {
                "reference".to_owned()
            } else {
                by.map_or_else(|| "-".to_owned(), |by| ratio(times.median / by))
            };
            let Times { median, least, greatest } = times;
            let spread = format!("[{} .. {}]", time(*least), time(*greatest));
            format!("  {label:<width$}  {:>10}  {ratio:>9}  {spread}", time(*median))
        }
    }
}

fn target(judged: &Judged) -> String {
    let verdict = match judged.reached {
        Some(true) => "reached",
        Some(false) => "missed",
        None => "not measured",
    };
    format!("  {verdict:<12}  {}: {}", judged.text, judged.found)
}

/// All of it, for a program.
pub(crate) fn json(
    machine: &Machine,
    effort: Effort,
    results: &[Results],
    targets: &[Judged],
) -> Value {
    json!({
        "machine": { "cpu": machine.cpu, "cores": machine.cores, "os": machine.os },
        "sample_ms": effort.sample.as_millis() as u64,
        "groups": results.iter().map(group_json).collect::<Vec<_>>(),
        "targets": targets
            .iter()
            .map(|judged| {
                json!({ "target": judged.text, "found": judged.found, "reached": judged.reached })
            })
            .collect::<Vec<_>>(),
    })
}

fn group_json(group: &Results) -> Value {
    let reference = group.median(group.reference);
    let rows = group.rows.iter().map(|row| match &row.times {
        Err(why) => json!({ "id": row.id, "label": row.label, "skipped": why }),
        Ok(times) => json!({
            "id": row.id,
            "label": row.label,
            "median_ns": times.median,
            "least_ns": times.least,
            "greatest_ns": times.greatest,
            "ratio": reference.map(|by| times.median / by),
        }),
    });
    json!({
        "title": group.title,
        "unit": group.unit,
        "rounds": group.rounds,
        "reference": group.reference,
        "rows": rows.collect::<Vec<_>>(),
    })
}
