//! Whether a schema can refuse anything at all.

use std::cell::RefCell;
use std::collections::BTreeMap;

use jsonschema::Draft;
use serde_json::{Map, Value};

use super::keywords::{self, is_keyword};

/// A schema, and what it may refer to.
#[derive(Debug)]
pub(super) struct Schemas<'s> {
    root: &'s Value,
    resources: &'s [(String, Value)],
    formats: Option<bool>,
    /// What is known, by the schema's address; none while it is found out: what
    /// leads back to itself refuses nothing by that.
    known: RefCell<BTreeMap<usize, Option<bool>>>,
}

/// Deeper than people nest schemas; what is further in is thought to refuse.
const DEPTH: usize = 200;

impl<'s> Schemas<'s> {
    pub(super) fn new(
        root: &'s Value,
        resources: &'s [(String, Value)],
        formats: Option<bool>,
    ) -> Self {
        Self { root, resources, formats, known: RefCell::default() }
    }

    /// Whether there is a value that breaks the schema, as far as its keywords
    /// show one by one. Where that cannot be seen it is taken to be so.
    pub(super) fn can_refuse(&self, schema: &'s Value, draft: Draft) -> bool {
        self.refuses(schema, draft, 0)
    }

    fn refuses(&self, schema: &'s Value, draft: Draft, depth: usize) -> bool {
        let members = match schema {
            Value::Bool(accepts) => return !accepts,
            Value::Object(members) => members,
            _ => return true,
        };
        if depth > DEPTH {
            return true;
        }
        let key = std::ptr::from_ref(schema) as usize;
        if let Some(known) = self.known.borrow().get(&key) {
            return known.unwrap_or(false);
        }
        self.known.borrow_mut().insert(key, None);
        let draft = draft.detect(schema);
        let refuses = match members.get("$ref") {
            Some(reference) if keywords::ignores_siblings(draft) => {
                self.referred(reference, draft, depth)
            }
            _ => members.iter().any(|(keyword, value)| {
                is_keyword(keyword, draft) && self.keyword(members, keyword, value, draft, depth)
            }),
        };
        self.known.borrow_mut().insert(key, Some(refuses));
        refuses
    }

    /// Whether a keyword of a schema can refuse anything.
    fn keyword(
        &self,
        schema: &'s Map<String, Value>,
        keyword: &str,
        value: &'s Value,
        draft: Draft,
        depth: usize,
    ) -> bool {
        let one = |schema: &'s Value| self.refuses(schema, draft, depth + 1);
        let is_there = |keyword: &str| schema.contains_key(keyword) && is_keyword(keyword, draft);
        match (keyword, value) {
            ("$ref" | "$dynamicRef" | "$recursiveRef", reference) => {
                self.referred(reference, draft, depth)
            }
            ("type", Value::Array(types)) => {
                let has = |name: &str| types.iter().any(|known| known == name);
                !["array", "boolean", "null", "number", "object", "string"].into_iter().all(has)
            }
            // A bound of 0 and an empty pattern refuse nothing.
            ("minLength" | "minItems" | "minProperties", Value::Number(least)) => {
                least.as_f64() != Some(0.0)
            }
            ("pattern", Value::String(pattern)) => !pattern.is_empty(),
            ("uniqueItems", Value::Bool(unique)) => *unique,
            ("required", Value::Array(names)) => !names.is_empty(),
            ("dependentRequired", Value::Object(names)) => {
                names.values().any(|names| names.as_array().is_none_or(|names| !names.is_empty()))
            }
            // In draft 4 these are true or false beside a bound.
            ("exclusiveMaximum" | "exclusiveMinimum", Value::Bool(_)) => false,
            ("minContains" | "maxContains", _) => false,
            ("contains", _) => {
                let none_will_do = is_there("minContains")
                    && schema.get("minContains").and_then(Value::as_f64) == Some(0.0);
                !none_will_do || is_there("maxContains")
            }
            ("format", Value::String(format)) => self.is_rule(format, draft),
            ("contentEncoding" | "contentMediaType", _) => {
                matches!(draft, Draft::Draft6 | Draft::Draft7)
            }
            ("allOf" | "prefixItems", Value::Array(all)) => all.iter().any(one),
            ("anyOf", Value::Array(any)) => any.iter().all(one),
            // Two that take everything are one too many.
            ("oneOf", Value::Array(schemas)) => match schemas.as_slice() {
                [only] => one(only),
                _ => true,
            },
            ("not", Value::Bool(accepts)) => *accepts,
            ("if", _) => ["then", "else"]
                .into_iter()
                .filter(|branch| is_there(branch))
                .filter_map(|branch| schema.get(branch))
                .any(one),
            ("then" | "else", _) => false,
            ("items", Value::Array(schemas)) => schemas.iter().any(one),
            // It counts beside a list of items only.
            ("additionalItems", further) => {
                schema.get("items").is_some_and(Value::is_array) && one(further)
            }
            (
                "properties" | "patternProperties" | "dependentSchemas" | "dependencies",
                Value::Object(schemas),
            ) => schemas.values().any(|schema| match schema {
                Value::Array(names) => !names.is_empty(),
                schema => one(schema),
            }),
            (
                "additionalProperties"
                | "items"
                | "propertyNames"
                | "unevaluatedItems"
                | "unevaluatedProperties",
                schema,
            ) => one(schema),
            (
                "const" | "enum" | "type" | "multipleOf" | "maximum" | "minimum"
                | "exclusiveMaximum" | "exclusiveMinimum" | "maxLength" | "maxItems"
                | "maxProperties" | "not",
                _,
            ) => true,
            _ => false,
        }
    }

    fn referred(&self, reference: &Value, draft: Draft, depth: usize) -> bool {
        let target = reference.as_str().and_then(|reference| self.target(reference));
        target.is_none_or(|target| self.refuses(target, draft, depth + 1))
    }

    /// Where a reference leads; none when that takes more than a pointer.
    fn target(&self, reference: &str) -> Option<&'s Value> {
        let (uri, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let root = match uri {
            "" => self.root,
            uri => {
                let known =
                    self.resources.iter().find(|(known, _)| known.trim_end_matches('#') == uri);
                known.map(|(_, schema)| schema)?
            }
        };
        if fragment.is_empty() { Some(root) } else { root.pointer(fragment) }
    }

    /// Whether a format is a rule, and one that is known.
    fn is_rule(&self, format: &str, draft: Draft) -> bool {
        let older = matches!(draft, Draft::Draft4 | Draft::Draft6 | Draft::Draft7);
        self.formats.unwrap_or(older) && jsonschema::options().is_known_format(draft, format)
    }
}
