//! Names of facts, with labels: `owner`, `param{name=max_depth}`.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use tollgate_sdk::gate::Fact;

/// A name, and the labels that a fact must have, no others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    /// The name.
    pub name: String,
    /// Key and value of each label.
    pub labels: Vec<(String, String)>,
}

impl Name {
    /// A name without labels.
    pub(crate) fn plain(name: &str) -> Self {
        Self { name: name.to_owned(), labels: Vec::new() }
    }

    /// Reads `name` or `name{key=value,...}`. `None` where the braces or the
    /// labels are malformed, or a key comes twice.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let Some((name, rest)) = text.split_once('{') else {
            return (!text.is_empty() && !text.contains('}')).then(|| Self::plain(text));
        };
        let inside = rest.strip_suffix('}')?;
        if name.is_empty() || inside.contains(['{', '}']) {
            return None;
        }
        let mut read = Self::plain(name);
        for part in inside.split(',') {
            let (key, value) = part.split_once('=')?;
            if key.is_empty() || read.labels.iter().any(|(other, _)| other == key) {
                return None;
            }
            read.labels.push((key.to_owned(), value.to_owned()));
        }
        Some(read)
    }

    /// A name with one label.
    pub(crate) fn labelled(name: &str, key: &str, value: &str) -> Self {
        Self { labels: alloc::vec![(key.to_owned(), value.to_owned())], ..Self::plain(name) }
    }

    /// Whether a fact has these labels, and no others.
    pub(crate) fn has_labels_of(&self, fact: &Fact) -> bool {
        self.labels.len() == fact.labels.len()
            && self.labels.iter().all(|(key, value)| {
                fact.labels.iter().any(|label| label.key == *key && label.value == *value)
            })
    }
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.labels.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        write(out, &self.name, labels)
    }
}

/// What a fact calls itself.
pub(crate) struct Title<'a>(pub &'a Fact);

impl fmt::Display for Title<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.0.labels.iter().map(|label| (label.key.as_str(), label.value.as_str()));
        write(out, &self.0.name, labels)
    }
}

fn write<'a>(
    out: &mut fmt::Formatter<'_>,
    name: &str,
    labels: impl Iterator<Item = (&'a str, &'a str)>,
) -> fmt::Result {
    out.write_str(name)?;
    let mut before = "{";
    for (key, value) in labels {
        write!(out, "{before}{key}={value}")?;
        before = ",";
    }
    if before == "," { out.write_str("}") } else { Ok(()) }
}
