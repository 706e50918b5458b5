//! What a schema lets a property be, so that a cell of a file without types
//! can be read as it is meant.

use std::cell::Cell;

use jsonschema::{Draft, Registry, uri};
use serde_json::Value;

/// A set of JSON's types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kinds(u8);

impl Kinds {
    const NONE: Self = Self(0);
    pub(crate) const NULL: Self = Self(1);
    pub(crate) const BOOLEAN: Self = Self(2);
    pub(crate) const NUMBER: Self = Self(4);
    pub(crate) const TEXT: Self = Self(8);
    pub(crate) const LIST: Self = Self(16);
    pub(crate) const OBJECT: Self = Self(32);
    /// Nothing is declared.
    pub(crate) const ALL: Self = Self(63);

    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What both allow. Two that exclude each other say nothing about what
    /// was meant.
    fn and(self, other: Self) -> Self {
        match self.0 & other.0 {
            0 => self,
            both => Self(both),
        }
    }

    fn named(name: &str) -> Self {
        match name {
            "null" => Self::NULL,
            "boolean" => Self::BOOLEAN,
            "integer" | "number" => Self::NUMBER,
            "string" => Self::TEXT,
            "array" => Self::LIST,
            "object" => Self::OBJECT,
            _ => Self::ALL,
        }
    }

    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::NULL,
            Value::Bool(_) => Self::BOOLEAN,
            Value::Number(_) => Self::NUMBER,
            Value::String(_) => Self::TEXT,
            Value::Array(_) => Self::LIST,
            Value::Object(_) => Self::OBJECT,
        }
    }
}

/// Where a schema without an `$id` stands.
const BASE: &str = "json-schema:///";

/// References nest no deeper in schemas that people write.
const DEPTH: usize = 32;

/// So many schemas are looked at for one property; beyond, nothing is declared.
const LOOKS: u32 = 2_000;

/// What the types of the properties of a row's schema are.
pub(crate) struct Declared<'s> {
    schema: &'s Value,
    base: String,
    registry: Option<Registry<'static>>,
}

impl<'s> Declared<'s> {
    /// For the rows that `schema` describes. What refers to a schema that
    /// cannot be found declares nothing.
    pub(crate) fn new(schema: &'s Value, resources: &[(String, Value)], draft: Draft) -> Self {
        let id = schema.get("$id").or_else(|| schema.get("id")).and_then(Value::as_str);
        let base = id.filter(|id| uri::from_str(id).is_ok()).unwrap_or(BASE).to_owned();
        let one = |schema: &Value| draft.detect(schema).create_resource(schema.clone());
        let mut builder = Registry::new().add(&base, one(schema));
        for (uri, resource) in resources {
            builder = builder.and_then(|builder| builder.add(uri, one(resource)));
        }
        let registry = builder.and_then(|builder| builder.prepare()).ok();
        Self { schema, base, registry }
    }

    /// What the property may be.
    pub(crate) fn kinds(&self, name: &str) -> Kinds {
        let looks = Cell::new(LOOKS);
        let walk = Walk { declared: self, looks: &looks };
        let kinds = walk.of_property(self.schema, &self.base, name, 0);
        if looks.get() == 0 { Kinds::ALL } else { kinds }
    }

    fn lookup(&self, base: &str, reference: &str) -> Option<(&Value, String)> {
        let resolver = self.registry.as_ref()?.resolver(uri::from_str(base).ok()?);
        let resolved = resolver.lookup(reference).ok()?;
        let base = resolved.resolver().base_uri().as_str().to_owned();
        Some((resolved.contents(), base))
    }
}

struct Walk<'w, 's> {
    declared: &'w Declared<'s>,
    looks: &'w Cell<u32>,
}

impl Walk<'_, '_> {
    /// Whether one more schema is looked at.
    fn looks_on(&self, depth: usize) -> bool {
        let left = self.looks.get().saturating_sub(1);
        self.looks.set(left);
        left > 0 && depth < DEPTH
    }

    /// What a schema of rows lets a property be.
    fn of_property(&self, schema: &Value, base: &str, name: &str, depth: usize) -> Kinds {
        if !self.looks_on(depth) {
            return Kinds::ALL;
        }
        let own = match (schema.get("properties").and_then(|all| all.get(name)), schema) {
            (Some(property), _) => self.of_value(property, base, depth + 1),
            // A pattern may be about this name.
            (None, schema) if schema.get("patternProperties").is_none() => {
                match schema.get("additionalProperties") {
                    Some(others) => self.of_value(others, base, depth + 1),
                    None => Kinds::ALL,
                }
            }
            _ => Kinds::ALL,
        };
        let beside = self.beside(schema, base, depth, &|schema, base, depth| {
            self.of_property(schema, base, name, depth)
        });
        own.and(beside)
    }

    /// What a schema lets a value be.
    fn of_value(&self, schema: &Value, base: &str, depth: usize) -> Kinds {
        if !self.looks_on(depth) {
            return Kinds::ALL;
        }
        let mut kinds = match schema.get("type") {
            Some(Value::String(name)) => Kinds::named(name),
            Some(Value::Array(names)) => {
                let names = names.iter().filter_map(Value::as_str).map(Kinds::named);
                names.fold(Kinds::NONE, Kinds::or)
            }
            _ => Kinds::ALL,
        };
        if let Some(Value::Array(values)) = schema.get("enum") {
            kinds = kinds.and(values.iter().map(Kinds::of).fold(Kinds::NONE, Kinds::or));
        }
        if let Some(value) = schema.get("const") {
            kinds = kinds.and(Kinds::of(value));
        }
        kinds.and(
            self.beside(schema, base, depth, &|schema, base, depth| {
                self.of_value(schema, base, depth)
            }),
        )
    }

    /// What the schemas say that apply to the same value as this one.
    fn beside(
        &self,
        schema: &Value,
        base: &str,
        depth: usize,
        look: &dyn Fn(&Value, &str, usize) -> Kinds,
    ) -> Kinds {
        // A schema with a name of its own is where its references begin.
        let id = schema.get("$id").and_then(Value::as_str).filter(|id| !id.starts_with('#'));
        let named = id.and_then(|id| self.declared.lookup(base, id)).map(|(_, base)| base);
        let base = named.as_deref().unwrap_or(base);
        let all = |name: &str| schema.get(name).and_then(Value::as_array).into_iter().flatten();
        let any = |kinds: &mut dyn Iterator<Item = Kinds>| kinds.reduce(Kinds::or);
        let mut kinds = Kinds::ALL;
        for name in ["$ref", "$dynamicRef"] {
            let reference = schema.get(name).and_then(Value::as_str);
            if let Some((target, base)) =
                reference.and_then(|reference| self.declared.lookup(base, reference))
            {
                kinds = kinds.and(look(target, &base, depth + 1));
            }
        }
        for part in all("allOf") {
            kinds = kinds.and(look(part, base, depth + 1));
        }
        for name in ["anyOf", "oneOf"] {
            let mut parts = all(name).map(|part| look(part, base, depth + 1));
            kinds = kinds.and(any(&mut parts).unwrap_or(Kinds::ALL));
        }
        if schema.get("if").is_some() {
            let part =
                |name| schema.get(name).map_or(Kinds::ALL, |part| look(part, base, depth + 1));
            kinds = kinds.and(part("then").or(part("else")));
        }
        kinds
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn kinds(schema: &Value, name: &str) -> Kinds {
        let money = ("https://example.com/money.json".to_owned(), json!({"type": "number"}));
        Declared::new(schema, &[money], Draft::default()).kinds(name)
    }

    #[test]
    fn the_types_of_a_property_are_found_where_a_schema_says_them() {
        let schema = json!({
            "properties": {
                "plain": {"type": "string"},
                "two": {"type": ["integer", "null"]},
                "of": {"enum": ["a", 1]},
                "here": {"$ref": "#/$defs/text"},
                "there": {"$ref": "https://example.com/money.json"},
                "either": {"anyOf": [{"type": "boolean"}, {"const": "yes"}]},
                "both": {"allOf": [{"type": ["string", "number"]}, {"type": "string"}]},
                "loop": {"$ref": "#/properties/loop"},
                "never": {"type": "string", "const": 1},
                "lost": {"$ref": "#/nowhere"},
            },
            "allOf": [{"properties": {"beside": {"type": "array"}}}],
            "additionalProperties": {"type": "number"},
            "$defs": {"text": {"type": "string"}},
        });
        for (name, wanted) in [
            ("plain", Kinds::TEXT),
            ("two", Kinds::NUMBER.or(Kinds::NULL)),
            ("of", Kinds::TEXT.or(Kinds::NUMBER)),
            ("here", Kinds::TEXT),
            ("there", Kinds::NUMBER),
            ("either", Kinds::BOOLEAN.or(Kinds::TEXT)),
            ("both", Kinds::TEXT),
            ("loop", Kinds::ALL),
            ("never", Kinds::TEXT),
            ("lost", Kinds::ALL),
            ("another", Kinds::NUMBER),
        ] {
            assert_eq!(kinds(&schema, name), wanted, "{name}");
        }
        assert_eq!(kinds(&json!(true), "x"), Kinds::ALL);
        let patterns = json!({"patternProperties": {"^x": {"type": "string"}},
            "additionalProperties": {"type": "number"}});
        assert_eq!(kinds(&patterns, "x1"), Kinds::ALL);
        let within = json!({"$id": "https://example.com/row.json",
            "$defs": {"sub": {"$id": "sub.json", "$defs": {"n": {"type": "number"}},
                "properties": {"n": {"$ref": "#/$defs/n"}}}},
            "$ref": "sub.json"});
        assert_eq!(kinds(&within, "n"), Kinds::NUMBER);
    }

    #[test]
    fn references_that_fan_out_end() {
        let mut definitions = serde_json::Map::new();
        for at in 0..60 {
            let next = json!({"$ref": format!("#/$defs/{}", at + 1)});
            definitions.insert(at.to_string(), json!({"anyOf": [next, next]}));
        }
        let schema = json!({"$defs": definitions, "properties": {"x": {"$ref": "#/$defs/0"}}});
        assert_eq!(kinds(&schema, "x"), Kinds::ALL);
    }
}
