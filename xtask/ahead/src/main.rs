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
    components.sort();
    components.iter().try_for_each(|path| pack(path))
}

fn pack(path: &Path) -> Result<()> {
    let component = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let to = path.with_extension(format!("{ARCH}-{OS}.cwasm"));
    if fs::read(&to).is_ok_and(|present| ahead::is_current(&present, &component)) {
        return Ok(());
    }
    let packed = ahead::pack(&component).map_err(|error| anyhow!("`{}`: {error}", path.display()));
    let Some(packed) = packed? else { return Ok(()) };
    println!("compiled ahead: {} ({} bytes)", to.display(), packed.len());
    // A reader never sees half of it.
    let new = to.with_extension(format!("new-{}", std::process::id()));
    fs::write(&new, packed)
        .and_then(|()| fs::rename(&new, &to))
        .with_context(|| format!("cannot write `{}`", to.display()))
}
