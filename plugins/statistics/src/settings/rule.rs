//! One item of the setting `rules`.

use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::string::String;

use gate_evidence::verdict::Terms;
use gate_evidence::window::{self, LeastWindow, Window};
use serde_json::Value;
use tollgate_sdk::settings::{self, Mistakes, Object};

use super::{limit, own, slices};
use crate::limit::Limit;
use crate::rule::{CANDIDATE, REFERENCE, Rule, Slices, Statistic};
use crate::slice::{self, Labels};

/// The keys that every rule may have.
const KEYS: [&str; 10] = [
    "id",
    "statistic",
    "of",
    "current",
    "reference",
    "min_samples",
    "max_age",
    "severity",
    "on_missing",
    "controls",
];

/// Reads one rule. `None` when it is too wrong to go on; all that is wrong is
/// among the mistakes.
pub(super) fn read(value: &Value, pointer: String, mistakes: &mut Mistakes) -> Option<Rule> {
    let mut keys = KEYS.to_vec();
    keys.extend(limit::KEYS);
    keys.extend(slices::KEYS);
    keys.extend(own::KEYS);
    keys.push(own::HORIZON);
    let rule = Object::new(value, pointer, &keys, mistakes)?;
    let statistic = own::read(&rule, mistakes)?;
    refuse_foreign(&rule, &statistic, mistakes);
    let of = read_of(&rule, &statistic, mistakes);
    let current = rule.text("current", mistakes).unwrap_or(CANDIDATE);
    let reference = rule.text("reference", mistakes).unwrap_or(REFERENCE);
    if current == reference {
        let message = format!("`{current}` compared with itself says nothing");
        mistakes.add(
            &rule.at(if rule.get("reference").is_some() { "reference" } else { "current" }),
            message,
        );
    }
    let slices = slices::read(&rule, &statistic, &of, reference, mistakes);
    let key = if statistic.is_test() { own::HORIZON } else { window::LABEL };
    let window = LeastWindow::read(&rule, key, mistakes);
    let min_samples = rule.count("min_samples", 1..=u64::MAX, mistakes);
    let max_age = rule
        .text("max_age", mistakes)
        .and_then(|text| Window::read(text, &rule.at("max_age"), mistakes));
    let terms = Terms::read(&rule, mistakes);
    let limit = limit::read(&rule, &statistic, mistakes)?;
    Some(Rule {
        id: read_id(&rule, &statistic, (&of, current), slices.as_ref(), &limit, mistakes),
        min_samples: min_samples.unwrap_or_else(|| statistic.least_samples()),
        statistic,
        of,
        current: current.to_owned(),
        reference: reference.to_owned(),
        limit,
        slices,
        window,
        max_age,
        terms,
    })
}

/// Refuses keys that other statistics have.
fn refuse_foreign(rule: &Object<&Value>, statistic: &Statistic, mistakes: &mut Mistakes) {
    let name = statistic.name();
    for key in own::KEYS.into_iter().chain([own::HORIZON]) {
        if rule.get(key).is_some() && !own::has(statistic, key) {
            let hint = match key {
                own::HORIZON => ": it is no test, and has a `window`",
                window::LABEL => ": it is a test, and has a `horizon`",
                _ => "",
            };
            mistakes.add(&rule.at(key), format!("`{key}` is not a setting of `{name}`{hint}"));
        }
    }
    let is_used = statistic.has_reference() || slices::expects_baseline(rule);
    if rule.get("reference").is_some() && !is_used {
        let message = format!(
            "`{name}` is compared with nothing; with `expect: baseline` this says whose slices \
             must be there"
        );
        mistakes.add(&rule.at("reference"), message);
    }
}

/// The labels of the facts: a map, or the name of a feature or metric.
fn read_of(rule: &Object<&Value>, statistic: &Statistic, mistakes: &mut Mistakes) -> Labels {
    let mut labels = Labels::new();
    match rule.get("of") {
        Some(Value::Object(_)) => {
            let Some(map) = rule.map("of", mistakes) else { return labels };
            for (key, value) in map.entries() {
                if key == window::LABEL {
                    let message = "how long facts were observed is said by `window` or `horizon`";
                    mistakes.add(&map.at(key), message);
                }
                if let Some(value) = settings::text(value, &map.at(key), mistakes) {
                    slice::insert(&mut labels, (key.to_owned(), value.to_owned()));
                }
            }
        }
        Some(_) => {
            let key = match statistic {
                Statistic::Psi(_) | Statistic::Kl(_) => "feature",
                _ => "metric",
            };
            if let Some(name) = rule.text("of", mistakes) {
                labels.push((key.to_owned(), name.to_owned()));
            }
        }
        None => {}
    }
    labels
}

/// The id that is stated, or one made of what the rule says.
fn read_id(
    rule: &Object<&Value>,
    statistic: &Statistic,
    (of, current): (&Labels, &str),
    slices: Option<&Slices>,
    limit: &Limit,
    mistakes: &mut Mistakes,
) -> String {
    if let Some(id) = rule.text("id", mistakes) {
        if kebab(id) != id {
            let message = format!("an id is kebab-case, such as `{}`", kebab(id));
            mistakes.add(&rule.at("id"), message);
        }
        return id.into();
    }
    let mut id = statistic.name().to_owned();
    if current != CANDIDATE {
        id = format!("{current}-{id}");
    }
    for (_, value) in of {
        id = format!("{id}-{value}");
    }
    if let Some(slices) = slices {
        let how = if statistic.is_of_groups() { "over" } else { "each" };
        id = format!("{id}-{how}-{}", slices.keys.join("-"));
    }
    kebab(&format!("{id}-{}", limit.id()))
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
