//! One item of the setting `rules`.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use gate_evidence::verdict::Terms;
use serde_json::Value;

use super::check::{self, CANDIDATE};
use super::kebab;
use crate::catalog::Catalog;
use crate::reader::{Mistakes, Object};
use crate::rule::{ANY, Asks, By, Check, Limit, Rule};

/// The keys of a rule beside those of what it checks.
const KEYS: [&str; 4] = ["id", "severity", "on_missing", "controls"];

/// The key of a rule that holds when one of several things does.
const ANY_OF: &str = "any_of";

/// Reads one rule. `None` when it is too wrong to go on; all that is wrong is
/// among the mistakes.
pub(super) fn read(
    value: &Value,
    pointer: String,
    catalog: &mut Catalog,
    mistakes: &mut Mistakes,
) -> Option<Rule> {
    let is_any = value.get(ANY_OF).is_some();
    let mut keys = KEYS.to_vec();
    if is_any {
        keys.push(ANY_OF);
    } else {
        keys.extend(check::KEYS);
    }
    let rule = Object::new(value, pointer, &keys, mistakes)?;
    let asks = if is_any {
        Asks::Any(read_any(&rule, catalog, mistakes)?)
    } else {
        Asks::One(Box::new(check::read(&rule, catalog, mistakes)?))
    };
    Some(Rule {
        id: read_id(&rule, &asks, mistakes),
        pointer: rule.pointer.clone(),
        asks,
        terms: Terms::read(&rule, mistakes),
    })
}

fn read_any(
    rule: &Object<'_>,
    catalog: &mut Catalog,
    mistakes: &mut Mistakes,
) -> Option<Vec<Check>> {
    let found = rule.items(ANY_OF, mistakes);
    if found.len() < 2 {
        mistakes.add(&rule.at(ANY_OF), "`any_of` is a list of two or more things to check");
        return None;
    }
    let mut checks = Vec::with_capacity(found.len());
    for (pointer, item) in found {
        let object = Object::new(item, pointer, &check::KEYS, mistakes)?;
        let check = check::read(&object, catalog, mistakes)?;
        if check.slices.is_some() {
            let message = "`any_of` says nothing of slices: give `for_each` a rule of its own";
            mistakes.add(&object.at("for_each"), message);
        }
        checks.push(check);
    }
    Some(checks)
}

/// The id that is stated, or one made of what the rule says.
fn read_id(object: &Object<'_>, asks: &Asks, mistakes: &mut Mistakes) -> String {
    if let Some(id) = object.text("id", mistakes) {
        if kebab(id) != id {
            let message = format!("an id is kebab-case, such as `{}`", kebab(id));
            mistakes.add(&object.at("id"), message);
        }
        return id.into();
    }
    let check = match asks {
        Asks::One(check) => check,
        Asks::Any(_) => {
            mistakes.add(&object.pointer, "a rule with `any_of` needs an `id`");
            return String::new();
        }
    };
    let mut id = String::new();
    if check.subject != CANDIDATE {
        id = format!("{}-", check.subject);
    }
    let written = object.get("metric").and_then(Value::as_str).unwrap_or_default();
    id.push_str(written.split('{').next().unwrap_or_default());
    for (key, value) in &check.labels {
        id = format!("{id}-{key}-{value}");
    }
    if let Some(slices) = &check.slices {
        id = match &slices.by {
            By::Any => format!("{id}-each-{ANY}"),
            By::Keys(keys) => format!("{id}-each-{}", keys.join("-")),
        };
    }
    match &check.limit {
        Limit::Threshold(comparison, _) => id = format!("{id}-{}", comparison.id()),
        Limit::Between(..) => id.push_str("-between"),
        Limit::Is(_, is) => id.push_str(if *is { "" } else { "-not" }),
        Limit::Baseline(_) if object.get("min_improvement").is_some() => {
            id.push_str("-min-improvement");
        }
        Limit::Baseline(_) => id.push_str("-max-regression"),
    }
    let made = kebab(&id);
    if made.is_empty() {
        let message = format!("no id can be made of `{id}`; give the rule an `id`");
        mistakes.add(&object.pointer, message);
    }
    made
}
