//! Checks a tree against a JSON Schema and says each mistake at its place.

mod branch;
mod circle;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::Value;

use self::branch::Branch;
use super::suggestion::{alternatives, suggestion};
use crate::mistake::Mistake;
use crate::source::Source;
use crate::tree::{Node, escape};

/// More mistakes than a person reads at once; the rest is left out.
const MOST_MISTAKES: usize = 50;

/// A JSON Schema that was compiled.
pub(crate) struct Schema {
    value: Value,
    validator: Validator,
}

impl Schema {
    /// Compiles a schema. Patterns run in linear time, and nothing outside of
    /// the schema is read. The error is one sentence.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        let value: Value =
            serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
        if circle::refers_to_itself(&value) {
            return Err("a `$ref` leads back to itself".to_owned());
        }
        let validator = jsonschema::options()
            .with_pattern_options(PatternOptions::regex())
            .build(&value)
            .map_err(|error| error.to_string())?;
        Ok(Self { value, validator })
    }

    /// All mistakes of the value at `base` in the document.
    pub(crate) fn mistakes(&self, source: &Source, root: &Node, base: &str) -> Vec<Mistake> {
        let instance = root.nearest(base).node.to_json();
        let check = Check { schema: &self.value, source, root, base };
        let mut mistakes = Vec::new();
        for error in self.validator.iter_errors(&instance) {
            check.report(&error, &mut mistakes);
            if mistakes.len() >= MOST_MISTAKES {
                break;
            }
        }
        mistakes
    }
}

struct Check<'a> {
    schema: &'a Value,
    source: &'a Source,
    root: &'a Node,
    base: &'a str,
}

impl Check<'_> {
    fn report(&self, error: &ValidationError<'_>, mistakes: &mut Vec<Mistake>) {
        let pointer = format!("{}{}", self.base, error.instance_path().as_str());
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                let known = self.known_keys(error);
                for key in unexpected {
                    mistakes.push(self.unknown_key(&pointer, key, &known));
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
                        let message = format!("one of the keys {} is missing", alternatives(&keys));
                        mistakes.push(self.at(&pointer, error, message));
                    }
                    Branch::None => {
                        mistakes.push(self.at(&pointer, error, self.no_branch(error, context)));
                    }
                }
            }
            ValidationErrorKind::PropertyNames { error: inner } => {
                let key = inner.instance().as_str().unwrap_or_default();
                let at = format!("{pointer}/{}", escape(key));
                let span = self.root.nearest(&at).key_span;
                let mistake = self.at(&pointer, inner, self.sentence(&pointer, inner));
                mistakes.push(match span {
                    Some(span) => mistake.moved_to(span),
                    None => mistake,
                });
            }
            _ => mistakes.push(self.at(&pointer, error, self.sentence(&pointer, error))),
        }
    }

    /// A mistake in the value at `pointer`.
    fn at(&self, pointer: &str, error: &ValidationError<'_>, message: String) -> Mistake {
        let found = self.root.nearest(pointer);
        let mut mistake = Mistake::new(self.source, found.span(), message);
        if !pointer.is_empty() {
            mistake = mistake.label(format!("`{pointer}`"));
        }
        let help = match error.kind() {
            ValidationErrorKind::Enum { options } => {
                let known: Vec<_> = options
                    .as_array()
                    .map(|options| options.iter().filter_map(Value::as_str).collect())
                    .unwrap_or_default();
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

    fn unknown_key(&self, pointer: &str, key: &str, known: &[&str]) -> Mistake {
        let at = format!("{pointer}/{}", escape(key));
        let found = self.root.nearest(&at);
        Mistake::new(
            self.source,
            found.key_span.unwrap_or_else(|| found.span()),
            format!("key `{key}` is not known"),
        )
        .label("not known here")
        .maybe_suggest(suggestion(key, known.iter().copied()))
    }

    /// One sentence on what is wrong.
    fn sentence(&self, pointer: &str, error: &ValidationError<'_>) -> String {
        let found = self.root.nearest(pointer).node;
        let value = shown(error.instance());
        match error.kind() {
            ValidationErrorKind::Required { property } => {
                format!("key `{}` is missing", property.as_str().unwrap_or_default())
            }
            ValidationErrorKind::Type { kind } => {
                let expected = type_names(kind);
                match found.content {
                    crate::tree::Content::Null => format!("expected {expected}, found nothing"),
                    _ if value.is_empty() => format!("expected {expected}, found {}", found.kind()),
                    _ => format!("expected {expected}, found {} {value}", found.kind()),
                }
            }
            ValidationErrorKind::Enum { .. } => {
                format!("{value} is not one of the values allowed here")
            }
            ValidationErrorKind::Constant { expected_value } => {
                format!("expected {}, found {value}", shown(expected_value))
            }
            ValidationErrorKind::Minimum { limit } => format!("{value} is below {limit}"),
            ValidationErrorKind::Maximum { limit } => format!("{value} is above {limit}"),
            ValidationErrorKind::ExclusiveMinimum { limit } => {
                format!("{value} is not above {limit}")
            }
            ValidationErrorKind::ExclusiveMaximum { limit } => {
                format!("{value} is not below {limit}")
            }
            ValidationErrorKind::MinLength { limit: 1 } => "expected text, found none".to_owned(),
            ValidationErrorKind::MinLength { limit } => {
                format!("{value} is shorter than {limit} characters")
            }
            ValidationErrorKind::MaxLength { limit } => {
                format!("{value} is longer than {limit} characters")
            }
            ValidationErrorKind::MinItems { limit } => {
                format!("a list of at least {limit} is expected")
            }
            ValidationErrorKind::MaxItems { limit } => {
                format!("a list of at most {limit} is expected")
            }
            ValidationErrorKind::MinProperties { limit } => {
                format!(
                    "a map of at least {limit} {} is expected",
                    if *limit == 1 { "key" } else { "keys" }
                )
            }
            ValidationErrorKind::MaxProperties { limit } => {
                format!("a map of at most {limit} keys is expected")
            }
            ValidationErrorKind::UniqueItems => "a value is in the list twice".to_owned(),
            ValidationErrorKind::Pattern { pattern } => {
                format!("{value} does not have the form `{pattern}`")
            }
            ValidationErrorKind::Format { format } => format!("{value} is not a valid {format}"),
            ValidationErrorKind::FalseSchema => "nothing is allowed here".to_owned(),
            ValidationErrorKind::OneOfMultipleValid { .. } => {
                format!("{} fits more than one of the forms allowed here", non_empty(value, found))
            }
            _ => format!(
                "{} breaks the rule `{}` of the schema",
                non_empty(value, found),
                error.kind().keyword()
            ),
        }
    }

    fn no_branch(
        &self,
        error: &ValidationError<'_>,
        context: &[Vec<ValidationError<'static>>],
    ) -> String {
        let mut expected: Vec<String> = Vec::new();
        for error in context.iter().flatten() {
            if let ValidationErrorKind::Type { kind } = error.kind() {
                let name = type_names(kind);
                if !expected.contains(&name) {
                    expected.push(name);
                }
            }
        }
        let found =
            self.root.nearest(&format!("{}{}", self.base, error.instance_path().as_str())).node;
        let value = non_empty(shown(error.instance()), found);
        if expected.is_empty() {
            format!("{value} has none of the forms allowed here")
        } else {
            format!("expected {}, found {value}", expected.join(" or "))
        }
    }

    /// The schema whose keyword refused.
    fn parent_schema(&self, error: &ValidationError<'_>) -> Option<&Value> {
        let path = error.schema_path().as_str();
        let (parent, _) = path.rsplit_once('/')?;
        self.schema.pointer(parent)
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

/// Keys that a schema names at its own level, those of its `allOf`, `anyOf`
/// and `oneOf` included.
fn collect_keys<'a>(schema: &'a Value, keys: &mut Vec<&'a str>, depth: usize) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        keys.extend(properties.keys().map(String::as_str));
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

fn type_names(kind: &TypeKind) -> String {
    let name = |name: &str| -> &'static str {
        match name {
            "null" => "nothing",
            "boolean" => "a boolean",
            "integer" => "an integer",
            "number" => "a number",
            "string" => "text",
            "array" => "a list",
            _ => "a map",
        }
    };
    match kind {
        TypeKind::Single(kind) => name(kind.as_str()).to_owned(),
        TypeKind::Multiple(kinds) => {
            let names: Vec<_> = kinds.iter().map(|kind| name(kind.as_str())).collect();
            match names.as_slice() {
                [first @ .., last] if !first.is_empty() => {
                    format!("{} or {last}", first.join(", "))
                }
                names => names.concat(),
            }
        }
    }
}

fn description(schema: &Value) -> Option<&str> {
    schema.get("description").and_then(Value::as_str)
}

/// A scalar in backticks, cut when it is long; empty for lists and maps.
fn shown(value: &Value) -> String {
    const LONGEST: usize = 60;
    match value {
        Value::Array(_) | Value::Object(_) => String::new(),
        value => {
            let text = value.to_string();
            if text.chars().count() > LONGEST {
                let cut: String = text.chars().take(LONGEST).collect();
                format!("`{cut}…`")
            } else {
                format!("`{text}`")
            }
        }
    }
}

fn non_empty(value: String, found: &Node) -> String {
    if value.is_empty() { found.kind().to_owned() } else { value }
}
