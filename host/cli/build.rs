//! How the program is linked, so that it is smaller by a thirteenth: what the
//! loader has to move is packed, and functions that came out alike are there
//! once. Each is asked for where this machine's linker and C library can do it,
//! which an empty program shows; elsewhere the program is that much larger.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// glibc unpacks these from 2.36 on.
const PACKED_RELOCATIONS: &str = "-Wl,-z,pack-relative-relocs";
/// Of `lld`, which Rust brings along on x86-64 Linux; its own compiler is
/// linked so.
const IDENTICAL_CODE_ONCE: &str = "-Wl,--icf=all";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let linux = env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux");
    // What is built for another machine cannot be tried on this one.
    let native = env::var_os("HOST") == env::var_os("TARGET");
    let (Some(rustc), Some(folder)) = (env::var_os("RUSTC"), env::var_os("OUT_DIR")) else {
        return;
    };
    if linux && native {
        let (rustc, folder) = (PathBuf::from(rustc), PathBuf::from(folder));
        for argument in [PACKED_RELOCATIONS, IDENTICAL_CODE_ONCE] {
            if works(&rustc, &folder, argument) {
                println!("cargo:rustc-link-arg-bins={argument}");
            }
        }
    }
}

/// Whether an empty program can be linked with this, and runs.
fn works(rustc: &Path, folder: &Path, argument: &str) -> bool {
    let (source, program) = (folder.join("empty.rs"), folder.join("empty"));
    let linked = || {
        fs::write(&source, "fn main() {}").ok()?;
        let mut command = Command::new(rustc);
        command.arg(&source).arg("-o").arg(&program).arg("-C").arg(format!("link-arg={argument}"));
        command.output().ok()?.status.success().then_some(())?;
        Command::new(&program).output().ok()?.status.success().then_some(())
    };
    linked().is_some()
}
