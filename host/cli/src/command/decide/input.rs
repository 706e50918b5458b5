//! What there is to decide on: one request, or a file of rows.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

use miette::{IntoDiagnostic as _, Result};
use serde::de::IgnoredAny;
use tollgate::input::{Extractor, RECORD_LIMIT, without_mark};
use tollgate::rows::{Judged, RowFormat, RowSource as _};
use tollgate::source::{self, Content, SourceError};
use tollgate_frames::{Frames, Payload, PayloadFormat, marked};

use super::Decide;

/// Rows are read one after the other, however many there are.
type Reader = Box<dyn BufRead + Send>;

pub(super) enum Input {
    /// Not one case.
    Nothing,
    /// One request, whole.
    One(Vec<u8>),
    Rows(Frames),
}

/// Opens the input and finds out what it is.
pub(super) fn open(arguments: &Decide, extractor: &Extractor) -> Result<Input> {
    let (path, asked) = (&arguments.input, arguments.input_format.asked());
    let format = if asked == PayloadFormat::Auto { PayloadFormat::named(path) } else { asked };
    match format {
        PayloadFormat::Rows(_) if path.is_file() => return file(path, asked),
        PayloadFormat::Rows(RowFormat::Parquet | RowFormat::Arrow) => return file(path, format),
        _ => {}
    }
    let name = name(path);
    let mut head = Head { reader: reader(path, &name)?, bytes: Vec::new(), name };
    let Some(first) = head.next_line()? else {
        return Ok(Input::Nothing);
    };
    match (format, marked(&head.bytes)) {
        (PayloadFormat::Rows(format), _) => head.rows(format),
        (PayloadFormat::Request, _) if asked == format => head.whole(),
        // A pipe is read only once.
        (PayloadFormat::Auto, Some(format)) if path.is_file() => {
            file(path, PayloadFormat::Rows(format))
        }
        (PayloadFormat::Auto, Some(format)) => head.rows(format),
        _ => recognised(head, &first, format == PayloadFormat::Request, extractor),
    }
}

/// A file, which is what it is asked for or named.
fn file(path: &Path, asked: PayloadFormat) -> Result<Input> {
    Ok(match tollgate_frames::open(path, asked, Judged::Decided)? {
        Payload::Frames(rows) if is_blank(&rows) => Input::Nothing,
        Payload::Frames(rows) => Input::Rows(rows),
        Payload::Request(request) => Input::One(request),
    })
}

/// Whether a file of CSV has not even a header.
fn is_blank(rows: &Frames) -> bool {
    rows.format() == RowFormat::Csv && rows.columns().is_empty()
}

/// By what is in it. `first` is the first line that is not empty.
fn recognised(mut head: Head, first: &[u8], is_json: bool, extractor: &Extractor) -> Result<Input> {
    if first.starts_with(b"{") {
        let next = match read_as_json(first) {
            Json::Whole => head.next_line()?,
            // What no JSON begins with is a damaged line, if more follow.
            Json::Broken => head.next_line()?.filter(|next| next.starts_with(b"{")),
            Json::Beginning => None,
        };
        return match next {
            Some(_) => head.rows(RowFormat::Jsonl),
            None => head.whole(),
        };
    }
    if !is_json && is_header(first, extractor) {
        return head.rows(RowFormat::Csv);
    }
    if is_json || first.starts_with(b"[") || matches!(read_as_json(first), Json::Whole) {
        return head.whole();
    }
    miette::bail!(
        help = "say what it is with `--input-format json`, `jsonl`, `csv`, `parquet` or `arrow`",
        "`{}` is neither a JSON object, nor JSON lines, nor CSV whose first line names an input \
         of the policy",
        head.name
    )
}

/// Whether a line is the header of CSV, in that it names a column that is read.
fn is_header(line: &[u8], extractor: &Extractor) -> bool {
    let line = Cursor::new(line.to_vec());
    let rows = tollgate_frames::rows("", RowFormat::Csv, Judged::Decided, line);
    rows.is_ok_and(|rows| rows.columns().iter().any(|(name, _)| extractor.reads_column(name)))
}

enum Json {
    Whole,
    Beginning,
    Broken,
}

fn read_as_json(line: &[u8]) -> Json {
    match serde_json::from_slice::<IgnoredAny>(line) {
        Ok(_) => Json::Whole,
        Err(error) if error.is_eof() => Json::Beginning,
        Err(_) => Json::Broken,
    }
}

/// What has been read to see what the input is, and the rest.
struct Head {
    reader: Reader,
    bytes: Vec<u8>,
    name: String,
}

impl Head {
    /// Reads on to the next line that is not empty, and gives it trimmed; of
    /// one that is too long its start. None at the end.
    fn next_line(&mut self) -> Result<Option<Vec<u8>>> {
        let mut empty = 0;
        while empty <= RECORD_LIMIT {
            let start = self.bytes.len();
            let most = RECORD_LIMIT as u64 + 1;
            let read = self.reader.by_ref().take(most).read_until(b'\n', &mut self.bytes);
            if read.map_err(|error| unreadable(&self.name, error)).into_diagnostic()? == 0 {
                return Ok(None);
            }
            let line = self.bytes.get(start..).unwrap_or_default();
            let line = if start == 0 { without_mark(line) } else { line };
            let line = line.trim_ascii();
            if !line.is_empty() {
                return Ok(Some(line.to_vec()));
            }
            empty += self.bytes.len() - start;
        }
        miette::bail!("`{}` begins with {} MiB of empty lines", self.name, RECORD_LIMIT >> 20)
    }

    /// All of it, as rows.
    fn rows(self, format: RowFormat) -> Result<Input> {
        let all = Cursor::new(self.bytes).chain(self.reader);
        Ok(Input::Rows(tollgate_frames::rows(&self.name, format, Judged::Decided, all)?))
    }

    /// All of it, as one request.
    fn whole(self) -> Result<Input> {
        let Self { reader, mut bytes, name } = self;
        let content = Content::Payload;
        let more = (content.limit() + 1).saturating_sub(bytes.len() as u64);
        reader
            .take(more)
            .read_to_end(&mut bytes)
            .map_err(|error| unreadable(&name, error))
            .into_diagnostic()?;
        if bytes.len() as u64 > content.limit() {
            return Err(SourceError::TooLarge { name, content }).into_diagnostic();
        }
        Ok(Input::One(bytes))
    }
}

/// What errors call the input.
pub(super) fn name(path: &Path) -> String {
    if source::is_standard_input(path) { "<stdin>".to_owned() } else { path.display().to_string() }
}

/// As much as a pipe gives at once.
const BUFFER: usize = 64 << 10;

fn reader(path: &Path, name: &str) -> Result<Reader> {
    if source::is_standard_input(path) {
        return Ok(Box::new(BufReader::with_capacity(BUFFER, io::stdin())));
    }
    let file = File::open(path).map_err(|error| unreadable(name, error)).into_diagnostic()?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(SourceError::Folder(name.to_owned())).into_diagnostic();
    }
    Ok(Box::new(BufReader::with_capacity(BUFFER, file)))
}

fn unreadable(name: &str, error: io::Error) -> SourceError {
    match error.kind() {
        io::ErrorKind::NotFound => SourceError::Missing(name.to_owned()),
        io::ErrorKind::IsADirectory => SourceError::Folder(name.to_owned()),
        _ => SourceError::Unreadable { name: name.to_owned(), error },
    }
}
