//! `cargo xtask bench`: Tollgate beside its peers.

use std::process::Command;

use anyhow::Result;

use crate::places::Places;
use crate::python::Wanted;
use crate::{crosscheck, plugins, process, python};

/// Names a Python that has what is measured.
const PYTHON: &str = "TOLLGATE_BENCH_PYTHON";

/// Runs the benchmark with `arguments`; `--help` says which it takes. `--dist`
/// before them measures the profile of that name, which takes ten minutes to
/// build, and not what demo and tests are built in.
pub(crate) fn run(places: &Places, arguments: &[String]) -> Result<()> {
    let (profile, arguments) = match arguments.split_first() {
        Some((first, rest)) if first == "--dist" => ("dist", rest),
        _ => ("release", arguments),
    };
    plugins::ensure(places)?;
    process::build_programs(places, profile, &["tollgate-bench", "tollgate"])?;
    let mut bench = Command::new(places.target.join(profile).join("tollgate-bench"));
    bench.current_dir(&places.root).args(arguments);
    if let Some(wanted) = wanted(arguments) {
        // Without it, the rest is still worth measuring; the table says what
        // is missing.
        match wanted(places) {
            Ok(python) => {
                bench.env(PYTHON, python);
            }
            Err(error) => eprintln!("xtask: measuring without: {error:#}"),
        }
    }
    process::run("benchmarks", &mut bench)
}

type Python = fn(&Places) -> Result<std::path::PathBuf>;

/// The Python that these rows need, if any.
fn wanted(arguments: &[String]) -> Option<Python> {
    if arguments.iter().any(|word| word == "--help" || word == "-h") {
        return None;
    }
    let only = arguments.iter().skip_while(|word| *word != "--only").nth(1);
    let only = only.map(String::as_str).unwrap_or_default();
    if only.starts_with("frames") {
        return Some(frames);
    }
    let without = ["decision", "columns", "load", "gate"];
    (!without.iter().any(|kind| only.starts_with(kind))).then_some(mlflow)
}

/// What `cargo xtask test` installs, too.
fn mlflow(places: &Places) -> Result<std::path::PathBuf> {
    match std::env::var_os(PYTHON).filter(|name| !name.is_empty()) {
        Some(named) => Ok(named.into()),
        None => crosscheck::mlflow(places),
    }
}

fn frames(places: &Places) -> Result<std::path::PathBuf> {
    python::with(
        places,
        &Wanted {
            named: PYTHON,
            name: "frames",
            requirements: "tests/bench/requirements.txt",
            what: "pyarrow, pandas and pandera, some 200 MB, once",
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_measured_is_installed() {
        let wants = |line: &str| {
            let words: Vec<String> = line.split_whitespace().map(String::from).collect();
            wanted(&words).map(|python| python as usize)
        };
        assert_eq!(wants(""), Some(mlflow as usize));
        assert_eq!(wants("--quick --only check-1"), Some(mlflow as usize));
        assert_eq!(wants("--only frames"), Some(frames as usize));
        assert_eq!(wants("--only decision --quick"), None);
        assert_eq!(wants("--help"), None);
    }
}
