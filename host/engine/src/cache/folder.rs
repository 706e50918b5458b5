//! A folder of the user's own, and the regular files in it.
//!
//! Everything is opened below one open folder and without following links, and
//! judged by what was opened rather than by a name that may mean something
//! else a moment later.

#[cfg(unix)]
#[path = "folder/unix.rs"]
mod system;
#[cfg(not(unix))]
#[path = "folder/none.rs"]
mod system;

use std::io;
use std::time::SystemTime;

pub(super) use self::system::Folder;

/// What a name in a folder turned out to be.
pub(super) enum Kept {
    /// A regular file of the user's, with its content.
    File(Vec<u8>),
    /// There is none.
    Nothing,
    /// Something that must not be used, and why.
    Doubtful(String),
}

/// A regular file of a folder.
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) size: u64,
    /// When it was last written or used.
    pub(super) used: SystemTime,
}

/// Bytes that nobody can foresee.
pub(super) fn random<const LENGTH: usize>() -> io::Result<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(bytes)
}
