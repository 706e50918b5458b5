//! Which slices a rule judges, and which should be there.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde_json::Value;

use crate::reader::{self, Mistakes, Object};
use crate::rule::{ANY, Against, Baseline, By, Labels, Limit, Slices};
use crate::slice;
use crate::split;
use crate::window;

/// The subject of a version that serves already.
const CHAMPION: &str = "champion";

const THIN: [(&str, bool); 2] = [("inconclusive", false), ("skip", true)];

/// Reads `for_each` and what belongs to it.
pub(super) fn read(
    rule: &Object<'_>,
    labels: &Labels,
    limit: &Limit,
    mistakes: &mut Mistakes,
) -> Option<Slices> {
    let Some(value) = rule.get("for_each") else {
        for key in ["expect", "at_least", "thin"] {
            if rule.get(key).is_some() {
                let message = format!("`{key}` is about slices: say with `for_each` which");
                mistakes.add(&rule.at(key), message);
            }
        }
        return None;
    };
    let keys: Vec<String> = match value {
        Value::Array(_) => rule
            .items("for_each", mistakes)
            .into_iter()
            .filter_map(|(pointer, item)| reader::text(item, &pointer, mistakes))
            .collect(),
        _ => alloc::vec![rule.text("for_each", mistakes)?.to_owned()],
    };
    for (index, key) in keys.iter().enumerate() {
        let before = keys.get(..index).unwrap_or_default();
        let message = if key == split::LABEL {
            "splits are no slices: a rule names the one that it judges, as in `test_auc`".into()
        } else if key == window::LABEL || labels.iter().any(|(label, _)| label == key) {
            format!("`{key}` selects one slice already, so there is no other to judge")
        } else if before.contains(key) {
            format!("`{key}` is given twice")
        } else if key == ANY && keys.len() > 1 {
            "`*` stands for any one label, and is given alone".into()
        } else {
            continue;
        };
        mistakes.add(&rule.at("for_each"), message);
    }
    if keys.is_empty() {
        mistakes.add(&rule.at("for_each"), "expected a label, or a list of labels");
        return None;
    }
    let by = if keys.iter().any(|key| key == ANY) { By::Any } else { By::Keys(keys) };
    let (as_of_subject, listed) = read_expected(rule, labels, &by, limit, mistakes);
    Some(Slices {
        by,
        as_of_subject,
        listed,
        at_least: rule.count("at_least", 1..=u64::MAX, mistakes),
        skip_thin: rule.choice("thin", &THIN, mistakes).unwrap_or_default(),
    })
}

/// The subject whose every slice must be there, and the slices that are named.
fn read_expected(
    rule: &Object<'_>,
    labels: &Labels,
    by: &By,
    limit: &Limit,
    mistakes: &mut Mistakes,
) -> (Option<String>, Vec<Labels>) {
    let baseline = match limit {
        Limit::Baseline(Baseline { against: Against::Subject(subject), .. }) => Some(subject),
        _ => None,
    };
    match rule.get("expect") {
        None => (baseline.cloned(), Vec::new()),
        Some(Value::String(text)) if text == "baseline" => {
            let subject = baseline.map_or(CHAMPION, String::as_str);
            if rule.text("subject", mistakes) == Some(subject) {
                let message = format!("`{subject}` has all of its own slices");
                mistakes.add(&rule.at("expect"), message);
            }
            (Some(subject.to_owned()), Vec::new())
        }
        Some(Value::Array(_)) => {
            let found = rule.items("expect", mistakes);
            if found.is_empty() {
                mistakes.add(&rule.at("expect"), "name one slice or more");
            }
            let listed = found
                .iter()
                .filter_map(|(pointer, item)| read_slice(item, pointer, labels, by, mistakes))
                .collect();
            // A baseline's slices are expected beside those that are named.
            (baseline.cloned(), listed)
        }
        Some(_) => {
            let message = "expected `baseline`, or a list of slices: `[female, male]`";
            mistakes.add(&rule.at("expect"), message);
            (None, Vec::new())
        }
    }
}

/// A slice by the value of its label, or by all of its labels.
fn read_slice(
    item: &Value,
    pointer: &str,
    labels: &Labels,
    by: &By,
    mistakes: &mut Mistakes,
) -> Option<Labels> {
    let mut slice = labels.clone();
    match (item, by) {
        (Value::Object(_), _) => {
            let object = Object::open(item, pointer.to_owned(), mistakes)?;
            let mut own = 0;
            for (key, value) in object.entries() {
                own += 1;
                let known = match by {
                    By::Any => true,
                    By::Keys(keys) => keys.iter().any(|known| known == key),
                };
                if !known {
                    let message = format!("`for_each` does not name the label `{key}`");
                    mistakes.add(&object.at(key), message);
                }
                slice::insert(&mut slice, (key.to_owned(), value_of(value, pointer, mistakes)?));
            }
            let wanted = match by {
                By::Any => 1,
                By::Keys(keys) => keys.len(),
            };
            if own != wanted {
                let message = format!("a slice here has {wanted} labels, and this has {own}");
                mistakes.add(pointer, message);
            }
        }
        (value, By::Keys(keys)) if keys.len() == 1 => {
            let key = keys.first()?.clone();
            slice::insert(&mut slice, (key, value_of(value, pointer, mistakes)?));
        }
        _ => {
            let message = "say label and value of the slice: `{ group: female }`";
            mistakes.add(pointer, message);
            return None;
        }
    }
    Some(slice)
}

/// A label's value as facts have it: text.
fn value_of(value: &Value, pointer: &str, mistakes: &mut Mistakes) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        other => reader::text(other, pointer, mistakes),
    }
}
