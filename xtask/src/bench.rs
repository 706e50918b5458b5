//! `cargo xtask bench`: Tollgate beside its peers.

use anyhow::Result;

use crate::places::Places;
use crate::{plugins, process};

/// Runs the benchmark with `arguments`; `--help` says which it takes. Release
/// is the profile of the demo and the tests, so nothing is compiled twice.
pub(crate) fn run(places: &Places, arguments: &[String]) -> Result<()> {
    plugins::ensure(places)?;
    let mut cargo = process::cargo(places);
    cargo.args(["run", "--release", "--package", "tollgate-bench", "--"]);
    process::run("benchmarks", cargo.args(arguments))
}
