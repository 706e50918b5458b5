//! Which schemas a schema applies, and to what.

use serde_json::{Map, Value};

/// What a schema within another applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum To<'s> {
    /// The same value, and it must hold.
    Same,
    /// The same value, as one form of several: a validator looks whether it
    /// holds, and again for what is wrong.
    Form,
    /// One member.
    Member(&'s str),
    /// Any member.
    Members,
    /// The names of members.
    Names,
    /// One item.
    Item(usize),
    /// Any item.
    Items,
    /// Nothing: it is kept for references.
    Nothing,
}

/// Calls `found` for each schema within one, but for those it refers to.
pub(super) fn within<'s>(schema: &'s Map<String, Value>, mut found: impl FnMut(To<'s>, &'s Value)) {
    for (keyword, value) in schema {
        let (one, of_map) = match keyword.as_str() {
            "allOf" => (To::Same, None),
            "anyOf" | "oneOf" | "not" | "if" => (To::Form, None),
            "then" | "else" => (To::Same, None),
            "dependentSchemas" | "dependencies" => (To::Same, Some(To::Same)),
            "properties" => (To::Members, Some(To::Members)),
            "patternProperties" => (To::Members, Some(To::Members)),
            "additionalProperties" | "unevaluatedProperties" => (To::Members, None),
            "propertyNames" => (To::Names, None),
            "items" | "contains" | "additionalItems" | "unevaluatedItems" => (To::Items, None),
            "prefixItems" => (To::Items, None),
            "$defs" | "definitions" => (To::Nothing, Some(To::Nothing)),
            _ => continue,
        };
        let is_list_of_places = matches!(keyword.as_str(), "items" | "prefixItems");
        match (value, of_map) {
            (Value::Array(schemas), _) if is_list_of_places => {
                schemas.iter().enumerate().for_each(|(at, schema)| found(To::Item(at), schema));
            }
            (Value::Array(schemas), _) => schemas.iter().for_each(|schema| found(one, schema)),
            (Value::Object(schemas), Some(_)) if keyword == "properties" => {
                schemas.iter().for_each(|(name, schema)| found(To::Member(name), schema));
            }
            (Value::Object(schemas), Some(each)) => {
                schemas.values().for_each(|schema| found(each, schema));
            }
            (schema, _) => found(one, schema),
        }
    }
}

/// The references of a schema, which apply to the same value.
pub(super) fn references(schema: &Map<String, Value>) -> impl Iterator<Item = &str> {
    ["$ref", "$dynamicRef", "$recursiveRef"]
        .into_iter()
        .filter_map(|keyword| schema.get(keyword)?.as_str())
}
