//! NGINX for the tests of the server.

use std::path::PathBuf;

use anyhow::Result;

use crate::places::Places;
use crate::unpacked::{self, Wanted};

/// Names the program to the tests.
pub(crate) const NAMED: &str = "TOLLGATE_NGINX";

/// The program: what is there, or Debian's.
///
/// Errors: why there is none.
pub(crate) fn program(places: &Places) -> Result<PathBuf> {
    let folder = unpacked::programs(
        places,
        &Wanted {
            named: "TOLLGATE_NGINX_FOLDER",
            package: "nginx",
            libraries: &[],
            folder: "usr/sbin",
            programs: &["nginx"],
            why: "the server's tests need NGINX",
        },
    )?;
    Ok(folder.join("nginx"))
}
