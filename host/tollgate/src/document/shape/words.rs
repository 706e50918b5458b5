//! Each mistake in words.

use std::collections::HashSet;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

use crate::document::suggestion::alternatives;
use crate::tree::{Content, Node};

/// One sentence on what is wrong with a value.
pub(super) fn sentence(error: &ValidationError<'_>, node: &Node) -> String {
    let value = shown(error.instance());
    match error.kind() {
        Kind::Required { property } => {
            format!("key `{}` is missing", excerpt(property.as_str().unwrap_or_default()))
        }
        Kind::Type { kind } => {
            let expected = type_names(kind);
            match node.content {
                Content::Null => format!("expected {expected}, found nothing"),
                _ if value.is_empty() => format!("expected {expected}, found {}", node.kind()),
                _ => format!("expected {expected}, found {} {value}", node.kind()),
            }
        }
        Kind::Enum { .. } => {
            format!("{} is not one of the values allowed here", non_empty(value, node))
        }
        Kind::Constant { expected_value } => {
            let expected = shown(expected_value);
            match expected.is_empty() {
                true => format!("{} is not the value expected here", non_empty(value, node)),
                false => format!("expected {expected}, found {}", non_empty(value, node)),
            }
        }
        Kind::Minimum { limit } => format!("{value} is below {limit}"),
        Kind::Maximum { limit } => format!("{value} is above {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("{value} is not above {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("{value} is not below {limit}"),
        Kind::MultipleOf { multiple_of } => format!("{value} is not a multiple of {multiple_of}"),
        Kind::MinLength { limit } if value == r#"`""`"# => match limit {
            1 => "this text is empty, expected at least one character".to_owned(),
            limit => format!("this text is empty, expected at least {limit} characters"),
        },
        Kind::MinLength { limit } => {
            format!("{value} is shorter than {}", counted(*limit, "character"))
        }
        Kind::MaxLength { limit } => {
            format!("{value} is longer than {}", counted(*limit, "character"))
        }
        Kind::MinItems { limit } => {
            let items = counted(*limit, "item");
            format!("a list of at least {items} is expected, found {}", length(node))
        }
        Kind::MaxItems { limit } => {
            let items = counted(*limit, "item");
            format!("a list of at most {items} is expected, found {}", length(node))
        }
        Kind::AdditionalItems { limit } => {
            let items = counted(*limit as u64, "item");
            format!("a list of at most {items} is expected, found {}", length(node))
        }
        Kind::MinProperties { limit } => {
            let keys = counted(*limit, "key");
            format!("a map of at least {keys} is expected, found {}", length(node))
        }
        Kind::MaxProperties { limit } => {
            let keys = counted(*limit, "key");
            format!("a map of at most {keys} is expected, found {}", length(node))
        }
        Kind::UniqueItems => match twice(node) {
            Some(item) => format!("{item} is in the list twice"),
            None => "a value is in the list twice".to_owned(),
        },
        Kind::Contains => "too few or too many items have the form that some must have".to_owned(),
        Kind::Pattern { pattern } => {
            format!("{value} does not have the form `{}`", excerpt(pattern))
        }
        Kind::Format { format } => format!("{value} is not a valid {}", excerpt(format)),
        Kind::Not { schema } => excluded(schema, &non_empty(value, node)),
        Kind::FalseSchema => "nothing is allowed here: leave it out".to_owned(),
        _ => format!(
            "{} breaks the rule `{}` of the schema",
            non_empty(value, node),
            excerpt(error.kind().keyword())
        ),
    }
}

/// What is wrong with a key.
pub(super) fn name(error: &ValidationError<'_>) -> String {
    let text = Node {
        content: Content::Text(error.instance().as_str().unwrap_or_default().to_owned()),
        span: crate::mistake::Span::default(),
    };
    format!("as a key, {}", sentence(error, &text))
}

/// A value that has none of several forms, each of which one of these keys
/// would begin.
pub(super) fn missing_keys(keys: &[&str]) -> String {
    const SHOWN: usize = 20;
    match keys.get(..SHOWN) {
        Some(shown) if keys.len() > SHOWN => {
            let more = keys.len() - SHOWN;
            let shown: Vec<String> =
                shown.iter().map(|key| format!("`{}`", excerpt(key))).collect();
            format!("one of the keys {} or {more} others is missing", shown.join(", "))
        }
        _ => format!("one of the keys {} is missing", alternatives(keys)),
    }
}

/// A value that has none of several forms: which there are.
pub(super) fn no_form(
    value: &Value,
    node: &Node,
    context: &[Vec<ValidationError<'static>>],
    forms: &[Value],
) -> String {
    let mut expected: Vec<String> = Vec::new();
    for error in context.iter().flatten() {
        if let Kind::Type { kind } = error.kind() {
            let name = type_names(kind);
            if !expected.contains(&name) {
                expected.push(name);
            }
        }
    }
    let found = non_empty(shown(value), node);
    if !expected.is_empty() {
        return format!("expected {}, found {found}", expected.join(" or "));
    }
    let forms: Option<Vec<String>> = forms.iter().map(form).collect();
    match forms.filter(|forms| !forms.is_empty()) {
        Some(forms) => format!("{found} has none of the forms allowed here: {}", listed(&forms)),
        None => format!("{found} has none of the {} forms allowed here", context.len()),
    }
}

/// A value that has several forms and may have one: which it has.
pub(super) fn several_forms(
    node: &Node,
    context: &[Vec<ValidationError<'static>>],
    forms: &[Value],
) -> String {
    let fitting = context.iter().zip(forms).filter(|(errors, _)| errors.is_empty());
    let fitting: Option<Vec<String>> = fitting.map(|(_, schema)| form(schema)).collect();
    let found = non_empty(String::new(), node);
    match fitting.filter(|fitting| fitting.len() > 1) {
        Some(fitting) => {
            format!("{found} fits more than one form, and must fit one: {}", listed(&fitting))
        }
        None => format!("{found} fits more than one of the forms allowed here"),
    }
}

/// More forms are documentation, not help.
const FORMS: usize = 6;

fn listed(forms: &[String]) -> String {
    let more = forms.len().saturating_sub(FORMS);
    let mut shown: Vec<String> = forms.iter().take(FORMS).cloned().collect();
    if more > 0 {
        shown.push(format!("{more} others"));
    }
    shown.join(", or ")
}

/// A form in some words: what it is called, or the keys that make it.
fn form(schema: &Value) -> Option<String> {
    if let Some(title) = schema.get("title").and_then(Value::as_str) {
        return Some(excerpt(title));
    }
    if let Some(value) = schema.get("const").map(shown).filter(|value| !value.is_empty()) {
        return Some(value);
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let values: Vec<String> = values.iter().take(FORMS).map(shown).collect();
        return Some(values.join(" or "));
    }
    let with = required(schema);
    let without = schema.get("not").map(required_of_any).unwrap_or_default();
    let kind = schema.get("type").and_then(Value::as_str).map(type_name);
    let keys = match (with.as_slice(), without.as_slice()) {
        ([], []) => String::new(),
        (with, []) => joined(with, "and"),
        ([], without) => format!("without {}", joined(without, "or")),
        (with, without) => format!("{} without {}", joined(with, "and"), joined(without, "or")),
    };
    match (kind, keys.is_empty()) {
        (Some(kind), true) => Some(kind.to_owned()),
        (Some(kind), false) => Some(format!("{kind} of {keys}")),
        (None, false) => Some(keys),
        (None, true) => schema.get("description").and_then(Value::as_str).map(excerpt),
    }
}

fn required(schema: &Value) -> Vec<&str> {
    let names = schema.get("required").and_then(Value::as_array);
    names.into_iter().flatten().filter_map(Value::as_str).take(FORMS).collect()
}

/// The keys that a schema, or any of its forms, requires.
fn required_of_any(schema: &Value) -> Vec<&str> {
    let forms = schema.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    required(schema).into_iter().chain(forms.flat_map(required)).take(FORMS).collect()
}

fn joined(names: &[&str], word: &str) -> String {
    alternatives(names).replace(" or ", &format!(" {word} "))
}

/// What `not` rules out.
fn excluded(schema: &Value, found: &str) -> String {
    let keys = required(schema);
    match keys.as_slice() {
        [] => match form(schema) {
            Some(form) => format!("{found} must not be {form}"),
            None => format!("{found} is what the schema rules out here"),
        },
        [key] => format!("key `{}` cannot stand here", excerpt(key)),
        keys => format!("the keys {} cannot stand together here", joined(keys, "and")),
    }
}

/// Why a schema cannot be used, without the library's words and without the
/// schema's text, which can be long.
pub(super) fn unusable(error: &ValidationError<'_>) -> String {
    let place = match error.instance_path().as_str() {
        "" => String::new(),
        place => format!(" at `{}`", excerpt(place)),
    };
    match error.kind() {
        Kind::Format { format } if format == "regex" => {
            format!("the pattern{place} is no regular expression, or one that is too large")
        }
        Kind::Referencing(_) => {
            format!("a reference{place} leads nowhere, or `$schema` names no draft that is known")
        }
        kind => {
            let rule = kind.keyword();
            format!("its draft of JSON Schema does not allow it{place}, by `{}`", excerpt(rule))
        }
    }
}

fn type_name(name: &str) -> &'static str {
    match name {
        "null" => "nothing",
        "boolean" => "a boolean",
        "integer" => "an integer",
        "number" => "a number",
        "string" => "text",
        "array" => "a list",
        _ => "a map",
    }
}

fn type_names(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(kind) => type_name(kind.as_str()).to_owned(),
        TypeKind::Multiple(kinds) => {
            let names: Vec<_> = kinds.iter().map(|kind| type_name(kind.as_str())).collect();
            match names.as_slice() {
                [first @ .., last] if !first.is_empty() => {
                    format!("{} or {last}", first.join(", "))
                }
                names => names.concat(),
            }
        }
    }
}

/// `1 item`, `2 items`.
fn counted(count: u64, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

fn length(node: &Node) -> usize {
    match &node.content {
        Content::List(items) => items.len(),
        Content::Map(entries) => entries.len(),
        _ => 0,
    }
}

/// The first scalar that a list holds twice.
fn twice(node: &Node) -> Option<String> {
    let mut seen = HashSet::new();
    let mut items = node.items()?.iter().map(|item| match item.content {
        Content::List(_) | Content::Map(_) => String::new(),
        _ => shown(&item.to_json()),
    });
    items.find(|item| !item.is_empty() && !seen.insert(item.clone()))
}

/// At most so many characters of what somebody wrote are repeated.
const LONGEST: usize = 60;

/// The beginning of a text.
pub(super) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A scalar in backticks, cut when it is long; empty for lists and maps.
fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) | Value::Object(_) => String::new(),
        // No more of a long text is quoted than is shown.
        Value::String(text) if text.len() > 8 * LONGEST => {
            let start: String = text.chars().take(2 * LONGEST).collect();
            format!("`{}`", excerpt(&Value::String(start).to_string()))
        }
        value => format!("`{}`", excerpt(&value.to_string())),
    }
}

fn non_empty(value: String, found: &Node) -> String {
    if value.is_empty() { found.kind().to_owned() } else { value }
}
