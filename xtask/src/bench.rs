//! `cargo xtask bench`: Tollgate beside its peers.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::places::Places;
use crate::python::Wanted;
use crate::{crosscheck, envoy, plugins, process, python};

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
    if let Some(peers) = wanted(arguments) {
        // Without it, the rest is still worth measuring; the table says what
        // is missing.
        match installed(places, &peers) {
            Ok(python) => {
                bench.env(PYTHON, python);
            }
            Err(error) => eprintln!("xtask: measuring without: {error:#}"),
        }
    }
    if asks_for(arguments, "serve") {
        // In the profile that is measured, beside the programs.
        process::build_libraries(places, profile)?;
        match envoy::program(places) {
            Ok(program) => {
                bench.env(envoy::NAMED, program);
            }
            Err(error) => eprintln!("xtask: measuring without: {error:#}"),
        }
    }
    process::run("benchmarks", &mut bench)
}

/// Whether rows of this kind are among those that are measured.
fn asks_for(arguments: &[String], kind: &str) -> bool {
    let only = arguments.iter().skip_while(|word| *word != "--only").nth(1);
    only.is_none_or(|only| only.starts_with(kind))
}

/// What a row is compared with, in Python.
#[derive(Debug, PartialEq)]
enum Peers {
    /// What `cargo xtask test` installs, too.
    Mlflow,
    Frames,
}

/// Those that these rows need, if any.
fn wanted(arguments: &[String]) -> Option<Peers> {
    if arguments.iter().any(|word| word == "--help" || word == "-h") {
        return None;
    }
    let only = arguments.iter().skip_while(|word| *word != "--only").nth(1);
    let only = only.map(String::as_str).unwrap_or_default();
    if ["frames", "scored"].iter().any(|kind| only.starts_with(kind)) {
        return Some(Peers::Frames);
    }
    let without = ["decision", "columns", "bulkhead", "load", "gate", "rules"];
    (!without.iter().any(|kind| only.starts_with(kind))).then_some(Peers::Mlflow)
}

fn installed(places: &Places, peers: &Peers) -> Result<PathBuf> {
    if let Some(named) = std::env::var_os(PYTHON).filter(|name| !name.is_empty()) {
        return Ok(named.into());
    }
    match peers {
        Peers::Mlflow => crosscheck::mlflow(places),
        Peers::Frames => python::with(
            places,
            &Wanted {
                named: PYTHON,
                name: "frames",
                requirements: "tests/bench/requirements.txt",
                what: "pyarrow, pandas and pandera, some 200 MB, once",
            },
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_measured_is_installed() {
        let wants = |line: &str| {
            let words: Vec<String> = line.split_whitespace().map(String::from).collect();
            wanted(&words)
        };
        assert_eq!(wants(""), Some(Peers::Mlflow));
        assert_eq!(wants("--quick --only check-1"), Some(Peers::Mlflow));
        assert_eq!(wants("--only frames"), Some(Peers::Frames));
        assert_eq!(wants("--only scored --quick"), Some(Peers::Frames));
        assert_eq!(wants("--only decision --quick"), None);
        assert_eq!(wants("--help"), None);
    }
}
