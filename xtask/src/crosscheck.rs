//! `cargo xtask crosscheck`: random signatures and payloads, asked of a real
//! MLflow and of the built component.

use std::fs::{self, File};
use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result};

use crate::places::Places;
use crate::python::Wanted;
use crate::words::asked;
use crate::{plugins, process, python};

const HELP: &str = "\
Draws random signatures and payloads, asks MLflow 3.17.2 and the built component, and compares
verdicts, kinds of error and coerced data; in strict mode also that nothing lossy passes.

Usage: cargo xtask crosscheck [--cases N] [--seed S]

  --cases N   how many (default 500)
  --seed S    the same seed draws the same cases (default: a new one, which is printed)

MLflow and all it needs are installed once, in the exact versions of
tests/crosscheck/requirements.txt, into a folder of the cache; or name a Python that has them in
TOLLGATE_MLFLOW_PYTHON. The drawn cases stay under $CARGO_TARGET_DIR/crosscheck/, in the form that
`cargo xtask conformance` runs.
";

/// Some hundreds, for every run of the tests, each time others; the seed is
/// printed, so that a red run can be had again.
const CASES: u64 = 500;

/// The seed that `TOLLGATE_SEED` names, else a new one.
fn seed() -> u64 {
    let named = std::env::var("TOLLGATE_SEED").ok().and_then(|text| text.trim().parse().ok());
    named.unwrap_or_else(|| RandomState::new().hash_one(std::process::id()) >> 24)
}

/// What is asked.
struct Asked {
    cases: u64,
    seed: u64,
}

/// How the parts came out.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Parts that agree.
    pub(crate) passed: u64,
    /// Parts that do not.
    pub(crate) failed: u64,
}

/// Runs it; `arguments` as `--help` says. Exit code 1 when something differs,
/// 2 when the command is wrong.
pub(crate) fn run(places: &Places, arguments: &[String]) -> Result<ExitCode> {
    let asked = match asked("crosscheck", HELP, arguments, parse) {
        Ok(asked) => asked,
        Err(ended) => return Ok(ended),
    };
    let python = mlflow(places)?;
    let outcome = compare(places, &python, &asked)?;
    println!("{} passed, {} failed", outcome.passed, outcome.failed);
    Ok(if outcome.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The part of `cargo xtask test`: some hundreds of cases. None where there is
/// no MLflow to ask and none can be installed; that is said.
pub(crate) fn among_tests(places: &Places) -> Result<Option<Outcome>> {
    match mlflow(places) {
        Ok(python) => compare(places, &python, &Asked { cases: CASES, seed: seed() }).map(Some),
        Err(error) => {
            println!("\ncrosscheck with MLflow: not run: {error:#}");
            Ok(None)
        }
    }
}

fn parse(arguments: &[String]) -> Result<Asked, String> {
    let mut asked = Asked { cases: CASES, seed: seed() };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let slot = match word.as_str() {
            "--cases" => &mut asked.cases,
            "--seed" => &mut asked.seed,
            _ => return Err(format!("`crosscheck` takes no `{word}`")),
        };
        let number = words.next().and_then(|number| number.parse().ok());
        *slot = number.ok_or_else(|| format!("`{word}` needs a number"))?;
    }
    if asked.cases == 0 { Err("`--cases` must be at least 1".into()) } else { Ok(asked) }
}

fn count(outcome: &mut Outcome, agrees: bool) {
    if agrees {
        outcome.passed += 1;
    } else {
        outcome.failed += 1;
    }
}

/// Four parts: the oracle itself against the records, then the drawn cases in
/// both modes.
fn compare(places: &Places, python: &Path, asked: &Asked) -> Result<Outcome> {
    let oracle = places.root.join("tests/crosscheck/oracle.py");
    let records = places.root.join("plugins/mlflow-signature/tests/conformance");
    let mut outcome = Outcome::default();

    for record in ["mlflow.jsonl", "crosscheck.jsonl"] {
        let mut check = Command::new(python);
        check.arg(&oracle).arg("--check").arg(records.join(record));
        count(&mut outcome, succeeds("MLflow answers what is recorded", &mut check)?);
    }
    let of_records = outcome.failed;
    if of_records > 0 {
        println!("what is recorded of MLflow is not what it answers, or is no whole case");
    }

    let Asked { cases, seed } = asked;
    println!("crosscheck: {cases} cases, seed {seed}");
    let folder = places.target.join("crosscheck");
    fs::create_dir_all(&folder)?;
    let drawn = folder.join(format!("{seed}-{cases}.jsonl"));
    let mut draw = Command::new(python);
    draw.arg(&oracle).args(["--draw", &cases.to_string(), &seed.to_string()]);
    draw.stdout(Stdio::from(File::create(&drawn)?));
    process::run("random cases, and MLflow's answers", &mut draw)?;

    plugins::ensure(places)?;
    let program = process::build_program(places, "tollgate-conformance")?;
    for mode in ["mlflow", "strict"] {
        let mut conformance = Command::new(&program);
        conformance.arg(&drawn).args(["--mode", mode]);
        count(&mut outcome, succeeds("the component's answers", &mut conformance)?);
    }
    if outcome.failed > of_records {
        println!("they differ: `cargo xtask crosscheck --cases {cases} --seed {seed}` draws them");
        println!("again, and `cargo xtask conformance {}` shows them", drawn.display());
    }
    Ok(outcome)
}

fn succeeds(why: &str, command: &mut Command) -> Result<bool> {
    process::announce(why, command);
    let status =
        command.status().with_context(|| format!("cannot start {:?}", command.get_program()))?;
    Ok(status.success())
}

/// A Python that has MLflow: the one that is named, or one in the cache.
pub(crate) fn mlflow(places: &Places) -> Result<PathBuf> {
    python::with(
        places,
        &Wanted {
            named: "TOLLGATE_MLFLOW_PYTHON",
            name: "mlflow",
            requirements: "tests/crosscheck/requirements.txt",
            what: "MLflow, some 300 MB, once",
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_line(line: &str) -> Result<Asked, String> {
        let words: Vec<String> = line.split_whitespace().map(String::from).collect();
        parse(&words)
    }

    #[test]
    fn cases_and_seed_may_be_asked_for() {
        let asked = parse_line("--seed 7 --cases 20000").unwrap();
        assert_eq!((asked.cases, asked.seed), (20_000, 7));
        let asked = parse_line("").unwrap();
        assert_eq!(asked.cases, CASES);
        assert_ne!(asked.seed, parse_line("").unwrap().seed, "each run draws others");
    }

    #[test]
    fn what_is_no_number_is_refused_by_name() {
        assert_eq!(parse_line("--cases many").err().unwrap(), "`--cases` needs a number");
        assert_eq!(parse_line("--seed").err().unwrap(), "`--seed` needs a number");
        assert_eq!(parse_line("--case 5").err().unwrap(), "`crosscheck` takes no `--case`");
        assert_eq!(parse_line("--cases 0").err().unwrap(), "`--cases` must be at least 1");
    }
}
