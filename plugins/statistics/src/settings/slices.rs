//! Which slices a rule judges or groups it compares, and which should be there.

use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec;
use alloc::vec::Vec;

use gate_evidence::window;
use serde_json::Value;
use tollgate_sdk::settings::{self, Mistakes, Object};

use crate::rule::{Slices, Statistic};
use crate::slice::{self, Labels};

/// The keys of slices.
pub(super) const KEYS: [&str; 5] = [FOR_EACH, OVER, EXPECT, "at_least", "thin"];

const FOR_EACH: &str = "for_each";

const OVER: &str = "over";

const EXPECT: &str = "expect";

/// Stands for every slice of the reference.
const BASELINE: &str = "baseline";

const THIN: [(&str, bool); 2] = [("inconclusive", false), ("skip", true)];

/// Reads `for_each` or `over`, and what belongs to it.
pub(super) fn read(
    rule: &Object<&Value>,
    statistic: &Statistic,
    of: &Labels,
    reference: &str,
    mistakes: &mut Mistakes,
) -> Option<Slices> {
    let (key, other) = if statistic.is_of_groups() { (OVER, FOR_EACH) } else { (FOR_EACH, OVER) };
    let name = statistic.name();
    if rule.get(other).is_some() {
        let message = if statistic.is_of_groups() {
            format!(
                "`{name}` compares groups with each other: say with `over` which label they have"
            )
        } else {
            format!("`{name}` compares no groups: say with `for_each` which slices are judged")
        };
        mistakes.add(&rule.at(other), message);
    }
    if rule.get(key).is_none() {
        if statistic.is_of_groups() {
            let message = format!("say with `over` which label the groups of `{name}` have");
            mistakes.add(&rule.pointer, message);
        }
        for key in [EXPECT, "at_least", "thin"] {
            if rule.get(key).is_some() && !statistic.is_of_groups() {
                let message = format!("`{key}` is about slices: say with `for_each` which");
                mistakes.add(&rule.at(key), message);
            }
        }
        return None;
    }
    let keys = read_keys(rule, key, of, mistakes)?;
    let (as_of_subject, listed) = read_expected(rule, &keys, of, mistakes);
    let own = statistic.has_reference() && rule.get(EXPECT).is_none();
    Some(Slices {
        as_of_subject: (as_of_subject || own).then(|| reference.to_owned()),
        listed,
        at_least: rule.count("at_least", 1..=u64::MAX, mistakes),
        skip_thin: rule.choice("thin", &THIN, mistakes).unwrap_or_default(),
        keys,
    })
}

/// Whether a rule expects the slices of its reference.
pub(super) fn expects_baseline(rule: &Object<&Value>) -> bool {
    rule.get(EXPECT).and_then(Value::as_str) == Some(BASELINE)
}

fn read_keys(
    rule: &Object<&Value>,
    key: &str,
    of: &Labels,
    mistakes: &mut Mistakes,
) -> Option<Vec<String>> {
    let keys: Vec<String> = match rule.get(key) {
        Some(Value::Array(_)) => rule
            .items(key, mistakes)
            .into_iter()
            .filter_map(|(pointer, item)| settings::text(item, &pointer, mistakes))
            .map(str::to_owned)
            .collect(),
        _ => vec![rule.text(key, mistakes)?.to_owned()],
    };
    for (index, label) in keys.iter().enumerate() {
        let message = if label == window::LABEL || of.iter().any(|(key, _)| key == label) {
            format!("`{label}` selects one slice already, so there is no other to judge")
        } else if keys.get(..index).unwrap_or_default().contains(label) {
            format!("`{label}` is given twice")
        } else {
            continue;
        };
        mistakes.add(&rule.at(key), message);
    }
    if keys.is_empty() {
        mistakes.add(&rule.at(key), "expected a label, or a list of labels");
        return None;
    }
    Some(keys)
}

/// Whether every slice of the reference must be there, and those that are named.
fn read_expected(
    rule: &Object<&Value>,
    keys: &[String],
    of: &Labels,
    mistakes: &mut Mistakes,
) -> (bool, Vec<Labels>) {
    match rule.get(EXPECT) {
        None => (false, Vec::new()),
        Some(Value::String(text)) if text == BASELINE => (true, Vec::new()),
        Some(Value::Array(_)) => {
            let items = rule.items(EXPECT, mistakes);
            if items.is_empty() {
                mistakes.add(&rule.at(EXPECT), "name one slice or more");
            }
            let read =
                |(pointer, item): &(String, &Value)| read_slice(item, pointer, keys, of, mistakes);
            (false, items.iter().filter_map(read).collect())
        }
        Some(_) => {
            let message = "expected `baseline`, or a list of slices: `[female, male]`";
            mistakes.add(&rule.at(EXPECT), message);
            (false, Vec::new())
        }
    }
}

/// A slice by the value of its label, or by all of its labels.
fn read_slice(
    item: &Value,
    pointer: &str,
    keys: &[String],
    of: &Labels,
    mistakes: &mut Mistakes,
) -> Option<Labels> {
    if let (Some(key), 1, false) = (keys.first(), keys.len(), item.is_object()) {
        return Some(slice::with(of, key, &value_of(item, pointer, mistakes)?));
    }
    if !item.is_object() {
        mistakes.add(pointer, "say label and value of the slice: `{ group: female }`");
        return None;
    }
    let object = Object::open(item, pointer.to_owned(), mistakes)?;
    let mut slice = of.clone();
    let mut own = 0;
    for (key, value) in object.entries() {
        own += 1;
        if !keys.iter().any(|known| known == key) {
            let message = format!("no slice of this rule has the label `{key}`");
            mistakes.add(&object.at(key), message);
        }
        slice::insert(&mut slice, (key.to_owned(), value_of(value, pointer, mistakes)?));
    }
    if own != keys.len() {
        let message = format!("a slice here has {} labels, and this has {own}", keys.len());
        mistakes.add(pointer, message);
    }
    Some(slice)
}

/// A label's value as facts have it: text.
fn value_of(value: &Value, pointer: &str, mistakes: &mut Mistakes) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        other => settings::text(other, pointer, mistakes).map(str::to_owned),
    }
}
