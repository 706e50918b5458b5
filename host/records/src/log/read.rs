//! Reading record by record, each verified, one line in memory at a time.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, Take};
use std::path::{Path, PathBuf};

use tollgate::source;

use super::{ReadError, file, name, sequence};
use crate::chain::Chain;
use crate::record::{Flaw, Head, LONGEST_LINE, Record};

/// The records of a file, or of the files of a folder. Each that is given is
/// intact and follows the one before; after an error there are no more.
#[derive(Debug)]
pub struct Records {
    log: String,
    from: Take<BufReader<File>>,
    /// The files behind this one.
    files: VecDeque<PathBuf>,
    line: Vec<u8>,
    number: u64,
    chain: Chain,
    ended: bool,
}

impl Records {
    /// Opens a log. What others add from now on is not seen.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        Self::of_chain(path, Chain::new())
    }

    /// Opens a log that goes on with this chain.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn of_chain(path: &Path, chain: Chain) -> Result<Self, ReadError> {
        let mut files = sequence::files(path)?;
        let first = files.pop_front().unwrap_or_else(|| path.to_owned());
        let (log, from) = reader(&first)?;
        Ok(Self { log, from, files, line: Vec::new(), number: 0, chain, ended: false })
    }

    /// The file that is being read, as errors call it.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.log
    }

    /// Where the chain ends, as far as it was read.
    #[must_use]
    pub fn head(&self) -> Option<Head> {
        self.chain.head()
    }

    fn read(&mut self) -> Result<Option<Record>, ReadError> {
        self.line.clear();
        let read = self.from.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut self.line);
        let read = read.map_err(|error| ReadError::Refused { log: self.log.clone(), error })?;
        if read == 0 {
            let Some(next) = self.files.pop_front() else { return Ok(None) };
            (self.log, self.from) = reader(&next)?;
            self.number = 0;
            return self.read();
        }
        self.number += 1;
        let record = match self.line.strip_suffix(b"\n") {
            Some(line) => Record::parse(line),
            None if read as u64 == LONGEST_LINE => Err(Flaw::TooLong),
            None => Err(Flaw::Torn),
        };
        let record = record.and_then(|record| self.chain.next(&record).map(|()| record));
        // A line may be long once, and records are many.
        if self.line.capacity() > 1 << 20 {
            self.line = Vec::new();
        }
        record.map(Some).map_err(|flaw| {
            let (log, line) = (self.log.clone(), self.number);
            ReadError::Broken { log, line, flaw }
        })
    }
}

fn reader(path: &Path) -> Result<(String, Take<BufReader<File>>), ReadError> {
    let opened = source::open(path)?;
    let length = file::settled_length(&opened)
        .map_err(|error| ReadError::Refused { log: name(path), error })?;
    let from = BufReader::with_capacity(1 << 16, opened).take(length.unwrap_or(u64::MAX));
    Ok((name(path), from))
}

impl Iterator for Records {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let record = self.read().transpose();
        self.ended = !matches!(record, Some(Ok(_)));
        record
    }
}
