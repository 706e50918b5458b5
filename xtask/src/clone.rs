//! Clones of this repository that share one target folder.
//!
//! Cargo tells a crate of a workspace by its path *within* the workspace and
//! by the age of its files, so in a shared folder it would take another
//! clone's build for this one's. The folder therefore knows whose it is; when
//! that changes, the workspace's own crates are built again. Dependencies,
//! which take the time, stay.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};

use crate::places::Places;
use crate::process;

/// Holds the target folder for this clone until it is dropped.
pub(crate) struct Claim {
    _lock: File,
}

/// Waits until no command of another clone works in the target folder, and
/// makes the folder ours.
pub(crate) fn claim(places: &Places) -> Result<Claim> {
    fs::create_dir_all(&places.target)
        .with_context(|| format!("cannot create `{}`", places.target.display()))?;
    let owner = places.target.join("owner");
    let lock = File::create(places.target.join("owner.lock"))?;
    loop {
        // Commands of one clone may work side by side, as cargo's may.
        lock.lock_shared()?;
        if owned_by(&owner, &places.root)? {
            return Ok(Claim { _lock: lock });
        }
        lock.unlock()?;
        if lock.try_lock().is_err() {
            eprintln!("xtask: waiting for another clone's command to end");
            lock.lock()?;
        }
        take(places, &owner)?;
        lock.unlock()?;
    }
}

fn owned_by(owner: &Path, root: &Path) -> Result<bool> {
    match fs::read(owner) {
        Ok(bytes) => Ok(bytes == root.as_os_str().as_encoded_bytes()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| format!("cannot read `{}`", owner.display())),
    }
}

fn take(places: &Places, owner: &Path) -> Result<()> {
    if places.target.join("release").exists() || places.guest_target().exists() {
        for profile in ["release", "dist"] {
            let mut clean = process::cargo(places);
            clean.args(["clean", "--quiet", "--workspace", "--profile", profile]);
            process::run("this target folder was another clone's", &mut clean)?;
        }
        let guest = places.guest_target();
        for target in [None, Some("wasm32-unknown-unknown")] {
            let mut clean = process::cargo(places);
            clean.env("CARGO_TARGET_DIR", &guest).args([
                "clean",
                "--quiet",
                "--workspace",
                "--profile",
                "plugin",
            ]);
            if let Some(target) = target {
                clean.args(["--target", target]);
            }
            process::run("and so were its plugins", &mut clean)?;
        }
    }
    fs::write(owner, places.root.as_os_str().as_encoded_bytes())
        .with_context(|| format!("cannot write `{}`", owner.display()))
}
