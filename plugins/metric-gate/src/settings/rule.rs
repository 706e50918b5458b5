//! One item of the setting `rules`.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;
use tollgate_sdk::Outcome;

use super::kebab;
use crate::catalog::Catalog;
use crate::decimal::Decimal;
use crate::reader::{self, Mistakes, Object, items};
use crate::rule::{
    Against, Baseline, Change, Comparison, Limit, MetricName, OnMissing, Rule, Stated,
};
use crate::slice;
use crate::unit::Unit;
use crate::window::{self, Window};

const KEYS: [&str; 16] = [
    "id",
    "metric",
    "subject",
    "labels",
    "comparison",
    "threshold",
    "baseline",
    "max_regression",
    "min_improvement",
    "unit",
    "window",
    "min_samples",
    "for_each",
    "severity",
    "on_missing",
    "controls",
];

const SEVERITIES: [(&str, Outcome); 3] =
    [("fail", Outcome::Fail), ("inconclusive", Outcome::Inconclusive), ("warn", Outcome::Warn)];

const ON_MISSING: [(&str, OnMissing); 3] = [
    ("fail", OnMissing::Fail),
    ("inconclusive", OnMissing::Inconclusive),
    ("skip", OnMissing::Skip),
];

/// Whose metric a rule judges unless it says otherwise.
pub(crate) const CANDIDATE: &str = "candidate";

/// Reads one rule. `None` when it is too wrong to go on; all that is wrong is
/// among the mistakes.
pub(super) fn read(
    value: &Value,
    pointer: String,
    catalog: &mut Catalog,
    mistakes: &mut Mistakes,
) -> Option<Rule> {
    let rule = Object::new(value, pointer, &KEYS, mistakes)?;
    let (metric, labels) = read_metric(&rule, catalog, mistakes)?;
    let (labels, window) = read_window(&rule, labels, mistakes);
    let unit = read_unit(&rule, &metric, catalog, mistakes);
    let subject = rule.text("subject", mistakes).unwrap_or(CANDIDATE);
    let limit = read_limit(&rule, &metric, subject, catalog, mistakes)?;
    let for_each = rule.text("for_each", mistakes);
    if let Some(key) = for_each
        && (key == window::LABEL || labels.iter().any(|(label, _)| label == key))
    {
        let message = format!("`{key}` selects one slice already, so there is no other to judge");
        mistakes.add(&rule.at("for_each"), message);
    }
    let mut read = Rule {
        id: String::new(),
        metric,
        subject: subject.to_owned(),
        labels,
        window,
        for_each: for_each.map(ToOwned::to_owned),
        limit,
        unit,
        min_samples: rule.count("min_samples", mistakes),
        severity: rule.choice("severity", &SEVERITIES, mistakes).unwrap_or(Outcome::Fail),
        on_missing: rule.choice("on_missing", &ON_MISSING, mistakes).unwrap_or(OnMissing::Fail),
        controls: items(&rule, "controls", mistakes)
            .into_iter()
            .filter_map(|(pointer, item)| reader::text(item, &pointer, mistakes))
            .collect(),
    };
    read.id = read_id(&rule, &read, mistakes);
    Some(read)
}

type Labels = Vec<(String, String)>;

fn read_metric(
    rule: &Object<'_>,
    catalog: &mut Catalog,
    mistakes: &mut Mistakes,
) -> Option<(MetricName, Labels)> {
    if rule.get("metric").is_none() {
        mistakes.add(&rule.pointer, "a rule needs a `metric`");
        return None;
    }
    let text = rule.text("metric", mistakes)?;
    let Some((name, mut labels)) = slice::parse(text) else {
        let message = format!("`{text}` is not a metric with a slice, as in `auc{{group=female}}`");
        mistakes.add(&rule.at("metric"), message);
        return None;
    };
    if let Some(value) = rule.get("labels")
        && let Some(more) = Object::open(value, rule.at("labels"), mistakes)
    {
        for (key, value) in more.entries() {
            let Some(value) = reader::text(value, &more.at(key), mistakes) else {
                continue;
            };
            if labels.iter().any(|(label, _)| label == key) {
                let message = format!("`metric` says the label `{key}` already");
                mistakes.add(&more.at(key), message);
            }
            slice::insert(&mut labels, (key.clone(), value));
        }
    }
    let index = catalog.refer(name);
    let written = name.to_owned();
    Some((MetricName { index, written }, labels))
}

fn read_window(
    rule: &Object<'_>,
    labels: Labels,
    mistakes: &mut Mistakes,
) -> (Labels, Option<Window>) {
    let (windows, labels): (Labels, Labels) =
        labels.into_iter().partition(|(key, _)| key == window::LABEL);
    let label = windows.into_iter().map(|(_, value)| value).next();
    let setting = rule.text("window", mistakes);
    if label.is_some() && setting.is_some() {
        mistakes.add(&rule.at("window"), "a label says the window already");
    }
    let text = setting.map(ToOwned::to_owned).or(label);
    let read = text.as_deref().and_then(Window::parse);
    if let (Some(text), None) = (text, read) {
        let key = if setting.is_some() { "window" } else { "metric" };
        let message = format!("`{text}` is not a length of time such as `30s`, `1h` or `14d`");
        mistakes.add(&rule.at(key), message);
    }
    (labels, read)
}

fn read_unit(
    rule: &Object<'_>,
    metric: &MetricName,
    catalog: &Catalog,
    mistakes: &mut Mistakes,
) -> Option<Unit> {
    let own = catalog.metric(metric.index).and_then(|metric| metric.unit.clone());
    let Some(text) = rule.text("unit", mistakes) else {
        return own;
    };
    let unit = Unit::new(text);
    if let Some(own) = own
        && !own.compares(&unit)
    {
        let message = format!(
            "`{text}` cannot be compared with the unit `{}` of `{}`",
            own.name(),
            metric.written
        );
        mistakes.add(&rule.at("unit"), message);
    }
    Some(unit)
}

fn read_limit(
    rule: &Object<'_>,
    metric: &MetricName,
    subject: &str,
    catalog: &Catalog,
    mistakes: &mut Mistakes,
) -> Option<Limit> {
    let comparison = rule.choice("comparison", &Comparison::SYMBOLS, mistakes);
    match (rule.get("threshold"), rule.get("baseline")) {
        (Some(threshold), None) => {
            for key in ["max_regression", "min_improvement"] {
                if rule.get(key).is_some() {
                    let message = "changes are from a `baseline`, and this rule has a `threshold`";
                    mistakes.add(&rule.at(key), message);
                }
            }
            read_threshold(rule, threshold, comparison, mistakes)
        }
        (None, Some(baseline)) => {
            let direction = read_direction(rule, metric, comparison, catalog, mistakes);
            let against = read_against(rule, baseline, subject, mistakes);
            let (improves, change) = read_change(rule, mistakes)?;
            let (comparison, greater_is_better) = direction?;
            let against = against?;
            if let (Against::Value(value), Change::Relative(_)) = (&against, change)
                && *value <= Decimal::ZERO
            {
                let message = format!(
                    "a relative change needs a baseline above 0, and this is {value}; say an \
                     `absolute` change"
                );
                mistakes.add(&rule.at("baseline"), message);
            }
            Some(Limit::Baseline(Baseline {
                against,
                comparison,
                is_above: improves == greater_is_better,
                change,
            }))
        }
        (Some(_), Some(_)) => {
            let message = "a rule has a `threshold` or a `baseline`, not both";
            mistakes.add(&rule.at("baseline"), message);
            None
        }
        (None, None) => {
            let message = "a rule needs a `threshold` or a `baseline`";
            mistakes.add(&rule.pointer, message);
            None
        }
    }
}

fn read_threshold(
    rule: &Object<'_>,
    threshold: &Value,
    comparison: Option<Comparison>,
    mistakes: &mut Mistakes,
) -> Option<Limit> {
    let stated = match threshold {
        Value::Bool(value) => Stated::Boolean(*value),
        Value::String(text) => Stated::Text(text.clone()),
        threshold => {
            let number = reader::number(threshold, &rule.at("threshold"), mistakes)?;
            if rule.get("comparison").is_none() {
                let message = "say with a `comparison` on which side of the threshold the model \
                               passes, and whether the bound is included";
                mistakes.add(&rule.pointer, message);
            }
            return Some(Limit::Threshold(comparison?, number));
        }
    };
    if comparison.is_some_and(|comparison| comparison != Comparison::Equal) {
        let message = "true, false and text can only be compared with `==`";
        mistakes.add(&rule.at("comparison"), message);
    }
    if rule.get("unit").is_some() {
        let message = "true, false and text have no unit";
        mistakes.add(&rule.at("unit"), message);
    }
    Some(Limit::Is(stated))
}

/// The comparison with a baseline, and whether greater is better.
fn read_direction(
    rule: &Object<'_>,
    metric: &MetricName,
    comparison: Option<Comparison>,
    catalog: &Catalog,
    mistakes: &mut Mistakes,
) -> Option<(Comparison, bool)> {
    let known = catalog.metric(metric.index).and_then(|metric| metric.greater_is_better);
    let Some(comparison) = comparison else {
        let Some(greater_is_better) = known else {
            let name = &metric.written;
            let message = format!(
                "nobody knows whether a greater `{name}` is better: say `greater_is_better` of it \
                 under `metrics`, or a `comparison` here{}",
                catalog.hint(name)
            );
            mistakes.add(&rule.at("metric"), message);
            return None;
        };
        let comparison = if greater_is_better { Comparison::AtLeast } else { Comparison::AtMost };
        return Some((comparison, greater_is_better));
    };
    let pointer = rule.at("comparison");
    let Some(greater_is_better) = comparison.greater_is_better() else {
        mistakes.add(&pointer, "`==` leaves no room for a change from a baseline");
        return None;
    };
    if known.is_some_and(|known| known != greater_is_better) {
        let message = format!(
            "`{}` is wrong for `{}`, of which {} is better",
            comparison.symbol(),
            metric.written,
            if greater_is_better { "less" } else { "more" }
        );
        mistakes.add(&pointer, message);
    }
    Some((comparison, greater_is_better))
}

fn read_against(
    rule: &Object<'_>,
    baseline: &Value,
    subject: &str,
    mistakes: &mut Mistakes,
) -> Option<Against> {
    let pointer = rule.at("baseline");
    let against = match baseline {
        Value::Number(_) => Against::Value(reader::number(baseline, &pointer, mistakes)?),
        Value::Object(_) => {
            let object = Object::new(baseline, pointer.clone(), &["subject", "value"], mistakes)?;
            match (object.get("subject"), object.get("value")) {
                (Some(_), None) => Against::Subject(object.text("subject", mistakes)?.to_owned()),
                (None, Some(_)) => Against::Value(object.number("value", mistakes)?),
                _ => {
                    mistakes.add(&pointer, "a baseline is a `subject` or a `value`");
                    return None;
                }
            }
        }
        other => Against::Subject(reader::text(other, &pointer, mistakes)?),
    };
    if matches!(&against, Against::Subject(other) if other == subject) {
        let message = format!("`{subject}` would be compared with itself");
        mistakes.add(&pointer, message);
    }
    Some(against)
}

/// Whether the change is an improvement, and how large it is.
fn read_change(rule: &Object<'_>, mistakes: &mut Mistakes) -> Option<(bool, Change)> {
    let (key, improves) = match (rule.get("max_regression"), rule.get("min_improvement")) {
        (Some(_), None) => ("max_regression", false),
        (None, Some(_)) => ("min_improvement", true),
        _ => {
            let message = "a rule with a `baseline` has either a `max_regression` or a \
                           `min_improvement`";
            mistakes.add(&rule.pointer, message);
            return None;
        }
    };
    let value = rule.get(key)?;
    let pointer = rule.at(key);
    if !value.is_object() {
        let change = reader::amount(value, &pointer, mistakes)?;
        return Some((improves, Change::Absolute(change)));
    }
    let object = Object::new(value, pointer, &["absolute", "relative"], mistakes)?;
    let change = match (object.get("absolute"), object.get("relative")) {
        (Some(_), None) => Change::Absolute(object.amount("absolute", mistakes)?),
        (None, Some(_)) => Change::Relative(object.amount("relative", mistakes)?),
        _ => {
            let message = "a change is `absolute` or `relative`";
            mistakes.add(&object.pointer, message);
            return None;
        }
    };
    Some((improves, change))
}

/// The id that is stated, or one made of what the rule says.
fn read_id(object: &Object<'_>, rule: &Rule, mistakes: &mut Mistakes) -> String {
    if let Some(id) = object.text("id", mistakes) {
        if kebab(id) != id {
            let message = format!("an id is kebab-case, such as `{}`", kebab(id));
            mistakes.add(&object.at("id"), message);
        }
        return id.to_owned();
    }
    let mut id = String::new();
    if rule.subject != CANDIDATE {
        id = format!("{}-", rule.subject);
    }
    id.push_str(&rule.metric.written);
    for (key, value) in &rule.labels {
        id = format!("{id}-{key}-{value}");
    }
    if let Some(key) = &rule.for_each {
        id = format!("{id}-each-{key}");
    }
    match &rule.limit {
        Limit::Threshold(comparison, _) => id = format!("{id}-{}", comparison.id()),
        Limit::Is(_) => {}
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
