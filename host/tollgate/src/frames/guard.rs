//! Between readers of broken files and the rest.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Batch, Format, FrameError, Frames};

/// Opens a file; a panic of the reader is an error.
///
/// The crates for Parquet and Arrow check much of what they read, not all: on
/// a damaged file they may index beyond an array. Nothing of theirs is used
/// afterwards, so it does not matter in what state the panic leaves it.
pub(super) fn opening(
    file: &str,
    format: Format,
    open: impl FnOnce() -> Result<Frames, FrameError>,
) -> Result<Frames, FrameError> {
    let mut frames = caught(file, format, open).unwrap_or_else(Err)?;
    let (file, mut ended) = (file.to_owned(), false);
    let mut batches = frames.batches;
    frames.batches = Box::new(std::iter::from_fn(move || {
        if ended {
            return None;
        }
        let next: Option<Result<Batch, FrameError>> =
            caught(&file, format, || batches.next()).unwrap_or_else(|error| Some(Err(error)));
        ended = !matches!(next, Some(Ok(_)));
        next
    }));
    Ok(frames)
}

fn caught<T>(file: &str, format: Format, work: impl FnOnce() -> T) -> Result<T, FrameError> {
    // The thread that reads is the only one whose panics are kept quiet.
    QUIET.with(|quiet| quiet.set(true));
    hush();
    let result = catch_unwind(AssertUnwindSafe(work));
    QUIET.with(|quiet| quiet.set(false));
    result.map_err(|_| FrameError::Broken {
        file: file.to_owned(),
        format,
        problem: "it is damaged, and its contents contradict each other".to_owned(),
    })
}

thread_local! {
    static QUIET: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// A caught panic is told as an error, once, and not by the panic's own
/// message.
fn hush() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !QUIET.with(std::cell::Cell::get) {
                before(panic);
            }
        }));
    });
}
