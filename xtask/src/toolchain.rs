//! The compiler that turns plugins into WebAssembly.

use std::env::JoinPathsError;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Result, anyhow};

use crate::places::Places;
use crate::{process, sources};

/// What plugins are compiled for.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Names another compiler for plugins than the active one: a path, or
/// [`DEBIANS`].
pub(crate) const NAMED: &str = "TOLLGATE_PLUGINS_RUSTC";

/// Debian's own, which is installed when it is missing.
pub(crate) const DEBIANS: &str = "debian";

/// What [`NAMED`] says.
pub(crate) fn named() -> Option<OsString> {
    env::var_os(NAMED).filter(|name| !name.is_empty())
}

/// A compiler whose sysroot has the standard library for [`TARGET`].
pub(crate) struct Toolchain {
    /// `rustc 1.95.0 (...)`.
    pub(crate) version: String,
    rustc: PathBuf,
    cargo: PathBuf,
    /// Set when the compiler brings no linker of its own.
    linker: Option<PathBuf>,
    /// Whether this is not the compiler that rustup would choose.
    foreign: bool,
}

impl Toolchain {
    /// The compiler at a path, with its cargo beside it.
    ///
    /// Errors: it has no standard library for the target.
    pub(crate) fn of(rustc: PathBuf) -> Result<Self> {
        let cargo = rustc.with_file_name("cargo");
        Self::new(rustc.clone(), cargo, true).ok_or_else(|| {
            anyhow!("`{}`, of {NAMED}, has no standard library for {TARGET}", rustc.display())
        })
    }

    /// The compiler in use, when the target was added to it.
    pub(crate) fn active() -> Option<Self> {
        let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Self::new(rustc.into(), cargo.into(), false)
    }

    /// Debian's compiler, when its standard library was built for the target.
    pub(crate) fn debian() -> Option<Self> {
        Self::new("/usr/bin/rustc".into(), "/usr/bin/cargo".into(), true)
    }

    /// Where the compiler keeps its libraries for [`TARGET`].
    pub(crate) fn library_folder(&self) -> Option<PathBuf> {
        library_folder(&self.rustc)
    }

    /// `PATH` with this compiler first, for a tool that starts plain `rustc`.
    pub(crate) fn path(&self) -> std::result::Result<OsString, JoinPathsError> {
        let path = env::var_os("PATH").unwrap_or_default();
        let folder = self.rustc.parent().filter(|folder| folder.is_absolute());
        let folders = folder.map(Path::to_path_buf).into_iter();
        env::join_paths(folders.chain(env::split_paths(&path)))
    }

    fn new(rustc: PathBuf, cargo: PathBuf, foreign: bool) -> Option<Self> {
        if !has_std(&library_folder(&rustc)?) {
            return None;
        }
        let linker = match own_linker(&rustc) {
            Some(_) => None,
            None => Some(any_linker()?),
        };
        Some(Self {
            version: process::answer(Command::new(&rustc).arg("--version"))?,
            rustc,
            cargo,
            linker,
            foreign,
        })
    }

    /// Cargo on this workspace, for guests. It drops the user's `RUSTFLAGS`:
    /// a plugin's bytes depend on its sources and its compiler alone.
    pub(crate) fn cargo(&self, places: &Places) -> Command {
        let mut command = Command::new(&self.cargo);
        self.prepare(places, &mut command);
        command
    }

    /// Makes cargo, or a tool that calls cargo, use this compiler.
    pub(crate) fn prepare(&self, places: &Places, command: &mut Command) {
        command
            .current_dir(&places.root)
            .env("CARGO_TARGET_DIR", places.guest_target())
            .env("CARGO_ENCODED_RUSTFLAGS", flags(places))
            .env_remove("RUSTFLAGS")
            .env("RUSTC", &self.rustc);
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("CARGO_PROFILE_") {
                command.env_remove(name);
            }
        }
        for (setting, value) in PROFILE {
            command.env(format!("CARGO_PROFILE_PLUGIN_{setting}"), value);
        }
        // It goes before the profile's own.
        command.env_remove("CARGO_INCREMENTAL");
        if let Some(home) = &places.home {
            if let Some(rustup) = sources::rustup_home() {
                command.env("RUSTUP_HOME", rustup);
            }
            command.env("HOME", home).env("CARGO_HOME", home.join(".cargo"));
        }
        if self.foreign {
            command
                .env("CARGO", &self.cargo)
                .env_remove("RUSTUP_TOOLCHAIN")
                // Cargo put the active compiler's libraries there for xtask.
                .env_remove("LD_LIBRARY_PATH");
        }
        if let Some(linker) = &self.linker {
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
    }
}

/// The profile `plugin`, once more where it counts more than a file: a setting
/// for all builds of a user or of a folder above (`.cargo/config.toml`) must not
/// be part of a plugin's digest.
const PROFILE: [(&str, &str); 9] = [
    ("OPT_LEVEL", "3"),
    ("LTO", "true"),
    ("CODEGEN_UNITS", "1"),
    ("PANIC", "abort"),
    ("STRIP", "debuginfo"),
    ("INCREMENTAL", "false"),
    ("DEBUG", "false"),
    ("DEBUG_ASSERTIONS", "false"),
    ("OVERFLOW_CHECKS", "false"),
];

/// A crate that wants randomness gets what its plugin defines: a plugin imports
/// nothing, a browser's randomness neither.
const RANDOMNESS: &str = "--cfg=getrandom_backend=\"custom\"";

/// The flags of every guest.
fn flags(places: &Places) -> String {
    let remaps = remap_flags(places);
    if remaps.is_empty() { RANDOMNESS.to_owned() } else { format!("{RANDOMNESS}\x1f{remaps}") }
}

/// Panic messages name source files. Those of this workspace are relative
/// already; those of dependencies lie in the user's home, which must not be
/// part of a plugin's digest.
fn remap_flags(places: &Places) -> String {
    let home = places.home.as_ref().map(|home| home.join(".cargo")).or_else(sources::cargo_home);
    let Some(sources) = home.map(|home| home.join("registry/src")) else {
        return String::new();
    };
    let mut registries: Vec<PathBuf> =
        fs::read_dir(&sources).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    registries.sort();
    registries
        .iter()
        .map(|registry| format!("--remap-path-prefix={}=/registry", registry.display()))
        .collect::<Vec<_>>()
        .join("\x1f")
}

/// Where the compiler keeps its libraries for [`TARGET`], present or not.
pub(crate) fn library_folder(rustc: &Path) -> Option<PathBuf> {
    let mut ask = Command::new(rustc);
    ask.args(["--print", "target-libdir", "--target", TARGET]);
    process::answer(&mut ask).map(PathBuf::from)
}

fn has_std(libraries: &Path) -> bool {
    let Ok(entries) = fs::read_dir(libraries) else {
        return false;
    };
    let names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    ["libcore-", "liballoc-", "libstd-"]
        .iter()
        .all(|prefix| names.iter().any(|name| name.starts_with(prefix) && name.ends_with(".rlib")))
}

/// rustup's compilers bring `rust-lld`; Debian's do not.
fn own_linker(rustc: &Path) -> Option<PathBuf> {
    let libraries = process::answer(Command::new(rustc).args(["--print", "target-libdir"]))?;
    let linker = Path::new(&libraries).parent()?.join("bin/rust-lld");
    linker.is_file().then_some(linker)
}

/// A linker for WebAssembly from anywhere on this machine.
pub(crate) fn any_linker() -> Option<PathBuf> {
    own_linker(Path::new("rustc")).or_else(|| process::which("wasm-ld"))
}
