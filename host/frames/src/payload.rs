//! What a payload's file is, and its bytes.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek as _, SeekFrom};
use std::path::Path;

use tollgate::rows::{Judged, RowFormat};
use tollgate::source::{self, Content, SourceError};

use crate::error::FrameError;
use crate::progress::Progress;
use crate::sniff::{self, PayloadFormat};

/// A payload of which it is known what it is, and no more: how its rows are
/// read is for whoever judges them to say.
pub struct PayloadFile {
    pub(crate) name: String,
    /// None for a request.
    pub(crate) format: Option<RowFormat>,
    pub(crate) bytes: Option<u64>,
    pub(crate) reader: Box<dyn BufRead + Send>,
    /// The same file, for formats that jump about in it.
    pub(crate) file: Option<File>,
    pub(crate) progress: Progress,
    pub(crate) judged: Judged,
    /// The columns that are read, where not all are.
    pub(crate) only: Option<Vec<String>>,
}

impl fmt::Debug for PayloadFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PayloadFile")
            .field("name", &self.name)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

impl PayloadFile {
    /// Opens a file: `asked` says what it is, or its name, or its first bytes.
    ///
    /// # Errors
    /// When it cannot be read, or is not what it is said to be.
    pub fn open(path: &Path, asked: PayloadFormat) -> Result<Self, FrameError> {
        let is_standard_input = source::is_standard_input(path);
        let name =
            if is_standard_input { "<stdin>".to_owned() } else { path.display().to_string() };
        let unreadable = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => SourceError::Missing(name.clone()),
            io::ErrorKind::IsADirectory => SourceError::Folder(name.clone()),
            _ => SourceError::Unreadable { name: name.clone(), error },
        };
        let (mut inner, file, bytes): (Box<dyn Read + Send>, _, _) = if is_standard_input {
            (Box::new(io::stdin()), None, None)
        } else {
            let file = File::open(path).map_err(unreadable)?;
            let metadata = file.metadata().map_err(unreadable)?;
            if metadata.is_dir() {
                return Err(SourceError::Folder(name).into());
            }
            // A pipe can be opened only once.
            let is_file = metadata.is_file();
            let again = if is_file { Some(File::open(path).map_err(unreadable)?) } else { None };
            (Box::new(file), again, is_file.then_some(metadata.len()))
        };
        let mut start = Vec::new();
        inner.by_ref().take(sniff::START).read_to_end(&mut start).map_err(unreadable)?;
        let format = match asked {
            PayloadFormat::Request => None,
            PayloadFormat::Rows(format) => Some(format),
            PayloadFormat::Auto => match PayloadFormat::named(path) {
                PayloadFormat::Request => None,
                PayloadFormat::Rows(format) => Some(format),
                PayloadFormat::Auto if is_standard_input => {
                    sniff::told(&start).map_err(|()| FrameError::Untold { file: name.clone() })?
                }
                // A file with another name is a request until it shows that it
                // is none.
                PayloadFormat::Auto => sniff::told(&start).unwrap_or(None),
            },
        };
        if let Some(format) = format {
            begins(&name, format, asked != PayloadFormat::Auto, &start)?;
        }
        let whole = io::Cursor::new(start).chain(inner);
        let reader = BufReader::with_capacity(BUFFER, whole);
        let progress = Progress::default();
        let reader = Box::new(Metered { inner: reader, progress: progress.clone() });
        let judged = Judged::Together;
        Ok(Self { name, format, bytes, reader, file, progress, judged, only: None })
    }

    /// Rows of a format that somebody vouches for, from wherever they come.
    pub(crate) fn of_rows(
        name: &str,
        format: RowFormat,
        mut reader: Box<dyn BufRead + Send>,
    ) -> Result<Self, FrameError> {
        let name = name.to_owned();
        match reader.fill_buf() {
            Ok(start) => begins(&name, format, true, start)?,
            Err(error) => return Err(SourceError::Unreadable { name, error }.into()),
        }
        let (format, progress) = (Some(format), Progress::default());
        let judged = Judged::Together;
        let (bytes, file, only) = (None, None, None);
        Ok(Self { name, format, bytes, reader, file, progress, judged, only })
    }

    /// The same, of which Parquet and Arrow give the columns of these names
    /// alone; the other formats have no way past the rest.
    #[must_use]
    pub fn only(self, columns: &[String]) -> Self {
        Self { only: Some(columns.to_vec()), ..self }
    }

    /// Whether it is a file of rows, and not a request.
    #[must_use]
    pub fn has_rows(&self) -> bool {
        self.format.is_some()
    }

    /// Whether what should be text can be some.
    pub(crate) fn is_text(&mut self, format: RowFormat) -> Result<(), FrameError> {
        if matches!(format, RowFormat::Parquet | RowFormat::Arrow) {
            return Ok(());
        }
        // What cannot be read is told by who reads it.
        let problem = self.reader.fill_buf().ok().and_then(sniff::no_text);
        let broken = |problem| FrameError::Broken { file: self.name.clone(), format, problem };
        problem.map_or(Ok(()), |problem| Err(broken(problem)))
    }

    /// The bytes of a request. An empty body is a payload, and a bad one: the
    /// plugin says so.
    pub(crate) fn read_whole(self) -> Result<Vec<u8>, FrameError> {
        let limit = Content::Payload.limit();
        let mut bytes = Vec::new();
        let unreadable = |error| SourceError::Unreadable { name: self.name.clone(), error };
        self.reader.take(limit + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > limit {
            return Err(SourceError::TooLarge { name: self.name, content: Content::Payload }.into());
        }
        if bytes.starts_with(sniff::BYTE_ORDER_MARK) {
            bytes.drain(..sniff::BYTE_ORDER_MARK.len());
        }
        Ok(bytes)
    }
}

/// Whether rows of this format, which was asked for or not, can begin so.
fn begins(name: &str, format: RowFormat, asked: bool, start: &[u8]) -> Result<(), FrameError> {
    let name = name.to_owned();
    if let Some(problem) = sniff::contradiction(format, asked, start) {
        return Err(FrameError::Broken { file: name, format, problem });
    }
    if start.is_empty() && matches!(format, RowFormat::Parquet | RowFormat::Arrow) {
        return Err(SourceError::Empty(name).into());
    }
    Ok(())
}

/// The bytes at a file's start and end; none when it has fewer.
pub(crate) fn ends<const N: usize>(mut file: &File) -> io::Result<Option<([u8; N], [u8; N])>> {
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

/// Counts what is read.
struct Metered<R> {
    inner: R,
    progress: Progress,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.progress.add(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Metered<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.progress.add(amount);
        self.inner.consume(amount);
    }
}
