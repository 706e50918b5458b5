//! The key that marks entries as this user's.

use std::io;
use std::path::Path;

use super::CacheProblem;
use super::folder::{Folder, Kept, random};

/// A key's length in bytes, exactly.
pub(super) const LENGTH: usize = 32;

/// Reads the key, or makes it.
pub(super) fn read_or_make(path: &Path) -> Result<[u8; LENGTH], CacheProblem> {
    let wrong = |problem: String| CacheProblem::new(path, problem);
    let (Some(folder), Some(name)) =
        (path.parent(), path.file_name().and_then(|name| name.to_str()))
    else {
        return Err(wrong("is no path of a file".to_owned()));
    };
    let folder = Folder::open(folder)?;
    if let Some(key) = read(&folder, name).map_err(wrong)? {
        return Ok(key);
    }
    let cannot = |error: io::Error| wrong(format!("cannot be made: {error}"));
    let key: [u8; LENGTH] = random().map_err(cannot)?;
    // When another process makes it at the same moment, the one that lands
    // first counts for both.
    if folder.make(name, &key).map_err(cannot)? {
        return Ok(key);
    }
    read(&folder, name).map_err(wrong)?.ok_or_else(|| wrong("comes and goes".to_owned()))
}

fn read(folder: &Folder, name: &str) -> Result<Option<[u8; LENGTH]>, String> {
    let bytes = match folder.read(name, LENGTH as u64, 0o077) {
        Kept::File(bytes) => bytes,
        Kept::Nothing => return Ok(None),
        Kept::Doubtful(problem) => {
            return Err(format!("{problem}; remove it to have a new one made"));
        }
    };
    let length = bytes.len();
    let key = bytes.try_into().map_err(|_| {
        format!(
            "has {length} bytes instead of {LENGTH}, so it is no key; remove it to have a new one made"
        )
    })?;
    Ok(Some(key))
}
