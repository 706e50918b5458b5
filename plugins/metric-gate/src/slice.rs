//! Slices: `{age=18-25,group=female}`.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// Labels, sorted by key, without window and split.
pub(crate) type Labels<'a> = Vec<(&'a str, &'a str)>;

/// A slice, in the order of its hash: of 100,000 slices texts would be compared
/// millions of times.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Slice<'a> {
    hash: u64,
    /// What makes it.
    pub labels: Labels<'a>,
}

impl<'a> Slice<'a> {
    pub(crate) fn new(labels: Labels<'a>) -> Self {
        // FNV-1a. Slices of one hash are still told apart, by their labels.
        let bytes = labels.iter().flat_map(|(key, value)| key.bytes().chain(value.bytes()));
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self { hash, labels }
    }
}

/// Splits `auc{group=female}` into name and labels, sorted by key. `None` when
/// the braces or the labels are malformed, or a key comes twice.
#[must_use]
pub(crate) fn parse(text: &str) -> Option<(&str, Vec<(String, String)>)> {
    let Some((name, rest)) = text.split_once('{') else {
        return (!text.contains('}')).then_some((text, Vec::new()));
    };
    let name = name.trim();
    let inside = rest.strip_suffix('}')?;
    if name.is_empty() || inside.contains(['{', '}']) {
        return None;
    }
    let mut labels: Vec<(String, String)> = Vec::new();
    for part in inside.split(',') {
        let (key, value) = part.split_once('=')?;
        let value = value.trim();
        // Prometheus and PromQL quote values.
        let value =
            value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
        let key = key.trim();
        if key.is_empty() || labels.iter().any(|(other, _)| other == key) {
            return None;
        }
        insert(&mut labels, (key.to_owned(), value.to_owned()));
    }
    Some((name, labels))
}

/// Inserts an item where it belongs in a sorted list. Lists here are short, and
/// the standard sorts take 20 KB of a plugin.
pub(crate) fn insert<T: Ord>(sorted: &mut Vec<T>, item: T) {
    let place = sorted.partition_point(|other| *other < item);
    sorted.insert(place, item);
}

/// Writes labels in braces; nothing when there are none.
#[derive(Debug)]
pub(crate) struct Braces<'a>(pub &'a [(&'a str, &'a str)]);

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
