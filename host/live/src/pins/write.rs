//! Pins as texts.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Change, Pin, PinnedVersion};

/// What a new pin file begins with.
const HEAD: &str = "\
# Which version of each policy is live. `tollgate pin` and `tollgate rollback`
# write this file, and keep these first lines of it and no other comments.
";

/// A pin file. The comments that the one before began with stay.
pub(super) fn file(before: Option<&str>, pins: &BTreeMap<String, Pin>) -> String {
    let mut text = before.map_or_else(|| HEAD.to_owned(), head);
    text.push_str("models:\n");
    for (name, pin) in pins {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {}:", key(name));
        for (key, value) in parts(pin, false) {
            match value {
                Part::Plain(value) => drop(writeln!(text, "    {key}: {value}")),
                Part::Map(entries) => {
                    let _ = writeln!(text, "    {key}:");
                    for (key, value) in entries {
                        let _ = writeln!(text, "      {}: {value}", quoted(&key));
                    }
                }
                Part::List(items) => {
                    let _ = writeln!(text, "    {key}:");
                    for item in items {
                        let _ = writeln!(text, "      - {item}");
                    }
                }
            }
        }
    }
    text
}

/// One pin as a line of JSON, which YAML is, too.
pub(super) fn line(pin: &Pin) -> String {
    let parts = parts(pin, true).into_iter().map(|(key, value)| {
        let value = match value {
            Part::Plain(value) => value,
            Part::Map(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| format!("{}: {}", quoted(key), quoted(value)));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }
            Part::List(items) => format!("[{}]", items.join(", ")),
        };
        format!("{}: {value}", quoted(key))
    });
    format!("{{{}}}", parts.collect::<Vec<_>>().join(", "))
}

enum Part {
    Plain(String),
    Map(Vec<(String, String)>),
    List(Vec<String>),
}

fn parts(pin: &Pin, in_json: bool) -> Vec<(&'static str, Part)> {
    let version = |version: &PinnedVersion| match version.is_whole() || !in_json {
        true => version.to_string(),
        false => quoted(&version.to_string()),
    };
    let mut parts = vec![("current", Part::Plain(version(&pin.current)))];
    for (key, named) in [("previous", &pin.previous), ("fallback", &pin.fallback)] {
        if let Some(named) = named {
            parts.push((key, Part::Plain(version(named))));
        }
    }
    if !pin.bad.is_empty() {
        let bad: Vec<_> = pin.bad.iter().map(version).collect();
        parts.push(("bad", Part::Plain(format!("[{}]", bad.join(", ")))));
    }
    parts.push(("generation", Part::Plain(pin.generation.to_string())));
    if !pin.digests.is_empty() {
        let digest =
            pin.digests.iter().map(|(version, digest)| (version.to_string(), digest.to_string()));
        parts.push(("digests", Part::Map(digest.collect())));
    }
    if !pin.history.is_empty() {
        parts.push(("history", Part::List(pin.history.iter().map(change).collect())));
    }
    parts
}

fn change(change: &Change) -> String {
    let version = |version: &PinnedVersion| match version.is_whole() {
        true => version.to_string(),
        false => quoted(&version.to_string()),
    };
    let from = change
        .from
        .as_ref()
        .map_or_else(String::new, |from| format!("\"from\": {}, ", version(from)));
    format!(
        "{{\"generation\": {}, \"at\": {}, \"by\": {}, \"action\": \"{}\", {from}\"to\": {}, \
         \"reason\": {}}}",
        change.generation,
        quoted(&change.at.to_string()),
        quoted(&change.by),
        change.action.name(),
        version(&change.to),
        quoted(&change.reason),
    )
}

/// A text as JSON, which YAML reads as the same.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A name as a key, in quotes where YAML takes it for something else.
pub(super) fn key(name: &str) -> String {
    const OTHERS: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let begins = name.starts_with(|letter: char| letter.is_ascii_alphabetic());
    match begins && !OTHERS.contains(&name.to_ascii_lowercase().as_str()) {
        true => name.to_owned(),
        false => quoted(name),
    }
}

/// The comments that a text begins with.
fn head(text: &str) -> String {
    let is_head = |line: &&str| line.trim().is_empty() || line.trim_start().starts_with('#');
    text.split_inclusive('\n').take_while(is_head).collect()
}
