//! Whether a schema stays within bounds, before a library compiles it.
//!
//! Schemas come with plugins, from anywhere. What they could make of a few
//! lines - a `$ref` that leads back to itself, references that each lead to
//! two others forty times over, patterns of a million states - is counted
//! here, not carried out.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::applied::{To, references, within};

/// Some hundred times the schema of the largest built-in plugin.
const SCHEMAS: usize = 20_000;

/// As many times what a value is looked at by that schema.
const UNFOLDED: u64 = 10_000;

/// How many patterns a schema may have, each of which may compile to
/// [`PATTERN_SIZE`](super::PATTERN_SIZE).
const PATTERNS: usize = 100;

/// How often one schema may lead to another for the same value: a chain that
/// is longer is a circle, or might as well be.
const CHAIN: usize = 64;

/// A schema whose references lead somewhere in it.
#[derive(Debug)]
pub(super) struct Extent<'s> {
    root: &'s Value,
    anchors: HashMap<&'s str, &'s Value>,
    /// Whether all anchors are known, so that every reference leads somewhere.
    complete: bool,
}

impl<'s> Extent<'s> {
    /// Measures a schema. The error is one sentence.
    pub(super) fn of(root: &'s Value) -> Result<Self, String> {
        let mut extent = Self { root, anchors: HashMap::new(), complete: false };
        // Anchors first, since references may stand before them.
        let declared = extent.all(|_, _| Ok(()))?;
        for schema in declared {
            for keyword in ["$anchor", "$dynamicAnchor"] {
                if let Some(name) = schema.get(keyword).and_then(Value::as_str) {
                    extent.anchors.insert(name, schema);
                }
            }
        }
        extent.complete = true;
        // In draft 4 it had another name.
        let is_old =
            root.get("$schema").and_then(Value::as_str).is_some_and(|uri| uri.contains("draft-04"));
        let own = ["$id", "$schema", if is_old { "id" } else { "$id" }];
        let mut patterns = HashSet::new();
        let schemas = extent.all(|extent, schema| {
            let below_root = !std::ptr::eq(schema, extent.root.as_object().unwrap_or(schema));
            if below_root && own.iter().any(|keyword| schema.contains_key(*keyword)) {
                return Err("`$id` and `$schema` may stand at its root only".to_owned());
            }
            let texts = schema.get("pattern").and_then(Value::as_str);
            let names = schema.get("patternProperties").and_then(Value::as_object);
            patterns.extend(
                texts.into_iter().chain(names.into_iter().flat_map(Map::keys).map(String::as_str)),
            );
            match patterns.len() > PATTERNS {
                true => Err(format!("it has more than {PATTERNS} patterns")),
                false => Ok(()),
            }
        })?;
        let mut sizes = HashMap::new();
        for schema in schemas {
            if extent.unfolded(schema, 0, &mut sizes)? > UNFOLDED {
                return Err(format!(
                    "its references unfold to more than {UNFOLDED} schemas for one value"
                ));
            }
        }
        Ok(extent)
    }

    /// Where a reference leads.
    pub(super) fn resolve(&self, reference: &str) -> Option<&'s Value> {
        let id = self.root.get("$id").and_then(Value::as_str).unwrap_or_default();
        let local = reference.strip_prefix(id.trim_end_matches('#')).unwrap_or(reference);
        let fragment = match local {
            "" => return Some(self.root),
            local => decoded(local.strip_prefix('#')?)?,
        };
        if fragment.is_empty() || fragment.starts_with('/') {
            return self.root.pointer(&fragment);
        }
        self.anchors.get(fragment.as_str()).copied()
    }

    /// Calls `look` for each schema object that is applied or kept, and gives
    /// all of them.
    fn all(
        &self,
        mut look: impl FnMut(&Self, &'s Map<String, Value>) -> Result<(), String>,
    ) -> Result<Vec<&'s Value>, String> {
        let mut seen = HashSet::new();
        let mut open = vec![self.root];
        let mut all = Vec::new();
        while let Some(schema) = open.pop() {
            let Some(members) = schema.as_object() else { continue };
            if !seen.insert(std::ptr::from_ref(members)) {
                continue;
            }
            all.push(schema);
            if all.len() > SCHEMAS {
                return Err(format!("it holds more than {SCHEMAS} schemas"));
            }
            look(self, members)?;
            within(members, |_, schema| open.push(schema));
            for reference in references(members) {
                match self.resolve(reference) {
                    Some(schema) => open.push(schema),
                    None if self.complete => return Err(unresolved(reference)),
                    None => {}
                }
            }
        }
        Ok(all)
    }

    /// How many schemas are applied to one value.
    fn unfolded(
        &self,
        schema: &'s Value,
        chain: usize,
        sizes: &mut HashMap<*const Value, Option<u64>>,
    ) -> Result<u64, String> {
        let Some(members) = schema.as_object() else { return Ok(1) };
        let key = std::ptr::from_ref(schema);
        match sizes.insert(key, None) {
            Some(Some(size)) => {
                sizes.insert(key, Some(size));
                return Ok(size);
            }
            Some(None) => return Err("a `$ref` leads back to itself".to_owned()),
            None if chain > CHAIN => {
                return Err(format!("more than {CHAIN} references lead one to the next"));
            }
            None => {}
        }
        let mut inner = Vec::new();
        within(members, |to, schema| {
            if matches!(to, To::Same | To::Form) {
                inner.push(schema);
            }
        });
        for reference in references(members) {
            inner.push(self.resolve(reference).ok_or_else(|| unresolved(reference))?);
        }
        let mut size = 1_u64;
        for schema in inner {
            size = size.saturating_add(self.unfolded(schema, chain + 1, sizes)?);
        }
        sizes.insert(key, Some(size));
        Ok(size)
    }
}

fn unresolved(reference: &str) -> String {
    format!(
        "it refers to `{}`, which it does not hold; a settings schema stands alone, and nothing is \
         fetched",
        super::words::excerpt(reference)
    )
}

/// A URI's fragment without its percent signs.
fn decoded(fragment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(schema: &Value) -> String {
        Extent::of(schema).map_or_else(|reason| reason, |_| String::new())
    }

    #[test]
    fn only_circles_without_progress_are_refused() {
        let back = "a `$ref` leads back to itself";
        assert_eq!(refused(&json!({"$ref": "#"})), back);
        assert_eq!(refused(&json!({"allOf": [{"$ref": "#"}]})), back);
        assert_eq!(
            refused(&json!({
                "$ref": "#/$defs/a",
                "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"anyOf": [{"$ref": "#/$defs/a"}]}}
            })),
            back
        );
        for fine in [
            json!({"properties": {"child": {"$ref": "#"}}}),
            json!({
                "$ref": "#/$defs/a",
                "$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": true}
            }),
            json!({"$id": "urn:x", "$ref": "urn:x#a", "$defs": {"a b": {"$anchor": "a"}}}),
            json!({"$ref": "#/$defs/a%20b", "$defs": {"a b": {}}}),
        ] {
            assert_eq!(refused(&fine), "", "{fine}");
        }
    }

    #[test]
    fn what_unfolds_without_measure_is_counted_and_not_carried_out() {
        let mut defs = Map::new();
        for at in 0..30 {
            let next = json!({"$ref": format!("#/$defs/d{}", at + 1)});
            defs.insert(format!("d{at}"), json!({"anyOf": [next, next]}));
        }
        defs.insert("d30".to_owned(), json!({"type": "string"}));
        let schema = json!({"$ref": "#/$defs/d0", "$defs": defs});
        assert!(refused(&schema).starts_with("its references unfold to more than"), "{schema}");
        for elsewhere in ["https://example.com/other.json", "#/$defs/none", "#none", "other"] {
            assert!(refused(&json!({"$ref": elsewhere})).contains("which it does not hold"));
        }
        let patterns: Map<String, Value> =
            (0..101).map(|at| (format!("^{at}"), json!(true))).collect();
        assert!(refused(&json!({"patternProperties": patterns})).contains("100 patterns"));
        assert!(refused(&json!({"properties": {"a": {"$id": "x"}}})).contains("at its root only"));
    }
}
