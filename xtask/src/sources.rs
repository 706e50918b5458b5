//! This clone's sources in another place.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

use crate::places::Places;

/// Copies what a build reads: everything but git's own and what was built.
pub(crate) fn copy(places: &Places, to: &Path) -> Result<()> {
    copy_folder(&places.root, to, &|path| {
        path.ends_with(".git") || path.ends_with("target") || path == places.target
    })
    .with_context(|| format!("cannot copy the sources to `{}`", to.display()))
}

fn copy_folder(from: &Path, to: &Path, is_left_out: &dyn Fn(&Path) -> bool) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if is_left_out(&path) {
            continue;
        }
        if kind.is_symlink() {
            link(&fs::read_link(&path)?, &copy)?;
        } else if kind.is_dir() {
            copy_folder(&path, &copy, is_left_out)?;
        } else {
            fs::copy(&path, &copy)?;
        }
    }
    Ok(())
}

/// Gives `home` the crates that cargo has downloaded, and nothing else.
pub(crate) fn share_registry(home: &Path) -> Result<()> {
    let ours = cargo_home().context("neither CARGO_HOME nor HOME is set")?.join("registry");
    let theirs = home.join(".cargo");
    fs::create_dir_all(&theirs)?;
    link(&ours, &theirs.join("registry"))
        .with_context(|| format!("cannot link to `{}`", ours.display()))
}

/// Where cargo keeps what it downloads.
pub(crate) fn cargo_home() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    folder("CARGO_HOME").or_else(|| Some(folder("HOME")?.join(".cargo")))
}

/// Where rustup keeps the compilers.
pub(crate) fn rustup_home() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    folder("RUSTUP_HOME").or_else(|| Some(folder("HOME")?.join(".rustup")))
}

#[cfg(unix)]
fn link(to: &Path, at: &Path) -> Result<()> {
    match std::os::unix::fs::symlink(to, at) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(anyhow!(error)),
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn link(_to: &Path, at: &Path) -> Result<()> {
    Err(anyhow!("`{}` is a link, and this system has none", at.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_built_stays_behind() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("clone");
        for file in ["Cargo.toml", "host/src/lib.rs", "target/x", ".git/x", "built/x"] {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        link(Path::new("../wit"), &root.join("host/wit")).unwrap();
        let target = root.join("built");
        let cache = folder.path().to_path_buf();
        let places = Places { root, cache, target, home: None };
        let to = folder.path().join("copy");
        copy(&places, &to).unwrap();
        assert_eq!(fs::read(to.join("host/src/lib.rs")).unwrap(), b"host/src/lib.rs");
        assert_eq!(fs::read_link(to.join("host/wit")).unwrap(), Path::new("../wit"));
        let mut left: Vec<_> =
            fs::read_dir(&to).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["Cargo.toml", "host"]);
    }
}
