//! `cargo xtask hostile`: the binary, given drawn inputs that mean it no good.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use tollgate_fuzz::hostile::{self, MEMORY, TIME};

const HELP: &str = "\
Draws hostile inputs and gives each to the binary: files that claim more than they hold, lines
without an end, documents that unfold, 200,000 mistakes, wide signatures, schemas whose work
multiplies, components, escape sequences. Each run must end within 5 s of the processor and 512 MB,
with an exit code that is right for it, and print nothing that a terminal acts on.

Usage: cargo xtask hostile [--cases N] [--seed S]

  --cases N   how many (default 1000)
  --seed S    the same cases again (default: new ones; the seed is printed)
  --only I    case I of the seed alone, and its files stay

Exit code 1 when a run was not as it must be.
";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

#[derive(Default)]
struct Tally {
    runs: u64,
    time: Duration,
    memory: u64,
    wrong: u64,
}

fn run() -> Result<ExitCode> {
    let (mut cases, mut seed, mut only) = (1000, None, None);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if matches!(word.as_str(), "--help" | "-h") {
            print!("{HELP}");
            return Ok(ExitCode::SUCCESS);
        }
        let number = words.next().and_then(|number| number.parse::<u64>().ok());
        let number = number.with_context(|| format!("`{word}` needs a number"))?;
        match word.as_str() {
            "--cases" => cases = number,
            "--seed" => seed = Some(number),
            "--only" => only = Some(number),
            _ => bail!("there is no option `{word}`; see `cargo xtask hostile --help`"),
        }
    }
    let seed = seed.unwrap_or_else(tollgate_test_support::fresh);
    println!("seed {seed}");
    let binary = binary()?;
    let folder = tempfile::tempdir()?;
    let mut all: BTreeMap<&str, Tally> = BTreeMap::new();
    let range = only.map_or(0..cases, |only| only..only + 1);
    for at in range {
        wrong(&binary, seed, at, folder.path(), &mut all)?;
    }
    println!("{:<16} {:>6} {:>8} {:>8} {:>6}", "kind", "runs", "most s", "most MB", "wrong");
    for (kind, tally) in &all {
        let Tally { runs, time, memory, wrong } = tally;
        let (time, memory) = (time.as_secs_f64(), memory >> 20);
        println!("{kind:<16} {runs:>6} {time:>8.2} {memory:>8} {wrong:>6}");
    }
    let wrong: u64 = all.values().map(|tally| tally.wrong).sum();
    println!("{wrong} wrong, within {} s and {} MB", TIME.as_secs(), MEMORY >> 20);
    if only.is_some() {
        println!("its files: {}", folder.keep().display());
    }
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn wrong(
    binary: &Path,
    seed: u64,
    at: u64,
    folder: &Path,
    all: &mut BTreeMap<&'static str, Tally>,
) -> Result<()> {
    let files = folder.join("files");
    if files.exists() {
        std::fs::remove_dir_all(&files)?;
    }
    std::fs::create_dir_all(&files)?;
    let run = hostile::draw(seed, at, &files)?;
    let measured = hostile::run(binary, &run, &files, folder)?;
    let tally = all.entry(run.kind).or_default();
    tally.runs += 1;
    tally.time = tally.time.max(measured.time);
    tally.memory = tally.memory.max(measured.memory);
    if !measured.wrong.is_empty() {
        tally.wrong += 1;
        println!("{} {at}: {}", run.kind, measured.wrong.join("; "));
        println!("    --seed {seed} --only {at}: {}", run.line().escape_debug());
    }
    Ok(())
}

/// `tollgate` beside this program.
fn binary() -> Result<PathBuf> {
    let binary = std::env::current_exe()?.with_file_name("tollgate");
    ensure!(binary.is_file(), "no `{}`: `cargo xtask hostile` builds it", binary.display());
    Ok(binary)
}
