//! Reading record by record, each verified, one line in memory at a time.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, Take};
use std::path::Path;

use tollgate::source;

use super::{ReadError, file, name};
use crate::chain::Chain;
use crate::record::{Flaw, Head, LONGEST_LINE, Record};

/// The records of a file. Each that is given is intact and follows the one
/// before; after an error there are no more.
#[derive(Debug)]
pub struct Records {
    log: String,
    from: Take<BufReader<File>>,
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
        let opened = source::open(path)?;
        let length = file::settled_length(&opened)
            .map_err(|error| ReadError::Refused { log: name(path), error })?;
        Ok(Self {
            log: name(path),
            from: BufReader::with_capacity(1 << 16, opened).take(length.unwrap_or(u64::MAX)),
            line: Vec::new(),
            number: 0,
            chain: Chain::new(),
            ended: false,
        })
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
            return Ok(None);
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
