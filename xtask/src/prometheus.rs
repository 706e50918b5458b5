//! Prometheus for the tests of sources.

use std::path::PathBuf;

use anyhow::Result;

use crate::places::Places;
use crate::unpacked::{self, Wanted};

/// Names the folder with `prometheus` and `promtool` to the tests.
pub(crate) const NAMED: &str = "TOLLGATE_PROMETHEUS";

/// The folder with the programs: what is there, or Debian's.
///
/// Errors: why there is none.
pub(crate) fn programs(places: &Places) -> Result<PathBuf> {
    unpacked::programs(
        places,
        &Wanted {
            named: NAMED,
            package: "prometheus",
            libraries: &[],
            folder: "usr/bin",
            programs: &["prometheus", "promtool"],
            why: "the sources' tests need Prometheus",
        },
    )
}
