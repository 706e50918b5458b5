//! YAML and JSON whose every value and key knows its place in the text.

mod index;
mod json;
mod keys;
mod yaml;

use serde_json::{Map, Number, Value};

pub use self::index::Index;
use crate::mistake::{Mistake, Span};
use crate::source::Source;

/// How deep lists and maps may nest. Documents and signatures of real models
/// stay under 10; the limit keeps every walk over a tree far from the end of
/// a thread's stack.
pub const DEPTH_LIMIT: usize = 64;

/// How many values a text may hold, those that aliases repeat included: a
/// hundred thousand facts have a million. Each takes some hundred bytes, which
/// keeps a file of the largest size from filling the memory.
pub const VALUES_LIMIT: usize = 1_500_000;

/// What to do with NaN and the infinities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonFinite {
    /// A mistake, as in documents: no threshold is NaN.
    Refused,
    /// Kept, as in facts: a measurement may be NaN, and a gate must see it.
    Kept,
}

/// A value and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub content: Content,
    /// Its bytes in the text.
    pub span: Span,
}

/// A value of YAML's core schema or of JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Null, or nothing at all.
    Null,
    /// True or false.
    Boolean(bool),
    /// A finite number of at most 64 bits.
    Number(Number),
    /// NaN or an infinity, where these are kept.
    NonFinite(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map with distinct keys, in the order of the text.
    Map(Vec<Entry>),
}

/// A key, its place, and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The key's bytes in the text.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// Reads JSON when the source's name ends in `.json`, else YAML. What comes
    /// from a pipe has no such name: it is JSON when it reads as JSON.
    ///
    /// # Errors
    /// On a mistake of syntax, a duplicate key, nesting beyond
    /// [`DEPTH_LIMIT`], more values than [`VALUES_LIMIT`], a number beyond 64
    /// bits, or when there is nothing but null, comments and white space.
    pub fn parse(source: &Source, non_finite: NonFinite) -> Result<Self, Mistake> {
        if source.name().ends_with(".json") {
            return Self::parse_json(source);
        }
        // YAML holds nearly all of JSON, but not tabs or keys beyond 1024
        // characters.
        if source.text().trim_start().starts_with(['{', '['])
            && let Ok(node) = Self::parse_json(source)
        {
            return Ok(node);
        }
        Self::parse_yaml(source, non_finite)
    }

    /// Reads JSON (RFC 8259).
    ///
    /// # Errors
    /// As [`Node::parse`].
    pub fn parse_json(source: &Source) -> Result<Self, Mistake> {
        held(source, json::parse(source)?)
    }

    /// Reads one document of YAML 1.2 with the core schema. Aliases are
    /// expanded within bounds.
    ///
    /// # Errors
    /// As [`Node::parse`]; also on several documents, on tags beyond the core
    /// schema, and on aliases that grow without measure.
    pub fn parse_yaml(source: &Source, non_finite: NonFinite) -> Result<Self, Mistake> {
        held(source, yaml::parse(source, non_finite)?)
    }

    /// What a person would call the value: `a number`, `text`, ...
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match &self.content {
            Content::Null => "nothing",
            Content::Boolean(_) => "a boolean",
            Content::Number(number) if number.is_f64() => "a number",
            Content::Number(_) => "an integer",
            Content::NonFinite(_) => "a number that is not finite",
            Content::Text(_) => "text",
            Content::List(_) => "a list",
            Content::Map(_) => "a map",
        }
    }

    /// The entry of a map under this key.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries()?.iter().find(|entry| entry.key == key)
    }

    /// The value of a map under this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entries of a map.
    #[must_use]
    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.content {
            Content::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The values of a list.
    #[must_use]
    pub fn items(&self) -> Option<&[Self]> {
        match &self.content {
            Content::List(items) => Some(items),
            _ => None,
        }
    }

    /// The value of a list or map at this place.
    fn child(&self, at: usize) -> Option<&Self> {
        match &self.content {
            Content::List(items) => items.get(at),
            Content::Map(entries) => entries.get(at).map(|entry| &entry.value),
            _ => None,
        }
    }

    /// Whether it is true.
    #[must_use]
    pub fn is_true(&self) -> bool {
        self.content == Content::Boolean(true)
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value at an RFC 6901 pointer, and the place of the key that leads
    /// to it. Where the pointer leads beyond the tree, the deepest value on
    /// its way, so that a mistake about something missing still has a place.
    #[must_use]
    pub fn nearest(&self, pointer: &str) -> Found<'_> {
        self.walk(pointer, |entries, key| entries.iter().find(|entry| entry.key == key))
    }

    fn walk<'t>(
        &'t self,
        pointer: &str,
        find: impl Fn(&'t [Entry], &str) -> Option<&'t Entry>,
    ) -> Found<'t> {
        let mut found = Found { node: self, key_span: None, exact: true };
        for token in pointer.split('/').skip(1) {
            let token = unescape(token);
            let next = match &found.node.content {
                Content::Map(entries) => {
                    find(entries, &token).map(|entry| (&entry.value, Some(entry.key_span)))
                }
                Content::List(items) => token
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| items.get(index))
                    .map(|item| (item, None)),
                _ => None,
            };
            let Some((node, key_span)) = next else {
                found.exact = false;
                break;
            };
            found.node = node;
            found.key_span = key_span;
        }
        found
    }

    /// The value without places. Numbers that are not finite become the texts
    /// `NaN`, `Infinity` and `-Infinity`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match &self.content {
            Content::Null => Value::Null,
            Content::Boolean(value) => Value::Bool(*value),
            Content::Number(number) => Value::Number(number.clone()),
            Content::NonFinite(value) => Value::String(non_finite_name(*value).to_owned()),
            Content::Text(text) => Value::String(text.clone()),
            Content::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Content::Map(entries) => {
                let mut map = Map::new();
                for entry in entries {
                    map.insert(entry.key.clone(), entry.value.to_json());
                }
                Value::Object(map)
            }
        }
    }
}

/// Where a pointer leads.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// The value.
    pub node: &'a Node,
    /// The key that leads to it; none for items of a list and for the root.
    pub key_span: Option<Span>,
    /// Whether the pointer led all the way.
    pub exact: bool,
}

impl Found<'_> {
    /// The key's place when the value is a map or a list, whose own bytes
    /// would cover half the document; else the value's.
    #[must_use]
    pub fn span(&self) -> Span {
        match (&self.node.content, self.key_span) {
            (Content::Map(_) | Content::List(_), Some(key_span)) => key_span,
            (Content::Map(entries), None) => {
                entries.first().map_or(self.node.span, |entry| entry.key_span)
            }
            _ => self.node.span,
        }
    }
}

/// The name of a number that is not finite, as MLflow and JSON users write it.
#[must_use]
pub fn non_finite_name(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

/// Reads the name of a number that is not finite, in the spellings of MLflow,
/// Python and YAML.
#[must_use]
pub fn non_finite_from_name(name: &str) -> Option<f64> {
    let (sign, name) = match name.strip_prefix('-') {
        Some(name) => (-1.0, name),
        None => (1.0, name.strip_prefix('+').unwrap_or(name)),
    };
    let name = name.strip_prefix('.').unwrap_or(name);
    if name.eq_ignore_ascii_case("nan") {
        Some(f64::NAN)
    } else if name.eq_ignore_ascii_case("infinity") || name.eq_ignore_ascii_case("inf") {
        Some(sign * f64::INFINITY)
    } else {
        None
    }
}

/// One token of an RFC 6901 pointer, unescaped.
#[must_use]
pub fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// One token of an RFC 6901 pointer, escaped.
#[must_use]
pub fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

/// One answer for a text that holds nothing, whatever it is written in.
fn held(source: &Source, root: Node) -> Result<Node, Mistake> {
    if root.content == Content::Null {
        let message = format!("`{}` holds no document", source.name());
        return Err(Mistake::new(source, Span::default(), message));
    }
    Ok(root)
}

/// A duplicate key, with both places.
fn duplicate_key(source: &Source, key: &str, first: Span, second: Span) -> Mistake {
    Mistake::new(source, second, format!("key `{key}` is given twice"))
        .label("again here")
        .also(source, first, "first here")
        .suggest("remove one of them")
}

/// Nesting beyond the limit.
fn too_deep(source: &Source, span: Span) -> Mistake {
    Mistake::new(source, span, format!("lists and maps nest deeper than {DEPTH_LIMIT} levels"))
}

/// More values than the limit.
fn too_many(source: &Source, span: Span) -> Mistake {
    Mistake::new(source, span, format!("the text holds more than {VALUES_LIMIT} values"))
        .suggest("divide it into several files")
}

/// A number that 64 bits cannot hold.
fn beyond_64_bits(source: &Source, span: Span) -> Mistake {
    Mistake::new(source, span, "a number does not fit 64 bits")
        .suggest("write it as text, in quotes, when it is an identifier")
}
