//! The folder of a log: held by one process, and the files in it.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tollgate_engine::Digest;
use tollgate_records::log::{AppendError, ReadError, Tail, file_name, files};
use tollgate_records::record::Head;
use tollgate_records::seal::Sealer;

use crate::error::OpenError;
use crate::settings::Settings;

/// What the files of a log are called by.
const STEM: &str = "decisions";

/// Whoever writes the log holds this file, and the system lets go of it when
/// that process ends, however it ends.
const LOCK: &str = "writer.lock";

/// Whoever reads a file to its end holds it for a moment.
const PATIENCE: Duration = Duration::from_secs(1);

/// The files of a log, of which the last is written.
pub(crate) struct Folder {
    path: PathBuf,
    bytes: u64,
    every: Option<Duration>,
    /// Writes what follows what is on the disk.
    sealer: Sealer,
    open: Option<Open>,
    /// How many files were begun.
    begun: u64,
    /// Held as long as this is.
    _lock: File,
}

/// The file that is written.
struct Open {
    tail: Tail,
    since: Instant,
    /// The policies that are described in it, by the digest of that.
    described: HashMap<Digest, u64>,
}

impl Folder {
    /// Takes a folder, and sets aside what an interrupted writer left.
    pub(crate) fn open(settings: &Settings) -> Result<(Self, Vec<PathBuf>), OpenError> {
        let path = settings.folder.clone();
        let shown = || path.display().to_string();
        let refused = |error| OpenError::Folder { folder: shown(), error };
        if path.is_file() {
            return Err(OpenError::File(shown()));
        }
        if !path.is_dir() {
            fs::create_dir(&path).map_err(refused)?;
        }
        let lock = held(&path)?;
        let mut aside = Vec::new();
        let head = end(&path, &mut aside)?;
        let folder = Self {
            bytes: settings.rotation.bytes,
            every: settings.rotation.every,
            sealer: Sealer::new(head, &settings.host),
            open: None,
            begun: 0,
            _lock: lock,
            path,
        };
        Ok((folder, aside))
    }

    /// Where the log ends on the disk.
    pub(crate) fn head(&self) -> Option<Head> {
        self.sealer.head()
    }

    /// The file of what comes next: a new one where the present one is long or
    /// old enough, or is not what it was any more.
    pub(crate) fn ready(&mut self) -> Result<(), AppendError> {
        let ends = |open: &Open| {
            open.tail.length() >= self.bytes
                || self.every.is_some_and(|every| open.since.elapsed() >= every)
        };
        if self.open.as_ref().is_some_and(|open| !ends(open)) {
            return Ok(());
        }
        self.open = None;
        let path = self.path.join(file_name(STEM, self.sealer.next_seq()));
        let (tail, _) = Tail::open(&path)?;
        // One of this name that is not empty is not of this log.
        if tail.head().is_some() {
            return Err(AppendError::Changed(path.display().to_string()));
        }
        self.begun += 1;
        self.open = Some(Open { tail, since: Instant::now(), described: HashMap::new() });
        Ok(())
    }

    /// The file that is written, for what is kept beside it.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.open.as_ref().map(|open| open.tail.path())
    }

    /// Which of the files that were begun is written, from 1.
    pub(crate) fn number(&self) -> u64 {
        self.begun
    }

    /// The record of this file that describes a policy.
    pub(crate) fn described(&self, policy: &Digest) -> Option<u64> {
        self.open.as_ref()?.described.get(policy).copied()
    }

    /// What follows what is on the disk.
    pub(crate) fn sealer(&self) -> Sealer {
        self.sealer.clone()
    }

    /// Adds lines that this sealer wrote, all or none, and the policies that are
    /// described in them. What cannot be added to this file may be to a new one.
    pub(crate) fn add(
        &mut self,
        lines: &str,
        sealer: Sealer,
        described: &[(Digest, u64)],
    ) -> Result<(), AppendError> {
        let (Some(open), Some(head)) = (&mut self.open, sealer.head()) else { return Ok(()) };
        let added = open.tail.add(lines, head, PATIENCE);
        match added {
            Ok(()) => {
                self.sealer = sealer;
                open.described.extend(described.iter().copied());
                Ok(())
            }
            Err(error) => {
                if matches!(error, AppendError::Gone(_) | AppendError::Changed(_)) {
                    self.open = None;
                }
                Err(error)
            }
        }
    }
}

fn held(folder: &Path) -> Result<File, OpenError> {
    let shown = || folder.display().to_string();
    let refused = |error| OpenError::Folder { folder: shown(), error };
    let path = folder.join(LOCK);
    if fs::symlink_metadata(&path).is_ok_and(|there| !there.is_file()) {
        let error = std::io::Error::other(format!("`{LOCK}` in it is no regular file"));
        return Err(refused(error));
    }
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).open(path).map_err(refused)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Busy { folder: shown() }),
        Err(TryLockError::Error(error)) => Err(refused(error)),
    }
}

/// Where the files that are there end. Those behind the last record are empty,
/// or hold what an interrupted writer began.
fn end(folder: &Path, aside: &mut Vec<PathBuf>) -> Result<Option<Head>, OpenError> {
    let files = match files(folder) {
        Err(ReadError::NoFiles(_)) => return Ok(None),
        files => files?,
    };
    for path in files.iter().rev() {
        let (tail, torn) = Tail::open(path)?;
        aside.extend(torn);
        if let Some(head) = tail.head() {
            return Ok(Some(head));
        }
    }
    Ok(None)
}
