//! Runs a file of recorded MLflow cases through the built component in the
//! host's engine: `cargo xtask conformance`.

use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tollgate_tests::cases::{self, Case};
use tollgate_tests::component::{Component, beside_this_program};
use tollgate_tests::report::{Mode, Report};

const HELP: &str = "\
Runs recorded cases of MLflow through the built component.

Usage: cargo xtask conformance FILE [--mode mlflow|strict]

FILE holds one case a line, as plugins/mlflow-signature/tests/conformance/mlflow.jsonl does.

  --mode mlflow   (default) the answers must be MLflow's: verdict, kind of error, coerced data
  --mode strict   MLflow's refusals must stay, and cases whose values MLflow changes be refused
  --component F   another component than the built one

Prints a table, each case that differs, and last `N passed, N failed` over the tier `core` (in
strict mode also over the lossy cases of `quirk`). Exit code 1 when a case failed, 2 when the
file or the command is wrong.
";

struct Arguments {
    file: PathBuf,
    mode: Mode,
    component: Option<PathBuf>,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--help" || word == "-h") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    match arguments(words).and_then(|arguments| run(&arguments)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn arguments(words: Vec<String>) -> Result<Arguments> {
    let (mut file, mut mode, mut component) = (None, Mode::Mlflow, None);
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--mode" => {
                mode = match words.next().as_deref() {
                    Some("mlflow") => Mode::Mlflow,
                    Some("strict") => Mode::Strict,
                    _ => bail!("`--mode` must be `mlflow` or `strict`"),
                }
            }
            "--component" => {
                component = Some(words.next().context("`--component` needs a file")?.into());
            }
            option if option.starts_with('-') => bail!("there is no option `{option}`"),
            _ if file.is_some() => bail!("one file at a time: `{word}` is a second one"),
            _ => file = Some(word.into()),
        }
    }
    let file = file.context("which file of cases? See `cargo xtask conformance --help`")?;
    Ok(Arguments { file, mode, component })
}

/// The number of cases that failed.
fn run(arguments: &Arguments) -> Result<usize> {
    let file = arguments.file.display();
    let text =
        fs::read_to_string(&arguments.file).with_context(|| format!("cannot read `{file}`"))?;
    let cases = match cases::read(&text) {
        Ok(cases) if cases.is_empty() => bail!("{file}: there are no cases"),
        Ok(cases) => cases,
        Err((line, why)) => bail!("{file}:{line}: {why}"),
    };
    let component = match &arguments.component {
        Some(component) => component.clone(),
        None => beside_this_program()?,
    };
    let component = Component::load(&component)?;
    let report = ask(&component, cases, arguments.mode);
    let mut out = io::BufWriter::new(io::stdout().lock());
    writeln!(out, "{} in {} mode\n", component.described(), arguments.mode.name())?;
    report.write(&mut out)?;
    out.flush()?;
    Ok(report.failed)
}

fn ask(component: &Component, cases: Vec<Case>, mode: Mode) -> Report {
    let count = cases.len();
    let mut report = Report::new(mode);
    let mut shown = io::stderr().is_terminal().then(Instant::now);
    let mut told = false;
    for (at, case) in cases.into_iter().enumerate() {
        // Silent for the first second.
        let patience = Duration::from_millis(if told { 100 } else { 1000 });
        if shown.is_some_and(|since| since.elapsed() > patience) {
            eprint!("\r{at} of {count} cases");
            shown = Some(Instant::now());
            told = true;
        }
        let answer = component.answer(&case, mode.name());
        report.add(case, answer);
    }
    if told {
        eprint!("\r\x1b[K");
    }
    report
}
