//! Debian's packages, unpacked into the cache and not installed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::places::Places;
use crate::process;

/// What is wanted of a package.
pub(crate) struct Wanted {
    /// The variable that may name the folder with the programs.
    pub(crate) named: &'static str,
    pub(crate) package: &'static str,
    /// Packages of libraries that its programs need and a machine may lack;
    /// where there is no such package, they need no such library.
    pub(crate) libraries: &'static [&'static str],
    /// Where they are in it.
    pub(crate) folder: &'static str,
    pub(crate) programs: &'static [&'static str],
    /// For the person who waits for it.
    pub(crate) why: &'static str,
}

/// The folder with the programs; unpacked into the cache, where they are
/// missing and can be had.
///
/// Errors: why there is none.
pub(crate) fn programs(places: &Places, wanted: &Wanted) -> Result<PathBuf> {
    let Wanted { named, package, libraries, folder, programs, why } = wanted;
    let has_them = |folder: &Path| programs.iter().all(|program| folder.join(program).is_file());
    let all = || programs.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(" and ");
    if let Some(folder) = env::var_os(named).filter(|name| !name.is_empty()) {
        let folder = PathBuf::from(folder);
        ensure!(has_them(&folder), "{named} is `{}`, which has no {}", folder.display(), all());
        return Ok(folder);
    }
    let path = env::var_os("PATH").unwrap_or_default();
    if let Some(found) = env::split_paths(&path).find(|folder| has_them(folder)) {
        return Ok(found);
    }
    let whole = places.cache.join(package);
    let unpacked = whole.join(folder);
    if has_them(&unpacked) {
        return Ok(unpacked);
    }
    ensure!(
        process::which("apt-get").is_some() && process::which("dpkg-deb").is_some(),
        "there is no {}, and no `apt-get` and `dpkg-deb` to get it with; {named} may name its folder",
        all()
    );
    // Two clones may do so at once: each unpacks beside, and the first is named.
    let new = places.cache.join(format!("{package}.new-{}", std::process::id()));
    fs::create_dir_all(&new)?;
    let brought = unpack(&new, package, why);
    for library in *libraries {
        if let Err(error) = unpack(&new, library, why) {
            eprintln!("xtask: {package} without {library}: {error:#}");
        }
    }
    let renamed = brought.and_then(|()| fs::rename(&new, &whole).context("cannot name the folder"));
    if new.exists() {
        // What is left of it is of no use; that it cannot be removed is no news.
        let _ = fs::remove_dir_all(&new);
    }
    if has_them(&unpacked) {
        return Ok(unpacked);
    }
    renamed?;
    anyhow::bail!("the package `{package}` has no {}", all())
}

fn unpack(folder: &Path, package: &str, why: &str) -> Result<()> {
    process::run(
        why,
        Command::new("apt-get").args(["download", "--quiet=2", package]).current_dir(folder),
    )
    .context("`apt-get update` may help")?;
    let entries = fs::read_dir(folder)?;
    let file = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .context("`apt-get download` brought no package")?;
    let mut unpack = Command::new("dpkg-deb");
    unpack.arg("--extract").arg(&file).arg(folder);
    process::run("unpacking it", &mut unpack)?;
    Ok(fs::remove_file(file)?)
}
