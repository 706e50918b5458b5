//! A program from start to exit, and the memory that it takes.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::places::Places;

/// The Python that peers run in.
pub(crate) fn python() -> String {
    std::env::var("TOLLGATE_BENCH_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

/// One command.
pub(crate) struct Process {
    program: PathBuf,
    arguments: Vec<PathBuf>,
    cache: PathBuf,
}

impl Process {
    pub(crate) fn new(places: &Places, program: PathBuf, arguments: Vec<PathBuf>) -> Self {
        Self { program, arguments, cache: places.target.join("bench/frames-cache") }
    }

    /// Runs it once: what it answers, and the most memory it took, in KiB.
    pub(crate) fn answer(&self) -> Result<(Value, u64)> {
        let mut child = self
            .command()
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start `{}`", self.program.display()))?;
        let (process, reader) = (child.id(), child.stdout.take());
        // What it writes must be read, or it waits.
        let reader = std::thread::spawn(move || {
            let mut text = String::new();
            if let Some(mut output) = reader {
                std::io::Read::read_to_string(&mut output, &mut text)?;
            }
            Ok::<_, std::io::Error>(text)
        });
        let mut peak = 0;
        while child.try_wait()?.is_none() {
            peak = memory(process).unwrap_or(0).max(peak);
            std::thread::sleep(Duration::from_millis(5));
        }
        let text = reader.join().map_err(|_| anyhow::anyhow!("its answer was not read"))??;
        let answer = serde_json::from_str(&text)
            .with_context(|| format!("`{}` gave no answer", self.program.display()))?;
        Ok((answer, peak))
    }

    /// Runs it, and nothing else.
    pub(crate) fn run(&self) -> Result<()> {
        let status = self.command().stdout(Stdio::null()).status()?;
        ensure!(status.success(), "`{}` failed", self.program.display());
        Ok(())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .env("XDG_CACHE_HOME", &self.cache)
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        command
    }
}

/// The most memory that a running process has had, in KiB; none where the
/// system does not tell.
pub(crate) fn memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
