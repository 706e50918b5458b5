//! Inputs that mean the binary no good, drawn, and what it must do with each:
//! come back soon, in little memory, with the exit code of its verdict, and
//! without a word to the terminal that a stranger chose.

mod draw;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;
use tollgate_test_support::Dice;
use wait4::Wait4 as _;

use crate::seeds::root;

/// The longest that one run may take of the processor.
pub const TIME: Duration = Duration::from_secs(5);

/// The most memory of one run, in bytes.
pub const MEMORY: u64 = 512 << 20;

/// The longest that anybody waits, whatever else the machine does.
const PATIENCE: u32 = 60;

/// One run of the binary.
#[derive(Debug)]
pub struct Run {
    /// What was drawn.
    pub kind: &'static str,
    arguments: Vec<String>,
    /// The exit codes that are right for it.
    codes: &'static [i32],
}

/// What one run came to.
#[derive(Debug)]
pub struct Measured {
    /// What it took of the processor.
    pub time: Duration,
    /// Its largest memory, in bytes.
    pub memory: u64,
    /// What was wrong.
    pub wrong: Vec<String>,
}

/// The kinds that are drawn.
#[must_use]
pub fn kinds() -> Vec<&'static str> {
    draw::KINDS.iter().map(|(name, _)| *name).collect()
}

/// Draws case `at` of a seed, and writes its files into `folder`.
///
/// # Errors
/// When they cannot be written.
pub fn draw(seed: u64, at: u64, folder: &Path) -> Result<Run> {
    let mut dice = Dice::new(seed ^ at.wrapping_mul(0xA076_1D64_78BD_642F));
    let (kind, draw) = dice.one(&draw::KINDS);
    let (words, codes) = draw(&mut dice, folder)?;
    let mut arguments: Vec<String> = words;
    if dice.roll(2) == 0 {
        arguments.extend(["--format".to_owned(), "json".to_owned()]);
    }
    Ok(Run { kind, arguments, codes })
}

/// Runs it; `cache` is a folder for the binary's own.
///
/// # Errors
/// When the binary cannot be started.
pub fn run(binary: &Path, run: &Run, folder: &Path, cache: &Path) -> Result<Measured> {
    let (out, err) = (folder.join("stdout"), folder.join("stderr"));
    // What it takes is counted when it has ended, so that another ends it.
    let mut child = Command::new("timeout")
        .args(["--signal=KILL", &PATIENCE.to_string()])
        .arg(binary)
        .args(&run.arguments)
        .current_dir(root())
        .env("XDG_CACHE_HOME", cache.join("cache"))
        .env("XDG_STATE_HOME", cache.join("state"))
        .stdin(Stdio::null())
        .stdout(fs::File::create(&out)?)
        .stderr(fs::File::create(&err)?)
        .spawn()
        .context("cannot start `timeout`")?;
    let ended = child.wait4()?;
    let time = ended.rusage.utime + ended.rusage.stime;
    let memory = ended.rusage.maxrss;
    let (out, err) = (fs::read(&out)?, fs::read(&err)?);
    let mut wrong = Vec::new();
    if time > TIME {
        wrong.push(format!("took {:.1} s", time.as_secs_f64()));
    }
    if memory > MEMORY {
        wrong.push(format!("took {} MB", memory >> 20));
    }
    let code = ended.status.code();
    if !code.is_some_and(|code| run.codes.contains(&code)) {
        wrong.push(format!("ended with {code:?}, and not {:?}", run.codes));
    }
    judge(run, code, &out, &err, &mut wrong);
    Ok(Measured { time, memory, wrong })
}

impl Run {
    /// The command line.
    #[must_use]
    pub fn line(&self) -> String {
        format!("tollgate {}", self.arguments.join(" "))
    }

    fn is_json(&self) -> bool {
        self.arguments.iter().any(|word| word == "json")
    }
}

/// What was printed.
fn judge(run: &Run, code: Option<i32>, out: &[u8], err: &[u8], wrong: &mut Vec<String>) {
    let start = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(300)]).into_owned();
    let (Ok(out), Ok(err)) = (std::str::from_utf8(out), std::str::from_utf8(err)) else {
        wrong.push("printed what is not UTF-8".to_owned());
        return;
    };
    if err.contains("panicked") || out.contains("panicked") {
        wrong.push(format!("panicked: {}", start(err.as_bytes())));
    }
    if out.is_empty() && err.is_empty() {
        wrong.push("said nothing".to_owned());
    }
    // A gate's report holds all the evidence, a difference of signatures all
    // changes: what grows with the input, and no faster, is right.
    if out.len() > 32 << 20 || err.len() > 1 << 20 {
        wrong.push(format!("printed {} and {} bytes", out.len(), err.len()));
    }
    let harmful = |text: &str| text.chars().find(|sign| acted_on(*sign));
    if let Some(sign) = harmful(err).or_else(|| if run.is_json() { None } else { harmful(out) }) {
        wrong.push(format!("printed {sign:?} to a terminal: {:?}", start(err.as_bytes())));
    }
    if err.lines().chain(out.lines()).any(|line| line.starts_with("::")) {
        wrong.push("printed a command to the CI".to_owned());
    }
    if !run.is_json() {
        return;
    }
    let whole = serde_json::from_str::<Value>(out).map(|value| vec![value]);
    let values = match whole {
        Ok(values) => values,
        Err(_) => {
            let lines: Result<Vec<Value>, _> = out.lines().map(serde_json::from_str).collect();
            match lines {
                Ok(values) if !values.is_empty() => values,
                _ => {
                    wrong.push(format!("printed no JSON: {:?}", start(out.as_bytes())));
                    return;
                }
            }
        }
    };
    let verdict = values.last().and_then(|value| value["verdict"].as_str());
    let fits = match verdict {
        Some("pass" | "warn") => code == Some(0),
        Some("fail") => code == Some(1),
        Some("error") => code == Some(2),
        Some("inconclusive") => code == Some(3),
        // Decisions, and documents, have none.
        _ => true,
    };
    if !fits {
        wrong.push(format!("says {verdict:?} and ends with {code:?}"));
    }
}

/// Whether a terminal acts on it, or a person sees another order.
fn acted_on(sign: char) -> bool {
    sign.is_control() && sign != '\n'
        || matches!(sign, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}')
}
