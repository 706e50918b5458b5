//! A PostgreSQL server for the tests of the approvals: what is there, or
//! Debian's.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use crate::debian;

/// Names the folder with `initdb` and `postgres` to the tests.
pub(crate) const NAMED: &str = "TOLLGATE_POSTGRES";

const PACKAGE: &str = "postgresql";

/// Where Debian has its servers, a folder a version.
const DEBIANS: &str = "/usr/lib/postgresql";

/// The folder with the server's programs; installed, where it is missing and
/// can be had.
///
/// Errors: why there is none, and what the user can do.
pub(crate) fn programs() -> Result<PathBuf> {
    if let Some(named) = env::var_os(NAMED).filter(|name| !name.is_empty()) {
        let named = PathBuf::from(named);
        ensure!(
            has_a_server(&named),
            "{NAMED} is `{}`, which has no `initdb` and `postgres`",
            named.display()
        );
        return Ok(named);
    }
    if let Some(found) = found() {
        return Ok(found);
    }
    debian::installed("the approvals' tests need PostgreSQL", PACKAGE)
        .with_context(|| format!("{NAMED} may name the folder that has `initdb` and `postgres`"))?;
    match found() {
        Some(found) => Ok(found),
        None => bail!("package `{PACKAGE}` brought no server to {DEBIANS}"),
    }
}

/// Debian's newest, or one of the path.
fn found() -> Option<PathBuf> {
    let versions = fs::read_dir(DEBIANS).into_iter().flatten().flatten();
    let mut debians: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.parse().ok()?;
            Some((number, entry.path().join("bin")))
        })
        .collect();
    debians.sort();
    let path = env::var_os("PATH").unwrap_or_default();
    let in_path: Vec<PathBuf> = env::split_paths(&path).collect();
    let debians = debians.into_iter().rev().map(|(_, folder)| folder);
    debians.chain(in_path).find(|folder| has_a_server(folder))
}

fn has_a_server(folder: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|program| folder.join(program).is_file())
}
