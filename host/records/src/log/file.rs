//! The file of a log: opened for good, held by one at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use tollgate::file;

use super::{AppendError, name};

/// A writer holds a log for some milliseconds; whoever is beyond that is
/// stopped or hangs, and a gate that waits for ever is no gate.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often it is looked whether a file is settled.
const PAUSE: Duration = Duration::from_millis(5);

/// Opens a log to be added to, and holds it until it is dropped. True when the
/// file is new.
pub(super) fn hold(path: &Path) -> Result<(File, bool), AppendError> {
    let since = Instant::now();
    loop {
        let is_new = is_new(path)?;
        let file = open(path, true)?;
        lock(&file, path, PATIENCE.saturating_sub(since.elapsed()))?;
        // While it was waited for, the file may have gone from its place.
        if file::is_at(&file, path) {
            return Ok((file, is_new));
        }
    }
}

/// Opens a log to be added to and holds it, if it is there; nothing is made.
pub(super) fn hold_existing(path: &Path) -> Result<Option<File>, AppendError> {
    if is_new(path)? {
        return Ok(None);
    }
    let file = open(path, false)?;
    lock(&file, path, PATIENCE)?;
    Ok(Some(file))
}

/// Whether nothing is there yet, where a log can be.
fn is_new(path: &Path) -> Result<bool, AppendError> {
    // `folder/new/` names a folder that is not there yet.
    if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return Err(AppendError::Folder(name(path)));
    }
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_symlink() => Err(AppendError::Link(name(path))),
        Ok(there) if there.is_dir() => Err(AppendError::Folder(name(path))),
        Ok(there) if !there.is_file() => Err(AppendError::NoFile(name(path))),
        Ok(_) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = file::folder(path);
            if !folder.is_dir() {
                let folder = folder.display().to_string();
                return Err(AppendError::NoFolder { log: name(path), folder });
            }
            Ok(true)
        }
        Err(error) => Err(AppendError::Refused { log: name(path), error }),
    }
}

fn open(path: &Path, create: bool) -> Result<File, AppendError> {
    let refused = |error| AppendError::Refused { log: name(path), error };
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(create);
    // Whatever takes its place in between is not followed and not waited for.
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    }
    let file = options.open(path).map_err(refused)?;
    match file.metadata().map_err(refused)?.is_file() {
        true => Ok(file),
        false => Err(AppendError::NoFile(name(path))),
    }
}

/// Holds a file, and waits so long for whoever holds it.
pub(super) fn lock(file: &File, path: &Path, patience: Duration) -> Result<(), AppendError> {
    match file::hold(file, patience) {
        Ok(true) => Ok(()),
        Ok(false) => Err(AppendError::Busy { log: name(path), seconds: patience.as_secs() }),
        Err(error) => Err(AppendError::Refused { log: name(path), error }),
    }
}

/// How long a log is when nobody is amid writing to it; none where it is no
/// file with a length, such as a pipe.
pub(super) fn settled_length(file: &File) -> io::Result<Option<u64>> {
    let since = Instant::now();
    // Where files cannot be locked, there is no telling, and reading is no harm.
    while matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
        && since.elapsed() < PATIENCE
    {
        std::thread::sleep(PAUSE);
    }
    let metadata = file.metadata()?;
    let _ = file.unlock();
    Ok(metadata.is_file().then_some(metadata.len()))
}
