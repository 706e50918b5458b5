//! Between readers of broken files and the rest.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tollgate::rows::{RowBatch, RowFormat};

use crate::error::FrameError;
use crate::frames::FileRows;

/// Opens a file; a panic of the reader is an error.
///
/// The crates for Parquet and Arrow check much of what they read, not all: on
/// a damaged file they may index beyond an array. Nothing of theirs is used
/// afterwards, so it does not matter in what state the panic leaves it.
pub(crate) fn opening(
    file: &str,
    format: RowFormat,
    open: impl FnOnce() -> Result<FileRows, FrameError>,
) -> Result<FileRows, FrameError> {
    let mut rows = caught(file, format, open).unwrap_or_else(Err)?;
    let (file, mut ended) = (file.to_owned(), false);
    let mut batches = rows.batches;
    rows.batches = Box::new(std::iter::from_fn(move || {
        if ended {
            return None;
        }
        let next: Option<Result<RowBatch, FrameError>> =
            caught(&file, format, || batches.next()).unwrap_or_else(|error| Some(Err(error)));
        ended = !matches!(next, Some(Ok(_)));
        next
    }));
    Ok(rows)
}

fn caught<T>(file: &str, format: RowFormat, work: impl FnOnce() -> T) -> Result<T, FrameError> {
    let before = GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(before);
    result.map_err(|_| FrameError::Broken {
        file: file.to_owned(),
        format,
        problem: "it is damaged, and its contents contradict each other".to_owned(),
    })
}

thread_local! {
    static GUARDED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Whether this thread is reading a file, so that a panic in it is caught and
/// told as an error.
///
/// What the process says of a panic is the process's own business: a program
/// that wants none of it for a damaged file asks this in its panic hook.
#[must_use]
pub fn is_guarded() -> bool {
    GUARDED.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_a_reader_is_an_error_and_nothing_else_changes() {
        let outside = is_guarded();
        let result = caught("x.parquet", RowFormat::Parquet, || {
            assert!(is_guarded());
            // Without the hook, as another program's hook would be.
            std::panic::resume_unwind(Box::new("a reader's own"))
        });
        let result: Result<(), FrameError> = result;
        assert!(result.unwrap_err().to_string().contains("`x.parquet` cannot be read as Parquet"));
        assert_eq!(is_guarded(), outside);
        assert!(!outside);
    }
}
