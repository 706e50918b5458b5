//! The parts of a document, typed.

use std::path::PathBuf;

use semver::Version;
use tollgate_engine::Digest;
use tollgate_engine::types::Value;

use super::{Change, InputMapping, PluginReference};
use crate::mistake::{Gathered, Mistake};
use crate::source::Source;
use crate::tree::{Content, Node};

/// Reads the parts of a document, and collects what is wrong beyond what the
/// schema can say. Parts that the schema refused are skipped.
pub(super) struct Reader<'a> {
    pub(super) source: &'a Source,
    pub(super) tree: &'a Node,
    pub(super) mistakes: Gathered,
}

impl Reader<'_> {
    fn mistake(&mut self, pointer: &str, message: impl FnOnce() -> (String, String)) {
        let span = self.tree.nearest(pointer).span();
        self.mistakes.push_at(span.start, || {
            let (message, help) = message();
            Mistake::new(self.source, span, message).label(format!("`{pointer}`")).suggest(help)
        });
    }

    pub(super) fn text(&self, pointer: &str) -> Option<String> {
        let found = self.tree.nearest(pointer);
        found.exact.then(|| found.node.text())?.map(str::to_owned)
    }

    pub(super) fn version(&mut self, pointer: &str) -> Option<Version> {
        let text = self.text(pointer).filter(|text| !text.is_empty())?;
        let version = Version::parse(&text).ok();
        if version.is_none() {
            self.mistake(pointer, || {
                let padded = ["", ".0", ".0.0"]
                    .iter()
                    .map(|end| format!("{text}{end}"))
                    .find(|padded| Version::parse(padded).is_ok());
                let help = match padded {
                    Some(padded) => format!("a semantic version has three parts: `{padded}`"),
                    None => "write three whole numbers without leading zeros, such as `2.1.0`"
                        .to_owned(),
                };
                (format!("`{text}` is not a semantic version"), help)
            });
        }
        version
    }

    /// A day, which the schema made sure has the form of one.
    fn date(&mut self, pointer: &str) -> Option<String> {
        let text = self.text(pointer)?;
        let mut parts = text.split('-').map(str::parse::<u32>);
        if let (Some(Ok(year)), Some(Ok(month)), Some(Ok(day))) =
            (parts.next(), parts.next(), parts.next())
            && (1..=12).contains(&month)
            && !(1..=days(year, month)).contains(&day)
        {
            self.mistake(pointer, || {
                let help = format!("that month has {} days", days(year, month));
                (format!("`{text}` is no day of the calendar"), help)
            });
        }
        Some(text)
    }

    pub(super) fn plugin(&mut self) -> Option<PluginReference> {
        let (pointer, result) = match self.text("/plugin").filter(|text| !text.is_empty()) {
            Some(text) => ("/plugin", PluginReference::parse(&text)),
            None => match (self.text("/plugin/file"), self.text("/plugin/digest")) {
                (Some(path), Some(digest)) => {
                    // The schema told a digest of another form already.
                    let digest = Digest::parse(&digest)?;
                    let path = PathBuf::from(path);
                    return Some(PluginReference::File { path, digest });
                }
                _ => {
                    let name = self.text("/plugin/name")?;
                    let versions = self.text("/plugin/version")?;
                    let pointer = match PluginReference::named(&name, "*") {
                        Ok(_) => "/plugin/version",
                        Err(_) => "/plugin/name",
                    };
                    (pointer, PluginReference::named(&name, &versions))
                }
            },
        };
        match result {
            Ok(reference) => Some(reference),
            Err((message, help)) => {
                self.mistake(pointer, || (message, help));
                None
            }
        }
    }

    pub(super) fn changelog(&mut self, current: Option<&Version>) -> Vec<Change> {
        let count = self.tree.get("changelog").and_then(Node::items).map_or(0, <[Node]>::len);
        let mut changes = Vec::new();
        for index in 0..count {
            let at = |key: &str| format!("/changelog/{index}/{key}");
            let version = self.version(&at("version"));
            let parts =
                (version, self.date(&at("date")), self.text(&at("by")), self.text(&at("change")));
            if let (Some(version), Some(date), Some(by), Some(change)) = parts {
                changes.push(Change { version, date, by, change });
            }
        }
        if let Some(current) = current
            && changes.len() == count
            && count > 0
            && !changes.iter().any(|change| change.version == *current)
        {
            let message = format!("the changelog does not say what version `{current}` changed");
            let help = "add an entry with `version`, `date`, `by` and `change`";
            self.mistake("/changelog", || (message, help.to_owned()));
        }
        changes
    }

    pub(super) fn inputs(&mut self) -> Vec<(String, InputMapping)> {
        let entries = self.tree.get("inputs").and_then(Node::entries);
        let mut inputs = Vec::new();
        for entry in entries.unwrap_or_default() {
            let text = |key| entry.value.get(key).and_then(Node::text).map(str::to_owned);
            let mapping = InputMapping {
                pointer: text("pointer"),
                column: text("column"),
                header: text("header"),
                counter: text("counter"),
                default: entry.value.get("default").and_then(scalar),
            };
            // A request has both a body and columns only in different forms,
            // so a pointer and a column may stand together.
            let body = usize::from(mapping.pointer.is_some() || mapping.column.is_some());
            let places = body
                + usize::from(mapping.header.is_some())
                + usize::from(mapping.counter.is_some());
            if places > 1 {
                self.mistakes.push(
                    Mistake::new(
                        self.source,
                        entry.key_span,
                        format!("input `{}` comes from more than one place", entry.key),
                    )
                    .suggest("give `pointer` or `column` (or both), or `header`, or `counter`"),
                );
            }
            inputs.push((entry.key.clone(), mapping));
        }
        inputs
    }
}

/// The days of a month.
fn days(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// A value that stands alone, as a typed one.
pub(crate) fn scalar(node: &Node) -> Option<Value> {
    Some(match &node.content {
        Content::Boolean(value) => Value::Boolean(*value),
        Content::Text(text) => Value::Text(text.clone()),
        Content::Number(number) => match number.as_i64() {
            Some(value) => Value::Integer(value),
            None => Value::Number(number.as_f64()?),
        },
        Content::NonFinite(value) => Value::Number(*value),
        Content::Null | Content::List(_) | Content::Map(_) => return None,
    })
}
