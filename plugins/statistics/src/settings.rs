//! From settings to rules.

mod limit;
mod number;
mod own;
mod rule;
mod slices;

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;
use tollgate_sdk::Finding;
use tollgate_sdk::settings::{Mistakes, Object};

use crate::rule::Rule;

/// The JSON Schema of the settings.
pub(crate) const SCHEMA: &str = include_str!("../settings.schema.json");

/// Reads the rules, in document order.
///
/// # Errors
/// All mistakes, each with a pointer.
pub(crate) fn read(settings: &Value) -> Result<Vec<Rule>, Vec<Finding>> {
    let mut mistakes = Mistakes::default();
    let mut rules = Vec::new();
    if let Some(object) = Object::new(settings, String::new(), &["rules"], &mut mistakes) {
        for (pointer, item) in object.items("rules", &mut mistakes) {
            if let Some(rule) = rule::read(item, pointer.clone(), &mut mistakes) {
                rules.push((pointer, rule));
            }
        }
    }
    refuse_same_ids(&rules, &mut mistakes);
    mistakes.into_result()?;
    Ok(rules.into_iter().map(|(_, rule)| rule).collect())
}

fn refuse_same_ids(rules: &[(String, Rule)], mistakes: &mut Mistakes) {
    let mut seen = BTreeSet::new();
    for (pointer, rule) in rules {
        if !seen.insert(rule.id.as_str()) {
            let message = format!(
                "another rule has the id `{}` already; give this one an `id` of its own",
                rule.id
            );
            mistakes.add(pointer, message);
        }
    }
}
