//! What a rule checks: of which metric, and on which evidence.

use alloc::borrow::ToOwned;
use alloc::format;

use super::named::{read_metric, take_split};
use super::{limit, slices};
use crate::catalog::Catalog;
use crate::reader::{self, Mistakes, Object};
use crate::rule::{Check, Labels, MetricName};
use crate::slice;
use crate::unit::Unit;
use crate::window::{self, LeastWindow, Window};

/// The keys of a check.
pub(super) const KEYS: [&str; 17] = [
    "metric",
    "subject",
    "labels",
    "comparison",
    "threshold",
    "between",
    "baseline",
    "max_regression",
    "min_improvement",
    "unit",
    "window",
    "min_samples",
    "max_age",
    "for_each",
    "expect",
    "at_least",
    "thin",
];

/// Whose metric a rule judges unless it says otherwise.
pub(crate) const CANDIDATE: &str = "candidate";

/// Reads what a rule checks. `None` when it is too wrong to go on; all that is
/// wrong is among the mistakes.
pub(super) fn read(
    rule: &Object<'_>,
    catalog: &mut Catalog,
    mistakes: &mut Mistakes,
) -> Option<Check> {
    if rule.get("metric").is_none() {
        mistakes.add(&rule.pointer, "a rule needs a `metric`");
        return None;
    }
    let text = rule.text("metric", mistakes)?;
    let (mut metric, labels) = read_metric(text, &rule.at("metric"), catalog, mistakes)?;
    let labels = read_labels(rule, labels, mistakes);
    let labels = take_split(&mut metric, labels, &rule.at("metric"), mistakes);
    let (labels, window) = read_window(rule, labels, mistakes);
    let unit = read_unit(rule, &metric, catalog, mistakes);
    let subject = rule.text("subject", mistakes).unwrap_or(CANDIDATE);
    let limit = limit::read(rule, &metric, subject, catalog, mistakes)?;
    let slices = slices::read(rule, &labels, &limit, mistakes);
    let min_samples = rule.count("min_samples", 1..=u64::MAX, mistakes);
    if slices.as_ref().is_some_and(|slices| slices.skip_thin) && min_samples.is_none() {
        mistakes.add(&rule.at("thin"), "which slices are thin is said by `min_samples`");
    }
    Some(Check {
        metric,
        subject: subject.to_owned(),
        labels,
        window,
        slices,
        limit,
        unit,
        min_samples,
        max_age: rule
            .text("max_age", mistakes)
            .and_then(|text| Window::read(text, &rule.at("max_age"), mistakes)),
    })
}

fn read_labels(rule: &Object<'_>, mut labels: Labels, mistakes: &mut Mistakes) -> Labels {
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
            slice::insert(&mut labels, (key.to_owned(), value));
        }
    }
    labels
}

fn read_window(
    rule: &Object<'_>,
    mut labels: Labels,
    mistakes: &mut Mistakes,
) -> (Labels, Option<LeastWindow>) {
    let place = labels.iter().position(|(key, _)| key == window::LABEL);
    let label = place.map(|place| labels.remove(place).1);
    if label.is_some() && rule.get("window").is_some() {
        mistakes.add(&rule.at("window"), "a label says the window already");
    }
    if let Some(label) = label {
        let length = Window::read(&label, &rule.at("metric"), mistakes);
        return (labels, length.map(LeastWindow::of));
    }
    let window = LeastWindow::read(rule, "window", mistakes);
    (labels, window)
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
            metric.name
        );
        mistakes.add(&rule.at("unit"), message);
    }
    Some(unit)
}
