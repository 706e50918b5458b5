//! What one fault means, in words for the person who sent the payload.
//!
//! A message names properties, keywords and limits, and never repeats a value
//! of the payload: that is in `actual`, which a host may hide.

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::types::JsonTypeSet;
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use crate::payload::{Tree, tree};
use crate::{show, text};

/// One fault in words.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) message: String,
    pub(crate) expected: String,
}

/// The fault of `value`, which stands at `pointer` and is called `subject`.
pub(crate) fn explain(
    kind: &Kind,
    subject: &str,
    pointer: &str,
    value: Option<&Tree<'_>>,
) -> Words {
    let (message, expected) = match kind {
        Kind::Type { kind } => {
            let wanted = types(kind);
            (format!("{subject} must be {wanted}, and is {}", found(value, kind)), wanted)
        }
        Kind::Enum { options } => {
            let expected = format!("one of {}", show::schema_value(options));
            (format!("{subject} is none of the values that the schema lists"), expected)
        }
        Kind::Constant { expected_value } => {
            let expected = show::schema_value(expected_value);
            (format!("{subject} is not the one value that the schema allows"), expected)
        }
        Kind::Minimum { limit } => bound(subject, "below the minimum", ">=", limit),
        Kind::Maximum { limit } => bound(subject, "above the maximum", "<=", limit),
        Kind::ExclusiveMinimum { limit } => {
            bound(subject, "not above the exclusive minimum", ">", limit)
        }
        Kind::ExclusiveMaximum { limit } => {
            bound(subject, "not below the exclusive maximum", "<", limit)
        }
        Kind::MultipleOf { multiple_of } => {
            let wanted = format!("a multiple of {multiple_of}");
            (format!("{subject} is not {wanted}"), wanted)
        }
        Kind::MinLength { limit } => size(subject, "shorter", "at least", *limit, "character"),
        Kind::MaxLength { limit } => size(subject, "longer", "at most", *limit, "character"),
        Kind::MinItems { limit } => size(subject, "shorter", "at least", *limit, "item"),
        Kind::MaxItems { limit } => size(subject, "longer", "at most", *limit, "item"),
        Kind::MinProperties { limit } => size(subject, "smaller", "at least", *limit, "property"),
        Kind::MaxProperties { limit } => size(subject, "larger", "at most", *limit, "property"),
        Kind::AdditionalItems { limit } => {
            size(subject, "longer", "at most", *limit as u64, "item")
        }
        Kind::UnevaluatedItems { .. } => (
            format!("{subject} has items that no part of the schema describes"),
            "no further items".to_owned(),
        ),
        Kind::UniqueItems => (repeated(subject, value), "items that all differ".to_owned()),
        Kind::Contains => (
            format!("{subject} has too few or too many of the items that `contains` asks for"),
            "items that match `contains`".to_owned(),
        ),
        Kind::Pattern { pattern } => (
            format!("{subject} does not match the pattern"),
            text::shortened(&format!("text that matches `{pattern}`"), 160),
        ),
        Kind::Format { format } => {
            let wanted = format!("the format `{format}`");
            (format!("{subject} is not in {wanted}"), wanted)
        }
        Kind::ContentEncoding { content_encoding } => {
            (format!("{subject} is not encoded as {content_encoding}"), content_encoding.clone())
        }
        Kind::ContentMediaType { content_media_type } => {
            (format!("{subject} does not hold {content_media_type}"), content_media_type.clone())
        }
        Kind::FromUtf8 { .. } => {
            (format!("{subject} does not decode to UTF-8"), "encoded UTF-8".to_owned())
        }
        Kind::FalseSchema => (format!("{subject} is not allowed at all"), "nothing".to_owned()),
        Kind::Not { schema } => (
            format!("{subject} is what `not` excludes"),
            format!("anything but {}", show::schema_value(schema)),
        ),
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            alternatives(subject, pointer, context)
        }
        Kind::OneOfMultipleValid { context } => {
            let fitting = context.iter().filter(|errors| errors.is_empty()).count();
            let wanted = "exactly one of the alternatives".to_owned();
            (format!("{subject} fits {fitting} alternatives of `oneOf`, and must fit one"), wanted)
        }
        Kind::BacktrackLimitExceeded { .. } | Kind::RegexEngineFailure { .. } => (
            format!("whether {subject} matches the pattern takes too long to find out"),
            "a text that the pattern accepts or refuses sooner".to_owned(),
        ),
        Kind::Referencing(_) => (
            format!("the schema of {subject} refers to a schema that is not there"),
            "a reference that can be resolved".to_owned(),
        ),
        Kind::Custom { message, .. } => (message.clone(), String::new()),
        // These have several places; `report` takes them apart.
        Kind::Required { .. }
        | Kind::AdditionalProperties { .. }
        | Kind::UnevaluatedProperties { .. }
        | Kind::PropertyNames { .. } => {
            (format!("{subject} has properties that do not fit"), String::new())
        }
    };
    Words { message, expected }
}

fn bound(subject: &str, problem: &str, operator: &str, limit: &Value) -> (String, String) {
    let limit = show::schema_value(limit);
    (format!("{subject} is {problem}, {limit}"), format!("{operator} {limit}"))
}

fn size(subject: &str, problem: &str, most: &str, limit: u64, unit: &str) -> (String, String) {
    let unit = match (limit, unit) {
        (1, unit) => unit.to_owned(),
        (_, "property") => "properties".to_owned(),
        (_, unit) => format!("{unit}s"),
    };
    let wanted = format!("{most} {limit} {unit}");
    (format!("{subject} is {problem} than allowed: {wanted}"), wanted)
}

fn repeated(subject: &str, value: Option<&Tree<'_>>) -> String {
    let pair = match value {
        Some(Tree::List(items)) => tree::equal_items(items),
        _ => None,
    };
    match pair {
        Some((one, other)) => {
            format!("items {one} and {other} of {subject} are equal, and all must differ")
        }
        None => format!("{subject} has equal items, and all must differ"),
    }
}

/// `a number or null`.
fn types(kind: &TypeKind) -> String {
    let name = |kind: JsonType| match kind {
        JsonType::Null => "null",
        JsonType::Boolean => "a boolean",
        JsonType::Integer => "an integer",
        JsonType::Number => "a number",
        JsonType::String => "a string",
        JsonType::Array => "an array",
        JsonType::Object => "an object",
    };
    let set = match kind {
        TypeKind::Single(kind) => JsonTypeSet::from(*kind),
        TypeKind::Multiple(kinds) => *kinds,
    };
    let mut names: Vec<&str> = set.iter().map(name).collect();
    // Null comes last in speech.
    names.sort_by_key(|name| *name == "null");
    names.join(" or ")
}

fn found(value: Option<&Tree<'_>>, wanted: &TypeKind) -> &'static str {
    let integer = match wanted {
        TypeKind::Single(kind) => *kind == JsonType::Integer,
        TypeKind::Multiple(kinds) => kinds.contains(JsonType::Integer),
    };
    match value {
        None => "of another type",
        Some(Tree::Null) => "null",
        Some(Tree::Boolean(_)) => "a boolean",
        // Draft 4 wants it written so, too.
        Some(Tree::Number(number)) if integer && number.is_whole() => {
            "a number written with a fraction"
        }
        Some(Tree::Number(_)) if integer => "a number with a fraction",
        Some(Tree::Number(_)) => "a number",
        Some(Tree::Text(_)) => "a string",
        Some(Tree::List(_)) => "an array",
        Some(Tree::Object(_)) => "an object",
    }
}

/// The alternatives that a value does not fit: their types, when it is only
/// that, else what the nearest of them wants.
fn alternatives(
    subject: &str,
    pointer: &str,
    context: &[Vec<ValidationError<'static>>],
) -> (String, String) {
    let mut kinds = Vec::new();
    for errors in context {
        match errors.as_slice() {
            [error] => match error.kind() {
                Kind::Type { kind } => kinds.push((error.instance_path().as_str(), types(kind))),
                _ => break,
            },
            _ => break,
        }
    }
    if let [(place, _), ..] = kinds.as_slice()
        && kinds.len() == context.len()
        && kinds.iter().all(|(other, _)| other == place)
    {
        let mut wanted: Vec<&str> = kinds.iter().map(|(_, wanted)| wanted.as_str()).collect();
        wanted.dedup();
        let wanted = wanted.join(" or ");
        return (format!("{subject} must be {wanted}"), wanted);
    }
    let count = context.len();
    let message = format!("{subject} fits none of the {count} alternatives");
    let nearest = context
        .iter()
        .enumerate()
        .filter_map(|(at, errors)| Some((distance(errors), at, errors.first()?)))
        .min_by_key(|(distance, at, _)| (*distance, *at));
    match nearest {
        Some((_, at, error)) => {
            let place = error.instance_path().as_str();
            let name = match place {
                place if place == pointer => "it".to_owned(),
                "" => "the payload".to_owned(),
                place => format!("`{place}`"),
            };
            let Words { message: words, expected } = match error.kind() {
                Kind::Required { property } => {
                    let property = property.as_str().unwrap_or_default();
                    Words {
                        message: format!("`{property}` is missing from {name}"),
                        expected: format!("a property `{property}`"),
                    }
                }
                Kind::AdditionalProperties { unexpected }
                | Kind::UnevaluatedProperties { unexpected } => Words {
                    message: format!("{name} must not have `{}`", unexpected.join("`, `")),
                    expected: "no further properties".to_owned(),
                },
                kind => explain(kind, &name, place, None),
            };
            (format!("{message}; the nearest is number {}: {words}", at + 1), expected)
        }
        None => (message, format!("one of {count} alternatives")),
    }
}

/// How far a value is from an alternative: one that has another type or
/// another constant is meant for other values.
fn distance(errors: &[ValidationError<'static>]) -> (usize, usize) {
    let depth = |error: &&ValidationError<'static>| error.instance_path().segments().count();
    let nearest = errors.iter().min_by_key(depth).map_or(0, |error| depth(&error));
    let strangers = errors
        .iter()
        .filter(|error| depth(error) == nearest)
        .filter(|error| matches!(error.kind(), Kind::Type { .. } | Kind::Constant { .. }))
        .count();
    (strangers, errors.len())
}
