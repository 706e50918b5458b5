//! The setting `mlflow_thresholds`: MLflow's `MetricThreshold`, as it is.
//!
//! Field for field what `mlflow.models.MetricThreshold` takes and what
//! `mlflow.validate_evaluation_results` makes of it, but for two things: the
//! arithmetic is decimal, and a baseline that is missing fails also where
//! MLflow would stop with a `TypeError`.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;

use gate_evidence::verdict::Terms;

use super::check::CANDIDATE;
use super::kebab;
use super::named::read_metric;
use crate::catalog::Catalog;
use crate::decimal::Decimal;
use crate::reader::{Mistakes, Numbers as _, Object};
use crate::rule::{Against, Asks, Baseline, Change, Check, Comparison, Limit, MetricName, Rule};

const KEYS: [&str; 4] =
    ["threshold", "min_absolute_change", "min_relative_change", "greater_is_better"];

/// Reads the thresholds: up to three rules a metric, metrics sorted by name.
pub(super) fn read(
    settings: &Object<'_>,
    catalog: &mut Catalog,
    mistakes: &mut Mistakes,
) -> Vec<Rule> {
    let mut rules = Vec::new();
    let baseline = settings.text("mlflow_baseline", mistakes).unwrap_or("champion");
    if baseline == CANDIDATE {
        let message = "`candidate` would be compared with itself";
        mistakes.add(&settings.at("mlflow_baseline"), message);
    }
    let Some(value) = settings.get("mlflow_thresholds") else {
        return rules;
    };
    let Some(thresholds) = Object::open(value, settings.at("mlflow_thresholds"), mistakes) else {
        return rules;
    };
    for (name, value) in thresholds.entries() {
        let Some(entry) = Object::new(value, thresholds.at(name), &KEYS, mistakes) else {
            continue;
        };
        let limits = read_limits(&entry, baseline, mistakes);
        let Some((metric, labels)) = read_metric(name, &entry.pointer, catalog, mistakes) else {
            continue;
        };
        for (kind, limit) in limits {
            let check = Check {
                metric: MetricName {
                    index: metric.index,
                    name: metric.name.clone(),
                    split: metric.split.clone(),
                },
                subject: CANDIDATE.to_owned(),
                labels: labels.clone(),
                window: None,
                slices: None,
                limit,
                unit: catalog.metric(metric.index).and_then(|metric| metric.unit.clone()),
                min_samples: None,
                max_age: None,
            };
            let rule = Rule {
                id: kebab(&format!("{name}-mlflow-{kind}")),
                pointer: entry.pointer.clone(),
                asks: Asks::One(Box::new(check)),
                terms: Terms::default(),
            };
            rules.push(rule);
        }
    }
    rules
}

fn read_limits(
    entry: &Object<'_>,
    baseline: &str,
    mistakes: &mut Mistakes,
) -> Vec<(&'static str, Limit)> {
    let mut limits = Vec::new();
    if entry.get("greater_is_better").is_none() {
        mistakes.add(&entry.pointer, "a threshold of MLflow needs `greater_is_better`");
    }
    let greater_is_better = entry.boolean("greater_is_better", mistakes);
    let threshold = entry.number("threshold", mistakes);
    let absolute = entry.amount("min_absolute_change", mistakes);
    let relative = entry.amount("min_relative_change", mistakes);
    if absolute == Some(Decimal::ZERO) {
        mistakes.add(&entry.at("min_absolute_change"), "expected more than 0");
    }
    if relative.is_some_and(|relative| relative > Decimal::new(1, 0)) {
        let message = "expected a share of 1 at most; 0.05 is 5 %";
        mistakes.add(&entry.at("min_relative_change"), message);
    }
    if KEYS.iter().take(3).all(|key| entry.get(key).is_none()) {
        let message = "a threshold of MLflow needs `threshold`, `min_absolute_change` or \
                       `min_relative_change`";
        mistakes.add(&entry.pointer, message);
    }
    let Some(greater_is_better) = greater_is_better else {
        return limits;
    };
    let comparison = if greater_is_better { Comparison::AtLeast } else { Comparison::AtMost };
    let change = |change| {
        Limit::Baseline(Baseline {
            against: Against::Subject(baseline.to_owned()),
            comparison,
            is_above: greater_is_better,
            change,
            other: None,
        })
    };
    if let Some(threshold) = threshold {
        limits.push(("threshold", Limit::Threshold(comparison, threshold)));
    }
    if let Some(absolute) = absolute {
        limits.push(("min-absolute-change", change(Change::Absolute(absolute))));
    }
    if let Some(relative) = relative {
        limits.push(("min-relative-change", change(Change::RelativeAsMlflow(relative))));
    }
    limits
}
