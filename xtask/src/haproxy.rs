//! HAProxy for the tests of the server.

use std::path::PathBuf;

use anyhow::Result;

use crate::places::Places;
use crate::unpacked::{self, Wanted};

/// Names the program to the tests.
pub(crate) const NAMED: &str = "TOLLGATE_HAPROXY";

/// The program: what is there, or Debian's, with its libraries beside it.
///
/// Errors: why there is none.
pub(crate) fn program(places: &Places) -> Result<PathBuf> {
    let folder = unpacked::programs(
        places,
        &Wanted {
            named: "TOLLGATE_HAPROXY_FOLDER",
            package: "haproxy",
            libraries: &["liblua5.3-0", "libopentracing-c-wrapper0", "libopentracing1"],
            folder: "usr/sbin",
            programs: &["haproxy"],
            why: "the server's tests need HAProxy",
        },
    )?;
    Ok(folder.join("haproxy"))
}
