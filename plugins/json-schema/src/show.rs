//! Values in short, for reports.

use crate::payload::Tree;
use crate::text::shortened;

/// At most so many characters of a value are shown.
const SHOWN: usize = 80;

/// A value: scalars as JSON, arrays and objects by their size, so that a report
/// holds no more of a payload than the value at fault.
pub(crate) fn value(value: &Tree<'_>) -> String {
    match value {
        Tree::Null => "null".to_owned(),
        Tree::Boolean(value) => value.to_string(),
        Tree::Number(number) => shortened(&number.text(), SHOWN),
        Tree::Text(text) => shortened(&json_text(&beginning(text)), SHOWN),
        Tree::List(items) => count(items.len(), "an array of", "item"),
        Tree::Object(members) => count(members.entries().len(), "an object of", "property"),
    }
}

/// A value of a schema, as JSON.
pub(crate) fn schema_value(value: &serde_json::Value) -> String {
    shortened(&value.to_string(), 2 * SHOWN)
}

/// Enough of a text to be shown, so that a large one is not copied.
fn beginning(text: &str) -> String {
    text.chars().take(2 * SHOWN).collect()
}

fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn count(count: usize, before: &str, one: &str) -> String {
    match (count, one) {
        (1, _) => format!("{before} 1 {one}"),
        (_, "property") => format!("{before} {count} properties"),
        _ => format!("{before} {count} {one}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_in_short() {
        let shown = |text: &str| value(&crate::payload::read(text.as_bytes()).unwrap().tree);
        assert_eq!(shown("[1, 2]"), "an array of 2 items");
        assert_eq!(shown(r#"{"a": {}}"#), "an object of 1 property");
        assert_eq!(shown("1.50"), "1.50");
        assert_eq!(shown(r#""a\nb""#), r#""a\nb""#);
        let long = format!("\"{}\"", "é".repeat(5000));
        assert_eq!(shown(&long).chars().count(), SHOWN);
        assert!(shown(&"9".repeat(10_000)).ends_with("999..."));
    }
}
