//! JSON to be written: keys keep their order, so that columns stand in the
//! order of the signature, and numbers keep their digits.

use std::fmt::Write as _;

use serde::{Serialize, Serializer};
use serde_json::Value;

/// A JSON value whose maps keep their order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    /// Null.
    Null,
    /// True or false.
    Boolean(bool),
    /// A number or another literal, as it is written.
    Literal(String),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// A map.
    Map(Vec<(String, Json)>),
}

/// Lists and maps up to this width stay on one line.
const WIDTH: usize = 96;

impl Json {
    /// A map with these entries.
    pub(crate) fn map<const N: usize>(entries: [(&str, Self); N]) -> Self {
        Self::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// Adds an entry to a map.
    pub(crate) fn with(mut self, key: &str, value: impl Into<Self>) -> Self {
        if let Self::Map(entries) = &mut self {
            entries.push((key.to_owned(), value.into()));
        }
        self
    }

    /// Lines of text for a person, with a line end.
    pub(crate) fn pretty(&self) -> String {
        let mut out = String::new();
        self.write_pretty(&mut out, 0);
        out.push('\n');
        out
    }

    /// One line, spaced as Python's `json.dumps` does.
    pub(crate) fn line(&self) -> String {
        let mut out = String::new();
        self.write_line(&mut out, "{", "}");
        out
    }

    /// The value without an order; none for what JSON cannot say.
    pub(crate) fn to_value(&self) -> Option<Value> {
        serde_json::from_str(&self.line()).ok()
    }

    fn write_pretty(&self, out: &mut String, indent: usize) {
        let mut line = String::new();
        self.write_line(&mut line, "{ ", " }");
        let column = out.len() - out.rfind('\n').map_or(0, |at| at + 1);
        if column + line.chars().count() <= WIDTH {
            out.push_str(&line);
            return;
        }
        let open = |out: &mut String| {
            let _ = write!(out, "\n{:1$}", "", indent + 2);
        };
        match self {
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    open(out);
                    item.write_pretty(out, indent + 2);
                }
                let _ = write!(out, "\n{:indent$}]", "");
            }
            Self::Map(entries) => {
                out.push('{');
                for (at, (key, value)) in entries.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    open(out);
                    out.push_str(&quoted(key));
                    out.push_str(": ");
                    value.write_pretty(out, indent + 2);
                }
                let _ = write!(out, "\n{:indent$}}}", "");
            }
            _ => out.push_str(&line),
        }
    }

    fn write_line(&self, out: &mut String, open: &str, close: &str) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Literal(literal) => out.push_str(literal),
            Self::Text(text) => out.push_str(&quoted(text)),
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { ", " } else { "" });
                    item.write_line(out, open, close);
                }
                out.push(']');
            }
            Self::Map(entries) if entries.is_empty() => out.push_str("{}"),
            Self::Map(entries) => {
                out.push_str(open);
                for (at, (key, value)) in entries.iter().enumerate() {
                    out.push_str(if at > 0 { ", " } else { "" });
                    out.push_str(&quoted(key));
                    out.push_str(": ");
                    value.write_line(out, open, close);
                }
                out.push_str(close);
            }
        }
    }
}

fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => to.serialize_unit(),
            Self::Boolean(value) => to.serialize_bool(*value),
            Self::Literal(literal) => match serde_json::from_str::<Value>(literal) {
                Ok(value) => value.serialize(to),
                Err(_) => to.serialize_str(literal),
            },
            Self::Text(text) => to.serialize_str(text),
            Self::List(items) => to.collect_seq(items),
            Self::Map(entries) => to.collect_map(entries.iter().map(|(key, value)| (key, value))),
        }
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i64> for Json {
    fn from(value: i64) -> Self {
        Self::Literal(value.to_string())
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl<T: Into<Self>> From<Vec<T>> for Json {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Self>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// As the value orders its keys.
impl From<&Value> for Json {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Boolean(*value),
            Value::Number(number) => Self::Literal(number.to_string()),
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(map) => {
                Self::Map(map.iter().map(|(key, value)| (key.clone(), value.into())).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_values_stay_on_a_line_and_long_ones_are_broken() {
        let column = |name: &str| Json::map([("type", "long".into()), ("name", name.into())]);
        let json = Json::map([
            ("columns", vec![column("b"), column(&"a".repeat(80))].into()),
            ("none", Json::Map(Vec::new())),
            ("shape", vec![-1_i64, 3].into()),
        ]);
        let long = "a".repeat(80);
        assert_eq!(
            json.pretty(),
            format!(
                "{{\n  \"columns\": [\n    {{ \"type\": \"long\", \"name\": \"b\" }},\n    {{\n      \
                 \"type\": \"long\",\n      \"name\": \"{long}\"\n    }}\n  ],\n  \"none\": {{}},\n  \
                 \"shape\": [-1, 3]\n}}\n"
            )
        );
        assert_eq!(column("é").line(), r#"{"type": "long", "name": "é"}"#);
    }
}
