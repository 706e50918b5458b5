//! Files that a command is asked to write.
//!
//! A regular file appears whole or not at all: it is written beside its place
//! under a name that nobody can foresee, and renamed. Devices and FIFOs are
//! written to. A link is replaced by the file, and what it names stays as it
//! is, unless it leads to a device or a FIFO.

use std::fs::{self, File, FileType, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::path::Path;

use miette::Diagnostic;
use thiserror::Error;
use tollgate::source;

use super::standard;

/// Why a file is not written.
#[derive(Debug, Error, Diagnostic)]
pub(crate) enum WriteError {
    /// There is a folder.
    #[error("`{0}` is a folder, expected a file to write")]
    Folder(String),
    /// There is no folder.
    #[error("`{file}` cannot be written: there is no folder `{folder}`")]
    NoFolder {
        /// The file as the user named it.
        file: String,
        /// The folder that it should be in.
        folder: String,
    },
    /// A disk, which a file would overwrite.
    #[error("`{0}` is a disk or a socket, expected a file to write")]
    NoFile(String),
    /// A FIFO without a reader.
    #[error("`{0}` is a FIFO that nobody reads from")]
    NoReader(String),
    /// The operating system refused.
    #[error("`{file}` cannot be written: {error}")]
    Refused {
        /// The file as the user named it.
        file: String,
        /// What the system said.
        error: io::Error,
    },
}

/// Whether a path means standard output.
pub(crate) fn is_standard_output(path: &Path) -> bool {
    source::is_standard_input(path) || path == Path::new("/dev/stdout")
}

/// Writes a file, or to standard output for `-`.
///
/// # Errors
/// When it cannot be written; nothing is left behind then.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<(), WriteError> {
    let file = || path.display().to_string();
    if is_standard_output(path) {
        let file = "standard output".to_owned();
        return standard::bytes(content).map_err(|error| WriteError::Refused { file, error });
    }
    let refused = |error: io::Error| WriteError::Refused { file: file(), error };
    // `folder/new/` names a folder that is not there yet.
    if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return Err(WriteError::Folder(file()));
    }
    match fs::metadata(path) {
        Ok(there) if there.is_dir() => Err(WriteError::Folder(file())),
        Ok(there) if there.is_file() && !is_open_file(path) => {
            beside(path, Some(there.permissions()), content)
        }
        Ok(there) => into(path, there.file_type(), content),
        Err(error) if error.kind() == io::ErrorKind::NotFound => beside(path, None, content),
        Err(error) => Err(refused(error)),
    }
}

/// Links such as `/dev/fd/3` name a file that is open, which cannot be
/// replaced.
fn is_open_file(path: &Path) -> bool {
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    path.is_symlink()
        && folder
            .is_some_and(|folder| ["/dev", "/proc"].iter().any(|root| folder.starts_with(root)))
}

fn beside(path: &Path, permissions: Option<Permissions>, content: &[u8]) -> Result<(), WriteError> {
    let file = path.display().to_string();
    let folder = tollgate::file::folder(path);
    if !folder.is_dir() {
        return Err(WriteError::NoFolder { file, folder: folder.display().to_string() });
    }
    // What was there keeps its permissions, as when it is written to.
    tollgate::file::replace(path, content, permissions)
        .map_err(|error| WriteError::Refused { file, error })
}

/// Adds to the end of a file, which is made where it is not there.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn append(path: &Path, content: &[u8]) -> Result<(), WriteError> {
    match fs::metadata(path) {
        Ok(there) if there.is_dir() => Err(WriteError::Folder(path.display().to_string())),
        Ok(there) => into(path, there.file_type(), content),
        Err(_) => write(path, content),
    }
}

fn into(path: &Path, kind: FileType, content: &[u8]) -> Result<(), WriteError> {
    let file = path.display().to_string();
    let mut options = OpenOptions::new();
    options.append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if kind.is_block_device() || kind.is_socket() {
            return Err(WriteError::NoFile(file));
        }
    }
    // Held until the end, since a reader that meets no writer sees the end.
    #[cfg(unix)]
    let _held = held_open(path, kind)?;
    let written = options.open(path).and_then(|mut file| {
        file.write_all(content)?;
        file.flush()
    });
    written.map_err(|error| WriteError::Refused { file, error })
}

/// A FIFO is opened when both ends are there, which may be never.
#[cfg(unix)]
fn held_open(path: &Path, kind: FileType) -> Result<Option<File>, WriteError> {
    use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
    use std::time::{Duration, Instant};

    /// A reader that was started beside us is there by then.
    const PATIENCE: Duration = Duration::from_secs(4);
    if !kind.is_fifo() {
        return Ok(None);
    }
    let file = path.display().to_string();
    let since = Instant::now();
    loop {
        match OpenOptions::new().append(true).custom_flags(libc::O_NONBLOCK).open(path) {
            Ok(fifo) => return Ok(Some(fifo)),
            Err(error) if error.raw_os_error() != Some(libc::ENXIO) => {
                return Err(WriteError::Refused { file, error });
            }
            Err(_) if since.elapsed() > PATIENCE => return Err(WriteError::NoReader(file)),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}
