//! What is written differently in two documents.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use serde_json::Value;

use crate::canonical;
use crate::document::PolicyDocument;
use crate::tree::{Content, Entry, Index, Node, escape};

/// One value that is written differently.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Where, for a person: `settings.thresholds.block`,
    /// `settings.rules[fairness].threshold`.
    pub path: String,
    /// Where in the new document, RFC 6901; of what is gone, where it was.
    pub pointer: String,
    /// The line of the new document, from 1; of what is gone, of what it was
    /// in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What was there; none where nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// What is there; none where nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
}

impl Change {
    /// Whether it is one of the plugin's settings.
    #[must_use]
    pub fn setting(&self) -> Option<&str> {
        self.path.strip_prefix("settings.")
    }

    /// `0.7 → 0.5`, for a person.
    #[must_use]
    pub fn shown(&self) -> String {
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => format!("{} → {}", value(old), value(new)),
            (None, Some(new)) => format!("added {}", value(new)),
            (Some(old), None) => format!("removed {}", value(old)),
            (None, None) => "no value".to_owned(),
        }
    }
}

/// What a longer value ends with, for a person.
const LONGEST: usize = 120;

/// A value as a person writes it, a long one in part.
fn value(value: &Value) -> String {
    let text = match value {
        // Quotes where it would read as something else without them.
        Value::String(text) if is_word(text) => text.clone(),
        value => canonical::to_text(value),
    };
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_alphanumeric() || "_-./@^~*+:".contains(c))
        && text.parse::<f64>().is_err()
        && !["true", "false", "null"].contains(&text)
}

/// What tells the reader of a document, and no judge, what changed.
const CHANGELOG: &str = "changelog";

/// All that is written differently, but for the changelog.
#[must_use]
pub fn changes(old: &PolicyDocument, new: &PolicyDocument) -> Vec<Change> {
    let mut found = Vec::new();
    let at = Place { path: String::new(), pointer: String::new() };
    maps(
        &at,
        old.tree().entries().unwrap_or_default(),
        new.tree().entries().unwrap_or_default(),
        &mut found,
    );
    found
        .retain(|change| change.pointer.split('/').nth(1).is_none_or(|member| member != CHANGELOG));
    let index = Index::new(new.tree());
    for change in &mut found {
        // What is gone may have left its place to something else.
        let parent = change.pointer.rsplit_once('/').map(|(parent, _)| parent);
        let pointer = parent.filter(|_| change.new.is_none()).unwrap_or(&change.pointer);
        let span = index.nearest(pointer).span();
        change.line = u64::try_from(new.source().place(span.start).line).ok();
    }
    found
}

#[derive(Debug)]
struct Place {
    path: String,
    pointer: String,
}

impl Place {
    fn member(&self, key: &str) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        Self {
            path: format!("{}{dot}{key}", self.path),
            pointer: format!("{}/{}", self.pointer, escape(key)),
        }
    }

    /// An item by what a person calls it.
    fn item(&self, name: &str, index: usize) -> Self {
        Self {
            path: format!("{}[{name}]", self.path),
            pointer: format!("{}/{index}", self.pointer),
        }
    }

    fn change(&self, old: Option<Value>, new: Option<Value>) -> Change {
        Change { path: self.path.clone(), pointer: self.pointer.clone(), line: None, old, new }
    }
}

fn nodes(at: &Place, old: Option<&Node>, new: Option<&Node>, found: &mut Vec<Change>) {
    match (old.map(|node| &node.content), new.map(|node| &node.content)) {
        (Some(Content::Map(old)), Some(Content::Map(new))) => maps(at, old, new, found),
        (Some(Content::List(old)), Some(Content::List(new))) => lists(at, old, new, found),
        _ => {
            let (old, new) = (old.map(Node::to_json), new.map(Node::to_json));
            if !is_same(old.as_ref(), new.as_ref()) {
                found.push(at.change(old, new));
            }
        }
    }
}

/// `1` and `1.0` are one number, as they are to a plugin.
fn is_same(old: Option<&Value>, new: Option<&Value>) -> bool {
    match (old, new) {
        (Some(old), Some(new)) => canonical::to_text(old) == canonical::to_text(new),
        (old, new) => old.is_none() && new.is_none(),
    }
}

fn maps(at: &Place, old: &[Entry], new: &[Entry], found: &mut Vec<Change>) {
    let before: HashMap<&str, &Node> =
        old.iter().map(|entry| (entry.key.as_str(), &entry.value)).collect();
    let kept: HashSet<&str> = new.iter().map(|entry| entry.key.as_str()).collect();
    for entry in new {
        let place = at.member(&entry.key);
        nodes(&place, before.get(entry.key.as_str()).copied(), Some(&entry.value), found);
    }
    for entry in old.iter().filter(|entry| !kept.contains(entry.key.as_str())) {
        nodes(&at.member(&entry.key), Some(&entry.value), None, found);
    }
}

/// Lists of so many values are shown whole.
const SHORT: usize = 8;

fn lists(at: &Place, old: &[Node], new: &[Node], found: &mut Vec<Change>) {
    let is_scalar = |node: &Node| !matches!(node.content, Content::Map(_) | Content::List(_));
    let scalars = old.iter().chain(new).all(is_scalar);
    if scalars && old.len().max(new.len()) <= SHORT {
        let list = |nodes: &[Node]| Value::Array(nodes.iter().map(Node::to_json).collect());
        let (old, new) = (Some(list(old)), Some(list(new)));
        if !is_same(old.as_ref(), new.as_ref()) {
            found.push(at.change(old, new));
        }
        return;
    }
    // An item that moves is the same item: by what it is called, else by what
    // it says, else by its place.
    let (olds, news) = (names(old, scalars), names(new, scalars));
    let before: HashMap<&str, usize> =
        olds.iter().enumerate().map(|(index, name)| (name.as_str(), index)).collect();
    for (index, (name, node)) in news.iter().zip(new).enumerate() {
        let place = at.item(name, index);
        let old = before.get(name.as_str()).and_then(|index| old.get(*index));
        nodes(&place, old, Some(node), found);
    }
    let after: HashMap<&str, usize> =
        news.iter().enumerate().map(|(index, name)| (name.as_str(), index)).collect();
    for (index, (name, node)) in olds.iter().zip(old).enumerate() {
        if !after.contains_key(name.as_str()) {
            nodes(&at.item(name, index), Some(node), None, found);
        }
    }
    let common = |names: &[String], others: &HashMap<&str, usize>| -> Vec<String> {
        names.iter().filter(|name| others.contains_key(name.as_str())).cloned().collect()
    };
    let (old, new) = (common(&olds, &after), common(&news, &before));
    if old != new {
        let place = Place { path: format!("{} (order)", at.path), pointer: at.pointer.clone() };
        found.push(place.change(Some(old.into()), Some(new.into())));
    }
}

/// What items are called: their id, their name, the metric that they judge, or
/// their place; each of a list differently.
fn names(items: &[Node], scalars: bool) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let name = |(index, node): (usize, &Node)| {
        let called = ["id", "name", "metric"].into_iter().find_map(|key| node.get(key)?.text());
        let name = match called {
            Some(name) => name.to_owned(),
            None if scalars => canonical::to_text(&node.to_json()),
            None => index.to_string(),
        };
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        if *count == 1 { name } else { format!("{name} ({count})") }
    };
    items.iter().enumerate().map(name).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed expectation is a failed test")]
mod tests {
    use super::*;
    use crate::source::Source;

    fn document(settings: &str) -> PolicyDocument {
        let text = format!(
            "name: a\nversion: 1.0.0\nplugin: metric-gate@^0.1\nowner: b\nsummary: c\n\
             changelog:\n  - {{ version: 1.0.0, date: 2026-11-30, by: b, change: d }}\n\
             settings:\n{settings}"
        );
        PolicyDocument::parse(Source::new("a.yaml", &text), Default::default()).unwrap()
    }

    fn told(old: &str, new: &str) -> Vec<String> {
        changes(&document(old), &document(new))
            .into_iter()
            .map(|it| format!("{} {}: {}", it.line.unwrap(), it.path, it.shown()))
            .collect()
    }

    #[test]
    fn each_value_is_told_where_it_is() {
        let old = "  thresholds: { block: 0.7, gone: 1 }\n  list: [NG, PK]\n";
        let new =
            "  # a comment\n  thresholds:\n    block: 0.50\n  list: [NG, PK, \"1\"]\n  more: {}\n";
        assert_eq!(
            told(old, new),
            [
                "11 settings.thresholds.block: 0.7 → 0.5",
                "10 settings.thresholds.gone: removed 1",
                "12 settings.list: [\"NG\",\"PK\"] → [\"NG\",\"PK\",\"1\"]",
                "13 settings.more: added {}",
            ]
        );
        let same = "  thresholds: { gone: 1.0, block: 7e-1 } # in other words\n  list: [NG, PK]\n";
        assert_eq!(told(old, same), [""; 0]);
    }

    #[test]
    fn rules_are_known_by_what_they_are_called() {
        let old = "  rules:\n    - { metric: auc, threshold: 1 }\n    - { id: fair, threshold: 2 }\n    \
                   - { metric: auc, threshold: 3 }\n";
        let new = "  rules:\n    - { id: fair, threshold: 4 }\n    - { metric: auc, threshold: 1 }\n    \
                   - { id: new, threshold: 3 }\n";
        assert_eq!(
            told(old, new),
            [
                "10 settings.rules[fair].threshold: 2 → 4",
                "12 settings.rules[new]: added {\"id\":\"new\",\"threshold\":3}",
                "9 settings.rules[auc (2)]: removed {\"metric\":\"auc\",\"threshold\":3}",
                "9 settings.rules (order): [\"auc\",\"fair\"] → [\"fair\",\"auc\"]",
            ]
        );
    }

    #[test]
    fn long_lists_are_told_by_their_items() {
        let list = |more: &str| format!("  list: [a, b, c, d, e, f, g, h, i{more}]\n");
        assert_eq!(told(&list(""), &list(", j")), ["9 settings.list[\"j\"]: added j"]);
        assert_eq!(told(&list(", j"), &list("")), ["9 settings.list[\"j\"]: removed j"]);
    }

    #[test]
    fn what_nobody_judges_by_is_left_out() {
        let mut other = document("  a: 1\n");
        let text = other.source().text().replace("change: d", "change: e");
        other = PolicyDocument::parse(Source::new("a.yaml", &text), Default::default()).unwrap();
        assert!(changes(&document("  a: 1\n"), &other).is_empty());
    }
}
