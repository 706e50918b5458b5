//! The files of a log: one, or a folder of many that go on with each other.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::{ReadError, name};

/// What the files of a folder are called: `decisions-000000000001.jsonl`, by
/// the number of the record that a file begins with.
const EXTENSION: &str = "jsonl";

/// The files of a log in their order: the file itself, or those in a folder.
///
/// # Errors
/// When the folder cannot be read, or holds none, or those of two logs.
pub fn files(log: &Path) -> Result<VecDeque<PathBuf>, ReadError> {
    if !log.is_dir() {
        return Ok(VecDeque::from([log.to_owned()]));
    }
    let refused = |error| ReadError::Refused { log: name(log), error };
    let mut found: Vec<(String, u64, PathBuf)> = Vec::new();
    for entry in fs::read_dir(log).map_err(refused)? {
        let path = entry.map_err(refused)?.path();
        if let Some((stem, first)) = numbered(&path) {
            found.push((stem, first, path));
        }
    }
    found.sort();
    match found.first().zip(found.last()) {
        None => Err(ReadError::NoFiles(name(log))),
        Some(((one, ..), (other, ..))) if one != other => {
            let (one, other) = (one.clone(), other.clone());
            Err(ReadError::TwoLogs { folder: name(log), one, other })
        }
        Some(_) => Ok(found.into_iter().map(|(.., path)| path).collect()),
    }
}

/// The name of the file of a folder that begins with this record.
#[must_use]
pub fn file_name(stem: &str, first: u64) -> String {
    format!("{stem}-{first:012}.{EXTENSION}")
}

/// What a file is called by, and the record that it says it begins with.
fn numbered(path: &Path) -> Option<(String, u64)> {
    if path.extension() != Some(OsStr::new(EXTENSION)) {
        return None;
    }
    let (stem, number) = path.file_stem()?.to_str()?.rsplit_once('-')?;
    let digits = number.len() >= 12 && number.bytes().all(|byte| byte.is_ascii_digit());
    Some((stem.to_owned(), number.parse().ok().filter(|_| digits)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails panics")]

    use super::*;

    #[test]
    fn files_of_a_folder_are_in_the_order_of_their_records() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str| fs::write(folder.path().join(name), "").unwrap();
        assert!(matches!(files(folder.path()), Err(ReadError::NoFiles(_))));
        let numbers = [1_000_000_000_000, 1, 20, 999_999_999_999];
        numbers.into_iter().for_each(|first| make(&file_name("decisions", first)));
        make("decisions-000000000001.jsonl.torn-5");
        make("notes-2.jsonl");
        make("writer.lock");
        let names: Vec<_> =
            files(folder.path()).unwrap().iter().map(|path| numbered(path)).collect();
        assert_eq!(
            names.iter().flatten().map(|(_, first)| *first).collect::<Vec<_>>(),
            [1, 20, 999_999_999_999, 1_000_000_000_000]
        );
        make(&file_name("others", 1));
        assert!(matches!(files(folder.path()), Err(ReadError::TwoLogs { .. })));
    }
}
