//! `cargo xtask fuzz` and `cargo xtask hostile`: what chance makes of valid
//! files, for the readers and for the binary.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::places::Places;
use crate::{plugins, process};

/// Every reader, for as long as asked; `--help` says what `arguments` may be.
pub(crate) fn readers(places: &Places, arguments: &[String]) -> Result<ExitCode> {
    plugins::ensure_with_test_guests(places)?;
    start(places, "tollgate-fuzz", arguments)
}

/// The binary, with as many hostile inputs as asked.
pub(crate) fn hostile(places: &Places, arguments: &[String]) -> Result<ExitCode> {
    plugins::ensure_with_test_guests(places)?;
    process::build_program(places, "tollgate")?;
    start(places, "tollgate-hostile", arguments)
}

fn start(places: &Places, name: &str, arguments: &[String]) -> Result<ExitCode> {
    let mut program = Command::new(process::build_program(places, name)?);
    program.args(arguments);
    process::announce("what chance makes of valid files", &program);
    let status = program.status().with_context(|| format!("cannot start `{name}`"))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(ExitCode::from(code))
}
