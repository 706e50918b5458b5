//! The files that are meant by paths: each by itself, and those below folders.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tollgate::source::{SourceError, is_standard_input};

/// How deep folders may nest. Nobody keeps policies deeper.
const DEPTH: usize = 32;

/// A file that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meant {
    /// Its path, as the user gave it or below the folder that they gave.
    pub path: PathBuf,
    /// Whether it was named itself, and not found in a folder.
    pub is_named: bool,
}

/// The files that paths mean, in the order of the paths, those of a folder
/// sorted, each once. In folders those whose names end in one of `endings`
/// count; hidden ones and links to folders are left out.
///
/// # Errors
/// When a path leads nowhere, or a folder cannot be read.
pub fn meant(paths: &[PathBuf], endings: &[&str]) -> Result<Vec<Meant>, SourceError> {
    let mut all: Vec<Meant> = Vec::new();
    let mut add = |path: PathBuf, is_named: bool| {
        if !all.iter().any(|known| known.path == path) {
            all.push(Meant { path, is_named });
        }
    };
    for path in paths {
        if is_standard_input(path) || !path.is_dir() {
            add(path.clone(), true);
            continue;
        }
        let mut below = Vec::new();
        walk(path, endings, 0, &mut below)?;
        below.into_iter().for_each(|path| add(path, false));
    }
    Ok(all)
}

fn walk(
    folder: &Path,
    endings: &[&str],
    depth: usize,
    below: &mut Vec<PathBuf>,
) -> Result<(), SourceError> {
    let name = || folder.display().to_string();
    let unreadable = |error: io::Error| SourceError::Unreadable { name: name(), error };
    if depth > DEPTH {
        return Err(unreadable(io::Error::other(format!(
            "folders nest deeper than {DEPTH} levels"
        ))));
    }
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    let mut entries = entries.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let path = entry.path();
        // A link to a folder may lead in a circle.
        if entry.file_type().map_err(unreadable)?.is_dir() {
            walk(&path, endings, depth + 1, below)?;
            continue;
        }
        let ending = path.extension().and_then(|ending| ending.to_str());
        if ending.is_some_and(|ending| endings.contains(&ending)) && !path.is_dir() {
            below.push(path);
        }
    }
    Ok(())
}
