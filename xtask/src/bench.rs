//! `cargo xtask bench`: the benchmarks, against the peers too.

use anyhow::Result;

use crate::places::Places;
use crate::{plugins, process};

/// Runs every benchmark, or those that `arguments` select. The bench profile
/// inherits release, so nothing is compiled twice.
pub(crate) fn run(places: &Places, arguments: &[String]) -> Result<()> {
    plugins::ensure(places)?;
    let mut cargo = process::cargo(places);
    cargo.args(["bench", "--package", "tollgate-tests"]);
    if !arguments.iter().any(|word| word.starts_with("--bench")) {
        // Benchmarks only, not the tests of the crate in disguise.
        cargo.args(["--bench", "*"]);
    }
    process::run("benchmarks", cargo.args(arguments))
}
