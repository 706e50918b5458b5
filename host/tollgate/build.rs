//! Embeds the built-in plugins, so that the library needs no file beside it.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let folder = components(&out)?;
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
    let [arch, os] = ["ARCH", "OS"].map(|part| env::var(format!("CARGO_CFG_TARGET_{part}")));
    let target = format!("{}-{}", arch?, os?);
    fs::write(out.join("builtin.rs"), table(&folder, &names, &target))?;
    Ok(())
}

/// Where the components are: inside a released crate beside its sources, in the
/// repository where `cargo xtask plugins` puts them.
fn components(out: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let here = env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo sets CARGO_MANIFEST_DIR")?;
    let released = PathBuf::from(here).join("components");
    if released.is_dir() {
        return Ok(released);
    }
    // <target>/<profile>/build/<package>-<hash>/out, or below <target>/<triple>.
    let mut above = out.ancestors().skip(4).take(2).map(|target| target.join("plugins"));
    let first = above.next().ok_or("OUT_DIR lies deep in the target folder")?;
    Ok(if first.is_dir() { first } else { above.find(|it| it.is_dir()).unwrap_or(first) })
}

/// The plugins as a Rust expression: a slice of names and components, packed
/// with code for this target where that was made.
fn table(folder: &Path, names: &[String], target: &str) -> String {
    let rows: Vec<String> = names
        .iter()
        .map(|name| {
            let packed = folder.join(format!("{name}.{target}.cwasm"));
            let component = folder.join(format!("{name}.wasm"));
            println!("cargo::rerun-if-changed={}", packed.display());
            println!("cargo::rerun-if-changed={}", component.display());
            if packed.is_file() {
                let like = match like(&packed, folder) {
                    Some(like) => format!(" like {like:?}"),
                    None => String::new(),
                };
                format!("({name:?}, tollgate_engine::built_in!(packed {packed:?}{like})),")
            } else {
                format!("({name:?}, tollgate_engine::built_in!({component:?})),")
            }
        })
        .collect();
    format!("&[{}]", rows.join("\n"))
}

/// The packed file that another was packed against: its digest stands behind the
/// other's own digest and eight bytes more.
fn like(packed: &Path, folder: &Path) -> Option<PathBuf> {
    let digest = fs::read(packed).ok()?.get(40..72)?.to_vec();
    let mut others = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    others.find(|path| {
        path.extension().is_some_and(|it| it == "cwasm")
            && fs::read(path).is_ok_and(|other| other.get(..32) == Some(&digest))
    })
}
