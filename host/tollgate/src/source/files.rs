//! What paths lead to: regular files, and streams that end.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{Content, SourceError};

/// Reads a file, or standard input for `-`, as raw bytes.
///
/// # Errors
/// When it is missing, no file, empty, too large or unreadable.
pub fn read_bytes(path: &Path, content: Content) -> Result<Vec<u8>, SourceError> {
    let name = display_name(path);
    let unreadable = |error| SourceError::Unreadable { name: name.clone(), error };
    let bytes = if is_standard_input(path) {
        read_bounded(io::stdin().lock(), 0, content.limit()).map_err(unreadable)?
    } else {
        let file = open(path)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if metadata.is_file() && metadata.len() > content.limit() {
            return Err(SourceError::TooLarge { name, content });
        }
        read_bounded(file, metadata.len(), content.limit()).map_err(unreadable)?
    };
    match bytes {
        None => Err(SourceError::TooLarge { name, content }),
        Some(bytes) if bytes.is_empty() => Err(SourceError::Empty(name)),
        Some(bytes) => Ok(bytes),
    }
}

/// Opens a file for reading, or what has no size but an end: the pipe of a
/// shell's `<(...)`, or a device, which the reader bounds.
///
/// # Errors
/// When it is missing, a folder, a named pipe, a socket, or unreadable.
pub fn open(path: &Path) -> Result<File, SourceError> {
    let metadata = metadata(path)?;
    let name = display_name(path);
    if metadata.is_dir() {
        return Err(SourceError::Folder(name));
    }
    // To open a named pipe waits for someone who writes to it.
    if is_pipe(&metadata) && !is_descriptor(path) {
        return Err(SourceError::Pipe(name));
    }
    File::open(path).map_err(|error| SourceError::Unreadable { name, error })
}

/// What is behind a path, links followed.
fn metadata(path: &Path) -> Result<Metadata, SourceError> {
    let error = match path.metadata() {
        Ok(metadata) => return Ok(metadata),
        Err(error) => error,
    };
    let name = display_name(path);
    let is_link = path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
    Err(match error.kind() {
        _ if is_link && is_astray(&error) => SourceError::BrokenLink(name),
        io::ErrorKind::NotFound => SourceError::Missing(name),
        _ => SourceError::Unreadable { name, error },
    })
}

/// Whether a link leads to nothing, or in a circle.
fn is_astray(error: &io::Error) -> bool {
    // The kind of `ELOOP` has no stable name.
    const ELOOP: [i32; 2] = [40, 62];
    error.kind() == io::ErrorKind::NotFound
        || (cfg!(unix) && error.raw_os_error().is_some_and(|code| ELOOP.contains(&code)))
}

#[cfg(unix)]
fn is_pipe(metadata: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    let kind = metadata.file_type();
    kind.is_fifo() || kind.is_socket()
}

#[cfg(not(unix))]
fn is_pipe(_: &Metadata) -> bool {
    false
}

/// Whether a path names a descriptor that is open already, as that of a
/// shell's `<(...)` and `/dev/stdin`.
fn is_descriptor(path: &Path) -> bool {
    ["/dev/fd", "/dev/stdin", "/proc"].iter().any(|root| path.starts_with(root))
}

/// None when there is more than `limit`. The size that the system reports is
/// not trusted: pipes and devices have none.
fn read_bounded(from: impl Read, size: u64, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(limit)).unwrap_or(0));
    from.take(limit + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

/// Whether a path means standard input.
#[must_use]
pub fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

pub(super) fn display_name(path: &Path) -> String {
    if is_standard_input(path) { "<stdin>".to_owned() } else { path.display().to_string() }
}

/// The path of `file` in `folder`, when there is such a file. Only what is
/// truly absent is absent: a link that leads nowhere, a folder or a pipe of
/// that name, a file that cannot be opened are errors.
///
/// # Errors
/// When `folder` is missing or not a folder, or what has the name of the file
/// is none that can be read.
pub fn in_folder(folder: &Path, file: &str) -> Result<Option<PathBuf>, SourceError> {
    if !metadata(folder)?.is_dir() {
        return Err(SourceError::NotFolder(folder.display().to_string()));
    }
    let path = folder.join(file);
    match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(SourceError::Unreadable { name: path.display().to_string(), error }),
        Ok(_) => open(&path).map(|_| Some(path)),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_what_is_truly_absent_is_absent() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let said = |name: &str| match in_folder(folder.path(), name) {
            Ok(found) => format!("{}", found.is_some()),
            Err(error) => error.to_string().replace(&format!("{}/", folder.path().display()), ""),
        };
        std::fs::write(at("file"), "x").unwrap();
        std::fs::create_dir(at("folder")).unwrap();
        symlink("file", at("link")).unwrap();
        symlink("none", at("broken")).unwrap();
        symlink("itself", at("itself")).unwrap();
        symlink("/dev/null", at("device")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        assert_eq!(said("file"), "true");
        assert_eq!(said("link"), "true");
        assert_eq!(said("none"), "false");
        for broken in ["broken", "itself"] {
            let says = format!("`{broken}` is a link to a file that does not exist, or to itself");
            assert_eq!(said(broken), says);
        }
        assert_eq!(said("folder"), "`folder` is a folder, expected a file");
        assert!(said("socket").starts_with("`socket` is a pipe or a socket, expected a file"));
        assert_eq!(read_bytes(&at("device"), Content::Document).unwrap_err().to_string(), {
            format!("`{}` is empty", at("device").display())
        });
        assert!(matches!(in_folder(&at("file"), "x"), Err(SourceError::NotFolder(_))));
        assert!(matches!(in_folder(&at("none"), "x"), Err(SourceError::Missing(_))));
    }
}
