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

/// What paths mean.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct All {
    /// The files.
    pub files: Vec<Meant>,
    /// The folders that were given.
    pub folders: Vec<PathBuf>,
    /// Links to folders, which are not followed: one may lead in a circle.
    pub links: Vec<PathBuf>,
}

impl All {
    /// The folders that hold none of the files.
    pub fn empty(&self) -> impl Iterator<Item = &Path> {
        let holds_none =
            |folder: &&PathBuf| !self.files.iter().any(|file| file.path.starts_with(folder));
        self.folders.iter().filter(holds_none).map(PathBuf::as_path)
    }
}

/// The files that paths mean, in the order of the paths, those of a folder
/// sorted, each once. In folders those whose names end in one of `endings`, in
/// whatever case, count; hidden ones are left out.
///
/// # Errors
/// When a path leads nowhere, or a folder cannot be read.
pub fn meant(paths: &[PathBuf], endings: &[&str]) -> Result<All, SourceError> {
    let mut all = All::default();
    let add = |files: &mut Vec<Meant>, path: PathBuf, is_named: bool| {
        if !files.iter().any(|known| known.path == path) {
            files.push(Meant { path, is_named });
        }
    };
    for path in paths {
        if is_standard_input(path) || !path.is_dir() {
            add(&mut all.files, path.clone(), true);
            continue;
        }
        let mut below = Below { endings, files: Vec::new(), links: Vec::new() };
        below.walk(path, 0)?;
        all.folders.push(path.clone());
        below.files.into_iter().for_each(|path| add(&mut all.files, path, false));
        all.links.extend(below.links);
    }
    Ok(all)
}

/// What is below a folder.
struct Below<'a> {
    endings: &'a [&'a str],
    files: Vec<PathBuf>,
    links: Vec<PathBuf>,
}

impl Below<'_> {
    fn walk(&mut self, folder: &Path, depth: usize) -> Result<(), SourceError> {
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
            if entry.file_type().map_err(unreadable)?.is_dir() {
                self.walk(&path, depth + 1)?;
            } else if path.is_dir() {
                self.links.push(path);
            } else if self.is_meant(&path) {
                self.files.push(path);
            }
        }
        Ok(())
    }

    fn is_meant(&self, path: &Path) -> bool {
        let ending = path.extension().and_then(|ending| ending.to_str());
        let ending = ending.unwrap_or_default();
        self.endings.iter().any(|one| one.eq_ignore_ascii_case(ending))
    }
}
