//! Folders and files on Unix.

use std::fs::{DirBuilder, File, Metadata};
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, Timespec, Timestamps};
use rustix::io::Errno;

use super::super::CacheProblem;
use super::{Kept, Listed, random};
use crate::system::user;

/// `root`, who can read and write everything anyway.
const ROOT: u32 = 0;

/// Writable by the group or by everybody.
const GROUP: u32 = 0o020;
const OTHERS: u32 = 0o002;

/// Only who owns an entry of such a folder may rename or remove it: `/tmp`.
const STICKY: u32 = 0o1000;

/// An open folder that nobody but the user can change.
#[derive(Debug)]
pub(crate) struct Folder {
    folder: OwnedFd,
    path: PathBuf,
    user: u32,
}

impl Folder {
    /// Opens a folder, and makes it when it is missing. It and all folders
    /// above it must be the user's or the system's, and nobody else may write
    /// there.
    pub(crate) fn open(path: &Path) -> Result<Self, CacheProblem> {
        if !path.is_absolute() {
            return Err(CacheProblem::new(
                path,
                "is a relative path, so that whoever made the present folder would choose what \
                 runs; give an absolute one",
            ));
        }
        let user = user();
        let real = make(path, user)?;
        // What was looked at is what is opened, wherever links lead by now.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = rustix::fs::openat(CWD, &real, flags, Mode::empty())
            .map_err(|error| CacheProblem::new(path, format!("cannot be opened: {error}")))?;
        Ok(Self { folder, path: path.to_owned(), user })
    }

    /// Something is wrong with this folder.
    pub(crate) fn problem(&self, problem: String) -> CacheProblem {
        CacheProblem::new(&self.path, problem)
    }

    /// Reads a regular file of the user's that has at most `most` bytes and
    /// none of the permissions `forbidden`.
    pub(crate) fn read(&self, name: &str, most: u64, forbidden: u32) -> Kept {
        // Without blocking: opening a FIFO would wait for a writer.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::openat(&self.folder, name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Kept::Nothing,
            Err(Errno::LOOP) => return Kept::Doubtful("is a link, which is not followed".into()),
            Err(error) => return Kept::Doubtful(format!("cannot be read: {error}")),
        };
        match self.read_file(file, most, forbidden) {
            Ok(bytes) => Kept::File(bytes),
            Err(problem) => Kept::Doubtful(problem),
        }
    }

    fn read_file(&self, file: File, most: u64, forbidden: u32) -> Result<Vec<u8>, String> {
        let cannot = |error: io::Error| format!("cannot be read: {error}");
        let metadata = file.metadata().map_err(cannot)?;
        if !metadata.is_file() {
            return Err("is no regular file".to_owned());
        }
        if metadata.uid() != self.user {
            return Err(belongs(&metadata, self.user));
        }
        if metadata.mode() & forbidden != 0 {
            let how = if metadata.mode() & 0o022 == 0 { "read" } else { "written" };
            return Err(format!("can be {how} by others"));
        }
        if metadata.len() > most {
            return Err(format!("has {} bytes, and at most {most} are read", metadata.len()));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
        // It may grow meanwhile.
        file.take(most + 1).read_to_end(&mut bytes).map_err(cannot)?;
        if bytes.len() as u64 > most {
            return Err(format!("has more than the {most} bytes that are read"));
        }
        Ok(bytes)
    }

    /// Marks a file as used now.
    pub(crate) fn touch(&self, name: &str) {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let Ok(now) = Timespec::try_from(since) else { return };
        let times = Timestamps { last_access: now, last_modification: now };
        // An entry that cannot be marked only looks older than it is.
        let _ = rustix::fs::utimensat(&self.folder, name, &times, AtFlags::SYMLINK_NOFOLLOW);
    }

    /// Makes a file that nobody else can read, unless there is one: then it
    /// says `false`.
    pub(crate) fn make(&self, name: &str, content: &[u8]) -> io::Result<bool> {
        let folder = &self.folder;
        let half = self.half(name, &[content])?;
        // A link never takes the place of another file.
        let linked = rustix::fs::linkat(folder, &half, folder, name, AtFlags::empty());
        self.remove(&half);
        match linked {
            Ok(()) => Ok(true),
            Err(Errno::EXIST) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes beside the file and renames, so that a reader never sees half.
    pub(crate) fn write(&self, name: &str, content: &[&[u8]]) -> io::Result<()> {
        let half = self.half(name, content)?;
        let renamed = rustix::fs::renameat(&self.folder, &half, &self.folder, name);
        if renamed.is_err() {
            self.remove(&half);
        }
        Ok(renamed?)
    }

    /// A file with this content under a name that no other thread or process
    /// writes to. Not the process's number: in containers that is often the
    /// same.
    fn half(&self, name: &str, content: &[&[u8]]) -> io::Result<String> {
        let half = format!("{name}.{:016x}.tmp", u64::from_le_bytes(random()?));
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        let mut file = File::from(rustix::fs::openat(&self.folder, &half, flags, mode)?);
        let written = content.iter().try_for_each(|part| file.write_all(part));
        if written.is_err() {
            self.remove(&half);
        }
        written.map(|()| half)
    }

    /// The regular files in it.
    pub(crate) fn list(&self) -> io::Result<Vec<Listed>> {
        let mut files = Vec::new();
        for entry in Dir::read_from(&self.folder)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().to_str() else { continue };
            let Ok(stat) = rustix::fs::statat(&self.folder, name, AtFlags::SYMLINK_NOFOLLOW) else {
                continue;
            };
            if FileType::from_raw_mode(stat.st_mode).is_file() {
                #[allow(
                    clippy::useless_conversion,
                    clippy::unnecessary_cast,
                    reason = "their types differ from system to system"
                )]
                let used = time(i64::from(stat.st_mtime), stat.st_mtime_nsec as u64);
                let size = u64::try_from(stat.st_size).unwrap_or_default();
                files.push(Listed { name: name.to_owned(), size, used });
            }
        }
        Ok(files)
    }

    /// Removes a file, when it is there.
    pub(crate) fn remove(&self, name: &str) {
        let _ = rustix::fs::unlinkat(&self.folder, name, AtFlags::empty());
    }
}

/// Makes a folder and those above it that are missing, below folders that can
/// be trusted, and says where it really is.
fn make(path: &Path, user: u32) -> Result<PathBuf, CacheProblem> {
    let there = path.ancestors().find(|folder| folder.symlink_metadata().is_ok());
    if let Some(there) = there.filter(|there| *there != path) {
        check(there, user, false)?;
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|error| CacheProblem::new(path, format!("cannot be made: {error}")))?;
    }
    if path.is_symlink() {
        return Err(CacheProblem::new(path, "is a link, which is not followed"));
    }
    check(path, user, true)
}

/// Looks at a folder and those above it, where links to them lead. In one that
/// is `ours` nobody else may write at all.
fn check(path: &Path, user: u32, ours: bool) -> Result<PathBuf, CacheProblem> {
    let wrong = |folder: &Path, problem: String| Err(CacheProblem::new(folder, problem));
    let real = match path.canonicalize() {
        Ok(real) => real,
        Err(error) => return wrong(path, format!("cannot be opened: {error}")),
    };
    // Who owns the root of the file system owns this process's files anyway;
    // in some containers that is not the user 0.
    let system = Path::new("/").metadata().map_or(ROOT, |root| root.uid());
    for folder in real.ancestors() {
        let metadata = match folder.metadata() {
            Ok(metadata) => metadata,
            Err(error) => return wrong(folder, format!("cannot be looked at: {error}")),
        };
        if !metadata.is_dir() {
            return wrong(folder, "is no folder".to_owned());
        }
        if ![user, ROOT, system].contains(&metadata.uid()) {
            return wrong(folder, belongs(&metadata, user));
        }
        let ours = ours && folder == real;
        let mode = metadata.mode();
        // A group of the owner's number is the owner alone.
        let group =
            mode & GROUP != 0 && (ours || ![metadata.uid(), ROOT].contains(&metadata.gid()));
        if (group || mode & OTHERS != 0) && (ours || mode & STICKY == 0) {
            return wrong(folder, "can be written by others; `chmod go-w` it".to_owned());
        }
    }
    Ok(real)
}

fn belongs(metadata: &Metadata, user: u32) -> String {
    format!("belongs to user {}, and this process runs as user {user}", metadata.uid())
}

fn time(seconds: i64, nanoseconds: u64) -> SystemTime {
    let seconds = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
    SystemTime::UNIX_EPOCH + seconds + Duration::from_nanos(nanoseconds)
}
