//! The file: nobody else's, no link, readable by its owner only.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::StoreError;

/// What the file can be opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Write,
    Read,
}

/// Makes what is missing, and looks at what is there. Gives the path with all
/// links above the file resolved, since the file itself must be none.
pub(super) fn prepare(path: &Path, makes_folder: bool) -> Result<(PathBuf, Access), StoreError> {
    let wrong = |problem: String| StoreError::Unsafe { name: path.display().to_string(), problem };
    let Some(name) = path.file_name() else {
        return Err(wrong("it names no file".to_owned()));
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if makes_folder {
        make_folder(folder)
            .map_err(|error| wrong(format!("its folder cannot be made: {error}")))?;
    }
    let folder = fs::canonicalize(folder).map_err(|error| match error.kind() {
        ErrorKind::NotFound => wrong(format!("there is no folder `{}`", folder.display())),
        _ => wrong(format!("its folder cannot be used: {error}")),
    })?;
    let real = folder.join(name);
    match make_file(&real) {
        Ok(()) => return Ok((real, Access::Write)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) if fs::symlink_metadata(&real).is_err() => {
            return Err(wrong(format!("it cannot be made: {error}")));
        }
        Err(_) => {}
    }
    let metadata = fs::symlink_metadata(&real)
        .map_err(|error| wrong(format!("it cannot be read: {error}")))?;
    if metadata.is_symlink() {
        return Err(wrong("it is a link, which is not followed".to_owned()));
    }
    if !metadata.is_file() {
        return Err(wrong("it is no regular file".to_owned()));
    }
    system::check(&metadata).map_err(wrong)?;
    // Asked without opening it: a lock of POSIX goes with the first descriptor
    // of a file that is closed.
    let access = if system::is_writable(&real) { Access::Write } else { Access::Read };
    Ok((real, access))
}

fn make_file(path: &Path) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn make_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(unix)]
mod system {
    use std::fs::Metadata;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;

    /// `root`, who can read and write everything anyway.
    const ROOT: u32 = 0;

    /// Whether only this user can have written it.
    pub(super) fn check(metadata: &Metadata) -> Result<(), String> {
        let user = rustix::process::geteuid().as_raw();
        if metadata.uid() != user && metadata.uid() != ROOT {
            return Err(format!(
                "it belongs to the user {}, who may have written anything, and not to {user}",
                metadata.uid()
            ));
        }
        if metadata.mode() & 0o022 != 0 {
            return Err(
                "others can write to it, and so vote for anybody; `chmod 600` it".to_owned()
            );
        }
        Ok(())
    }

    pub(super) fn is_writable(path: &Path) -> bool {
        let flags = rustix::fs::AtFlags::EACCESS;
        let access = rustix::fs::Access::WRITE_OK;
        rustix::fs::accessat(rustix::fs::CWD, path, access, flags).is_ok()
    }
}

#[cfg(not(unix))]
mod system {
    use std::fs::Metadata;
    use std::path::Path;

    pub(super) fn check(_: &Metadata) -> Result<(), String> {
        Ok(())
    }

    pub(super) fn is_writable(path: &Path) -> bool {
        std::fs::metadata(path).is_ok_and(|metadata| !metadata.permissions().readonly())
    }
}
