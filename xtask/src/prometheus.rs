//! Prometheus for the tests of sources: what is there, or Debian's, unpacked
//! and not installed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::places::Places;
use crate::process;

/// Names the folder with `prometheus` and `promtool` to the tests.
pub(crate) const NAMED: &str = "TOLLGATE_PROMETHEUS";

const PACKAGE: &str = "prometheus";

/// The folder with the programs; unpacked into the cache, where they are
/// missing and can be had.
///
/// Errors: why there is none.
pub(crate) fn programs(places: &Places) -> Result<PathBuf> {
    if let Some(named) = env::var_os(NAMED).filter(|name| !name.is_empty()) {
        let named = PathBuf::from(named);
        ensure!(
            has_it(&named),
            "{NAMED} is `{}`, which has no `prometheus` and `promtool`",
            named.display()
        );
        return Ok(named);
    }
    let path = env::var_os("PATH").unwrap_or_default();
    if let Some(found) = env::split_paths(&path).find(|folder| has_it(folder)) {
        return Ok(found);
    }
    let whole = places.cache.join(PACKAGE);
    let programs = whole.join("usr/bin");
    if has_it(&programs) {
        return Ok(programs);
    }
    ensure!(
        process::which("apt-get").is_some() && process::which("dpkg-deb").is_some(),
        "there is no Prometheus, and no `apt-get` and `dpkg-deb` to get it with; {NAMED} may name \
         the folder that has `prometheus` and `promtool`"
    );
    // Two clones may do so at once: each unpacks beside, and the first is named.
    let new = places.cache.join(format!("{PACKAGE}.new-{}", std::process::id()));
    fs::create_dir_all(&new)?;
    let unpacked = unpack(&new);
    let named = unpacked.and_then(|()| fs::rename(&new, &whole).context("cannot name the folder"));
    if new.exists() {
        // What is left of it is of no use; that it cannot be removed is no news.
        let _ = fs::remove_dir_all(&new);
    }
    if has_it(&programs) {
        return Ok(programs);
    }
    named.map(|()| programs)
}

fn unpack(folder: &Path) -> Result<()> {
    process::run(
        "the sources' tests need Prometheus",
        Command::new("apt-get").args(["download", "--quiet=2", PACKAGE]).current_dir(folder),
    )
    .context("`apt-get update` may help")?;
    let entries = fs::read_dir(folder)?;
    let package = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .context("`apt-get download` brought no package")?;
    let mut unpack = Command::new("dpkg-deb");
    unpack.arg("--extract").arg(&package).arg(folder);
    process::run("unpacking it", &mut unpack)?;
    fs::remove_file(package)?;
    ensure!(has_it(&folder.join("usr/bin")), "the package has no `prometheus` and `promtool`");
    Ok(())
}

fn has_it(folder: &Path) -> bool {
    ["prometheus", "promtool"].iter().all(|program| folder.join(program).is_file())
}
