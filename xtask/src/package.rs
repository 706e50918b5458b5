//! `cargo xtask package`: the crates as a user of a release gets them.
//!
//! A user's machine has no compiler for plugins. The library's crate therefore
//! holds the components, packed with the code compiled ahead for the kind of
//! machine that made the release.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::json;

use crate::digest::sha256;
use crate::places::Places;
use crate::{plugins, process, sources, workspace};

/// The crate with the binary.
const ROOT: &str = "tollgate-cli";
/// The crate that holds the components, and where.
const LIBRARY: &str = "host/tollgate/components";
/// What crates.io takes.
const LARGEST: u64 = 10 << 20;

/// The folders that this works in. They stay, so that a second time wasmtime is
/// not compiled again; apart from the workspace's own builds, since these are
/// builds of other sources.
struct Folders {
    sources: PathBuf,
    registry: PathBuf,
    target: PathBuf,
}

/// Makes the crates; with `verify` also installs the binary from them as a user
/// would, with no network, and asks it something.
pub(crate) fn run(places: &Places, verify: bool) -> Result<()> {
    plugins::ensure(places)?;
    let home = places.target.join("package");
    let folders = Folders {
        sources: home.join("sources"),
        registry: home.join("registry"),
        target: home.join("target"),
    };
    let crates = package(places, &folders)?;
    for path in &crates {
        let size = fs::metadata(path)?.len();
        println!("{:>9} bytes  {}", size, path.display());
        ensure!(size <= LARGEST, "`{}` is above {LARGEST} bytes", path.display());
    }
    if verify {
        fill_registry(places, &folders, &crates)?;
        let binary = install(places, &folders)?;
        ask(&binary)?;
        println!("installed without a network from the crates above, and it judges");
    }
    Ok(())
}

/// The binary's crate and those of this workspace that it is made of.
fn package(places: &Places, folders: &Folders) -> Result<Vec<PathBuf>> {
    let names = workspace::made_of(places, ROOT)?;
    remove(&folders.sources)?;
    sources::copy(places, &folders.sources)?;
    let components = folders.sources.join(LIBRARY);
    fs::create_dir_all(&components)?;
    for entry in fs::read_dir(places.components())? {
        let path = entry?.path();
        let wanted = path.extension().is_some_and(|it| it == "wasm" || it == "cwasm");
        if let Some(name) = path.file_name().filter(|_| wanted) {
            fs::copy(&path, components.join(name))?;
        }
    }
    let made = folders.target.join("package");
    remove(&made)?;
    let mut cargo = process::cargo(places);
    cargo
        .current_dir(&folders.sources)
        .env("CARGO_TARGET_DIR", &folders.target)
        .args(["package", "--quiet", "--no-verify", "--allow-dirty"])
        .args(names.iter().flat_map(|name| ["--package", name]));
    process::run("crates", &mut cargo)?;
    let mut crates: Vec<PathBuf> = fs::read_dir(&made)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "crate"))
        .collect();
    crates.sort();
    ensure!(crates.len() == names.len(), "cargo made {} of {} crates", crates.len(), names.len());
    Ok(crates)
}

/// A registry in a folder: what the workspace depends on, and the new crates.
fn fill_registry(places: &Places, folders: &Folders, crates: &[PathBuf]) -> Result<()> {
    let mut vendor = process::cargo(places);
    vendor.args(["vendor", "--quiet", "--locked", "--versioned-dirs"]).arg(&folders.registry);
    process::run("a registry in a folder", vendor.stdout(Stdio::null()))?;
    for path in crates {
        let name = path.file_stem().context("a crate's name")?;
        let folder = folders.registry.join(name);
        remove(&folder)?;
        let mut unpack = Command::new("tar");
        unpack.arg("xzf").arg(path).arg("-C").arg(&folders.registry);
        process::run("as crates.io would give it", &mut unpack)?;
        let checksum = json!({ "files": {}, "package": sha256(&fs::read(path)?) });
        fs::write(folder.join(".cargo-checksum.json"), checksum.to_string())?;
    }
    Ok(())
}

/// `cargo install` by a user with an empty home and no network.
fn install(places: &Places, folders: &Folders) -> Result<PathBuf> {
    let user = tempfile::tempdir()?;
    let home = user.path().join(".cargo");
    fs::create_dir_all(&home)?;
    let registry = folders.registry.to_str().ok_or_else(|| anyhow!("a path that is no text"))?;
    let registry = json!(registry);
    let settings = format!(
        "[source.crates-io]\nreplace-with = \"local\"\n[source.local]\ndirectory = {registry}\n"
    );
    fs::write(home.join("config.toml"), settings)?;
    let root = folders.target.join("installed");
    remove(&root)?;
    let mut cargo = process::cargo(places);
    if let Some(rustup) = sources::rustup_home() {
        cargo.env("RUSTUP_HOME", rustup);
    }
    cargo
        .current_dir(user.path())
        .env("HOME", user.path())
        .env("CARGO_HOME", &home)
        .env("CARGO_TARGET_DIR", &folders.target)
        .args(["install", ROOT, "--locked", "--offline", "--root"])
        .arg(&root);
    process::run("what a user does (wasmtime takes minutes, once)", &mut cargo)?;
    Ok(root.join("bin/tollgate"))
}

/// Asks the binary for its plugins, which loads each.
fn ask(binary: &Path) -> Result<()> {
    let user = tempfile::tempdir()?;
    let output = Command::new(binary)
        .args(["plugin", "list"])
        .env_clear()
        .env("HOME", user.path())
        .output()
        .with_context(|| format!("cannot start `{}`", binary.display()))?;
    let said = String::from_utf8_lossy(&output.stdout);
    print!("{said}");
    ensure!(
        output.status.success() && said.lines().count() > 1,
        "`tollgate plugin list` ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    let compiled = user.path().join(".cache/tollgate/compiled");
    let entries = fs::read_dir(compiled).map_or(0, Iterator::count);
    ensure!(entries == 0, "{entries} built-in plugins were compiled at their first use");
    Ok(())
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove `{}`", folder.display()))?;
    }
    Ok(())
}
