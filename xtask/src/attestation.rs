//! Attestations, verified by the libraries of those who wrote the standards, as
//! a part of `cargo xtask test`.

use std::process::Command;

use anyhow::{Context, Result};

use crate::places::Places;
use crate::python::Wanted;
use crate::{plugins, process, python};

/// Whether both sides verify what the other signs. None where their libraries
/// are not there and cannot be installed; that is said.
pub(crate) fn among_tests(places: &Places) -> Result<Option<bool>> {
    let wanted = Wanted {
        named: "TOLLGATE_ATTESTATION_PYTHON",
        name: "attestation",
        requirements: "tests/attestation/requirements.txt",
        what: "securesystemslib and in-toto-attestation, some 20 MB, once",
    };
    let python = match python::with(places, &wanted) {
        Ok(python) => python,
        Err(error) => {
            println!("\nattestations by others: not run: {error:#}");
            return Ok(None);
        }
    };
    plugins::ensure(places)?;
    let program = process::build_program(places, "tollgate")?;
    let mut check = Command::new(python);
    check.arg(places.root.join("tests/attestation/check.py")).arg(program);
    process::announce("attestations by others", &check);
    Ok(Some(check.status().context("cannot start python")?.success()))
}
