//! What the tests of the CI kit need: pre-commit, and what knows the shape of
//! workflows and scripts.

use std::path::PathBuf;

use anyhow::Result;

use crate::places::Places;
use crate::python::{self, Wanted};

/// Names the Python that has them.
pub(crate) const NAMED: &str = "TOLLGATE_CI_PYTHON";

/// The Python that has them, which is made when there is none.
pub(crate) fn python(places: &Places) -> Result<PathBuf> {
    python::with(
        places,
        &Wanted {
            named: NAMED,
            name: "ci",
            requirements: "tests/ci/requirements.txt",
            what: "pre-commit, check-jsonschema and ShellCheck, some 40 MB, once",
        },
    )
}
