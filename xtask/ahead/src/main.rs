//! `tollgate-ahead FOLDER`: beside every component of the folder, the same
//! packed with code that was compiled ahead of time.
//!
//! A program of its own, since what compiles is the engine, in the profile in
//! which the library has it.

use std::env::consts::{ARCH, OS};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use tollgate_engine::ahead;

fn main() -> Result<()> {
    let folder = PathBuf::from(std::env::args_os().nth(1).context("wants a folder")?);
    let mut components: Vec<PathBuf> = fs::read_dir(&folder)
        .with_context(|| format!("cannot read `{}`", folder.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    components.retain(|path| path.extension().is_some_and(|extension| extension == "wasm"));
    // What others are packed against comes first.
    components.sort_by_key(|path| (like(path).is_some(), path.clone()));
    components.iter().try_for_each(|path| pack(path))
}

/// Plugins, and the one that each shares its SDK and more with.
const ALIKE: [(&str, &str); 7] = [
    ("approval-quorum", "metric-gate"),
    ("model-metadata", "metric-gate"),
    ("model-naming", "metric-gate"),
    ("oip-signature", "mlflow-signature"),
    ("stage-transition", "metric-gate"),
    ("statistics", "metric-gate"),
    ("threshold-policy", "metric-gate"),
];

/// The component that this one is packed against, where it is there.
fn like(path: &Path) -> Option<PathBuf> {
    let name = path.file_stem()?;
    let (_, like) = ALIKE.iter().find(|(plugin, _)| name == *plugin)?;
    Some(path.with_file_name(like).with_extension("wasm")).filter(|like| like.exists())
}

fn packed(path: &Path) -> PathBuf {
    path.with_extension(format!("{ARCH}-{OS}.cwasm"))
}

fn pack(path: &Path) -> Result<()> {
    let component = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let to = packed(path);
    // On a machine without a baseline none of them is there.
    let like = like(path).and_then(|like| fs::read(packed(&like)).ok());
    let like = like.as_deref();
    if fs::read(&to).is_ok_and(|present| ahead::is_current(&present, &component, like)) {
        return Ok(());
    }
    let packed =
        ahead::pack(&component, like).map_err(|error| anyhow!("`{}`: {error}", path.display()));
    let Some(packed) = packed? else { return Ok(()) };
    println!("compiled ahead: {} ({} bytes)", to.display(), packed.len());
    // A reader never sees half of it.
    let new = to.with_extension(format!("new-{}", std::process::id()));
    fs::write(&new, packed)
        .and_then(|()| fs::rename(&new, &to))
        .with_context(|| format!("cannot write `{}`", to.display()))
}
