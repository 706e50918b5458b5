//! What differs between two reports.

use serde_json::Value;

/// More would tell nobody more.
pub const MOST_DIFFERENCES: usize = 100;

/// One value that is another one.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Difference {
    /// Where in the report, an RFC 6901 pointer.
    pub pointer: String,
    /// What the record says; none where it says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Value>,
    /// What it came to now; none where it says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed: Option<Value>,
}

/// All differences, the first [`MOST_DIFFERENCES`] of them.
pub(super) fn differences(recorded: &Value, replayed: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", Some(recorded), Some(replayed), &mut found);
    found
}

fn compare(at: &str, one: Option<&Value>, other: Option<&Value>, found: &mut Vec<Difference>) {
    if found.len() >= MOST_DIFFERENCES {
        return;
    }
    match (one, other) {
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            let more = other.keys().filter(|key| !one.contains_key(*key));
            for key in one.keys().chain(more) {
                let at = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                compare(&at, one.get(key), other.get(key), found);
            }
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) => {
            for index in 0..one.len().max(other.len()) {
                compare(&format!("{at}/{index}"), one.get(index), other.get(index), found);
            }
        }
        (one, other) if one == other => {}
        (recorded, replayed) => found.push(Difference {
            pointer: at.to_owned(),
            recorded: recorded.cloned(),
            replayed: replayed.cloned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_value_that_is_another_has_its_place() {
        let one = json!({ "a/b": [1, 2, 3], "same": { "x": 1 }, "gone": null });
        let other = json!({ "a/b": [1, 4], "same": { "x": 1 }, "new": true });
        let found: Vec<_> = differences(&one, &other)
            .into_iter()
            .map(|it| (it.pointer, it.recorded, it.replayed))
            .collect();
        assert_eq!(
            found,
            [
                ("/a~1b/1".to_owned(), Some(json!(2)), Some(json!(4))),
                ("/a~1b/2".to_owned(), Some(json!(3)), None),
                ("/gone".to_owned(), Some(json!(null)), None),
                ("/new".to_owned(), None, Some(json!(true))),
            ]
        );
        assert!(differences(&one, &one).is_empty());
        let many = |value: i32| Value::from(vec![value; 1000]);
        assert_eq!(differences(&many(1), &many(2)).len(), MOST_DIFFERENCES);
    }
}
