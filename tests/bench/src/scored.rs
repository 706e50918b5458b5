//! Statistics of scored rows: the whole binary, beside pandas.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::group::{Group, Row};
use crate::measure::{Effort, WallStep};
use crate::places::Places;
use crate::process::{Process, python};

/// Rows of the file; a look while working has a tenth.
const ROWS: u64 = 10_000_000;

/// What both count: by 20 groups and for the whole.
const ASKED: [&str; 10] = [
    "--score",
    "score",
    "--threshold",
    "0.5",
    "--outcome",
    "outcome",
    "--group",
    "group",
    "--mean",
    "amount",
];

/// Ids, labels, who counts, and what is asked beside [`ASKED`].
const CASES: [(&str, &str, Option<&str>, &[&str]); 3] = [
    ("scored/tollgate", "`tollgate facts`, Parquet", None, &[]),
    ("scored/pandas", "pandas, Parquet", Some("pandas"), &[]),
    ("scored/tollgate-auc", "`tollgate facts` with each AUC", None, &["--metric", "auc"]),
];

/// Each as a process of its own, from start to exit. All must count alike.
pub(crate) fn group(places: &Places, effort: Effort) -> Result<Group> {
    let prepared = file(places, if effort.is_quick() { ROWS / 10 } else { ROWS });
    let mut first = None;
    let rows = CASES
        .iter()
        .map(|(id, label, peer, more)| {
            let case = prepared
                .as_ref()
                .map_err(|why| format!("{why:#}"))
                .and_then(|file| case(places, file, *peer, more).map_err(|why| format!("{why:#}")));
            match case {
                Err(why) => Row::skipped(id, label, &why),
                Ok((_, found, _)) if !is_alike(first.get_or_insert(found), &found) => {
                    Row::skipped(id, label, "it counts otherwise than the first")
                }
                Ok((process, found, peak)) => {
                    let rows = found.rows;
                    let label = format!("{label}, {rows} rows, peak memory {} MB", peak >> 10);
                    Row::of_parts(id, &label, WallStep(move |_| process.run()), rows as f64)
                }
            }
        })
        .collect();
    Ok(Group {
        title: "Statistics of scored rows by 20 groups, the whole process",
        unit: "row",
        reference: CASES[0].0,
        long: true,
        rows,
    })
}

/// What was counted, by a few of its numbers.
#[derive(Debug, Clone, Copy)]
struct Found {
    rows: u64,
    true_positives: u64,
    calibration_positives: u64,
    mean: f64,
    standard_deviation: f64,
}

fn is_alike(one: &Found, other: &Found) -> bool {
    let counts = |found: &Found| (found.rows, found.true_positives, found.calibration_positives);
    let close = |one: f64, other: f64| (one - other).abs() <= 1e-9 * one.abs();
    counts(one) == counts(other)
        && close(one.mean, other.mean)
        && close(one.standard_deviation, other.standard_deviation)
}

/// The file, which is made once.
fn file(places: &Places, rows: u64) -> Result<PathBuf> {
    let folder = places.target.join("bench").join(format!("scored-{rows}"));
    let file = folder.join("scored.parquet");
    if file.exists() {
        return Ok(file);
    }
    // It takes its name when it is whole.
    let new = folder.with_extension("new");
    fs::create_dir_all(&new)?;
    let made = Command::new(python())
        .arg(places.here.join("scored_peer.py"))
        .arg("make")
        .arg(&new)
        .arg(rows.to_string())
        .status()
        .context("cannot start Python")?;
    ensure!(made.success(), "no file: `cargo xtask bench` installs the Python that makes it");
    fs::rename(&new, &folder)?;
    Ok(file)
}

fn case(
    places: &Places,
    file: &Path,
    peer: Option<&str>,
    more: &[&str],
) -> Result<(Process, Found, u64)> {
    let (program, arguments) = match peer {
        None => {
            let asked = ASKED.iter().chain(more).map(PathBuf::from);
            let all = ["facts".into(), file.to_owned(), "--format".into(), "json".into()];
            (places.program("tollgate"), all.into_iter().chain(asked).collect())
        }
        Some(peer) => {
            let script = places.here.join("scored_peer.py");
            (python().into(), vec![script, peer.into(), file.to_owned()])
        }
    };
    let process = Process::new(places, program, arguments);
    let (answer, peak) = process.answer()?;
    let found = match peer {
        None => of_facts(&answer),
        Some(_) => of_peer(&answer),
    };
    Ok((
        process,
        found.with_context(|| format!("it does not say what it counted: {answer}"))?,
        peak,
    ))
}

fn of_peer(answer: &Value) -> Option<Found> {
    Some(Found {
        rows: answer.get("rows")?.as_u64()?,
        true_positives: answer.get("true_positives")?.as_u64()?,
        calibration_positives: answer.get("calibration_positives")?.as_u64()?,
        mean: answer.get("mean")?.as_f64()?,
        standard_deviation: answer.get("standard_deviation")?.as_f64()?,
    })
}

/// Of the whole, which has no group.
fn of_facts(report: &Value) -> Option<Found> {
    let facts = report.get("facts")?.as_array()?;
    let value = |name: &str| {
        let is = |fact: &&Value| {
            let labels = fact.get("labels");
            fact.get("name").is_some_and(|it| it == name)
                && labels.is_none_or(|labels| labels.get("group").is_none())
        };
        facts.iter().find(is)?.get("value")
    };
    let positives = value("calibration_positives")?.as_array()?.iter().filter_map(Value::as_u64);
    Some(Found {
        rows: report.get("rows")?.as_u64()?,
        true_positives: value("true_positives")?.as_u64()?,
        calibration_positives: positives.sum(),
        mean: value("mean")?.as_f64()?,
        standard_deviation: value("standard_deviation")?.as_f64()?,
    })
}
