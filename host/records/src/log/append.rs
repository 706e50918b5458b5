//! Adding a record, whole or not at all, whoever else adds at the same time.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::{AppendError, file, name};
use crate::record::{BEGINNING, Draft, Flaw, Head, LONGEST_LINE, Record};

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Its place in the chain.
    pub head: Head,
    /// Where the torn end of the log was moved to; none when it was whole.
    pub torn: Option<PathBuf>,
}

/// Adds a record to a log, which is made when it is not there. When this
/// returns, the record is on the disk.
///
/// What an interrupted writer left behind the last record is moved to a file
/// beside the log.
///
/// # Errors
/// When it could not be recorded; the log is as it was then.
pub fn append(path: &Path, draft: &Draft<'_>) -> Result<Appended, AppendError> {
    let refused = |error| AppendError::Refused { log: name(path), error };
    let (mut log, is_new) = file::hold(path)?;
    let end = End::of(&mut log).map_err(refused)?;
    let head = end.head().map_err(|flaw| AppendError::NoEnd { log: name(path), flaw })?;
    let (sealed, line) = draft.sealed(head);
    if line.len() as u64 > LONGEST_LINE {
        return Err(AppendError::TooLong);
    }
    let torn = match end.torn.is_empty() {
        true => None,
        false => {
            let aside = move_aside(path, sealed.seq, &end.torn).map_err(refused)?;
            log.set_len(end.length).map_err(refused)?;
            Some(aside)
        }
    };
    let written = log.write_all(line.as_bytes()).and_then(|()| log.sync_all());
    if let Err(error) = written {
        // Half a record is worse than none.
        let _ = log.set_len(end.length).and_then(|()| log.sync_all());
        return Err(refused(error));
    }
    if is_new {
        tollgate::file::sync_folder(path);
    }
    Ok(Appended { head: sealed, torn })
}

/// Whether a log can be added to, as far as that shows without writing:
/// whoever writes something else first asks.
///
/// # Errors
/// Why [`append`] would refuse it.
pub fn usable(path: &Path) -> Result<(), AppendError> {
    let Some(mut log) = file::hold_existing(path)? else { return Ok(()) };
    let end = End::of(&mut log).map_err(|error| AppendError::Refused { log: name(path), error })?;
    end.head().map(drop).map_err(|flaw| AppendError::NoEnd { log: name(path), flaw })
}

/// How a log ends.
pub(super) struct End {
    /// Its length up to the last line break.
    pub(super) length: u64,
    /// The last line, without its break; none when there is no line.
    last: Option<Vec<u8>>,
    /// What is behind the last line break.
    pub(super) torn: Vec<u8>,
}

impl End {
    pub(super) fn of(log: &mut File) -> io::Result<Self> {
        let whole = log.metadata()?.len();
        let (length, torn) = behind_break(log, whole)?;
        let last = match length.checked_sub(1) {
            Some(before_break) => Some(behind_break(log, before_break)?.1),
            None => None,
        };
        Ok(Self { length, last, torn })
    }

    /// The record that it ends with. A file of something else is left alone.
    pub(super) fn head(&self) -> Result<Option<Head>, Flaw> {
        // Where the power went, zeros may stand for what was not written yet.
        let begins = self.torn.starts_with(BEGINNING)
            || BEGINNING.starts_with(&self.torn)
            || self.torn.iter().all(|byte| *byte == 0);
        if !begins {
            return Err(Flaw::NotJson("it does not begin as a record does".to_owned()));
        }
        let longest = LONGEST_LINE as usize;
        if [Some(&self.torn), self.last.as_ref()]
            .into_iter()
            .flatten()
            .any(|it| it.len() >= longest)
        {
            return Err(Flaw::TooLong);
        }
        self.last.as_deref().map(|line| Record::parse(line).map(|record| record.head())).transpose()
    }
}

/// The bytes before `end`, back to a line break or as many as a line may have,
/// and where they begin.
fn behind_break(log: &mut File, end: u64) -> io::Result<(u64, Vec<u8>)> {
    const STEP: u64 = 1 << 16;
    let mut start = end;
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    while start > 0 && end - start < LONGEST_LINE {
        let from = start.saturating_sub(STEP);
        let mut piece = vec![0; usize::try_from(start - from).unwrap_or(0)];
        log.seek(SeekFrom::Start(from))?;
        log.read_exact(&mut piece)?;
        if let Some(at) = piece.iter().rposition(|byte| *byte == b'\n') {
            let behind = piece.split_off(at + 1);
            start = from + at as u64 + 1;
            pieces.push(behind);
            break;
        }
        start = from;
        pieces.push(piece);
    }
    pieces.reverse();
    Ok((start, pieces.concat()))
}

/// Keeps what an interrupted writer left: it may say what was to be recorded.
pub(super) fn move_aside(log: &Path, seq: u64, torn: &[u8]) -> io::Result<PathBuf> {
    for copy in 0_u32.. {
        let mut path = log.as_os_str().to_owned();
        path.push(match copy {
            0 => format!(".torn-{seq}"),
            copy => format!(".torn-{seq}-{copy}"),
        });
        let path = PathBuf::from(path);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
            Ok(mut aside) => {
                aside.write_all(torn)?;
                aside.sync_all()?;
                tollgate::file::sync_folder(&path);
                return Ok(path);
            }
        }
    }
    Err(io::Error::other("there are too many torn ends beside it"))
}
