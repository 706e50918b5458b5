//! Runs a target under libFuzzer, and says what came of it.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::targets::Target;
use crate::watch;

/// The variable that names the target to the program that libFuzzer drives.
pub const TARGET: &str = "TOLLGATE_FUZZ_TARGET";

/// The largest input, in bytes. Beyond the seeds, so that they can grow.
const LARGEST: usize = 128 << 10;

/// Gives a target inputs for so many seconds; what was reached in an earlier
/// run is where this one begins. Gives whether nothing was found: libFuzzer
/// ends at the first failure, prints it and the file that it keeps.
///
/// # Errors
/// When libFuzzer cannot be started, or a seed not be written.
pub fn fuzz(program: &Path, target: &Target, seconds: u64) -> Result<bool> {
    let folder = program.with_file_name("corpus").join(target.name);
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (at, seed) in (target.seeds)().iter().enumerate() {
        fs::write(folder.join(format!("seed-{at}")), seed)?;
    }
    let found = watch::kept()?.join(format!("{}-", target.name));
    let status = Command::new(program)
        .env(TARGET, target.name)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-timeout={}", watch::PATIENCE.as_secs()))
        // The whole process: the seeds and what libFuzzer keeps as well.
        .arg(format!("-rss_limit_mb={}", 512 + (target.memory >> 20)))
        .arg(format!("-malloc_limit_mb={}", target.memory >> 20))
        .arg(format!("-max_len={LARGEST}"))
        .arg(format!("-artifact_prefix={}", found.display()))
        .arg("-print_final_stats=1")
        .arg(&folder)
        .status()
        .with_context(|| format!("cannot start {}", program.display()))?;
    Ok(status.success())
}
