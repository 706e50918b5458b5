//! The workspace's guests, as cargo knows them.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::places::Places;
use crate::process;

/// A crate of this workspace that makes a module.
#[derive(Debug, PartialEq)]
pub(crate) struct Plugin {
    pub(crate) name: String,
    pub(crate) version: String,
    /// Whether it has a feature `std`, and so two variants.
    pub(crate) has_std: bool,
}

impl Plugin {
    /// The core module's file name, which follows the crate's name.
    pub(crate) fn module(&self) -> String {
        format!("{}.wasm", self.name.replace('-', "_"))
    }
}

/// The workspace's crates that make a module, each kind sorted by name.
#[derive(Debug)]
pub(crate) struct Guests {
    /// Those under `plugins/`.
    pub(crate) plugins: Vec<Plugin>,
    /// Those under `tests/guests/`.
    pub(crate) for_tests: Vec<Plugin>,
}

/// Asks cargo.
pub(crate) fn guests(places: &Places) -> Result<Guests> {
    let metadata = metadata(places)?;
    let found = Guests {
        plugins: select(&metadata, "plugins"),
        for_tests: select(&metadata, "tests/guests"),
    };
    ensure!(!found.plugins.is_empty(), "there is no plugin under `plugins/`");
    Ok(found)
}

/// The crates of this workspace that a crate is made of, itself among them.
pub(crate) fn made_of(places: &Places, root: &str) -> Result<Vec<String>> {
    Ok(closure(&metadata(places)?, root))
}

fn closure(metadata: &Value, root: &str) -> Vec<String> {
    let packages = array(&metadata["packages"]);
    let mut found = vec![root.to_owned()];
    let mut at = 0;
    while let Some(name) = found.get(at) {
        let package = packages.iter().find(|package| package["name"] == name.as_str());
        let dependencies = package.map(|package| array(&package["dependencies"]));
        for dependency in dependencies.unwrap_or_default() {
            // Those of the workspace have a path; those of tests are not packed.
            let ours = dependency["path"].is_string() && dependency["kind"] != "dev";
            if let Some(name) = dependency["name"].as_str().filter(|_| ours)
                && !found.iter().any(|known| known == name)
            {
                found.push(name.to_owned());
            }
        }
        at += 1;
    }
    found
}

fn metadata(places: &Places) -> Result<Value> {
    let output = process::cargo(places)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    ensure!(output.status.success(), "`cargo metadata` failed");
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn select(metadata: &Value, folder: &str) -> Vec<Plugin> {
    let root = metadata["workspace_root"].as_str().unwrap_or_default();
    let folder = format!("{root}/{folder}/");
    let mut found: Vec<Plugin> = array(&metadata["packages"])
        .iter()
        .filter(|package| {
            let manifest = package["manifest_path"].as_str().unwrap_or_default();
            manifest.starts_with(&folder) && makes_a_module(package)
        })
        .filter_map(|package| {
            Some(Plugin {
                name: package["name"].as_str()?.to_owned(),
                version: package["version"].as_str()?.to_owned(),
                has_std: package.pointer("/features/std").is_some(),
            })
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn makes_a_module(package: &Value) -> bool {
    array(&package["targets"])
        .iter()
        .flat_map(|target| array(&target["crate_types"]))
        .any(|kind| kind == "cdylib")
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_crate_is_made_of_is_followed_to_its_end() {
        let package = |name: &str, dependencies: Value| serde_json::json!({ "name": name, "dependencies": dependencies });
        let metadata = serde_json::json!({ "packages": [
            package("cli", serde_json::json!([
                { "name": "library", "path": "/repo/library", "kind": null },
                { "name": "serde", "kind": null },
            ])),
            package("library", serde_json::json!([
                { "name": "engine", "path": "/repo/engine", "kind": null },
                { "name": "peer", "path": "/repo/peer", "kind": "dev" },
                { "name": "cli", "path": "/repo/cli", "kind": "build" },
            ])),
            package("engine", serde_json::json!([])),
            package("peer", serde_json::json!([])),
        ] });
        assert_eq!(closure(&metadata, "cli"), ["cli", "library", "engine"]);
    }

    #[test]
    fn plugins_are_the_modules_under_plugins() {
        let package = |name: &str, folder: &str, kind: &str| {
            serde_json::json!({
                "name": name, "version": "0.1.0",
                "manifest_path": format!("/repo/{folder}/Cargo.toml"),
                "features": { "std": [] },
                "targets": [{ "crate_types": [kind] }, { "crate_types": ["bin"] }],
            })
        };
        let metadata = serde_json::json!({
            "workspace_root": "/repo",
            "packages": [
                package("threshold-policy", "plugins/threshold-policy", "cdylib"),
                package("tollgate-sdk", "plugins/sdk", "lib"),
                package("mlflow-schema", "plugins/mlflow-schema", "lib"),
                package("envoy-filter", "host/envoy", "cdylib"),
                package("metric-gate", "plugins/metric-gate", "cdylib"),
                package("misbehave", "tests/guests/misbehave", "cdylib"),
            ],
        });
        let names = |folder| -> Vec<String> {
            select(&metadata, folder).into_iter().map(|plugin| plugin.name).collect()
        };
        assert_eq!(names("plugins"), ["metric-gate", "threshold-policy"]);
        assert_eq!(names("tests/guests"), ["misbehave"]);
        assert!(select(&metadata, "plugins").iter().all(|plugin| plugin.has_std));
    }
}
