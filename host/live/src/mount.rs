//! Folders that are swapped whole, as Kubernetes swaps those of ConfigMaps.
//!
//! Such a folder holds a link `..data` to the folder with the files, and each
//! name in it is a link through `..data`. To swap, Kubernetes makes another
//! folder, renames a new link over `..data`, and takes the old folder away,
//! file by file. Whoever opens two names may read of two folders.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

/// The link that is swapped.
const DATA: &str = "..data";

/// Kubernetes swaps once in some seconds at most; a read takes less than one
/// thousandth of that.
const ATTEMPTS: u32 = 1_000;

/// Reads from a folder, all of it before a swap or all of it behind. None when
/// it was swapped during each of very many attempts.
pub(crate) fn steady<T>(folder: &Path, mut read: impl FnMut(&Path) -> T) -> Option<T> {
    for _ in 0..ATTEMPTS {
        let behind = target(folder);
        let outcome = read(behind.as_deref().unwrap_or(folder));
        // Else files may have been missing already, with no error.
        if target(folder) == behind {
            return Some(outcome);
        }
        thread::yield_now();
    }
    None
}

/// Whether a folder is swapped whole.
pub(crate) fn is_swapped(folder: &Path) -> bool {
    folder.join(DATA).is_symlink()
}

fn target(folder: &Path) -> Option<PathBuf> {
    fs::canonicalize(folder.join(DATA)).ok().filter(|_| is_swapped(folder))
}
