//! Files that others read, write and hold at the same time.

use std::fs::{File, Permissions, TryLockError};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::{Builder, NamedTempFile};

/// How often a held file is asked for.
const PAUSE: Duration = Duration::from_millis(5);

/// The folder that a file is in.
#[must_use]
pub fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Puts bytes in the place of a file: whole or not at all, whoever reads it and
/// wherever this process is killed. When this returns, they are on the disk.
/// What was there may have had `permissions` that are to stay.
///
/// # Errors
/// When they cannot be written; nothing is left behind then.
pub fn replace(path: &Path, bytes: &[u8], permissions: Option<Permissions>) -> io::Result<()> {
    let new = beside(path, bytes, permissions)?;
    new.persist(path).map_err(|error| plain(error.error))?;
    sync_folder(path);
    Ok(())
}

/// The same where there is nothing yet.
///
/// # Errors
/// As there, and [`io::ErrorKind::AlreadyExists`].
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = beside(path, bytes, None)?;
    new.persist_noclobber(path).map_err(|error| plain(error.error))?;
    sync_folder(path);
    Ok(())
}

/// A file under a name that nobody can foresee, which goes when this ends,
/// however it ends, unless it gets another.
fn beside(
    path: &Path,
    bytes: &[u8],
    permissions: Option<Permissions>,
) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(".tollgate-").suffix(".tmp");
    // As any new file; a temporary one would be its owner's alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut new = builder.tempfile_in(folder(path)).map_err(plain)?;
    new.write_all(bytes).map_err(plain)?;
    if let Some(permissions) = permissions {
        new.as_file().set_permissions(permissions)?;
    }
    new.as_file().sync_all()?;
    Ok(new)
}

/// Without the name of the temporary file, which says nothing to a user.
fn plain(error: io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::from(error.kind()),
    }
}

/// Makes the name of a file outlive a crash, where the system can promise that.
pub fn sync_folder(path: &Path) {
    let _ = File::open(folder(path)).and_then(|folder| folder.sync_all());
}

/// Holds a file until it is dropped, and waits so long for whoever holds it;
/// false where that was not long enough.
///
/// # Errors
/// When it cannot be locked.
pub fn hold(file: &File, patience: Duration) -> io::Result<bool> {
    let since = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if since.elapsed() >= patience => return Ok(false),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
        }
    }
}

/// Whether a file is what has this path: while it was waited for, another may
/// have taken its place.
#[cfg(unix)]
#[must_use]
pub fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), std::fs::symlink_metadata(path)) {
        (Ok(held), Ok(there)) => identity(held) == identity(there),
        _ => false,
    }
}

/// Whether a file is what has this path, where the system tells.
#[cfg(not(unix))]
#[must_use]
pub fn is_at(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        replace(&path, b"one", None).unwrap();
        let held = File::open(&path).unwrap();
        assert!(is_at(&held, &path));
        replace(&path, b"two", None).unwrap();
        assert_eq!(is_at(&held, &path), cfg!(not(unix)));
        assert_eq!(fs::read(&path).unwrap(), b"two");
        let error = create(&path, b"three").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        create(&folder.path().join("b"), b"four").unwrap();
        // Neither leaves anything beside them.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        assert_eq!(fs::read(&path).unwrap(), b"two");
        let nowhere = folder.path().join("no/c");
        let error = replace(&nowhere, b"", None).unwrap_err();
        assert!(!error.to_string().contains(".tollgate-"), "{error}");
    }

    #[test]
    fn one_holds_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let open = || File::options().append(true).create(true).open(&path).unwrap();
        let first = open();
        assert!(hold(&first, Duration::ZERO).unwrap());
        assert!(!hold(&open(), Duration::from_millis(20)).unwrap());
        drop(first);
        assert!(hold(&open(), Duration::ZERO).unwrap());
    }
}
