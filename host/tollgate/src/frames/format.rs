//! What a payload's file is, and its bytes.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek as _, SeekFrom};
use std::path::Path;

use super::texts::Spare;
use super::{FrameError, Progress};
use crate::source::{self, Content, SourceError};

/// What a file of rows is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated, with a header row (RFC 4180).
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// Apache Parquet.
    Parquet,
    /// Apache Arrow IPC, a file (Feather 2) or a stream.
    Arrow,
}

impl Format {
    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Csv => "CSV",
            Self::Jsonl => "JSON lines",
            Self::Parquet => "Parquet",
            Self::Arrow => "Arrow IPC",
        })
    }
}

/// What a payload is asked to be read as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PayloadFormat {
    /// By its name, else by its first bytes; else a request.
    #[default]
    Auto,
    /// A request body.
    Request,
    /// A file of rows.
    Rows(Format),
}

/// A file that was opened.
pub(super) struct Source {
    pub(super) name: String,
    /// None for a request.
    pub(super) format: Option<Format>,
    pub(super) bytes: Option<u64>,
    pub(super) reader: Box<dyn BufRead + Send>,
    /// The same file, for formats that jump about in it.
    pub(super) file: Option<File>,
    pub(super) spare: Spare,
}

impl Source {
    pub(super) fn open(
        path: &Path,
        asked: PayloadFormat,
        progress: &Progress,
        spare: Spare,
    ) -> Result<Self, FrameError> {
        if source::is_standard_input(path) {
            let mut reader = BufReader::with_capacity(BUFFER, io::stdin());
            let name = "<stdin>".to_owned();
            let unreadable = |error| SourceError::Unreadable { name: name.clone(), error };
            let start = reader.fill_buf().map_err(unreadable)?;
            let format = of(path, asked, start);
            let reader = Box::new(Metered::new(reader, progress));
            return Ok(Self { name, format, bytes: None, reader, file: None, spare });
        }
        let name = path.display().to_string();
        let unreadable = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => SourceError::Missing(name.clone()),
            io::ErrorKind::IsADirectory => SourceError::Folder(name.clone()),
            _ => SourceError::Unreadable { name: name.clone(), error },
        };
        let file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(SourceError::Folder(name).into());
        }
        // A pipe can be opened only once.
        let again =
            if metadata.is_file() { Some(File::open(path).map_err(unreadable)?) } else { None };
        let mut reader = BufReader::with_capacity(BUFFER, file);
        let start = reader.fill_buf().map_err(unreadable)?;
        let format = of(path, asked, start);
        if format.is_some() && start.is_empty() {
            return Err(SourceError::Empty(name).into());
        }
        let bytes = metadata.is_file().then_some(metadata.len());
        let reader = Box::new(Metered::new(reader, progress));
        Ok(Self { name, format, bytes, reader, file: again, spare })
    }

    /// The bytes of a request. An empty body is a payload, and a bad one: the
    /// plugin says so.
    pub(super) fn read_whole(self) -> Result<Vec<u8>, FrameError> {
        let limit = Content::Payload.limit();
        let mut bytes = Vec::new();
        let unreadable = |error| SourceError::Unreadable { name: self.name.clone(), error };
        self.reader.take(limit + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > limit {
            return Err(SourceError::TooLarge { name: self.name, content: Content::Payload }.into());
        }
        Ok(bytes)
    }
}

/// The bytes at a file's start and end; none when it has fewer.
pub(super) fn ends<const N: usize>(mut file: &File) -> io::Result<Option<([u8; N], [u8; N])>> {
    let length = file.seek(SeekFrom::End(0))?;
    if length < 2 * N as u64 {
        return Ok(None);
    }
    let (mut first, mut last) = ([0; N], [0; N]);
    file.rewind()?;
    file.read_exact(&mut first)?;
    file.seek(SeekFrom::End(-(N as i64)))?;
    file.read_exact(&mut last)?;
    file.rewind()?;
    Ok(Some((first, last)))
}

/// Large reads, few calls.
const BUFFER: usize = 256 << 10;

fn of(path: &Path, asked: PayloadFormat, start: &[u8]) -> Option<Format> {
    match asked {
        PayloadFormat::Request => return None,
        PayloadFormat::Rows(format) => return Some(format),
        PayloadFormat::Auto => {}
    }
    let extension = path.extension().and_then(|extension| extension.to_str());
    let by_name = match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("csv") => Some(Format::Csv),
        Some("jsonl" | "ndjson") => Some(Format::Jsonl),
        Some("parquet" | "pq") => Some(Format::Parquet),
        Some("arrow" | "arrows" | "feather" | "ipc") => Some(Format::Arrow),
        _ => None,
    };
    by_name.or_else(|| {
        if start.starts_with(b"PAR1") {
            Some(Format::Parquet)
        } else if start.starts_with(b"ARROW1") || start.starts_with(&[0xFF; 4]) {
            Some(Format::Arrow)
        } else {
            None
        }
    })
}

/// Counts what is read.
struct Metered<R> {
    inner: R,
    progress: Progress,
}

impl<R> Metered<R> {
    fn new(inner: R, progress: &Progress) -> Self {
        Self { inner, progress: progress.clone() }
    }

    fn add(&self, bytes: usize) {
        self.progress.bytes.fetch_add(bytes as u64, std::sync::atomic::Ordering::Relaxed);
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.add(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Metered<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.add(amount);
        self.inner.consume(amount);
    }
}
