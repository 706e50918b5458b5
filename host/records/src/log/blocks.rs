//! Reading many records at once: each verified by its hash over the bytes of
//! its line, none built in memory.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read as _, Take};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use memchr::{memchr, memchr_iter, memmem, memrchr};
use tollgate::source;
use tollgate_engine::Digest;

use super::{ReadError, file, name, sequence};
use crate::chain::Chain;
use crate::record::{Flaw, Head, LONGEST_LINE, Record};

/// What is before the hash of a record. Within a text its quotes would be
/// escaped, and members behind it are texts: the last one is the record's.
const MEMBER: &[u8] = b",\"hash\":\"sha256:";

static FINDER: LazyLock<memmem::FinderRev<'static>> =
    LazyLock::new(|| memmem::FinderRev::new(MEMBER));

/// How much is read at once.
const PIECE: u64 = 1 << 20;

/// Some records that follow one another.
#[derive(Debug, Default)]
pub struct Block {
    text: String,
    places: Vec<Place>,
}

/// Where the parts of a record are in its block.
#[derive(Debug)]
struct Place {
    head: Head,
    body: Range<usize>,
    kind: Range<usize>,
    time: Range<usize>,
}

/// A record as it is written.
#[derive(Debug, Clone, Copy)]
pub struct Raw<'a> {
    /// Its number and its hash.
    pub head: Head,
    /// What the body is of, as JSON has it between its quotes.
    pub kind: &'a str,
    /// When it happened.
    pub time: &'a str,
    /// What happened, as JSON.
    pub body: &'a str,
}

impl Block {
    /// Its records.
    pub fn iter(&self) -> impl Iterator<Item = Raw<'_>> {
        let part = |range: &Range<usize>| self.text.get(range.clone()).unwrap_or_default();
        self.places.iter().map(move |place| Raw {
            head: place.head,
            kind: part(&place.kind),
            time: part(&place.time),
            body: part(&place.body),
        })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

/// The records of a log, or of one file of it, block by block. Each is intact
/// and follows the one before; after an error there are no more. That a line is
/// canonical is for [`Records`](super::Records) to say: what is not, has no
/// other hash for that.
#[derive(Debug)]
pub struct Blocks {
    files: VecDeque<PathBuf>,
    open: Option<Open>,
    chain: Chain,
    failed: Option<ReadError>,
    ended: bool,
}

#[derive(Debug)]
struct Open {
    log: String,
    from: Take<File>,
    /// The beginning of a line whose end was not read yet.
    rest: Vec<u8>,
    /// How many lines were read.
    lines: u64,
}

impl Blocks {
    /// Opens a file or folder. What others add from now on is not seen, and
    /// what was before its first record does not matter.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(log: &Path) -> Result<Self, ReadError> {
        let mut files = sequence::files(log)?;
        let open = files.pop_front().map(|first| Open::new(&first)).transpose()?;
        Ok(Self { files, open, chain: Chain::anywhere(), failed: None, ended: false })
    }

    /// Where the chain ends, as far as it was read.
    #[must_use]
    pub fn head(&self) -> Option<Head> {
        self.chain.head()
    }

    fn read(&mut self) -> Result<Option<Block>, ReadError> {
        loop {
            if let Some(error) = self.failed.take() {
                return Err(error);
            }
            let Some(open) = &mut self.open else { return Ok(None) };
            match open.lines()? {
                Some(text) => {
                    let block = self.verified(text);
                    if !block.is_empty() {
                        return Ok(Some(block));
                    }
                }
                None => {
                    self.open = self.files.pop_front().map(|next| Open::new(&next)).transpose()?;
                }
            }
        }
    }

    /// The records of whole lines, up to the first that is none.
    fn verified(&mut self, bytes: Vec<u8>) -> Block {
        let Some(open) = &mut self.open else { return Block::default() };
        let (text, mut sound) = match String::from_utf8(bytes) {
            Ok(text) => (text, true),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let mut bytes = error.into_bytes();
                // Up to the line that is no text; of that one, what can be read.
                bytes.truncate(
                    memchr(b'\n', bytes.get(valid..).unwrap_or_default())
                        .map_or(bytes.len(), |end| valid + end + 1),
                );
                (String::from_utf8_lossy(&bytes).into_owned(), false)
            }
        };
        let mut places = Vec::with_capacity(text.len() / 512);
        let mut start = 0;
        for end in memchr_iter(b'\n', text.as_bytes()) {
            open.lines += 1;
            let line = text.get(start..end).unwrap_or_default();
            let taken = place(line, start).and_then(|(place, previous)| {
                self.chain.follow(place.head, previous).map(|()| place)
            });
            match taken {
                Ok(place) => places.push(place),
                Err(flaw) => {
                    let (log, line) = (open.log.clone(), open.lines);
                    self.failed = Some(ReadError::Broken { log, line, flaw });
                    sound = true;
                    break;
                }
            }
            start = end + 1;
        }
        if !sound {
            let (log, line) = (open.log.clone(), open.lines + 1);
            let flaw = Flaw::NotJson("it is no text in UTF-8".to_owned());
            self.failed = Some(ReadError::Broken { log, line, flaw });
        }
        Block { text, places }
    }
}

impl Iterator for Blocks {
    type Item = Result<Block, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let block = self.read().transpose();
        self.ended = !matches!(block, Some(Ok(_)));
        block
    }
}

impl Open {
    fn new(path: &Path) -> Result<Self, ReadError> {
        let opened = source::open(path)?;
        let refused = |error| ReadError::Refused { log: name(path), error };
        let length = file::settled_length(&opened).map_err(refused)?;
        let from = opened.take(length.unwrap_or(u64::MAX));
        Ok(Self { log: name(path), from, rest: Vec::new(), lines: 0 })
    }

    /// The next lines, whole; none at the end.
    fn lines(&mut self) -> Result<Option<Vec<u8>>, ReadError> {
        let mut text = std::mem::take(&mut self.rest);
        loop {
            let before = text.len();
            let read = self.from.by_ref().take(PIECE).read_to_end(&mut text);
            let read = read.map_err(|error| ReadError::Refused { log: self.log.clone(), error })?;
            if read == 0 && text.is_empty() {
                return Ok(None);
            }
            let new = text.get(before..).unwrap_or_default();
            if let Some(end) = memrchr(b'\n', new) {
                self.rest = text.split_off(before + end + 1);
                return Ok(Some(text));
            }
            let flaw = match text.len() as u64 >= LONGEST_LINE {
                true => Flaw::TooLong,
                false if read == 0 => Flaw::Torn,
                false => continue,
            };
            let (log, line) = (self.log.clone(), self.lines + 1);
            return Err(ReadError::Broken { log, line, flaw });
        }
    }
}

/// The parts of a line that begins at `start`, and the hash that it follows.
fn place(line: &str, start: usize) -> Result<(Place, Option<Digest>), Flaw> {
    let Some((place, previous, hash)) = parts(line, start) else {
        // Why not is told at leisure.
        return Err(match Record::parse(line.as_bytes()) {
            Err(flaw) => flaw,
            Ok(_) => Flaw::NotCanonical,
        });
    };
    match place.head.hash == hash {
        true => Ok((place, previous)),
        false => {
            let found = place.head.hash.to_string();
            Err(Flaw::Hash { found, computed: hash })
        }
    }
}

/// The parts, the hash that the line follows, and the one that it has.
fn parts(line: &str, start: usize) -> Option<(Place, Option<Digest>, Digest)> {
    let end = FINDER.rfind(line.as_bytes())?;
    let before = line.get(..end)?;
    let body = before.strip_prefix("{\"body\":")?;
    let hash = line.get(end + 9..end + 80)?;
    let behind = line.get(end + 81..)?;
    let mut rest = Rest { text: line, at: end + 80 };
    rest.skip("\",\"host\":\"")?;
    rest.string()?;
    rest.skip(",\"kind\":\"")?;
    let kind = rest.string()?;
    rest.skip(",\"previous\":")?;
    let previous = match rest.skip("null") {
        Some(()) => None,
        None => {
            rest.skip("\"")?;
            let text = rest.string()?;
            Some(written(line.get(text)?)?)
        }
    };
    rest.skip(",\"record\":1,\"seq\":")?;
    let seq = rest.number()?;
    rest.skip(",\"time\":\"")?;
    let time = rest.string()?;
    rest.skip("}")?;
    let is_whole = rest.at == line.len() && body.starts_with('{') && body.ends_with('}');
    let shift = |range: Range<usize>| range.start + start..range.end + start;
    let place = Place {
        head: Head { seq, hash: written(hash)? },
        body: shift(8..end),
        kind: shift(kind),
        time: shift(time),
    };
    let computed = Digest::of_parts([before.as_bytes(), behind.as_bytes()]);
    is_whole.then_some((place, previous, computed))
}

/// A digest as it is written here: in other letters it is another text.
fn written(text: &str) -> Option<Digest> {
    let is_lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    is_lower.then(|| Digest::parse(text)).flatten()
}

struct Rest<'a> {
    text: &'a str,
    at: usize,
}

impl Rest<'_> {
    fn skip(&mut self, expected: &str) -> Option<()> {
        let found = self.text.get(self.at..self.at + expected.len())?;
        (found == expected).then(|| self.at += expected.len())
    }

    /// What is up to a quote that ends a text, which is passed.
    fn string(&mut self) -> Option<Range<usize>> {
        let mut at = self.at;
        loop {
            match *self.text.as_bytes().get(at)? {
                b'"' => break,
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
        let range = self.at..at;
        self.at = at + 1;
        Some(range)
    }

    fn number(&mut self) -> Option<u64> {
        let rest = self.text.get(self.at..)?;
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let text = rest.get(..digits)?;
        self.at += digits;
        text.parse().ok().filter(|number| *number > 0 && !text.starts_with('0'))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails panics")]

    use std::fs;

    use tollgate_test_support::{Dice, seed};

    use super::super::Records;
    use super::*;
    use crate::seal::Sealer;

    fn log(bodies: &[&str]) -> String {
        let mut sealer = Sealer::new(None, "gateway \"1\"");
        let mut lines = String::new();
        for body in bodies {
            sealer.seal("test", "2026-11-30T12:00:00Z", body, &mut lines);
        }
        lines
    }

    /// Whatever is done to a byte, both readers refuse it at the same line.
    #[test]
    fn what_is_changed_is_seen_as_quickly() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.jsonl");
        let hash = r#"{"hash":"sha256:00","x":",\"hash\":\"sha256:"}"#;
        let whole = log(&["{}", hash, r#"{"a":{"b":1,"hash":"sha256:0"}}"#, "{\"z\":\"ä\"}"]);
        fs::write(&path, &whole).unwrap();
        let block = Blocks::open(&path).unwrap().next().unwrap().unwrap();
        assert_eq!(block.iter().map(|raw| raw.body).nth(1), Some(hash));
        let mut dice = Dice::new(seed());
        for _ in 0..4000 {
            let mut bytes = whole.clone().into_bytes();
            let at = dice.roll(bytes.len());
            match dice.roll(3) {
                0 => bytes[at] = u8::try_from(dice.roll(256)).unwrap(),
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, *dice.one(b" \n\"0{}\\\xff")),
            }
            fs::write(&path, &bytes).unwrap();
            let count = |records: usize, error: Option<ReadError>| (records, error.is_some());
            let mut slow = (0, None);
            for record in Records::open(&path).unwrap() {
                record.map(|_| slow.0 += 1).unwrap_or_else(|error| slow.1 = Some(error));
            }
            let mut quick = (0, None);
            for block in Blocks::open(&path).unwrap() {
                match block {
                    Ok(block) => quick.0 += block.len(),
                    Err(error) => quick.1 = Some(error),
                }
            }
            let text = String::from_utf8_lossy(&bytes).into_owned();
            assert_eq!(count(quick.0, quick.1), count(slow.0, slow.1), "{text}");
        }
    }

    #[test]
    fn files_go_on_with_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let whole = log(&["{}"; 9]);
        let lines: Vec<&str> = whole.split_inclusive('\n').collect();
        for (first, lines) in [(1, &lines[..4]), (5, &lines[4..5]), (6, &lines[5..])] {
            let name = sequence::file_name("decisions", first);
            fs::write(folder.path().join(name), lines.concat()).unwrap();
        }
        let count = || {
            let blocks = Blocks::open(folder.path()).unwrap();
            blocks.map(|block| block.map(|block| block.len())).sum::<Result<usize, _>>()
        };
        assert_eq!(count().unwrap(), 9);
        assert_eq!(Records::open(folder.path()).unwrap().count(), 9);
        fs::remove_file(folder.path().join(sequence::file_name("decisions", 5))).unwrap();
        assert!(matches!(count(), Err(ReadError::Broken { line: 1, flaw: Flaw::Seq { .. }, .. })));
        let last = Records::open(folder.path()).unwrap().last().unwrap();
        assert!(matches!(last, Err(ReadError::Broken { line: 1, .. })));
        // A piece of a log is one as well, for who asks for it.
        let piece = folder.path().join(sequence::file_name("decisions", 6));
        let pieces: Vec<_> = Blocks::open(&piece).unwrap().collect();
        assert!(pieces.iter().all(Result::is_ok));
        assert!(Records::open(&piece).unwrap().next().unwrap().is_err());
    }
}
