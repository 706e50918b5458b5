//! The plugins' code, compiled before the library embeds them.

use std::process::Command;

use anyhow::Result;

use crate::places::Places;
use crate::process;

/// Packs every component of the folder with code for this kind of machine. The
/// program that does so is of the engine's own build, so that wasmtime is built
/// once.
pub(super) fn compile(places: &Places) -> Result<()> {
    let program = process::build_program(places, "tollgate-ahead")?;
    let mut ahead = Command::new(program);
    ahead.arg(places.components());
    process::run("so that nobody waits for a plugin's first use", &mut ahead)
}
