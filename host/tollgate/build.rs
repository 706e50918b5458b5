//! Embeds the built-in plugins, so that the library needs no file beside it.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    // <target>/<profile>/build/<package>-<hash>/out
    let target = out.ancestors().nth(4).ok_or("OUT_DIR lies deep in the target folder")?;
    let folder = target.join("plugins");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut names: Vec<String> = fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".wasm")?.to_owned()))
        .collect();
    names.sort();
    if names.is_empty() {
        println!(
            "cargo::error=the built-in plugins are not built yet: run `cargo xtask plugins` first \
             (looked in {})",
            folder.display()
        );
        return Ok(());
    }
    fs::write(out.join("builtin.rs"), table(&folder, &names))?;
    Ok(())
}

/// The plugins as a Rust expression: a slice of names and components.
fn table(folder: &Path, names: &[String]) -> String {
    let rows: Vec<String> = names
        .iter()
        .map(|name| {
            let path = folder.join(format!("{name}.wasm"));
            println!("cargo::rerun-if-changed={}", path.display());
            format!("({name:?}, include_bytes!({path:?})),")
        })
        .collect();
    format!("&[{}]", rows.join("\n"))
}
