//! Where things are: components, binaries, peers.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

/// The folders that the benchmark works with.
#[derive(Debug)]
pub(crate) struct Places {
    /// This crate's sources.
    pub(crate) here: PathBuf,
    /// The repository.
    pub(crate) root: PathBuf,
    /// What cargo builds.
    pub(crate) target: PathBuf,
    /// The part of it in the profile that is measured: `release` or `dist`.
    pub(crate) profile: PathBuf,
}

impl Places {
    pub(crate) fn find() -> Result<Self> {
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let root = here.ancestors().nth(2).context("the repository's folder")?.to_owned();
        let exe = std::env::current_exe()?;
        let profile = exe.parent().context("a folder of the program")?.to_owned();
        let target = profile.parent().context("cargo's target folder")?.to_owned();
        Ok(Self { here, root, target, profile })
    }

    /// A program that was built with this one.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.profile.join(name)
    }

    /// The bytes of a plugin's component.
    pub(crate) fn component(&self, plugin: &str) -> Result<Vec<u8>> {
        self.built("plugins", plugin)
    }

    /// The bytes of a component for tests.
    pub(crate) fn guest(&self, name: &str) -> Result<Vec<u8>> {
        self.built("guests", name)
    }

    fn built(&self, folder: &str, name: &str) -> Result<Vec<u8>> {
        let path = self.target.join(folder).join(name).with_extension("wasm");
        fs::read(&path)
            .with_context(|| format!("no component {}: run `cargo xtask plugins`", path.display()))
    }

    /// A new, empty folder for a benchmark's own files.
    pub(crate) fn scratch(&self, name: &str) -> Result<PathBuf> {
        let folder = self.target.join("bench").join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// Builds the peers in the same profile, and gives the command that starts
    /// them.
    pub(crate) fn peers(&self) -> Result<Command> {
        let target = self.target.join("peers");
        let profile = self.profile.file_name().context("a profile's folder")?;
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args(["build", "--profile"])
            .arg(profile)
            .arg("--manifest-path")
            .arg(self.here.join("peers").join("Cargo.toml"))
            .arg("--target-dir")
            .arg(&target)
            .status()
            .context("cannot start cargo")?;
        ensure!(built.success(), "the peers did not build; see cargo's messages above");
        Ok(Command::new(target.join(profile).join("tollgate-bench-peers")))
    }
}
