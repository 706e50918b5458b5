//! Which draft knows which keyword.

use jsonschema::Draft;

/// Keywords, the first draft that knows them, and the last. Source: the
/// meta-schemas; `definitions` and `dependencies` are kept for older schemas.
const KEYWORDS: &[(&str, u8, u8)] = &[
    ("$anchor", 3, 4),
    ("$comment", 2, 4),
    ("$defs", 3, 4),
    ("$dynamicAnchor", 4, 4),
    ("$dynamicRef", 4, 4),
    ("$id", 1, 4),
    ("$recursiveAnchor", 3, 3),
    ("$recursiveRef", 3, 3),
    ("$ref", 0, 4),
    ("$schema", 0, 4),
    ("$vocabulary", 3, 4),
    ("additionalItems", 0, 3),
    ("additionalProperties", 0, 4),
    ("allOf", 0, 4),
    ("anyOf", 0, 4),
    ("const", 1, 4),
    ("contains", 1, 4),
    ("contentEncoding", 1, 4),
    ("contentMediaType", 1, 4),
    ("contentSchema", 3, 4),
    ("default", 0, 4),
    ("definitions", 0, 4),
    ("dependencies", 0, 4),
    ("dependentRequired", 3, 4),
    ("dependentSchemas", 3, 4),
    ("deprecated", 3, 4),
    ("description", 0, 4),
    ("else", 2, 4),
    ("enum", 0, 4),
    ("examples", 1, 4),
    ("exclusiveMaximum", 0, 4),
    ("exclusiveMinimum", 0, 4),
    ("format", 0, 4),
    ("id", 0, 0),
    ("if", 2, 4),
    ("items", 0, 4),
    ("maxContains", 3, 4),
    ("maxItems", 0, 4),
    ("maxLength", 0, 4),
    ("maxProperties", 0, 4),
    ("maximum", 0, 4),
    ("minContains", 3, 4),
    ("minItems", 0, 4),
    ("minLength", 0, 4),
    ("minProperties", 0, 4),
    ("minimum", 0, 4),
    ("multipleOf", 0, 4),
    ("not", 0, 4),
    ("oneOf", 0, 4),
    ("pattern", 0, 4),
    ("patternProperties", 0, 4),
    ("prefixItems", 4, 4),
    ("properties", 0, 4),
    ("propertyNames", 1, 4),
    ("readOnly", 2, 4),
    ("required", 0, 4),
    ("then", 2, 4),
    ("title", 0, 4),
    ("type", 0, 4),
    ("unevaluatedItems", 3, 4),
    ("unevaluatedProperties", 3, 4),
    ("uniqueItems", 0, 4),
    ("writeOnly", 2, 4),
];

/// A draft by its place among the drafts, and its name; none for a meta-schema
/// of one's own.
fn place(draft: Draft) -> Option<(u8, &'static str)> {
    Some(match draft {
        Draft::Draft4 => (0, "4"),
        Draft::Draft6 => (1, "6"),
        Draft::Draft7 => (2, "7"),
        Draft::Draft201909 => (3, "2019-09"),
        Draft::Draft202012 => (4, "2020-12"),
        _ => return None,
    })
}

/// What a draft is called.
pub(super) fn name(draft: Draft) -> Option<&'static str> {
    place(draft).map(|(_, name)| name)
}

/// Whether a `$ref` of the draft makes what stands beside it count for nothing.
pub(super) fn ignores_siblings(draft: Draft) -> bool {
    place(draft).is_some_and(|(place, _)| place <= 2)
}

/// The keywords of a draft.
pub(super) fn names(draft: Draft) -> impl Iterator<Item = &'static str> {
    let place = place(draft).map(|(place, _)| place);
    KEYWORDS.iter().filter_map(move |(name, first, last)| {
        place.is_some_and(|place| (*first..=*last).contains(&place)).then_some(*name)
    })
}

/// Whether a draft knows a keyword; a meta-schema of one's own may know all.
pub(super) fn is_keyword(keyword: &str, draft: Draft) -> bool {
    let Some((place, _)) = place(draft) else { return true };
    let found = KEYWORDS.binary_search_by(|(name, ..)| (*name).cmp(keyword));
    let found = found.ok().and_then(|at| KEYWORDS.get(at));
    found.is_some_and(|(_, first, last)| (*first..=*last).contains(&place))
}

/// Whether a name that is no keyword is a remark all the same: it begins with
/// `x-`, or is of the vocabulary of annotations that OpenAPI declares.
pub(super) fn is_annotation(name: &str) -> bool {
    name.starts_with("x-") || matches!(name, "discriminator" | "example" | "externalDocs" | "xml")
}

/// What a keyword holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// A schema, or for `items` a list of them.
    Schema,
    /// A list of schemas.
    Schemas,
    /// Schemas by names, which are no keywords.
    Named,
    /// No schema.
    Value,
}

pub(super) fn holds(keyword: &str) -> Holds {
    match keyword {
        "additionalItems"
        | "additionalProperties"
        | "contains"
        | "contentSchema"
        | "else"
        | "if"
        | "items"
        | "not"
        | "propertyNames"
        | "then"
        | "unevaluatedItems"
        | "unevaluatedProperties" => Holds::Schema,
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => Holds::Schemas,
        "$defs" | "definitions" | "dependencies" | "dependentSchemas" | "patternProperties"
        | "properties" => Holds::Named,
        _ => Holds::Value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_found_by_their_order() {
        assert!(KEYWORDS.is_sorted_by_key(|(name, ..)| *name));
        assert!(is_keyword("prefixItems", Draft::Draft202012));
        assert!(!is_keyword("prefixItems", Draft::Draft7));
        assert!(!is_keyword("typ", Draft::Draft4));
        assert!(is_keyword("anything", Draft::Unknown));
    }
}
