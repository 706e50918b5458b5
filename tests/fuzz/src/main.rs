//! `cargo xtask fuzz`: every reader, given valid files that chance has
//! changed, for as long as asked.

use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use cap::Cap;
use tollgate_fuzz::{Target, guided, target, targets, watch, worker};

/// Refuses what is beyond a target's memory, which ends the worker.
#[global_allocator]
static MEMORY: Cap<std::alloc::System> = Cap::new(std::alloc::System, usize::MAX);

const HELP: &str = "\
Gives every reader of Tollgate valid files that chance has changed: documents, facts, requests,
bodies, CSV, JSON lines, Parquet, Arrow, components, entries of the cache. None may panic, abort,
take more than its memory or more than 20 s for an input.

Usage: cargo xtask fuzz [--guided] [--seconds N] [--target X] [--seed S]

  --guided      by libFuzzer, which coverage guides, until the first failure of a target; the
                first time builds everything anew, with a C++ compiler too. What it reaches is
                kept for the next time
  --seconds N   for each target (default 60)
  --target X    one target only
  --seed S      the same inputs again (default: new ones; the seed is printed)
  --again FILE  one input, to the target of --target

An input that fails is kept, and its file is printed; in tests/fuzz/cases/<target>/ it is a case
that every run of the tests repeats.
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(words: &[String]) -> Result<ExitCode> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["rounds", name, seed, first, milliseconds] => {
            let target = limited(name)?;
            let time = Duration::from_millis(milliseconds.parse()?);
            worker::rounds(target, seed.parse()?, first.parse()?, time)?;
            Ok(ExitCode::SUCCESS)
        }
        ["one", name, file] => {
            worker::one(limited(name)?, Path::new(file))?;
            Ok(ExitCode::SUCCESS)
        }
        _ => asked(&words),
    }
}

/// A target, in a process that has its memory and no more.
fn limited(name: &str) -> Result<&'static Target> {
    let target = known(name)?;
    MEMORY.set_limit(target.memory).ok().context("the limit is below what is in use")?;
    Ok(target)
}

fn known(name: &str) -> Result<&'static Target> {
    let names: Vec<_> = targets().iter().map(|target| target.name).collect();
    target(name).with_context(|| format!("there is no target `{name}`: {}", names.join(", ")))
}

fn asked(words: &[&str]) -> Result<ExitCode> {
    let (mut seconds, mut only, mut seed, mut again) = (60, None, None, None);
    let mut libfuzzer = None;
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if matches!(*word, "--help" | "-h") {
            print!("{HELP}");
            return Ok(ExitCode::SUCCESS);
        }
        let value = rest.next().with_context(|| format!("`{word}` needs a value"))?;
        match *word {
            "--seconds" => seconds = value.parse().context("`--seconds` needs a number")?,
            "--target" => only = Some(known(value)?),
            "--seed" => seed = Some(value.parse().context("`--seed` needs a number")?),
            // The program: `cargo xtask fuzz --guided` builds it, and adds it here.
            "--guided" => libfuzzer = Some(Path::new(value)),
            "--again" => again = Some(Path::new(value)),
            word => bail!("there is no option `{word}`; see `cargo xtask fuzz --help`"),
        }
    }
    let program = std::env::current_exe()?;
    if let Some(file) = again {
        let target = only.context("`--again` needs `--target`")?;
        return Ok(match watch::replay(&program, target, file)? {
            None => ExitCode::SUCCESS,
            Some(failure) => {
                println!("{}", failure.what);
                ExitCode::FAILURE
            }
        });
    }
    let chosen = targets().iter().filter(|known| only.is_none_or(|only| only.name == known.name));
    let mut failed = 0;
    if let Some(program) = libfuzzer {
        for target in chosen {
            let well = guided::fuzz(program, target, seconds)?;
            println!("{:<12} {}", target.name, if well { "nothing found" } else { "FAILED" });
            failed += usize::from(!well);
        }
        return Ok(ended(failed));
    }
    let seed = seed.unwrap_or_else(tollgate_test_support::fresh);
    println!("seed {seed}, {seconds} s a target");
    for target in chosen {
        let outcome = watch::fuzz(&program, target, seed, Duration::from_secs(seconds))?;
        watch::report(&mut io::stdout().lock(), target, &outcome)?;
        failed += outcome.failures.len();
    }
    Ok(ended(failed))
}

fn ended(failed: usize) -> ExitCode {
    println!("{failed} failures");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
