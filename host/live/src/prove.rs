//! Whether a version can go live, asked before it is pinned.

use std::path::{Path, PathBuf};

use tollgate::plugins::Plugins;
use tollgate_engine::Digest;

use crate::documents::Documents;
use crate::found::Found;
use crate::inputs::ScoredModel;
use crate::load::{LoadError, load};
use crate::pins::PinnedVersion;
use crate::settings::Served;

/// A version that can go live.
#[derive(Debug, Clone)]
pub struct Proved {
    /// Its document.
    pub file: PathBuf,
    /// The digest of the document.
    pub digest: Digest,
}

/// Finds the document of a version in a folder, and does with it all that is
/// done before it goes live.
///
/// # Errors
/// When it is not there, or would be refused.
pub fn prove(
    plugins: &Plugins,
    documents: &Path,
    name: &str,
    version: &PinnedVersion,
    model: Option<ScoredModel>,
) -> Result<Proved, LoadError> {
    let mut folder = Documents::new(documents);
    folder.look(plugins, true)?;
    let listed = folder.find(name, version.version())?;
    let found = Found::document(&listed.file)?;
    let world = found.opened(plugins)?.plugin().world();
    let served = Served { model, ..Served::single(world, &listed.file) };
    let loaded = load(plugins, &served, &found)?;
    Ok(Proved { file: loaded.file, digest: loaded.digest })
}
