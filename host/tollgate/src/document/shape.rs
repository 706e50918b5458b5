//! Checks a tree against a JSON Schema and says each mistake at its place.
//!
//! The schema comes with a plugin and the document from anybody: the work of
//! both together is bounded before it is done, and so are the mistakes.

mod applied;
mod branch;
mod extent;
mod instance;
mod pattern;
mod words;
mod work;

use std::collections::HashSet;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::Value;

use self::branch::Branch;
use self::extent::Extent;
use self::instance::{Found, Instance, Place};
use super::suggestion::{closest, suggestion};
use crate::mistake::{Gathered, Mistake, Span};
use crate::source::Source;
use crate::tree::{Entry, Index, Node, escape};

/// The largest schema, in bytes: some hundred times the largest built-in one.
const LARGEST: usize = 1 << 20;

/// How large one compiled pattern may be, in bytes.
const PATTERN_SIZE: usize = 1 << 18;

/// A JSON Schema that was compiled.
pub(crate) struct Schema {
    value: Value,
    validator: Validator<Instance>,
}

impl Schema {
    /// Compiles a schema. Patterns run in linear time, and nothing outside of
    /// the schema is read. The error is one sentence.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        if text.len() > LARGEST {
            return Err(format!("it is larger than {} MiB", LARGEST >> 20));
        }
        let value = Node::parse_json(&Source::new("the schema", text))
            .map_err(|mistake| {
                let place = mistake.place();
                let (line, column) = (place.line, place.column);
                format!("it is not JSON: {} (line {line}, column {column})", mistake.message())
            })?
            .to_json();
        Extent::of(&value)?;
        let patterns =
            PatternOptions::regex().size_limit(PATTERN_SIZE).dfa_size_limit(PATTERN_SIZE);
        let validator = jsonschema::options_for::<Instance>()
            .offline()
            .with_pattern_options(patterns)
            .build(&value)
            .map_err(|error| words::unusable(&error))?;
        Ok(Self { value, validator })
    }

    /// Gathers all mistakes of the value at `base` in the document. The error
    /// says why the schema cannot be applied to it.
    pub(crate) fn mistakes(
        &self,
        source: &Source,
        root: &Node,
        base: &str,
        mistakes: &mut Gathered,
    ) -> Result<(), String> {
        let node = root.nearest(base);
        let value = node.node.to_json();
        work::bounded(&Extent::of(&self.value)?, &self.value, &value)?;
        let found = Found::default();
        if self.validator.is_valid(Place { value: &value, found: &found }) {
            return Ok(());
        }
        let check = Check { schema: &self.value, source, index: Index::new(root), base };
        let mut told = false;
        for error in self.validator.iter_errors(Place { value: &value, found: &found }) {
            check.report(&error, mistakes);
            told = true;
        }
        if !told || found.is_full() {
            let message = "there are more mistakes here than can be told one by one";
            mistakes.push(Mistake::new(source, node.span(), message));
        }
        Ok(())
    }
}

struct Check<'a> {
    schema: &'a Value,
    source: &'a Source,
    index: Index<'a>,
    base: &'a str,
}

impl Check<'_> {
    fn report(&self, error: &ValidationError<'_>, mistakes: &mut Gathered) {
        let pointer = self.pointer(error);
        let found = self.index.nearest(&pointer);
        let span = found.span();
        let at = |message: String| self.at(span, &pointer, error, message);
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                let unexpected: HashSet<&str> = unexpected.iter().map(String::as_str).collect();
                let entries = found.node.entries().unwrap_or_default().iter();
                for entry in entries.filter(|entry| unexpected.contains(&*entry.key)) {
                    mistakes.push_at(entry.key_span.start, || self.unknown_key(error, entry));
                }
            }
            ValidationErrorKind::AnyOf { context }
            | ValidationErrorKind::OneOfNotValid { context } => {
                match branch::nearest(context, error.instance_path().as_str()) {
                    Branch::Meant(branch) => {
                        for error in branch {
                            self.report(error, mistakes);
                        }
                    }
                    Branch::MissingKeys(keys) => {
                        let entries = found.node.entries().unwrap_or_default();
                        let span = near(entries, &keys).map_or(span, |entry| entry.key_span);
                        mistakes.push_at(span.start, || {
                            let close = near(entries, &keys);
                            let help =
                                close.and_then(|it| suggestion(&it.key, keys.iter().copied()));
                            let message = words::missing_keys(&keys);
                            self.at(span, &pointer, error, message).maybe_suggest(help)
                        });
                    }
                    Branch::None => mistakes.push_at(span.start, || {
                        at(words::no_form(error.instance(), found.node, context, self.forms(error)))
                    }),
                }
            }
            ValidationErrorKind::OneOfMultipleValid { context } => {
                mistakes.push_at(span.start, || {
                    at(words::several_forms(found.node, context, self.forms(error)))
                });
            }
            ValidationErrorKind::PropertyNames { error: inner } => {
                let key = inner.instance().as_str().unwrap_or_default();
                let named = self.index.nearest(&format!("{pointer}/{}", escape(key)));
                let span = named.key_span.unwrap_or(span);
                mistakes.push_at(span.start, || {
                    let message = words::name(inner);
                    self.at(span, &pointer, inner, message)
                });
            }
            _ => mistakes.push_at(span.start, || at(words::sentence(error, found.node))),
        }
    }

    /// Where the value at fault stands in the document.
    fn pointer(&self, error: &ValidationError<'_>) -> String {
        format!("{}{}", self.base, error.instance_path().as_str())
    }

    /// A mistake in the value at `pointer`.
    fn at(
        &self,
        span: Span,
        pointer: &str,
        error: &ValidationError<'_>,
        message: String,
    ) -> Mistake {
        let mut mistake = Mistake::new(self.source, span, message);
        if !pointer.is_empty() {
            mistake = mistake.label(format!("`{pointer}`"));
        }
        let help = match error.kind() {
            ValidationErrorKind::Enum { options } => {
                let known = options.as_array().map(Vec::as_slice).unwrap_or_default();
                let known = known.iter().filter_map(Value::as_str).take(KNOWN);
                let wrong = error.instance().as_str().unwrap_or_default();
                suggestion(wrong, known)
            }
            ValidationErrorKind::Required { property } => {
                let key = property.as_str().unwrap_or_default();
                self.parent_schema(error)
                    .and_then(|schema| schema.get("properties")?.get(key))
                    .and_then(description)
                    .map(|description| format!("`{key}`: {description}"))
            }
            _ => self.parent_schema(error).and_then(description).map(str::to_owned),
        };
        mistake.maybe_suggest(help)
    }

    fn unknown_key(&self, error: &ValidationError<'_>, entry: &Entry) -> Mistake {
        let key = words::excerpt(&entry.key);
        Mistake::new(self.source, entry.key_span, format!("key `{key}` is not known"))
            .label("not known here")
            .maybe_suggest(suggestion(&entry.key, self.known_keys(error)))
    }

    /// The schema whose keyword refused.
    fn parent_schema(&self, error: &ValidationError<'_>) -> Option<&Value> {
        let path = error.schema_path().as_str();
        let (parent, _) = path.rsplit_once('/')?;
        self.schema.pointer(parent)
    }

    /// The forms of the `anyOf` or `oneOf` that refused.
    fn forms(&self, error: &ValidationError<'_>) -> &[Value] {
        let forms = self.schema.pointer(error.schema_path().as_str());
        forms.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    fn known_keys(&self, error: &ValidationError<'_>) -> Vec<&str> {
        let mut keys = Vec::new();
        if let Some(schema) = self.parent_schema(error) {
            collect_keys(schema, &mut keys, 0);
        }
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

/// The entry that may be one of the keys, misspelt.
fn near<'n>(entries: &'n [Entry], keys: &[&str]) -> Option<&'n Entry> {
    entries.iter().find(|entry| closest(&entry.key, keys.iter().copied()).is_some())
}

/// So many names are compared with one that is not known.
const KNOWN: usize = 1_000;

/// Keys that a schema names at its own level, those of its `allOf`, `anyOf`
/// and `oneOf` included.
fn collect_keys<'a>(schema: &'a Value, keys: &mut Vec<&'a str>, depth: usize) {
    if keys.len() >= KNOWN {
        return;
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        keys.extend(properties.keys().map(String::as_str).take(KNOWN));
    }
    // Schemas nest forms a level or two; nothing real needs more.
    if depth < 4 {
        for keyword in ["allOf", "anyOf", "oneOf"] {
            for branch in schema.get(keyword).and_then(Value::as_array).into_iter().flatten() {
                collect_keys(branch, keys, depth + 1);
            }
        }
    }
}

fn description(schema: &Value) -> Option<&str> {
    schema.get("description").and_then(Value::as_str)
}
