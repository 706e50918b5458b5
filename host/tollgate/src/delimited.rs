//! Delimited text: records of CSV and lines, read one by one and none beyond a
//! limit.

mod csv;
mod lines;
mod stopped;

pub use self::csv::{COMMAS, CsvRecords, HEADER_BYTES};
pub use self::lines::{Lines, SKIPPED_BYTES};
pub use self::stopped::Stopped;
