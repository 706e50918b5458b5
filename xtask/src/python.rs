//! Python environments with pinned packages, installed once into the cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::digest::sha256;
use crate::places::Places;
use crate::process;

/// What a Python must have.
pub(crate) struct Wanted {
    /// The variable that may name a Python which has it.
    pub(crate) named: &'static str,
    /// The folder's name in the cache.
    pub(crate) name: &'static str,
    /// The pins, a file of this repository.
    pub(crate) requirements: &'static str,
    /// For the person who waits for it.
    pub(crate) what: &'static str,
}

/// The Python that is named, or one in the cache.
pub(crate) fn with(places: &Places, wanted: &Wanted) -> Result<PathBuf> {
    if let Some(named) = std::env::var_os(wanted.named).filter(|name| !name.is_empty()) {
        return Ok(named.into());
    }
    let requirements = places.root.join(wanted.requirements);
    let pins =
        fs::read(&requirements).with_context(|| format!("cannot read {}", wanted.requirements))?;
    let digest = sha256(&pins);
    let name = format!("{}-{}", wanted.name, digest.get(..12).unwrap_or(&digest));
    let folder = places.cache.join(name);
    let python = folder.join("bin/python");
    if python.is_file() {
        return Ok(python);
    }
    install(&requirements, &folder, wanted)?;
    Ok(python)
}

/// Installs into a folder beside, which takes its name when it is whole: a
/// virtual environment works from wherever it is moved to.
fn install(requirements: &Path, folder: &Path, wanted: &Wanted) -> Result<()> {
    let base = python3()?;
    fs::create_dir_all(folder.parent().unwrap_or(folder))?;
    let new = folder.with_extension(format!("new-{}", std::process::id()));
    let installed = fill(&base, requirements, &new, wanted);
    if let Err(error) = installed {
        // What is left of it is of no use; that it cannot be removed is no news.
        let _ = fs::remove_dir_all(&new);
        return Err(error);
    }
    match fs::rename(&new, folder) {
        Err(_) if folder.join("bin/python").is_file() => {
            // Another clone was faster.
            let _ = fs::remove_dir_all(&new);
            Ok(())
        }
        renamed => renamed.with_context(|| format!("cannot name `{}`", folder.display())),
    }
}

fn fill(base: &Path, requirements: &Path, new: &Path, wanted: &Wanted) -> Result<()> {
    let mut venv = Command::new(base);
    venv.args(["-m", "venv"]).arg(new);
    process::run("a virtual environment", &mut venv).context(
        "python3 cannot make a virtual environment; on Debian and Ubuntu \
         `apt install python3-venv` brings what it needs",
    )?;
    let mut pip = Command::new(new.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]);
    pip.arg("--requirement").arg(requirements);
    process::run(wanted.what, &mut pip).with_context(|| {
        format!(
            "cannot install it; {} may name a Python that has the versions of {}",
            wanted.named, wanted.requirements
        )
    })
}

/// The `python3` of the path, when it is new enough for the pinned versions.
fn python3() -> Result<PathBuf> {
    let Some(python) = process::which("python3") else {
        bail!(
            "there is no python3; on Debian and Ubuntu `apt install python3 python3-venv` \
             installs it"
        );
    };
    let mut version = Command::new(&python);
    version.args(["-c", "import sys; print('%d %d' % sys.version_info[:2])"]);
    let said = process::answer(&mut version).context("python3 does not run")?;
    let numbers: Vec<u32> = said.split(' ').filter_map(|number| number.parse().ok()).collect();
    ensure!(
        matches!(numbers.as_slice(), [3, minor] if *minor >= 11),
        "python3 is {}, and MLflow's pinned versions need 3.11 or newer",
        said.replace(' ', ".")
    );
    Ok(python)
}
