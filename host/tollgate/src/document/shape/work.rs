//! How much work it is to apply a schema to a value, before it is done.
//!
//! Small schemas and small documents can be exponential together: `anyOf`s one
//! in another along a path of the document, each with two ways on. The work is
//! counted with what was counted already remembered, so that to count it is
//! not as much.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::applied::{To, references, within};
use super::extent::Extent;
use super::pattern::states;

/// Steps that may be taken, each of some 10 ns: half a second for a schema and
/// a document that leave nothing out, and a hundred times what the largest
/// document takes with the built-in plugins.
const MOST: u64 = 50_000_000;

/// How deep schemas and values may nest together. Each level takes stack.
const DEPTH: usize = 256;

/// What one application costs.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    /// To see whether it holds.
    check: u64,
    /// To tell all that is wrong.
    tell: u64,
}

/// Fails when it is too much work to apply a schema. The error is one sentence.
pub(super) fn bounded(extent: &Extent<'_>, schema: &Value, value: &Value) -> Result<(), String> {
    let mut counting = Counting { extent, known: HashMap::new(), steps: 0 };
    let cost = counting.cost(schema, value, 0)?;
    if cost.check.saturating_add(cost.tell) > MOST { Err(too_much()) } else { Ok(()) }
}

fn too_much() -> String {
    "to apply it to these settings takes too much work, since its parts lead to one another in too \
     many ways"
        .to_owned()
}

struct Counting<'e, 's> {
    extent: &'e Extent<'s>,
    /// What was counted, for schemas that references lead to: no other schema
    /// meets one value twice.
    known: HashMap<(*const Value, *const Value), Cost>,
    steps: u64,
}

impl Counting<'_, '_> {
    fn cost(&mut self, schema: &Value, value: &Value, depth: usize) -> Result<Cost, String> {
        let Some(members) = schema.as_object() else { return Ok(Cost { check: 1, tell: 1 }) };
        if depth > DEPTH {
            return Err(format!("it nests deeper than {DEPTH} levels in these settings"));
        }
        let own = own(members, value);
        self.steps = self.steps.saturating_add(own);
        if self.steps > MOST {
            return Err(too_much());
        }
        let mut same = Vec::new();
        let mut below = Vec::new();
        within(members, |to, schema| match to {
            To::Same | To::Form => same.push((to, schema)),
            To::Nothing => {}
            to => below.push((to, schema)),
        });
        let mut cost = Cost { check: own, tell: own };
        let add = |to: &mut u64, more: u64| *to = to.saturating_add(more);
        let mut in_place = 0_u64;
        for (to, schema) in same {
            let inner = self.cost(schema, value, depth + 1)?;
            add(&mut in_place, inner.check);
            add(&mut cost.tell, inner.tell);
            if to == To::Form {
                add(&mut cost.tell, inner.check);
            }
        }
        for reference in references(members) {
            let Some(target) = self.extent.resolve(reference) else { continue };
            let inner = self.referred(target, value, depth + 1)?;
            add(&mut in_place, inner.check);
            add(&mut cost.tell, inner.tell);
        }
        // What was evaluated is found out by evaluating it once more.
        let again = ["unevaluatedProperties", "unevaluatedItems"];
        let times = 1 + again.iter().filter(|name| members.contains_key(**name)).count() as u64;
        add(&mut cost.check, in_place.saturating_mul(times));
        add(&mut cost.tell, in_place.saturating_mul(times - 1));
        for (to, schema) in below {
            for value in values(to, value) {
                let inner = self.cost(schema, value, depth + 1)?;
                add(&mut cost.check, inner.check);
                add(&mut cost.tell, inner.tell);
            }
        }
        Ok(cost)
    }

    fn referred(&mut self, schema: &Value, value: &Value, depth: usize) -> Result<Cost, String> {
        let key = (std::ptr::from_ref(schema), std::ptr::from_ref(value));
        if let Some(known) = self.known.get(&key) {
            return Ok(*known);
        }
        let cost = self.cost(schema, value, depth)?;
        self.known.insert(key, cost);
        Ok(cost)
    }
}

static NAME: Value = Value::Null;

/// The values that a schema within another is applied to.
fn values<'v>(to: To<'_>, value: &'v Value) -> Box<dyn Iterator<Item = &'v Value> + 'v> {
    match (to, value) {
        (To::Member(name), Value::Object(members)) => Box::new(members.get(name).into_iter()),
        (To::Members, Value::Object(members)) => Box::new(members.values()),
        (To::Names, Value::Object(members)) => Box::new(members.iter().map(|_| &NAME)),
        (To::Item(at), Value::Array(items)) => Box::new(items.get(at).into_iter()),
        (To::Items, Value::Array(items)) => Box::new(items.iter()),
        _ => Box::new(std::iter::empty()),
    }
}

/// To look at a keyword, or for a member.
const LOOK: usize = 5;

/// So many states of a pattern are one step with each byte.
const STATES: usize = 20;

/// The work of a schema's own keywords.
fn own(members: &Map<String, Value>, value: &Value) -> u64 {
    let pattern =
        |pattern: &str, bytes: usize| (1 + states(pattern) / STATES).saturating_mul(bytes);
    let mut steps = LOOK;
    for (keyword, given) in members {
        let more = match (keyword.as_str(), given, value) {
            ("pattern", Value::String(given), Value::String(text)) => pattern(given, text.len()),
            ("patternProperties", Value::Object(patterns), Value::Object(entries)) => {
                let bytes: usize = entries.keys().map(String::len).sum();
                patterns.keys().map(|given| pattern(given, bytes)).sum()
            }
            ("format", _, Value::String(text)) => text.len(),
            ("enum", Value::Array(entries), _) => entries.len(),
            ("required", Value::Array(entries), Value::Object(_)) => entries.len() * LOOK,
            ("properties", Value::Object(names), Value::Object(_)) => names.len() * LOOK,
            ("dependentRequired" | "dependencies", _, Value::Object(_)) => size(given) * LOOK,
            ("const", ..) => size(given),
            ("uniqueItems", _, Value::Array(_)) => size(value) * LOOK,
            _ => 0,
        };
        steps = steps.saturating_add(LOOK).saturating_add(more);
    }
    steps as u64
}

/// Recursion is bounded by the depth of trees.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => members.values().map(size).sum(),
        _ => 0_usize,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judged(schema: &Value, value: &Value) -> Result<(), String> {
        bounded(&Extent::of(schema).unwrap(), schema, value)
    }

    #[test]
    fn ways_that_part_along_a_document_are_counted() {
        let next = json!({"properties": {"a": {"$ref": "#"}}});
        let schema = json!({"anyOf": [next, next]});
        let nested = |depth| (0..depth).fold(json!("x"), |inner, _| json!({"a": inner}));
        assert_eq!(judged(&schema, &nested(10)), Ok(()));
        assert_eq!(judged(&schema, &nested(60)), Err(too_much()));
        // The same without the two ways.
        let schema = json!({"anyOf": [{"properties": {"a": {"$ref": "#"}}}]});
        assert_eq!(judged(&schema, &nested(60)), Ok(()));
    }

    #[test]
    fn long_texts_and_lists_count() {
        let schema = json!({"items": {"enum": (0..1_000).collect::<Vec<_>>()}});
        assert_eq!(judged(&schema, &json!(vec![1; 10_000])), Ok(()));
        assert_eq!(judged(&schema, &json!(vec![1; 100_000])), Err(too_much()));
        for (pattern, long) in [("^[a-z]*$", 1_000_000), ("(a|b)*a(a|b){1000}", 100_000)] {
            let schema = json!({"pattern": pattern});
            assert_eq!(judged(&schema, &json!("a".repeat(long))), Ok(()), "{pattern}");
            let twenty = json!({"allOf": vec![schema; 50]});
            assert_eq!(judged(&twenty, &json!("a".repeat(long))), Err(too_much()), "{pattern}");
        }
    }
}
