//! The process that gives a target its inputs.

use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::mutate;
use crate::targets::Target;

/// Rounds from `first` on, for so long; tells of each before it starts, as
/// eight bytes on standard output.
///
/// # Errors
/// When nobody listens.
pub fn rounds(target: &Target, seed: u64, first: u64, time: Duration) -> io::Result<()> {
    let seeds = (target.seeds)();
    let start = Instant::now();
    let mut out = io::stdout().lock();
    for round in first.. {
        if start.elapsed() >= time {
            break;
        }
        out.write_all(&round.to_le_bytes())?;
        out.flush()?;
        (target.read)(&mutate::input(&seeds, seed, round));
    }
    Ok(())
}

/// One input, from a file.
///
/// # Errors
/// When it cannot be read.
pub fn one(target: &Target, file: &Path) -> io::Result<()> {
    (target.read)(&std::fs::read(file)?);
    Ok(())
}
