//! OpenTelemetry's own messages, by which the tests read what the server
//! exports.

use std::path::PathBuf;

use anyhow::Result;

use crate::places::Places;
use crate::python::{self, Wanted};

/// Names the Python that has them.
pub(crate) const NAMED: &str = "TOLLGATE_OTLP_PYTHON";

/// The Python that has them, which is made when there is none.
pub(crate) fn python(places: &Places) -> Result<PathBuf> {
    python::with(
        places,
        &Wanted {
            named: NAMED,
            name: "telemetry",
            requirements: "tests/telemetry/requirements.txt",
            what: "OpenTelemetry's messages, some 2 MB, once",
        },
    )
}
