//! `cargo xtask conformance`: recorded cases through the built component.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::places::Places;
use crate::{plugins, process};

/// Runs the cases; `--help` says what `arguments` may be. The program's exit
/// code is the command's: 1 when a case failed, 2 when the file is no file of
/// cases. What it prints last stays last.
pub(crate) fn run(places: &Places, arguments: &[String]) -> Result<ExitCode> {
    plugins::ensure(places)?;
    let program = process::build_program(places, "tollgate-conformance")?;
    let mut cases = Command::new(program);
    cases.args(arguments);
    process::announce("conformance", &cases);
    let status = cases.status().context("cannot start `tollgate-conformance`")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(ExitCode::from(code))
}
