//! The end of a log that one process goes on writing, many records at a time.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::append::{End, move_aside};
use super::{AppendError, file, name};
use crate::record::Head;

/// The end of a file of records. Whoever has one must be the only one who adds
/// to the file; that others only read it is not known here.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    file: File,
    length: u64,
    head: Option<Head>,
    /// Whether a failed attempt may have left something behind the end.
    soiled: bool,
}

impl Tail {
    /// Opens a file, which is made when it is not there. Also gives where the
    /// torn end that an interrupted writer left was moved to.
    ///
    /// # Errors
    /// When it cannot be written, or is no file of records.
    pub fn open(path: &Path) -> Result<(Self, Option<PathBuf>), AppendError> {
        let refused = |error| AppendError::Refused { log: name(path), error };
        let (mut log, is_new) = file::hold(path)?;
        let end = End::of(&mut log).map_err(refused)?;
        let head = end.head().map_err(|flaw| AppendError::NoEnd { log: name(path), flaw })?;
        let mut torn = None;
        if !end.torn.is_empty() {
            let next = head.map_or(1, |head| head.seq.saturating_add(1));
            torn = Some(move_aside(path, next, &end.torn).map_err(refused)?);
            log.set_len(end.length).and_then(|()| log.sync_all()).map_err(refused)?;
        }
        if is_new {
            tollgate::file::sync_folder(path);
        }
        log.unlock().map_err(refused)?;
        let path = path.to_owned();
        Ok((Self { path, file: log, length: end.length, head, soiled: false }, torn))
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How long it is.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The record that it ends with; none where it has none.
    #[must_use]
    pub fn head(&self) -> Option<Head> {
        self.head
    }

    /// Adds lines, all or none of them; `head` is the last of them. When this
    /// returns, they are on the disk. Somebody who holds the file is waited for
    /// so long.
    ///
    /// # Errors
    /// When they could not be added; the file is as it was then, as far as the
    /// system lets it be.
    pub fn add(&mut self, lines: &str, head: Head, patience: Duration) -> Result<(), AppendError> {
        file::lock(&self.file, &self.path, patience)?;
        let added = self.write(lines);
        let _ = self.file.unlock();
        added?;
        self.length += lines.len() as u64;
        self.head = Some(head);
        Ok(())
    }

    fn write(&mut self, lines: &str) -> Result<(), AppendError> {
        let refused = |error| AppendError::Refused { log: name(&self.path), error };
        if !tollgate::file::is_at(&self.file, &self.path) {
            return Err(AppendError::Gone(name(&self.path)));
        }
        if self.soiled {
            self.file.set_len(self.length).map_err(refused)?;
            self.soiled = false;
        }
        if self.file.metadata().map_err(refused)?.len() != self.length {
            return Err(AppendError::Changed(name(&self.path)));
        }
        let mut file = &self.file;
        let written = file.write_all(lines.as_bytes()).and_then(|()| file.sync_data());
        if let Err(error) = written {
            // Half a batch is worse than none.
            let undone = self.file.set_len(self.length).and_then(|()| self.file.sync_all());
            self.soiled = undone.is_err();
            return Err(refused(error));
        }
        Ok(())
    }
}
