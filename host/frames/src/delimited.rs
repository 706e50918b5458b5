//! Delimited text: records of CSV and lines, read one by one and none beyond a
//! limit.

mod csv;
mod lines;
mod stopped;

pub(crate) use self::csv::{COMMAS, CsvRecords, HEADER_BYTES};
pub(crate) use self::lines::{Lines, SKIPPED_BYTES};
pub(crate) use self::stopped::Stopped;
