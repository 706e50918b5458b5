//! What a payload is, by its name and its first bytes.

use std::path::Path;

use serde::de::IgnoredAny;

use tollgate::rows::RowFormat;

/// So many bytes at the start are looked at.
pub(crate) const START: u64 = 64 << 10;

/// In UTF-8 it says nothing; files from Windows begin with it. Whatever is
/// read, JSON, JSON lines or CSV, it is no part of it.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What a payload is asked to be read as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PayloadFormat {
    /// By its name, else by its first bytes; else a request.
    #[default]
    Auto,
    /// A request body.
    Request,
    /// A file of rows.
    Rows(RowFormat),
}

impl PayloadFormat {
    /// What a file's name says; `Auto` when it says nothing.
    #[must_use]
    pub fn named(path: &Path) -> Self {
        let extension = path.extension().and_then(|extension| extension.to_str());
        match extension.unwrap_or_default().to_ascii_lowercase().as_str() {
            "csv" => Self::Rows(RowFormat::Csv),
            "jsonl" | "ndjson" => Self::Rows(RowFormat::Jsonl),
            "parquet" | "pq" => Self::Rows(RowFormat::Parquet),
            "arrow" | "arrows" | "feather" | "ipc" => Self::Rows(RowFormat::Arrow),
            "json" => Self::Request,
            _ => Self::Auto,
        }
    }
}

/// The format that is no text and begins so.
#[must_use]
pub fn marked(start: &[u8]) -> Option<RowFormat> {
    if start.starts_with(b"PAR1") {
        return Some(RowFormat::Parquet);
    }
    let is_arrow = start.starts_with(b"ARROW1") || start.starts_with(&[0xFF; 4]);
    is_arrow.then_some(RowFormat::Arrow)
}

/// What the first bytes say; none for a request, an error when they say
/// nothing.
pub(crate) fn told(start: &[u8]) -> Result<Option<RowFormat>, ()> {
    if let Some(format) = marked(start) {
        return Ok(Some(format));
    }
    let text = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(start).trim_ascii();
    let (first, rest) = first_line(text);
    match first.first() {
        // An empty body is a bad request, and whoever judges it says so.
        None | Some(b'[') => Ok(None),
        Some(b'{') if is_object(first) && rest.trim_ascii_start().starts_with(b"{") => {
            Ok(Some(RowFormat::Jsonl))
        }
        Some(b'{') => Ok(None),
        Some(_) if serde_json::from_slice::<IgnoredAny>(text).is_ok() => Ok(None),
        Some(_) if matches!(text, b"NaN" | b"Infinity" | b"-Infinity") => Ok(None),
        Some(_) if is_header(first) => Ok(Some(RowFormat::Csv)),
        Some(_) => Err(()),
    }
}

/// Why the first bytes cannot be those of a text of this format; for binary
/// formats their readers say it.
pub(crate) fn contradiction(format: RowFormat, asked: bool, start: &[u8]) -> Option<String> {
    if matches!(format, RowFormat::Parquet | RowFormat::Arrow) {
        return None;
    }
    let other = [
        (b"PAR1".as_slice(), "a Parquet file", "parquet"),
        (b"ARROW1", "an Arrow file", "arrow"),
        (&[0xFF; 4], "an Arrow stream", "arrow"),
    ];
    for (mark, what, name) in other {
        // A column may have such a name, where somebody vouches for it.
        if start.starts_with(mark) && !(asked && mark.is_ascii() && !start.contains(&0)) {
            return Some(format!(
                "it begins as {what} does; if it is one, give `{name}` as its format"
            ));
        }
    }
    let packed = [
        (b"\x1f\x8b".as_slice(), "gzip"),
        (b"PK\x03\x04", "zip, as spreadsheets are"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"BZh", "bzip2"),
        (b"\xfd7zXZ", "xz"),
    ];
    for (mark, what) in packed {
        if start.starts_with(mark) && !start.is_ascii() {
            return Some(format!("it is packed by {what}: unpack it first"));
        }
    }
    if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
        return Some("it is text in UTF-16: save it as UTF-8".to_owned());
    }
    let text = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(start);
    let first = text.trim_ascii_start().first();
    (format == RowFormat::Csv && matches!(first, Some(b'{' | b'['))).then(|| {
        "it begins as JSON does, and a CSV file with the names of its columns; if it is JSON, give \
         `jsonl` or `request` as its format"
            .to_owned()
    })
}

/// Why a text that begins so is none.
pub(crate) fn no_text(start: &[u8]) -> Option<String> {
    let text = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(start);
    let at = first_line(text).0.iter().position(|byte| *byte == 0)?;
    Some(format!("it is no text: byte {at} is 0"))
}

/// Whether a line is an object, and nothing behind it.
fn is_object(line: &[u8]) -> bool {
    end_of_object(line) == Some(line.len())
}

fn first_line(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
    let (first, rest) = text.split_at(end);
    (first.trim_ascii_end(), rest)
}

/// Whether a line holds names of columns, two at least: plain words, so that
/// neither a sentence nor a page of HTML counts.
fn is_header(line: &[u8]) -> bool {
    let Ok(line) = std::str::from_utf8(line) else { return false };
    let name = |cell: &str| {
        let cell = cell.trim();
        let cell = cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')).unwrap_or(cell);
        let mut letters = cell.chars();
        letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
            && letters.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ' | '/'))
            && cell.len() <= 64
    };
    line.contains(',') && line.split(',').all(name)
}

/// Where the object that `record` begins with ends; none where it does not.
/// Whether it is JSON is not asked.
fn end_of_object(record: &[u8]) -> Option<usize> {
    let mut depth = 0usize;
    let mut bytes = record.iter().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b'"' => loop {
                match bytes.next()?.1 {
                    b'"' => break,
                    b'\\' => {
                        bytes.next()?;
                    }
                    _ => {}
                }
            },
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_standard_input_is_told_by_its_beginning() {
        for (start, wanted) in [
            ("", Ok(None)),
            ("{\"inputs\": [[1]]}\n", Ok(None)),
            ("{\"a\": 1,\n \"b\": 2}", Ok(None)),
            ("[1]\n[2]", Ok(None)),
            ("\"text\"", Ok(None)),
            ("12", Ok(None)),
            ("NaN", Ok(None)),
            ("{\"a\": 1}\n{\"a\": 2}\n", Ok(Some(RowFormat::Jsonl))),
            ("\u{feff}{\"a\": 1}\r\n\r\n{\"a\": 2}", Ok(Some(RowFormat::Jsonl))),
            ("amount,country\n1,DE\n", Ok(Some(RowFormat::Csv))),
            ("\u{feff}\"amount\" , name of it\r\n", Ok(Some(RowFormat::Csv))),
            ("PAR1....", Ok(Some(RowFormat::Parquet))),
            ("ARROW1..", Ok(Some(RowFormat::Arrow))),
            ("amount\n1\n2\n", Err(())),
            ("<!doctype html>, <p>\n", Err(())),
            ("not found: a, b\n", Err(())),
            ("1,2\n3,4\n", Err(())),
        ] {
            assert_eq!(told(start.as_bytes()), wanted, "{start:?}");
        }
    }

    #[test]
    fn a_text_that_is_none_says_what_it_may_be() {
        let csv = |start: &[u8]| contradiction(RowFormat::Csv, false, start);
        assert!(csv(b"PAR1\x00\x01").unwrap().contains("Parquet"));
        assert!(csv(b"PAR1,b\n1,2\n").unwrap().contains("Parquet"));
        assert_eq!(contradiction(RowFormat::Csv, true, b"PAR1,b\n1,2\n"), None);
        assert!(contradiction(RowFormat::Csv, true, b"PAR1\x00\n").is_some());
        assert!(csv(b"\xff\xfea\x00").unwrap().contains("UTF-16"));
        assert!(csv(b"PK\x03\x04\xff").unwrap().contains("unpack"));
        assert!(csv(b"{\"a\": 1}\n").unwrap().contains("JSON"));
        assert!(no_text(b"a\x00,b\n").unwrap().contains("no text"));
        assert_eq!(no_text(b"a,b\n1,\x00\n"), None);
        assert_eq!(csv(b"a,b\n1,{\n"), None);
        assert_eq!(contradiction(RowFormat::Jsonl, false, b"{\"a\": 1}\n"), None);
        assert_eq!(contradiction(RowFormat::Parquet, false, b"\x00"), None);
    }
}
