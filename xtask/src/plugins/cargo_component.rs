//! The same crates by `cargo component`, for authors who are used to it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, anyhow};

use super::component;
use crate::places::Places;
use crate::toolchain::TARGET;
use crate::{process, setup, workspace};

/// Its last release.
const VERSION: &str = "0.21.1";

/// Builds every plugin with `cargo component`, which is installed on demand.
pub(crate) fn by_cargo_component(places: &Places) -> Result<()> {
    let toolchain = setup::toolchain(places)?;
    let tool = installed(places)?;
    // It looks for this target even when it builds for another.
    let beside = toolchain
        .library_folder()
        .and_then(|libraries| Some(libraries.parent()?.with_file_name("wasm32-wasip1")))
        .ok_or_else(|| anyhow!("the compiler does not say where its libraries are"))?;
    fs::create_dir_all(&beside).with_context(|| {
        format!("`cargo component` wants a folder `{}`: create it once as root", beside.display())
    })?;
    // Apart from our own builds, which have the same file names.
    let target = places.guest_target().join("cargo-component");
    for plugin in workspace::guests(places)?.plugins {
        let mut build = Command::new(&tool);
        toolchain.prepare(places, &mut build);
        build
            .env("CARGO_TARGET_DIR", &target)
            .env("PATH", toolchain.path()?)
            .args(["component", "build", "--quiet", "--profile", "plugin", "--lib"])
            .args(["--target", TARGET, "--package", &plugin.name]);
        process::run("plugin", &mut build)?;
        let file = target.join(TARGET).join("plugin").join(plugin.module());
        let bytes = fs::read(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
        component::check(&plugin.name, &bytes)?;
        println!("{:<20} {:>9} bytes, by cargo component {VERSION}", plugin.name, bytes.len());
    }
    Ok(())
}

fn installed(places: &Places) -> Result<PathBuf> {
    let home = places.cache.join(format!("cargo-component-{VERSION}"));
    let tool = home.join("bin/cargo-component");
    if !tool.is_file() {
        let mut install = process::cargo(places);
        install
            .args(["install", "--quiet", "--locked", "--root"])
            .arg(&home)
            .arg(format!("cargo-component@{VERSION}"))
            .env("CARGO_TARGET_DIR", home.join("target"));
        process::run("once, some minutes", &mut install)?;
        // Half a gigabyte that nothing needs again.
        fs::remove_dir_all(home.join("target"))?;
    }
    Ok(tool)
}
