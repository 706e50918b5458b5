//! Watches workers: what ends one, or keeps one too long, is a failure.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::mutate;
use crate::targets::Target;

/// The longest that an input may take.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What was done to a target.
#[derive(Debug)]
pub struct Outcome {
    /// How many inputs it was given.
    pub rounds: u64,
    /// Those that ended it, and how.
    pub failures: Vec<Failure>,
}

/// An input that ended a worker.
#[derive(Debug)]
pub struct Failure {
    /// Where it is kept.
    pub input: PathBuf,
    /// What happened.
    pub what: String,
}

/// Gives a target inputs for so long; `program` is this crate's.
///
/// # Errors
/// When the worker cannot be started, or an input not be kept.
pub fn fuzz(program: &Path, target: &Target, seed: u64, time: Duration) -> Result<Outcome> {
    let mut outcome = Outcome { rounds: 0, failures: Vec::new() };
    let start = Instant::now();
    let mut first = 0;
    loop {
        let left = time.saturating_sub(start.elapsed());
        if left.is_zero() || outcome.failures.len() >= 20 {
            return Ok(outcome);
        }
        let seconds = left.as_millis().to_string();
        let words = ["rounds", target.name, &seed.to_string(), &first.to_string(), &seconds];
        let ended = watch(Command::new(program).args(words))?;
        let Some(round) = ended.round else {
            let what = format!("the worker ended before its first round: {}", ended.what());
            outcome.failures.push(Failure { input: PathBuf::new(), what });
            return Ok(outcome);
        };
        outcome.rounds += round + 1 - first;
        first = round + 1;
        if !ended.well() {
            let input = mutate::input(&(target.seeds)(), seed, round);
            let name = format!("{}-{seed}-{round}", target.name);
            outcome.failures.push(Failure { input: keep(&name, &input)?, what: ended.what() });
        }
    }
}

/// Gives a target one file.
///
/// # Errors
/// When the worker cannot be started.
pub fn replay(program: &Path, target: &Target, file: &Path) -> Result<Option<Failure>> {
    let ended = watch(Command::new(program).args(["one", target.name]).arg(file))?;
    let failure = || Failure { input: file.to_owned(), what: ended.what() };
    Ok((!ended.well()).then(failure))
}

/// The folder of inputs that end a worker.
///
/// # Errors
/// When it cannot be made.
pub fn kept() -> Result<PathBuf> {
    let folder = std::env::temp_dir().join("tollgate-fuzz");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    Ok(folder)
}

/// Keeps an input that ended a worker.
fn keep(name: &str, input: &[u8]) -> Result<PathBuf> {
    let path = kept()?.join(name);
    fs::write(&path, input).with_context(|| format!("cannot keep `{}`", path.display()))?;
    Ok(path)
}

/// How a worker ended.
struct Ended {
    round: Option<u64>,
    status: Option<ExitStatus>,
    said: String,
}

impl Ended {
    fn well(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    fn what(&self) -> String {
        let said: Vec<&str> =
            self.said.lines().filter(|line| !line.trim().is_empty()).take(4).collect();
        match self.status {
            None => format!("no end within {} s", PATIENCE.as_secs()),
            Some(status) => format!("{status}: {}", said.join(" / ")),
        }
    }
}

fn watch(command: &mut Command) -> Result<Ended> {
    command.env("RUST_BACKTRACE", "0");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().context("cannot start the worker")?;
    let stdout = child.stdout.take().context("the worker has no standard output")?;
    let mut stderr = child.stderr.take().context("the worker has no standard error")?;
    let said = Mutex::new(Vec::new());
    let (sender, rounds) = channel();
    let mut round = None;
    std::thread::scope(|scope| {
        scope.spawn(move || tell(stdout, &sender));
        scope.spawn(|| {
            let mut text = Vec::new();
            // What it said is only shown.
            let _read = stderr.by_ref().take(1 << 20).read_to_end(&mut text);
            *said.lock().unwrap() = text;
        });
        let status = loop {
            match rounds.recv_timeout(PATIENCE) {
                Ok(next) => round = Some(next),
                Err(RecvTimeoutError::Disconnected) => break Some(child.wait()?),
                Err(RecvTimeoutError::Timeout) => {
                    stop(&mut child)?;
                    break None;
                }
            }
        };
        Ok(status)
    })
    .map(|status: Option<ExitStatus>| Ended {
        round,
        status,
        said: String::from_utf8_lossy(&said.into_inner().unwrap()).into_owned(),
    })
    .map_err(|error: std::io::Error| error.into())
}

fn stop(child: &mut Child) -> std::io::Result<()> {
    child.kill()?;
    child.wait().map(drop)
}

/// Passes on the numbers of rounds until the worker ends.
fn tell(mut stdout: ChildStdout, sender: &Sender<u64>) {
    let mut round = [0; 8];
    while stdout.read_exact(&mut round).is_ok() {
        if sender.send(u64::from_le_bytes(round)).is_err() {
            return;
        }
    }
}

/// Prints what came of a target.
///
/// # Errors
/// When nobody listens.
pub fn report(out: &mut impl Write, target: &Target, outcome: &Outcome) -> std::io::Result<()> {
    writeln!(out, "{:<12} {:>9} inputs", target.name, outcome.rounds)?;
    for failure in &outcome.failures {
        writeln!(out, "    {}: {}", failure.input.display(), failure.what)?;
    }
    out.flush()
}
