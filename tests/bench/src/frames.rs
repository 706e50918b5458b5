//! Files of rows: the whole binary, beside pandera and pyarrow.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::group::{Group, Row};
use crate::measure::WallStep;
use crate::places::Places;
use crate::process::{Process, python};

/// Rows of the Parquet file; CSV and JSON lines have a tenth.
const ROWS: u64 = 10_000_000;

/// Ids, labels, files, and who reads them.
const CASES: [(&str, &str, &str, Option<&str>); 5] = [
    ("frames/tollgate-parquet", "`tollgate check`, Parquet", "rows.parquet", None),
    ("frames/pyarrow", "pyarrow.compute, Parquet in batches", "rows.parquet", Some("pyarrow")),
    ("frames/pandera", "pandera on pandas, Parquet", "rows.parquet", Some("pandera")),
    ("frames/tollgate-csv", "`tollgate check`, CSV", "rows.csv", None),
    ("frames/tollgate-jsonl", "`tollgate check`, JSON lines", "rows.jsonl", None),
];

/// Each as a process of its own, from start to exit.
pub(crate) fn group(places: &Places) -> Result<Group> {
    let prepared = files(places);
    let rows = CASES
        .iter()
        .map(|(id, label, file, peer)| {
            let case = prepared.as_ref().map_err(|why| format!("{why:#}")).and_then(|folder| {
                case(places, &folder.join(file), *peer).map_err(|why| format!("{why:#}"))
            });
            match case {
                Err(why) => Row::skipped(id, label, &why),
                Ok((case, rows, peak)) => {
                    let label = format!("{label}, {rows} rows, peak memory {} MB", peak >> 10);
                    Row::of_parts(id, &label, WallStep(move |_| case.run()), rows as f64)
                }
            }
        })
        .collect();
    Ok(Group {
        title: "A file of 10 columns checked, the whole process",
        unit: "row",
        reference: CASES[0].0,
        long: true,
        rows,
    })
}

/// The folder with the files, which are made once.
fn files(places: &Places) -> Result<PathBuf> {
    let folder = places.target.join("bench").join(format!("frames-{ROWS}"));
    // Written last.
    if folder.join("rows.jsonl").exists() {
        return Ok(folder);
    }
    fs::create_dir_all(&folder)?;
    let made = Command::new(python())
        .arg(places.here.join("frames_peer.py"))
        .arg("make")
        .arg(&folder)
        .arg(ROWS.to_string())
        .status()
        .context("cannot start Python")?;
    ensure!(made.success(), "no files: `cargo xtask bench` installs the Python that makes them");
    Ok(folder)
}

/// One command, how many rows it read, and the most memory it took, in KiB.
fn case(places: &Places, file: &Path, peer: Option<&str>) -> Result<(Process, u64, u64)> {
    let (program, arguments) = match peer {
        None => {
            let signature = places.here.join("frames").join("signature.json");
            let arguments = vec![
                "check".into(),
                "--format".into(),
                "json".into(),
                "--signature".into(),
                signature,
                "--payload".into(),
                file.to_owned(),
            ];
            (places.program("tollgate"), arguments)
        }
        Some(peer) => {
            let script = places.here.join("frames_peer.py");
            (python().into(), vec![script, peer.into(), file.to_owned()])
        }
    };
    let process = Process::new(places, program, arguments);
    let (found, peak) = process.answer()?;
    let clean = match peer {
        None => found.get("verdict").is_some_and(|verdict| verdict == "pass"),
        Some(_) => found.get("problems") == Some(&Value::Array(Vec::new())),
    };
    ensure!(clean, "it finds fault with good rows: {found}");
    let rows = found.get("rows").and_then(|rows| rows.get("count").unwrap_or(rows).as_u64());
    Ok((process, rows.context("it does not say how many rows it read")?, peak))
}
