//! `cargo xtask setup`: a compiler for plugins, found or installed.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

use crate::places::Places;
use crate::toolchain::{self, TARGET, Toolchain};
use crate::{debian, process};

/// The download is 20 MB.
const RUSTUP_LIMIT: Duration = Duration::from_secs(120);

/// Says which compiler plugins get.
pub(crate) fn run(places: &Places) -> Result<()> {
    let toolchain = toolchain(places)?;
    println!("plugins are compiled by {} for {TARGET}", toolchain.version);
    Ok(())
}

/// What is installed, or else what can be. Quiet when it is installed.
///
/// Errors: what was tried, and what the user can do.
pub(crate) fn toolchain(places: &Places) -> Result<Toolchain> {
    match toolchain::named() {
        Some(name) if name == toolchain::DEBIANS => return debian::install(places),
        Some(rustc) => return Toolchain::of(rustc.into()),
        None => {}
    }
    if let Some(found) = Toolchain::active().or_else(Toolchain::debian) {
        return Ok(found);
    }
    let rustup = match by_rustup() {
        Ok(found) => return Ok(found),
        Err(error) => error,
    };
    eprintln!("xtask: {rustup:#}");
    let debian = match debian::install(places) {
        Ok(found) => return Ok(found),
        Err(error) => error,
    };
    bail!(
        "no compiler for {TARGET}, tried in this order:\n  \
         1. what is installed: neither `rustc` nor `/usr/bin/rustc` has the target's standard library\n  \
         2. rustup: {rustup:#}\n  \
         3. Debian's packages: {debian:#}\n\
         with a network, `rustup target add {TARGET}` is all it takes; then run this command again"
    );
}

fn by_rustup() -> Result<Toolchain> {
    let rustup = process::which("rustup").ok_or_else(|| anyhow!("there is no `rustup`"))?;
    let mut add = Command::new(rustup);
    add.args(["target", "add", TARGET])
        // It retries a refused connection for half a minute otherwise.
        .env("RUSTUP_MAX_RETRIES", "1");
    process::run_within(RUSTUP_LIMIT, "plugins need a standard library for WebAssembly", &mut add)?;
    Toolchain::active()
        .context("rustup added the target, but to another toolchain than the active one")
}
