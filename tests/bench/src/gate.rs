//! The whole binary: `tollgate gate` on recorded models, from start to exit.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::group::{Group, Row};
use crate::measure::WallStep;
use crate::places::Places;

const WARM: (&str, &str) = ("gate/warm-cache", "`tollgate gate`, compiled code from the cache");
const COLD: (&str, &str) = ("gate/cold-cache", "`tollgate gate`, nothing in the cache");

/// A release engineer's call, as a process of its own.
pub(crate) fn group(places: &Places) -> Result<Group> {
    Ok(Group {
        title: "A promotion judged by the binary, the whole process",
        unit: "run",
        reference: WARM.0,
        long: true,
        rows: match prepared(places) {
            Ok((warm, cold)) => vec![
                Row::new(WARM.0, WARM.1, WallStep(move |_| warm.run())),
                Row::new(
                    COLD.0,
                    COLD.1,
                    WallStep(move |_| {
                        fs::remove_dir_all(&cold.cache)?;
                        cold.run()
                    }),
                ),
            ],
            Err(error) => {
                let why = format!("{error:#}");
                [WARM, COLD].iter().map(|(id, label)| Row::skipped(id, label, &why)).collect()
            }
        },
    })
}

fn prepared(places: &Places) -> Result<(Gate, Gate)> {
    let gate = |name: &str| {
        let gate = Gate {
            binary: places.program("tollgate"),
            root: places.root.clone(),
            cache: places.scratch(name)?,
        };
        ensure!(
            gate.binary.exists(),
            "no binary `tollgate` beside the benchmark: `cargo xtask bench` builds both"
        );
        // Fills the cache, and shows what is wrong before anything is timed.
        gate.judges()?;
        anyhow::Ok(gate)
    };
    Ok((gate("gate-warm")?, gate("gate-cold")?))
}

/// One call of the binary, with a cache of its own.
struct Gate {
    binary: PathBuf,
    root: PathBuf,
    cache: PathBuf,
}

impl Gate {
    fn command(&self) -> Command {
        let models = Path::new("tests/fixtures/mlflow");
        let mut command = Command::new(&self.binary);
        command
            .current_dir(&self.root)
            .env("XDG_CACHE_HOME", &self.cache)
            .arg("gate")
            .arg("--candidate")
            .arg(models.join("tumor_screening-v3"))
            .arg("--champion")
            .arg(models.join("tumor_screening-v2"))
            .args(["--profile", "policies/gates/offline.yaml", "--format", "json"])
            .stdin(Stdio::null());
        command
    }

    /// Runs it once and insists on a report; a rejection is one too.
    fn judges(&self) -> Result<()> {
        let output = self.command().output().context("cannot start the binary")?;
        let report = serde_json::from_slice::<serde_json::Value>(&output.stdout);
        ensure!(
            report.is_ok_and(|report| report.is_object()),
            "`tollgate gate` gave no report ({}): {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim().lines().next().unwrap_or("no message")
        );
        Ok(())
    }

    fn run(&self) -> Result<()> {
        self.command().stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        Ok(())
    }
}
