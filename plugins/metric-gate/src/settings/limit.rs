//! What must hold of a metric.

use alloc::borrow::ToOwned;
use alloc::format;

use serde_json::Value;

use super::named::{read_metric, take_split};
use crate::catalog::Catalog;
use crate::decimal::Decimal;
use crate::reader::{self, Mistakes, Numbers as _, Object};
use crate::rule::{Against, Baseline, Change, Comparison, Limit, MetricName, Stated};

const WHICHEVER: [(&str, bool); 2] = [("stricter", true), ("milder", false)];

/// Reads what must hold.
pub(super) fn read(
    rule: &Object<'_>,
    metric: &MetricName,
    subject: &str,
    catalog: &mut Catalog,
    mistakes: &mut Mistakes,
) -> Option<Limit> {
    let comparison = rule.choice("comparison", &Comparison::SYMBOLS, mistakes);
    if rule.get("between").is_some() {
        return read_between(rule, mistakes);
    }
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
            let against = read_against(rule, baseline, metric, subject, catalog, mistakes);
            let is_metric = matches!(against, Some(Against::Metric(..)));
            let (improves, change, other) = read_change(rule, is_metric, mistakes)?;
            let (comparison, greater_is_better) = direction?;
            let against = against?;
            let relative = |change: &Change| matches!(change, Change::Relative(_));
            if let Against::Value(value) = &against
                && (relative(&change) || other.as_ref().is_some_and(|(change, _)| relative(change)))
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
                other,
            }))
        }
        (Some(_), Some(_)) => {
            let message = "a rule has a `threshold` or a `baseline`, not both";
            mistakes.add(&rule.at("baseline"), message);
            None
        }
        (None, None) => {
            let message = "a rule needs a `threshold`, a `baseline` or `between`";
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
    let is = match comparison {
        None | Some(Comparison::Equal) => true,
        Some(Comparison::Unequal) => false,
        Some(_) => {
            let message = "true, false and text can only be compared with `==` and `!=`";
            mistakes.add(&rule.at("comparison"), message);
            true
        }
    };
    if rule.get("unit").is_some() {
        let message = "true, false and text have no unit";
        mistakes.add(&rule.at("unit"), message);
    }
    Some(Limit::Is(stated, is))
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
            let name = &metric.name;
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
        let message =
            format!("`{}` leaves no room for a change from a baseline", comparison.symbol());
        mistakes.add(&pointer, message);
        return None;
    };
    if known.is_some_and(|known| known != greater_is_better) {
        let message = format!(
            "`{}` is wrong for `{}`, of which {} is better",
            comparison.symbol(),
            metric.name,
            if greater_is_better { "less" } else { "more" }
        );
        mistakes.add(&pointer, message);
    }
    Some((comparison, greater_is_better))
}

fn read_against(
    rule: &Object<'_>,
    baseline: &Value,
    metric: &MetricName,
    subject: &str,
    catalog: &mut Catalog,
    mistakes: &mut Mistakes,
) -> Option<Against> {
    let pointer = rule.at("baseline");
    let against = match baseline {
        Value::Number(_) => Against::Value(reader::number(baseline, &pointer, mistakes)?),
        Value::Object(_) => {
            let keys = ["subject", "metric", "value"];
            let object = Object::new(baseline, pointer.clone(), &keys, mistakes)?;
            if object.get("metric").is_some() {
                let text = object.text("metric", mistakes)?;
                let at = object.at("metric");
                let (mut other, labels) = read_metric(text, &at, catalog, mistakes)?;
                if !take_split(&mut other, labels, &at, mistakes).is_empty() {
                    let message = "the other metric is taken of the rule's own slice";
                    mistakes.add(&at, message);
                }
                let of = match object.get("subject") {
                    Some(_) => object.text("subject", mistakes)?,
                    None => subject,
                };
                if object.get("value").is_some() {
                    mistakes.add(&object.at("value"), "a baseline is a `metric` or a `value`");
                }
                if other.index == metric.index && other.split == metric.split && of == subject {
                    let message = format!("`{text}` would be compared with itself");
                    mistakes.add(&at, message);
                }
                return Some(Against::Metric(other, of.to_owned()));
            }
            match (object.get("subject"), object.get("value")) {
                (Some(_), None) => Against::Subject(object.text("subject", mistakes)?.to_owned()),
                (None, Some(_)) => Against::Value(object.number("value", mistakes)?),
                _ => {
                    mistakes.add(&pointer, "a baseline is a `subject`, a `metric` or a `value`");
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

/// Whether the change is an improvement, how large it is, and a second change
/// with whether the stricter of the two counts.
type Changes = (bool, Change, Option<(Change, bool)>);

fn read_change(rule: &Object<'_>, is_metric: bool, mistakes: &mut Mistakes) -> Option<Changes> {
    let (key, improves) = match (rule.get("max_regression"), rule.get("min_improvement")) {
        (Some(_), None) => ("max_regression", false),
        (None, Some(_)) => ("min_improvement", true),
        // Two metrics compare as they are.
        (None, None) if is_metric => return Some((false, Change::Absolute(Decimal::ZERO), None)),
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
        return Some((improves, Change::Absolute(change), None));
    }
    let keys = ["absolute", "relative", "whichever"];
    let object = Object::new(value, pointer, &keys, mistakes)?;
    let absolute = object.amount("absolute", mistakes).map(Change::Absolute);
    let relative = object.amount("relative", mistakes).map(Change::Relative);
    let stricter = object.choice("whichever", &WHICHEVER, mistakes);
    match (absolute, relative, object.get("whichever")) {
        (Some(change), None, None) | (None, Some(change), None) => Some((improves, change, None)),
        (Some(absolute), Some(relative), Some(_)) => {
            Some((improves, absolute, Some((relative, stricter?))))
        }
        (Some(_), Some(_), None) => {
            let message = "say `whichever: stricter` or `whichever: milder` of a change that is \
                           `absolute` and `relative`";
            mistakes.add(&object.pointer, message);
            None
        }
        _ => {
            let message = "a change is `absolute`, `relative`, or both with `whichever`";
            mistakes.add(&object.pointer, message);
            None
        }
    }
}

/// A range that the metric must be in, both bounds included.
fn read_between(rule: &Object<'_>, mistakes: &mut Mistakes) -> Option<Limit> {
    for key in ["comparison", "threshold", "baseline", "max_regression", "min_improvement"] {
        if rule.get(key).is_some() {
            let message = format!("`between` says it all, and leaves no room for `{key}`");
            mistakes.add(&rule.at(key), message);
        }
    }
    let bounds = rule.items("between", mistakes);
    let [(at_least, least), (at_most, most)] = bounds.as_slice() else {
        let message = "`between` is the least and the most value that pass: `[0.4, 0.6]`";
        mistakes.add(&rule.at("between"), message);
        return None;
    };
    let least = reader::number(least, at_least, mistakes);
    let most = reader::number(most, at_most, mistakes)?;
    if least.is_some_and(|least| least > most) {
        mistakes.add(at_most, "the range ends before its start");
    }
    Some(Limit::Between(least?, most))
}
