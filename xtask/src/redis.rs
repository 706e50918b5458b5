//! A Redis server for the tests of counters: what is there, or Debian's.

use std::env;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};

use crate::{debian, process};

/// Names the server's program to the tests.
pub(crate) const NAMED: &str = "TOLLGATE_REDIS";

const PACKAGE: &str = "redis-server";

/// Either answers to the protocol.
const PROGRAMS: [&str; 2] = ["redis-server", "valkey-server"];

/// The server's program; installed, where it is missing and can be had.
///
/// Errors: why there is none, and what the user can do.
pub(crate) fn program() -> Result<PathBuf> {
    if let Some(named) = env::var_os(NAMED).filter(|name| !name.is_empty()) {
        let named = PathBuf::from(named);
        ensure!(named.is_file(), "{NAMED} is `{}`, which is no file", named.display());
        return Ok(named);
    }
    let found = || PROGRAMS.iter().find_map(|program| process::which(program));
    if let Some(found) = found() {
        return Ok(found);
    }
    debian::installed("the counters' tests need Redis", PACKAGE)
        .with_context(|| format!("{NAMED} may name the program"))?;
    found().with_context(|| format!("package `{PACKAGE}` brought no `redis-server`"))
}
