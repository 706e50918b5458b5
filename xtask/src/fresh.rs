//! `cargo xtask fresh`: the README's two commands as somebody runs them who has
//! a Rust toolchain, Python, and nothing else of ours.

use std::fmt;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::places::Places;
use crate::toolchain::{DEBIANS, NAMED};
use crate::words::asked;
use crate::{debian, process, sources};

pub(crate) const HELP: &str = "\
Runs the README's two commands, `cargo xtask demo` and `cargo xtask test`, in a new clone of what is
committed, with an empty home and empty caches, once with each compiler that plugins can be built
by. Some half an hour for each. The toolchains of rustup stay where they are; they are what such a
machine has.

Usage: cargo xtask fresh [--compiler active|debian|RUSTC]... [--only demo|test] [--target DIR] [--keep]

  --compiler C  only this one, or several; RUSTC is the path of a rustc with its cargo beside it.
                Otherwise the active one, and Debian's where it is installed or can be
  --only COMMAND
                only one of the two commands
  --target DIR  build in DIR, and so not from nothing: for a look while working
  --keep        leave the clone and its home where they are
";

/// The two commands.
const COMMANDS: [&str; 2] = ["demo", "test"];

#[derive(Debug, Default, PartialEq)]
struct Asked {
    compilers: Vec<String>,
    only: Option<String>,
    target: Option<PathBuf>,
    keep: bool,
}

/// Runs it. Exit code 1 when a command failed, 2 when this one is wrong.
pub(crate) fn run(places: &Places, arguments: &[String]) -> Result<ExitCode> {
    let asked = match asked("fresh", HELP, arguments, parse) {
        Ok(asked) => asked,
        Err(ended) => return Ok(ended),
    };
    let mut rounds = Vec::new();
    for compiler in compilers(&asked) {
        rounds.extend(round(places, &asked, &compiler)?);
    }
    println!("\n{:<24} {:<6} {:>9}  came to", "compiler of plugins", "", "minutes");
    rounds.iter().for_each(|round| println!("{round}"));
    Ok(if rounds.iter().all(|round| round.succeeded) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn parse(arguments: &[String]) -> Result<Asked, String> {
    let mut asked = Asked::default();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().cloned().ok_or_else(|| format!("`{word}` needs a value"));
        match word.as_str() {
            "--compiler" => asked.compilers.push(value()?),
            "--only" => asked.only = Some(value()?),
            "--target" => asked.target = Some(value()?.into()),
            "--keep" => asked.keep = true,
            _ => return Err(format!("`fresh` takes no `{word}`")),
        }
    }
    match &asked.only {
        Some(only) if !COMMANDS.contains(&only.as_str()) => {
            Err(format!("`--only` takes `demo` or `test`, not `{only}`"))
        }
        _ => Ok(asked),
    }
}

/// Those that were asked for, or those that this machine can have.
fn compilers(asked: &Asked) -> Vec<String> {
    if !asked.compilers.is_empty() {
        return asked.compilers.clone();
    }
    let mut compilers = vec![ACTIVE.to_owned()];
    match debian::can_be_had() {
        Ok(()) => compilers.push(DEBIANS.to_owned()),
        Err(error) => eprintln!("xtask: not with Debian's compiler: {error:#}"),
    }
    compilers
}

/// The compiler that `rustc` stands for.
const ACTIVE: &str = "active";

/// One command's outcome.
struct Round {
    compiler: String,
    command: &'static str,
    took: Duration,
    succeeded: bool,
    /// The last line that it printed.
    said: String,
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { compiler, command, took, succeeded, said } = self;
        let minutes = took.as_secs_f64() / 60.0;
        let verdict = if *succeeded { "ok" } else { "FAILED" };
        write!(f, "{compiler:<24} {command:<6} {minutes:>9.1}  {verdict}: {said}")
    }
}

/// Both commands in one new clone, as a person would go on from the first to
/// the second.
fn round(places: &Places, asked: &Asked, compiler: &str) -> Result<Vec<Round>> {
    let folder = tempfile::Builder::new().prefix("tollgate-fresh-").tempdir()?;
    let (clone, home) = (folder.path().join("clone"), folder.path().join("home"));
    std::fs::create_dir(&home)?;
    let mut git = Command::new("git");
    git.args(["clone", "--quiet", "--no-hardlinks"]).arg(&places.root).arg(&clone);
    process::run("what is committed, and nothing else", &mut git)?;
    let mut rounds = Vec::new();
    for command in COMMANDS {
        if asked.only.as_ref().is_some_and(|only| only != command) {
            continue;
        }
        let mut cargo = stranger(&clone, &home, compiler);
        if let Some(target) = &asked.target {
            cargo.env("CARGO_TARGET_DIR", std::path::absolute(target)?);
        }
        cargo.args(["xtask", command]);
        process::announce(&format!("plugins by {compiler}, from nothing"), &cargo);
        let start = Instant::now();
        let (succeeded, said) = watched(&mut cargo)?;
        let took = start.elapsed();
        let compiler = compiler.to_owned();
        rounds.push(Round { compiler, command, took, succeeded, said });
        if !succeeded {
            break;
        }
    }
    if asked.keep {
        println!("kept: {}", folder.keep().display());
    }
    Ok(rounds)
}

/// Cargo as it is called by somebody who has a home of their own and none of
/// our settings.
fn stranger(clone: &Path, home: &Path, compiler: &str) -> Command {
    let mut cargo = Command::new("cargo");
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO", "RUST", "XDG_", "TOLLGATE_", "LD_LIBRARY_PATH"]
            .iter()
            .any(|prefix| text.starts_with(prefix))
        {
            cargo.env_remove(&name);
        }
    }
    if let Some(rustup) = sources::rustup_home() {
        cargo.env("RUSTUP_HOME", rustup);
    }
    if compiler != ACTIVE {
        cargo.env(NAMED, compiler);
    }
    cargo.current_dir(clone).env("HOME", home);
    cargo
}

/// Runs it, shows what it prints as it comes, and gives its last line.
fn watched(command: &mut Command) -> Result<(bool, String)> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start cargo")?;
    let output = child.stdout.take().context("cargo has no standard output")?;
    let mut last = String::new();
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        let text = String::from_utf8_lossy(&line);
        writeln!(std::io::stdout(), "{text}")?;
        if !text.trim().is_empty() {
            last = text.trim().to_owned();
        }
    }
    if last.is_empty() {
        "see above".clone_into(&mut last);
    }
    Ok((child.wait()?.success(), last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_line(line: &str) -> Result<Asked, String> {
        let words: Vec<String> = line.split_whitespace().map(String::from).collect();
        parse(&words)
    }

    #[test]
    fn parts_may_be_chosen() {
        assert_eq!(parse_line("").unwrap(), Asked::default());
        let asked = parse_line("--compiler debian --compiler active --only demo --keep").unwrap();
        assert_eq!(compilers(&asked), ["debian", "active"]);
        assert!(asked.keep && asked.only.as_deref() == Some("demo"));
    }

    #[test]
    fn a_mistake_is_named() {
        assert_eq!(
            parse_line("--only lint").unwrap_err(),
            "`--only` takes `demo` or `test`, not `lint`"
        );
        assert_eq!(parse_line("--only").unwrap_err(), "`--only` needs a value");
        assert_eq!(parse_line("demo").unwrap_err(), "`fresh` takes no `demo`");
    }

    #[test]
    fn what_is_printed_last_is_what_it_came_to() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo 2 passed, 0 failed; echo; exit 3"]);
        let (succeeded, said) = watched(&mut command).unwrap();
        assert!(!succeeded);
        assert_eq!(said, "2 passed, 0 failed");
    }

    #[test]
    fn a_stranger_has_nothing_of_ours() {
        let cargo = stranger(Path::new("clone"), Path::new("home"), "debian");
        let value = |name: &str| {
            cargo.get_envs().find(|(key, _)| *key == name).map(|(_, value)| value.map(Path::new))
        };
        assert_eq!(value("HOME"), Some(Some(Path::new("home"))));
        assert_eq!(value(NAMED), Some(Some(Path::new("debian"))));
        // Cargo sets it for every test.
        assert_eq!(value("CARGO_MANIFEST_DIR"), Some(None));
    }
}
