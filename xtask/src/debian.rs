//! Debian's compiler, for machines whose rustup cannot download.
//!
//! Debian ships no standard library for `wasm32-unknown-unknown`, but it ships
//! its source. It is built once and put beside the compiler's other libraries,
//! after which every build is an ordinary stable one.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, bail, ensure};

use crate::places::Places;
use crate::process;
use crate::toolchain::{self, TARGET, Toolchain};

const RUSTC: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";
const PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
/// Has `wasm-ld`, needed where no rustup brings `rust-lld`.
const LINKER_PACKAGE: &str = "lld";

/// The name of the empty crate that pulls the standard library in.
const EMPTY: &str = "nothing_but_std";

/// Installs the packages that are missing and builds the standard library.
///
/// Errors: which step failed, and the command for the user where that helps.
pub(crate) fn install(places: &Places) -> Result<Toolchain> {
    fs::create_dir_all(&places.cache)?;
    // Two clones may be set up at once.
    let lock = File::create(places.cache.join("setup.lock"))?;
    lock.lock()?;
    if let Some(toolchain) = Toolchain::debian() {
        return Ok(toolchain);
    }
    install_packages()?;
    let libraries = toolchain::library_folder(Path::new(RUSTC))
        .ok_or_else(|| anyhow!("`{RUSTC}` does not know {TARGET}"))?;
    let built = build_std(places)?;
    put_beside_the_others(&built, &libraries)?;
    fs::remove_dir_all(std_crate(places))?;
    Toolchain::debian().context("the standard library was built, but the compiler does not see it")
}

/// Whether it is there, or could be installed.
///
/// Errors: why not.
pub(crate) fn can_be_had() -> Result<()> {
    if Toolchain::debian().is_some() {
        return Ok(());
    }
    ensure!(process::which("apt-get").is_some(), "there is no `apt-get`");
    ensure!(is_root(), "installing it needs root");
    Ok(())
}

/// Installs a package that tests need.
///
/// Errors: why not, and what the user can do.
pub(crate) fn installed(why: &str, package: &str) -> Result<()> {
    ensure!(process::which("apt-get").is_some(), "it is not there, and neither is `apt-get`");
    if !is_root() {
        bail!(
            "it is not there, and installing it needs root: `sudo apt-get update && sudo apt-get \
             install {package}`"
        );
    }
    // One source that cannot be reached is no reason to stop.
    let mut update = Command::new("apt-get");
    if let Err(error) = process::run(why, update.args(["update", "--quiet=2"])) {
        eprintln!("xtask: {error:#}; going on with the lists that are there");
    }
    process::run(
        "installing it",
        Command::new("apt-get")
            .args(["install", "--yes", "--quiet=2", "--no-install-recommends", "--no-remove"])
            .arg(package)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}

/// Whether this user may install packages.
pub(crate) fn is_root() -> bool {
    process::answer(Command::new("id").arg("-u")).as_deref() == Some("0")
}

fn install_packages() -> Result<()> {
    let mut missing: Vec<&str> = Vec::new();
    if !is_recent_enough() || !Path::new(CARGO).exists() || source().is_none() {
        missing.extend(PACKAGES);
    }
    if toolchain::any_linker().is_none() {
        missing.push(LINKER_PACKAGE);
    }
    if missing.is_empty() {
        return Ok(());
    }
    ensure!(process::which("apt-get").is_some(), "there is no `apt-get`");
    if !is_root() {
        bail!(
            "installing needs root: run `sudo apt-get update && sudo apt-get install {}`, then this command again",
            missing.join(" ")
        );
    }
    // Old lists offer an old compiler, or a package that is gone. One source
    // that cannot be reached is no reason to stop.
    if let Err(error) = process::run(
        "Debian's compiler can build plugins",
        Command::new("apt-get").args(["update", "--quiet=2"]),
    ) {
        eprintln!("xtask: {error:#}; going on with the lists that are there");
    }
    process::run(
        "installing it",
        Command::new("apt-get")
            .args(["install", "--yes", "--quiet=2", "--no-install-recommends", "--no-remove"])
            .args(&missing)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )?;
    ensure!(
        is_recent_enough(),
        "Debian's compiler is older than {}, which this workspace needs",
        env!("CARGO_PKG_RUST_VERSION")
    );
    Ok(())
}

fn is_recent_enough() -> bool {
    let said = process::answer(Command::new(RUSTC).arg("--version")).unwrap_or_default();
    let version = said.split_whitespace().nth(1).and_then(major_minor);
    version.is_some() && version >= major_minor(env!("CARGO_PKG_RUST_VERSION"))
}

/// `1.96.0` and `1.96` give (1, 96).
fn major_minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The standard library's source, as `-Zbuild-std` wants it.
fn source() -> Option<PathBuf> {
    let sysroot = process::answer(Command::new(RUSTC).args(["--print", "sysroot"]))?;
    let source = Path::new(&sysroot).join("lib/rustlib/src/rust/library");
    source.join("Cargo.lock").is_file().then_some(source)
}

fn std_crate(places: &Places) -> PathBuf {
    places.cache.join("std")
}

/// Compiles the standard library; gives the folder with its `.rlib` files.
fn build_std(places: &Places) -> Result<PathBuf> {
    let krate = std_crate(places);
    if krate.exists() {
        fs::remove_dir_all(&krate)?;
    }
    fs::create_dir_all(&krate)?;
    let manifest = format!(
        "[package]\nname = \"{EMPTY}\"\nedition = \"2024\"\n[lib]\npath = \"lib.rs\"\n[workspace]\n"
    );
    fs::write(krate.join("Cargo.toml"), manifest)?;
    fs::write(krate.join("lib.rs"), "")?;
    // Plugins are linked with LTO, which needs the bitcode that cargo leaves
    // out by default; the paths end up in panic messages of plugins.
    let mut flags = String::from("-Cembed-bitcode=yes");
    // Debian has them behind a link; cargo names both.
    for library in
        source().into_iter().flat_map(|source| [source.canonicalize().ok(), Some(source)])
    {
        if let Some(root) = library.as_deref().and_then(Path::parent) {
            flags.push_str(&format!("\x1f--remap-path-prefix={}=/rust", root.display()));
        }
    }
    process::run(
        "building Debian's standard library for WebAssembly, once (2 minutes)",
        Command::new(CARGO)
            .args(["build", "--quiet", "--release", "--target", TARGET])
            .arg("-Zbuild-std=std,panic_abort")
            .current_dir(&krate)
            .env("RUSTC", RUSTC)
            // The one step that needs an unstable flag.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_TARGET_DIR", krate.join("target"))
            .env("CARGO_ENCODED_RUSTFLAGS", flags)
            .env_remove("RUSTFLAGS")
            .env_remove("RUSTUP_TOOLCHAIN")
            .env_remove("LD_LIBRARY_PATH"),
    )?;
    Ok(krate.join("target").join(TARGET).join("release/deps"))
}

/// All at once: a compiler must not see half of a standard library.
fn put_beside_the_others(built: &Path, libraries: &Path) -> Result<()> {
    let home = libraries
        .parent()
        .ok_or_else(|| anyhow!("`{}` has no parent folder", libraries.display()))?;
    let copy = home.join("lib.new");
    let denied = || format!("cannot write to `{}`: run this command once as root", home.display());
    fs::create_dir_all(home).with_context(denied)?;
    if copy.exists() {
        fs::remove_dir_all(&copy).with_context(denied)?;
    }
    fs::create_dir(&copy).with_context(denied)?;
    let mut copied = 0;
    for entry in fs::read_dir(built)? {
        let file = entry?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".rlib") && !name.starts_with(&format!("lib{EMPTY}")) {
            fs::copy(&file, copy.join(&name)).with_context(denied)?;
            copied += 1;
        }
    }
    ensure!(copied > 0, "cargo built no library in `{}`", built.display());
    if libraries.exists() {
        fs::remove_dir_all(libraries).with_context(denied)?;
    }
    fs::rename(&copy, libraries).with_context(denied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert_eq!(major_minor("1.96.0"), Some((1, 96)));
        assert!(major_minor("1.100") > major_minor("1.95"));
        assert_eq!(major_minor("nightly"), None);
    }
}
