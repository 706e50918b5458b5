//! From settings to rules.

mod check;
mod limit;
mod metrics;
mod mlflow;
mod named;
mod rule;
mod slices;

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;
use tollgate_sdk::Finding;

use crate::catalog::Catalog;
use crate::reader::{Mistakes, Object};
use crate::rule::Rule;

pub(crate) use check::CANDIDATE;

/// The JSON Schema of the settings.
pub(crate) const SCHEMA: &str = include_str!("../settings.schema.json");

const KEYS: [&str; 4] = ["rules", "metrics", "mlflow_thresholds", "mlflow_baseline"];

/// Reads the settings: what metrics mean, and the rules in document order,
/// those imported from MLflow last.
///
/// # Errors
/// All mistakes, each with a pointer.
pub(crate) fn read(settings: &Value) -> Result<(Catalog, Vec<Rule>), Vec<Finding>> {
    let mut mistakes = Mistakes::default();
    let mut rules: Vec<Rule> = Vec::new();
    let mut catalog = Catalog::default();
    if let Some(object) = Object::new(settings, String::new(), &KEYS, &mut mistakes) {
        catalog = metrics::read(&object, &mut mistakes);
        for (pointer, item) in object.items("rules", &mut mistakes) {
            rules.extend(rule::read(item, pointer, &mut catalog, &mut mistakes));
        }
        rules.extend(mlflow::read(&object, &mut catalog, &mut mistakes));
    }
    refuse_same_ids(&rules, &mut mistakes);
    mistakes.into_result()?;
    Ok((catalog, rules))
}

fn refuse_same_ids(rules: &[Rule], mistakes: &mut Mistakes) {
    let mut seen = BTreeSet::new();
    for rule in rules {
        if !seen.insert(rule.id.as_str()) {
            let message = format!(
                "another rule has the id `{}` already; give this one an `id` of its own",
                rule.id
            );
            mistakes.add(&rule.pointer, message);
        }
    }
}

/// Lower case, and a hyphen for whatever is no letter or digit.
fn kebab(text: &str) -> String {
    let mut kebab = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() {
            kebab.push(letter.to_ascii_lowercase());
        } else if !kebab.is_empty() && !kebab.ends_with('-') {
            kebab.push('-');
        }
    }
    kebab.truncate(kebab.trim_end_matches('-').len());
    kebab
}
