//! The manifest of a ConfigMap, with one key changed and the rest to the letter
//! as it was.

use tollgate::source::Source;
use tollgate::tree::Node;

use super::error::PinsError;
use super::write::{key, quoted};
use super::{Pin, Snapshot};

/// The text with `value` under a name in `data`.
///
/// # Errors
/// When there is no place for it that leaves everything else as it is.
pub(super) fn with_key(
    source: &Source,
    tree: &Node,
    name: &str,
    value: &str,
    pin: &Pin,
) -> Result<String, PinsError> {
    let no_place = || PinsError::NoPlace { file: source.name().to_owned(), name: name.to_owned() };
    let (text, is_json) = (source.text(), source.name().ends_with(".json"));
    let value = match is_json {
        true => quoted(value),
        false => format!("'{}'", value.replace('\'', "''")),
    };
    let data = tree.get("data").ok_or_else(no_place)?;
    let changed = match data.entry(name) {
        Some(entry) => {
            let span = entry.value.span;
            let before = text.get(..span.start).ok_or_else(no_place)?;
            let behind = text.get(span.end..).ok_or_else(no_place)?;
            // A block ends behind its last line break.
            let end = if text.get(span.start..span.end).is_some_and(|it| it.ends_with('\n')) {
                "\n"
            } else {
                ""
            };
            format!("{before}{value}{end}{behind}")
        }
        None => {
            let first = data.entries().and_then(<[_]>::first).ok_or_else(no_place)?;
            let (before, behind) =
                text.split_at_checked(first.key_span.start).ok_or_else(no_place)?;
            let indent = before.rsplit('\n').next().unwrap_or_default();
            let (name, between) = match indent.trim().is_empty() {
                true if !is_json => (key(name), format!("\n{indent}")),
                true => (quoted(name), format!(",\n{indent}")),
                false => (quoted(name), ", ".to_owned()),
            };
            format!("{before}{name}: {value}{between}{behind}")
        }
    };
    match is_as_meant(source, tree, name, &changed, pin) {
        true => Ok(changed),
        false => Err(no_place()),
    }
}

/// Whether a text says what it said before, but for the pin.
fn is_as_meant(source: &Source, tree: &Node, name: &str, text: &str, pin: &Pin) -> bool {
    let Ok(snapshot) = Snapshot::parse(Source::new(source.name(), text)) else { return false };
    let super::snapshot::Form::Manifest(_, after, _) = &snapshot.form else { return false };
    let without = |tree: &Node| {
        let mut value = tree.to_json();
        let data = value.get_mut("data").and_then(serde_json::Value::as_object_mut);
        data.map(|data| data.remove(name));
        value
    };
    snapshot.pin(name).is_ok_and(|read| read.as_ref() == Some(pin))
        && without(tree) == without(after)
}
