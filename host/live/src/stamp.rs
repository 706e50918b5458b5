//! Whether a file is likely the one that was read before.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

/// What the system says of a file without reading it. The times are compared
/// for being the same only: a clock that is set back makes another stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// Device, inode, and when it was changed in whatever way.
    identity: (u64, u64, i64, i64),
}

impl Stamp {
    /// Of the file that a path leads to; none when there is none.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        #[cfg(unix)]
        let identity = {
            use std::os::unix::fs::MetadataExt as _;
            (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
        };
        #[cfg(not(unix))]
        let identity = (0, 0, 0, 0);
        Some(Self { length: metadata.len(), modified: metadata.modified().ok(), identity })
    }
}
