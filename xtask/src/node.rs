//! Node, and the npm packages that `host/web` is made with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::digest::sha256;
use crate::places::Places;
use crate::process;

/// Names a Node of one's own.
const NAMED: &str = "TOLLGATE_NODE";

/// The version that `host/web/package.json` asks for.
const OLDEST: (u32, u32) = (20, 19);

const PACKAGE: &str = "host/web";
const MODULES: &str = "node_modules";

/// The Node that is named, or that of the path.
///
/// Errors: there is none, or it is too old.
pub(crate) fn program() -> Result<PathBuf> {
    let named = std::env::var_os(NAMED).filter(|name| !name.is_empty()).map(PathBuf::from);
    let Some(node) = named.or_else(|| process::which("node")) else {
        bail!(
            "there is no node; on Debian and Ubuntu `apt install nodejs npm` installs it, and \
             {NAMED} may name one"
        );
    };
    let said = process::answer(Command::new(&node).arg("--version")).unwrap_or_default();
    let mut numbers = said.trim_start_matches('v').split('.').map(str::parse);
    let version = match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor),
        _ => bail!("`{}` does not say its version", node.display()),
    };
    ensure!(
        version >= OLDEST,
        "`{}` is {said}, and {}.{} or newer is needed",
        node.display(),
        OLDEST.0,
        OLDEST.1
    );
    Ok(node)
}

/// The folder of the package, with the packages that it needs: those that npm
/// has installed there, else a link to what is installed in the cache, so that
/// clones share it.
///
/// Errors: they cannot be installed.
pub(crate) fn package(places: &Places) -> Result<PathBuf> {
    let package = places.root.join(PACKAGE);
    let modules = package.join(MODULES);
    if modules.is_dir() && !modules.is_symlink() {
        return Ok(package);
    }
    let lock = fs::read(package.join("package-lock.json"))?;
    let digest = sha256(&lock);
    let name = format!("npm-{}", digest.get(..12).unwrap_or(&digest));
    let folder = places.cache.join(name);
    if !folder.join(MODULES).is_dir() {
        install(places, &folder)?;
    }
    let target = folder.join(MODULES);
    if fs::read_link(&modules).ok().as_ref() != Some(&target) {
        if modules.is_symlink() {
            fs::remove_file(&modules)?;
        }
        link(&target, &modules)?;
    }
    Ok(package)
}

#[cfg(unix)]
fn link(target: &Path, link: &Path) -> Result<()> {
    std::os::unix::fs::symlink(target, link)
        .with_context(|| format!("cannot make `{}`", link.display()))
}

#[cfg(not(unix))]
fn link(_: &Path, link: &Path) -> Result<()> {
    bail!("run `npm ci` in `{PACKAGE}`: there is no `{}`", link.display())
}

/// Installs into a folder beside, which takes its name when it is whole.
fn install(places: &Places, folder: &Path) -> Result<()> {
    let Some(npm) = process::which("npm") else {
        bail!("there is no npm; on Debian and Ubuntu `apt install npm` installs it");
    };
    let new = folder.with_extension(format!("new-{}", std::process::id()));
    fs::create_dir_all(&new)?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(places.root.join(PACKAGE).join(file), new.join(file))?;
    }
    let mut ci = Command::new(npm);
    ci.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    let installed = process::run("jco, some 110 MB, once", ci.current_dir(&new));
    let named = installed.and_then(|()| fs::rename(&new, folder).context("cannot name the folder"));
    if new.exists() {
        // What is left of it is of no use; that it cannot be removed is no news.
        let _ = fs::remove_dir_all(&new);
    }
    // Another clone may have been faster.
    if folder.join(MODULES).is_dir() { Ok(()) } else { named }
}
