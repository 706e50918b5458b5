//! Schemas that a validator would follow for ever.

use serde_json::{Map, Value};

/// Whether a schema leads back to itself without looking at a smaller part of
/// the value: `{"$ref": "#"}`, or the same within `allOf`.
///
/// References of a chain are counted, not remembered: a chain longer than 64
/// is a circle, or might as well be.
pub(super) fn refers_to_itself(root: &Value) -> bool {
    const LONGEST_CHAIN: usize = 64;
    // Every schema is a start; from each, only keywords that apply to the same
    // value are followed.
    let mut starts = vec![root];
    let mut budget = 100_000_usize;
    while let Some(start) = starts.pop() {
        match start {
            Value::Array(items) => starts.extend(items),
            Value::Object(map) => {
                starts.extend(map.values());
                if !map.contains_key("$ref") {
                    continue;
                }
                let mut open = vec![(map, 0)];
                while let Some((schema, steps)) = open.pop() {
                    budget = budget.saturating_sub(1);
                    if steps > LONGEST_CHAIN || budget == 0 {
                        return true;
                    }
                    in_place(root, schema, |next| open.push((next, steps + 1)));
                }
            }
            _ => {}
        }
    }
    false
}

/// The schemas that apply to the same value as this one.
fn in_place<'a>(
    root: &'a Value,
    schema: &'a Map<String, Value>,
    mut found: impl FnMut(&'a Map<String, Value>),
) {
    let referred = ["$ref", "$dynamicRef"].into_iter().filter_map(|keyword| {
        let reference = schema.get(keyword)?.as_str()?;
        root.pointer(reference.strip_prefix('#')?)
    });
    let single =
        ["not", "if", "then", "else"].into_iter().filter_map(|keyword| schema.get(keyword));
    let several = ["allOf", "anyOf", "oneOf"]
        .into_iter()
        .filter_map(|keyword| schema.get(keyword)?.as_array())
        .flatten();
    let dependent =
        schema.get("dependentSchemas").and_then(Value::as_object).into_iter().flat_map(Map::values);
    for next in referred.chain(single).chain(several).chain(dependent) {
        if let Some(next) = next.as_object() {
            found(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::refers_to_itself;

    #[test]
    fn only_circles_without_progress_are_refused() {
        let circle = |json: &str| refers_to_itself(&serde_json::from_str(json).expect("JSON"));
        assert!(circle(r##"{"$ref": "#"}"##));
        assert!(circle(r##"{"allOf": [{"$ref": "#"}]}"##));
        assert!(circle(
            r##"{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"anyOf": [{"$ref": "#/$defs/a"}]}}}"##
        ));
        assert!(!circle(r##"{"properties": {"child": {"$ref": "#"}}}"##));
        assert!(!circle(
            r##"{"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": true}}"##
        ));
    }
}
