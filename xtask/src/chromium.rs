//! A browser for tests of what runs in one.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::{debian, process};

/// Names the browser's program.
const NAMED: &str = "TOLLGATE_CHROMIUM";

const PROGRAMS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// The browser that is named, or on the path; else Debian's, installed, where
/// that can be done.
///
/// Errors: there is none.
pub(crate) fn program() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os(NAMED).filter(|name| !name.is_empty()) {
        return Ok(named.into());
    }
    let on_path = || PROGRAMS.iter().find_map(|name| process::which(name));
    if let Some(found) = on_path() {
        return Ok(found);
    }
    if process::which("apt-get").is_some() && debian::is_root() {
        process::run(
            "the same answers in a browser need one",
            Command::new("apt-get")
                .args(["install", "--yes", "--quiet=2", "--no-install-recommends", "chromium"])
                .env("DEBIAN_FRONTEND", "noninteractive"),
        )?;
    }
    match on_path() {
        Some(found) => Ok(found),
        None => bail!(
            "there is no Chromium; on Debian `apt install chromium` installs it, and {NAMED} may \
             name one"
        ),
    }
}
