//! `cargo xtask lint`: what a reviewer should not have to look for.

use anyhow::Result;

use crate::places::Places;
use crate::{contract, house, plugins, process};

/// The frozen contracts, modules that import each other, formatting, clippy,
/// documentation; stops at the first that fails, cheapest first.
///
/// Clippy and rustdoc use the release profile: a second one would have its own
/// wasmtime.
pub(crate) fn run(places: &Places) -> Result<()> {
    contract::check(places)?;
    house::check(places)?;
    process::run("formatting", process::cargo(places).args(["fmt", "--all", "--check"]))?;
    plugins::ensure(places)?;
    let mut clippy = process::cargo(places);
    clippy.args(["clippy", "--release", "--workspace", "--all-targets"]);
    process::run("lints", clippy.args(["--", "-Dwarnings"]))?;
    let mut doc = process::cargo(places);
    doc.args(["doc", "--release", "--workspace", "--no-deps"]);
    process::run("documentation", doc.env("RUSTDOCFLAGS", "-Dwarnings"))?;
    println!("lint: nothing to say");
    Ok(())
}
