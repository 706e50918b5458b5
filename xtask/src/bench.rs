//! `cargo xtask bench`: Tollgate beside its peers.

use std::process::Command;

use anyhow::Result;

use crate::places::Places;
use crate::{plugins, process};

/// Runs the benchmark with `arguments`; `--help` says which it takes.
pub(crate) fn run(places: &Places, arguments: &[String]) -> Result<()> {
    plugins::ensure(places)?;
    process::build_programs(places, "dist", &["tollgate-bench", "tollgate"])?;
    let mut bench = Command::new(places.target.join("dist/tollgate-bench"));
    bench.current_dir(&places.root).args(arguments);
    process::run("benchmarks", &mut bench)
}
