//! A PostgreSQL server for the tests of the approvals: what is there, or
//! Debian's.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail, ensure};

use crate::debian::is_root;
use crate::process;

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
    let install = format!("apt-get update && apt-get install {PACKAGE}");
    ensure!(
        process::which("apt-get").is_some(),
        "there is no PostgreSQL server and no `apt-get`; {NAMED} may name the folder that has \
         `initdb` and `postgres`"
    );
    if !is_root() {
        bail!("there is no PostgreSQL server, and installing one needs root: `sudo {install}`");
    }
    // One source that cannot be reached is no reason to stop.
    let mut update = Command::new("apt-get");
    if let Err(error) =
        process::run("the approvals' tests need PostgreSQL", update.args(["update", "--quiet=2"]))
    {
        eprintln!("xtask: {error:#}; going on with the lists that are there");
    }
    process::run(
        "installing it",
        Command::new("apt-get")
            .args(["install", "--yes", "--quiet=2", "--no-install-recommends", "--no-remove"])
            .arg(PACKAGE)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )?;
    match found() {
        Some(found) => Ok(found),
        None => bail!("`{install}` brought no server to {DEBIANS}"),
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
