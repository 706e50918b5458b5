//! Labels, and the slices that they make: `{feature=amount}`.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// Labels, sorted by key, the window left out.
pub type Labels = Vec<(String, String)>;

/// Inserts an item where it belongs in a sorted list. Lists here are short, and
/// the standard sorts take 20 KB of a plugin.
pub(crate) fn insert<T: Ord>(sorted: &mut Vec<T>, item: T) {
    let place = sorted.partition_point(|other| *other < item);
    sorted.insert(place, item);
}

/// These labels and one more.
pub(crate) fn with(labels: &Labels, key: &str, value: &str) -> Labels {
    let mut labels = labels.clone();
    insert(&mut labels, (key.to_owned(), value.to_owned()));
    labels
}

/// Writes labels in braces; nothing when there are none.
#[derive(Debug)]
pub(crate) struct Braces<'a>(pub &'a Labels);

impl fmt::Display for Braces<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = "{";
        for (key, value) in self.0 {
            write!(out, "{before}{key}={value}")?;
            before = ",";
        }
        if self.0.is_empty() { Ok(()) } else { out.write_str("}") }
    }
}
