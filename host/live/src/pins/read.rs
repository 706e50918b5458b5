//! Pins out of texts.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Value, json};
use tollgate::document::{DocumentError, shaped};
use tollgate::facts::Instant;
use tollgate::mistake::{Gathered, Mistake, Span};
use tollgate::source::Source;
use tollgate::tree::{Content, Node, NonFinite};
use tollgate_engine::Digest;

use super::{Action, Change, PINS_SCHEMA, Pin, PinnedVersion};

/// The part of the schema that is one pin.
static PIN_SCHEMA: LazyLock<String> = LazyLock::new(|| {
    let mut schema: Value = serde_json::from_str(PINS_SCHEMA).unwrap_or_default();
    let parts = schema.get_mut("$defs").map(Value::take).unwrap_or_default();
    json!({ "$ref": "#/$defs/pin", "$defs": parts }).to_string()
});

/// Reads a pin file.
///
/// # Errors
/// All its mistakes.
pub(super) fn pins(source: &Source) -> Result<BTreeMap<String, Pin>, DocumentError> {
    let tree = shaped(source, "pins", PINS_SCHEMA)?;
    let mut reader = Reader { source, mistakes: Gathered::default() };
    let entries = tree.get("models").and_then(Node::entries).unwrap_or_default();
    let pins = entries.iter().filter_map(|entry| {
        let pin = reader.pin(&entry.value, entry.key_span)?;
        Some((entry.key.clone(), pin))
    });
    let pins = pins.collect();
    reader.mistakes.finish().map_or(Ok(pins), |mistakes| Err(mistakes.into()))
}

/// Reads the pin of one policy, as a key of a ConfigMap has it: a version, or
/// what a pin file has under its name.
///
/// # Errors
/// All its mistakes.
pub(super) fn one(source: &Source) -> Result<Pin, DocumentError> {
    let tree = Node::parse(source, NonFinite::Refused)?;
    let mut reader = Reader { source, mistakes: Gathered::default() };
    if tree.entries().is_none() {
        let version = reader.version(&tree);
        return match (reader.mistakes.finish(), version) {
            (None, Some(version)) => Ok(Pin::bare(version)),
            (Some(mistakes), _) => Err(mistakes.into()),
            (None, None) => Err(Mistake::new(source, tree.span, "a version is missing").into()),
        };
    }
    let tree = shaped(source, "pins", &PIN_SCHEMA)?;
    let pin = reader.pin(&tree, tree.span);
    match (reader.mistakes.finish(), pin) {
        (None, Some(pin)) => Ok(pin),
        (Some(mistakes), _) => Err(mistakes.into()),
        (None, None) => Err(Mistake::new(source, tree.span, "a version is missing").into()),
    }
}

struct Reader<'a> {
    source: &'a Source,
    mistakes: Gathered,
}

impl Reader<'_> {
    fn wrong(&mut self, span: Span, message: impl Into<String>) {
        self.mistakes.push(Mistake::new(self.source, span, message));
    }

    fn pin(&mut self, node: &Node, name: Span) -> Option<Pin> {
        let named = |key: &str| node.get(key).filter(|node| node.content != Content::Null);
        let current = named("current").and_then(|node| self.version(node));
        let previous = named("previous").map(|node| self.version(node));
        let fallback = named("fallback").map(|node| self.version(node));
        let bad = node.get("bad").and_then(Node::items).unwrap_or_default();
        let bad = bad.iter().filter_map(|node| self.version(node)).collect();
        let generation = node.get("generation").and_then(whole).unwrap_or(0);
        let mut digests = BTreeMap::new();
        for entry in node.get("digests").and_then(Node::entries).unwrap_or_default() {
            let digest = entry.value.text().and_then(Digest::parse);
            match (entry.key.parse(), digest) {
                (Ok(version), Some(digest)) => drop(digests.insert(version, digest)),
                (Err(problem), _) => self.wrong(entry.key_span, problem),
                (_, None) => self.wrong(entry.value.span, "expected a digest"),
            }
        }
        let changes = node.get("history").and_then(Node::items).unwrap_or_default();
        let history: Vec<Change> =
            changes.iter().filter_map(|change| self.change(change)).collect();
        let pin = Pin {
            current: current?,
            previous: previous.flatten(),
            fallback: fallback.flatten(),
            bad,
            generation,
            digests,
            history,
        };
        self.sense(node, &pin, name);
        Some(pin)
    }

    /// What the shape cannot say.
    fn sense(&mut self, node: &Node, pin: &Pin, name: Span) {
        let named = [
            ("current", Some(&pin.current)),
            ("previous", pin.previous.as_ref()),
            ("fallback", pin.fallback.as_ref()),
        ];
        for (key, version) in named {
            let Some(version) = version.filter(|version| pin.bad.contains(version)) else {
                continue;
            };
            let span = node.get(key).map_or(name, |node| node.span);
            self.wrong(span, format!("version {version} is marked bad, so it cannot be {key}"));
        }
        let generations: Vec<u64> = pin.history.iter().map(|change| change.generation).collect();
        let span = node.entry("history").map_or(name, |entry| entry.key_span);
        if !generations.is_sorted_by(|a, b| a < b) {
            self.wrong(span, "the generations of the history do not rise");
        }
        let Some(last) = pin.history.last() else { return };
        let span = node.entry("generation").map_or(name, |entry| entry.value.span);
        if last.generation > pin.generation {
            let (found, last) = (pin.generation, last.generation);
            self.wrong(span, format!("generation {found} is before the history's last, {last}"));
        } else if last.generation == pin.generation && last.to != pin.current {
            let (to, generation) = (&last.to, pin.generation);
            let message = format!("`current` is {to} in the history of generation {generation}");
            let span = node.get("current").map_or(name, |node| node.span);
            let help = "whoever changes a pin by hand raises `generation`, or uses `tollgate pin`";
            self.mistakes.push(Mistake::new(self.source, span, message).suggest(help));
        }
    }

    fn change(&mut self, node: &Node) -> Option<Change> {
        let text = |key: &str| node.get(key).and_then(Node::text).map(str::to_owned);
        let at = match text("at")?.parse::<Instant>() {
            Ok(at) => at,
            Err(problem) => {
                self.wrong(node.nearest("/at").span(), problem);
                return None;
            }
        };
        let from = node.get("from").filter(|node| node.content != Content::Null);
        Some(Change {
            generation: node.get("generation").and_then(whole)?,
            at,
            by: text("by")?,
            action: match text("action")?.as_str() {
                "pin" => Action::Pin,
                _ => Action::Rollback,
            },
            from: from.and_then(|node| self.version(node)),
            to: node.get("to").and_then(|node| self.version(node))?,
            reason: text("reason")?,
        })
    }

    fn version(&mut self, node: &Node) -> Option<PinnedVersion> {
        let read = match &node.content {
            Content::Number(number) => match number.as_u64() {
                Some(number) => return Some(PinnedVersion::whole(number)),
                None => Err(format!(
                    "`{number}` is a number and no version: write three parts, such as `2.1.0`"
                )),
            },
            Content::Text(text) => text.trim().parse(),
            _ => Err(format!("expected a version, found {}", node.kind())),
        };
        match read {
            Ok(version) => Some(version),
            Err(problem) => {
                self.wrong(node.span, problem);
                None
            }
        }
    }
}

fn whole(node: &Node) -> Option<u64> {
    match &node.content {
        Content::Number(number) => number.as_u64(),
        _ => None,
    }
}
