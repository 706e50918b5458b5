//! `cargo xtask plugins`: every built-in plugin as a component.

mod ahead;
mod cargo_component;
mod component;
mod names;
mod record;

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use serde_json::{Map, Value, json};

use crate::digest::sha256;
use crate::places::Places;
use crate::toolchain::{TARGET, Toolchain};
use crate::workspace::Plugin;
use crate::{process, setup, workspace};

pub(crate) use cargo_component::by_cargo_component;
pub(crate) use record::{record, verify};

/// A finished component.
struct Built {
    plugin: Plugin,
    size: usize,
    digest: String,
}

/// Builds all, those for tests too, and shows the plugins' digests.
pub(crate) fn run(places: &Places) -> Result<()> {
    let toolchain = setup::toolchain(places)?;
    let guests = workspace::guests(places)?;
    let built = build(places, &toolchain, guests.plugins)?;
    build_for_tests(places, &toolchain, &guests.for_tests)?;
    ahead::compile(places)?;
    show(&built);
    println!("by {}, in {}", toolchain.version, places.components().display());
    Ok(())
}

/// Builds the plugins, for a command that needs them.
pub(crate) fn ensure(places: &Places) -> Result<()> {
    let toolchain = setup::toolchain(places)?;
    build(places, &toolchain, workspace::guests(places)?.plugins)?;
    ahead::compile(places)
}

/// Builds the plugins, and what tests load besides.
pub(crate) fn ensure_with_test_guests(places: &Places) -> Result<()> {
    let toolchain = setup::toolchain(places)?;
    let guests = workspace::guests(places)?;
    build(places, &toolchain, guests.plugins)?;
    build_for_tests(places, &toolchain, &guests.for_tests)?;
    ahead::compile(places)
}

fn build(places: &Places, toolchain: &Toolchain, plugins: Vec<Plugin>) -> Result<Vec<Built>> {
    let folder = places.components();
    fs::create_dir_all(&folder)?;
    let mut built = Vec::new();
    for plugin in plugins {
        let module = compile(places, toolchain, &plugin, &[])?;
        let component = component::encode(&plugin.name, &module)?;
        write_if_changed(&folder.join(format!("{}.wasm", plugin.name)), &component)?;
        built.push(Built { size: component.len(), digest: sha256(&component), plugin });
    }
    remove_others(&folder, &built)?;
    write_if_changed(&folder.join("digests.json"), digests(&built).as_bytes())?;
    Ok(built)
}

/// `<name>.wasm`, and `<name>-no-std.wasm` where it has a feature `std`.
fn build_for_tests(places: &Places, toolchain: &Toolchain, guests: &[Plugin]) -> Result<()> {
    let folder = places.test_guests();
    fs::create_dir_all(&folder)?;
    for guest in guests {
        let variants: [(&str, &[&str]); 2] = [("", &[]), ("-no-std", &["--no-default-features"])];
        for (suffix, flags) in variants.into_iter().take(if guest.has_std { 2 } else { 1 }) {
            let module = compile(places, toolchain, guest, flags)?;
            let component = component::encode(&guest.name, &module)?;
            write_if_changed(&folder.join(format!("{}{suffix}.wasm", guest.name)), &component)?;
        }
    }
    Ok(())
}

/// One cargo call a plugin: in a common one, cargo would give each dependency
/// the features of all plugins together, and a plugin's bytes would depend on
/// its neighbours.
fn compile(
    places: &Places,
    toolchain: &Toolchain,
    plugin: &Plugin,
    flags: &[&str],
) -> Result<Vec<u8>> {
    let mut cargo = toolchain.cargo(places);
    cargo.args(["build", "--profile", "plugin", "--lib"]);
    cargo.args(["--target", TARGET, "--package", &plugin.name]).args(flags);
    process::run("plugin", &mut cargo)?;
    let module = places.guest_target().join(TARGET).join("plugin").join(plugin.module());
    fs::read(&module).with_context(|| format!("cannot read `{}`", module.display()))
}

/// Leaves a file alone that is right already, so that what embeds it is not
/// built again. A reader never sees half of a new one.
fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    let new = path.with_extension(format!("new-{}", std::process::id()));
    fs::write(&new, bytes)
        .and_then(|()| fs::rename(&new, path))
        .with_context(|| format!("cannot write `{}`", path.display()))
}

/// The host embeds every component of the folder: one whose crate is gone must
/// go too.
fn remove_others(folder: &Path, built: &[Built]) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // `<name>.wasm`, and `<name>.<target>.cwasm` compiled from it.
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_component = name.ends_with(".wasm") || name.ends_with(".cwasm");
        let plugin = name.split('.').next().unwrap_or_default();
        let is_built = built.iter().any(|built| built.plugin.name == plugin);
        if is_component && !is_built {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(
                        anyhow!(error).context(format!("cannot remove `{}`", path.display()))
                    );
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn digests(built: &[Built]) -> String {
    let all: Map<String, Value> = built
        .iter()
        .map(|built| {
            let entry = json!({
                "version": built.plugin.version,
                "size": built.size,
                "sha256": built.digest,
            });
            (built.plugin.name.clone(), entry)
        })
        .collect();
    format!("{:#}\n", Value::Object(all))
}

fn show(built: &[Built]) {
    println!("{:<20} {:<9} {:>9}  sha256", "plugin", "version", "bytes");
    for Built { plugin, size, digest } in built {
        println!("{:<20} {:<9} {size:>9}  {digest}", plugin.name, plugin.version);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(name: &str) -> Built {
        let plugin = Plugin { name: name.into(), version: "0.1.0".into(), has_std: false };
        Built { plugin, size: 3, digest: sha256(b"abc") }
    }

    #[test]
    fn digests_are_json_sorted_by_name() {
        let text = digests(&[built("threshold-policy"), built("metric-gate")]);
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["metric-gate"]["sha256"], sha256(b"abc"));
        assert!(text.find("metric-gate") < text.find("threshold-policy"));
    }

    #[test]
    fn a_right_file_is_left_alone_and_a_strangers_component_goes() {
        let folder = std::env::temp_dir().join(format!("xtask-plugins-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let kept = folder.join("metric-gate.wasm");
        write_if_changed(&kept, b"one").unwrap();
        let old = fs::metadata(&kept).unwrap().modified().unwrap();
        write_if_changed(&kept, b"one").unwrap();
        assert_eq!(fs::metadata(&kept).unwrap().modified().unwrap(), old);
        write_if_changed(&kept, b"two").unwrap();
        assert_eq!(fs::read(&kept).unwrap(), b"two");

        fs::write(folder.join("metric-gate.x86_64-linux.cwasm"), b"").unwrap();
        fs::write(folder.join("removed-plugin.wasm"), b"").unwrap();
        fs::write(folder.join("removed-plugin.x86_64-linux.cwasm"), b"").unwrap();
        remove_others(&folder, &[built("metric-gate")]).unwrap();
        let mut left: Vec<_> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["metric-gate.wasm", "metric-gate.x86_64-linux.cwasm"]);
        fs::remove_dir_all(&folder).unwrap();
    }
}
