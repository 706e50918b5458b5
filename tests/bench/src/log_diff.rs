//! A log decided anew: the whole binary, beside deciding on the same rows.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::group::{Group, Row};
use crate::measure::{Effort, WallStep};
use crate::places::Places;
use crate::process::Process;
use crate::rows::{COUNTRIES, Rows};

/// Decisions of the log; a look while working has a twentieth.
const DECISIONS: u64 = 10_000_000;

const DIFF: &str = "log-diff/tollgate-diff";
const DECIDE: &str = "log-diff/tollgate-decide";
const VERIFY: &str = "log-diff/tollgate-verify";

/// Each as a process of its own, from start to exit.
pub(crate) fn group(places: &Places, effort: Effort) -> Result<Group> {
    let decisions = if effort.is_quick() { DECISIONS / 20 } else { DECISIONS };
    let prepared = files(places, decisions).map_err(|why| format!("{why:#}"));
    let rows = [
        (DIFF, "`tollgate log diff` over a log"),
        (DECIDE, "`tollgate decide` on the same rows, JSON lines"),
        (VERIFY, "`tollgate log verify` of that log"),
    ];
    let row = |(id, label): (&'static str, &str)| {
        let folder = prepared.as_ref().map_err(Clone::clone);
        let measured = folder.and_then(|folder| {
            let process =
                Process::new(places, places.program("tollgate"), asked(places, folder, id));
            // Deciding gives a line a row, which is no single answer.
            let peak = if id == DECIDE {
                String::new()
            } else {
                let (answer, peak) = process.answer().map_err(|why| format!("{why:#}"))?;
                let counted = ["decisions_read", "records"].map(|key| answer.get(key)?.as_u64());
                if counted.into_iter().flatten().next() < Some(decisions) {
                    return Err(format!("it reads less than there is: {answer}"));
                }
                format!(", peak memory {} MB", peak >> 10)
            };
            Ok((process, format!("{label}, {decisions} decisions{peak}")))
        });
        match measured {
            Err(why) => Row::skipped(id, label, &why),
            Ok((process, label)) => {
                Row::of_parts(id, &label, WallStep(move |_| process.run()), decisions as f64)
            }
        }
    };
    Ok(Group {
        title: "A log of decisions by another policy, the whole process",
        unit: "decision",
        reference: DECIDE,
        long: true,
        rows: rows.map(row).into_iter().collect(),
    })
}

fn asked(places: &Places, folder: &Path, id: &str) -> Vec<PathBuf> {
    let policy = places.root.join("policies/fraud.yaml");
    let (log, rows) = (folder.join("decisions"), folder.join("rows.jsonl"));
    let words: Vec<PathBuf> = match id {
        DIFF => vec!["log".into(), "diff".into(), log, "--policy".into(), policy],
        VERIFY => vec!["log".into(), "verify".into(), log],
        _ => vec!["decide".into(), "--policy".into(), policy, "--input".into(), rows],
    };
    words.into_iter().chain(["--format".into(), "json".into()]).collect()
}

/// The folder with the rows and their log, which are made once.
fn files(places: &Places, decisions: u64) -> Result<PathBuf> {
    let folder = places.target.join("bench").join(format!("log-diff-{decisions}"));
    if folder.exists() {
        return Ok(folder);
    }
    // It takes its name when it is whole.
    let new = folder.with_extension("new");
    if new.exists() {
        fs::remove_dir_all(&new)?;
    }
    fs::create_dir_all(&new)?;
    let rows = new.join("rows.jsonl");
    let mut out = BufWriter::new(File::create(&rows)?);
    let made = Rows::made();
    let texts = made.countries.iter().filter_map(|country| COUNTRIES.get(*country as usize));
    // The same million again and again, with other ages.
    let all = made.scores.iter().zip(&made.amounts).zip(texts).cycle();
    for (row, ((score, amount), country)) in (0..decisions).zip(all) {
        writeln!(
            out,
            "{{\"score\":{score},\"amount\":{amount},\"country\":\"{country}\",\
             \"merchant_age_days\":{},\"transactions_last_hour\":{}}}",
            row % 401,
            row % 12
        )?;
    }
    out.into_inner()?.sync_all()?;
    let made = Command::new(places.program("tollgate"))
        .args(["decide", "--format", "json", "--policy"])
        .arg(places.root.join("policies/fraud.yaml"))
        .arg("--input")
        .arg(&rows)
        .arg("--log")
        .arg(new.join("decisions"))
        .stdout(Stdio::null())
        .status()
        .context("cannot start `tollgate`")?;
    ensure!(made.success(), "the rows were not logged");
    fs::rename(&new, &folder)?;
    Ok(folder)
}
