//! The places that answer: what is added here is held against the others.
//!
//! Each is a program that reads requests from standard input, one a line in
//! base64, and prints their answers, one a line, without a time.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::places::Places;
use crate::python::{self, Wanted};
use crate::{chromium, envoy, node, process};

/// What a place may need.
pub(super) struct Setting<'a> {
    pub(super) places: &'a Places,
    /// The binary.
    pub(super) tollgate: &'a Path,
    /// The policy, a component with its document baked in.
    pub(super) policy: PathBuf,
    /// The same, transpiled: a folder.
    pub(super) folder: PathBuf,
}

impl Setting<'_> {
    /// A program of the folder with this part of the tests.
    fn script(&self, name: &str) -> PathBuf {
        self.places.root.join("tests/parity/places").join(name)
    }

    fn node(&self, script: &str) -> Result<Command> {
        let mut command = Command::new(node::program()?);
        command.arg(self.script(script));
        Ok(command)
    }
}

/// What a place reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    /// Requests.
    Requests,
    /// The values that were taken out of them, as `node.mjs --values` gives
    /// them; a request without any gets an empty line.
    Values,
}

/// A place that answers.
pub(super) struct Host {
    pub(super) name: &'static str,
    pub(super) reads: Reads,
    /// The program; or why there is none on this machine.
    pub(super) program: fn(&Setting<'_>) -> Result<Command>,
}

/// The first one is what the others are compared with.
pub(super) const HOSTS: [Host; 7] = [
    Host { name: "binary", reads: Reads::Requests, program: binary },
    Host { name: "server", reads: Reads::Requests, program: over_http },
    Host { name: "ext_authz", reads: Reads::Requests, program: by_ext_authz },
    Host { name: "module", reads: Reads::Requests, program: by_module },
    Host { name: "node", reads: Reads::Requests, program: in_node },
    Host { name: "browser", reads: Reads::Requests, program: in_browser },
    Host { name: "wasmtime", reads: Reads::Values, program: in_wasmtime },
];

fn binary(setting: &Setting<'_>) -> Result<Command> {
    let mut command = setting.node("binary.mjs")?;
    command.arg(setting.tollgate).arg(&setting.policy);
    Ok(command)
}

/// `tollgate serve`.
fn over_http(setting: &Setting<'_>) -> Result<Command> {
    let mut command = setting.node("server.mjs")?;
    command.arg(setting.tollgate).arg(&setting.policy);
    Ok(command)
}

/// An Envoy that asks `tollgate serve`.
fn by_ext_authz(setting: &Setting<'_>) -> Result<Command> {
    let mut command = through_envoy(setting, "host/server/deploy/envoy/ext_authz.yaml")?;
    command.arg("ext_authz").arg(setting.tollgate).arg(&setting.policy);
    Ok(command)
}

/// Names a module that is at hand, instead of building it.
const MODULE: &str = "TOLLGATE_ENVOY_MODULE";

/// An Envoy with the judge inside.
fn by_module(setting: &Setting<'_>) -> Result<Command> {
    let mut command = through_envoy(setting, "host/envoy-module/envoy.yaml")?;
    let module = match std::env::var_os(MODULE).filter(|name| !name.is_empty()) {
        Some(named) => named.into(),
        None => process::build_library(setting.places, "tollgate_envoy_module")?,
    };
    command.arg("module").arg(module).arg(&setting.policy);
    Ok(command)
}

/// An Envoy with one of the configurations that are ready to be deployed.
fn through_envoy(setting: &Setting<'_>, configuration: &str) -> Result<Command> {
    let mut command = setting.node("envoy.mjs")?;
    command.arg(envoy::program(setting.places)?).arg(setting.places.root.join(configuration));
    Ok(command)
}

fn in_node(setting: &Setting<'_>) -> Result<Command> {
    let mut command = setting.node("node.mjs")?;
    command.arg(&setting.folder);
    Ok(command)
}

/// The values of requests, for hosts that read those.
pub(super) fn values(setting: &Setting<'_>) -> Result<Command> {
    let mut command = in_node(setting)?;
    command.arg("--values");
    Ok(command)
}

fn in_browser(setting: &Setting<'_>) -> Result<Command> {
    let mut command = setting.node("browser.mjs")?;
    command.arg(chromium::program()?).arg(&setting.folder);
    Ok(command)
}

/// PyPI's `wasmtime`, another version of the runtime behind another interface.
fn in_wasmtime(setting: &Setting<'_>) -> Result<Command> {
    let python = python::with(
        setting.places,
        &Wanted {
            named: "TOLLGATE_WASMTIME_PYTHON",
            name: "wasmtime",
            requirements: "tests/parity/requirements.txt",
            what: "PyPI's wasmtime, some 10 MB, once",
        },
    )?;
    let mut command = Command::new(python);
    command.arg(setting.script("wasmtime_place.py")).arg(&setting.policy).env("PYTHONUTF8", "1");
    Ok(command)
}
