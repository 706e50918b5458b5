//! What is worth saying of rules that can be used.

mod pairs;
mod span;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use gate_evidence::missing::OnMissing;
use tollgate_sdk::{Finding, Outcome};

use self::span::Span;
use crate::catalog::{Catalog, Metric};
use crate::decimal::Decimal;
use crate::rule::{Against, Asks, Baseline, Change, Check, Limit, Rule};
use crate::unit::{Quantity, comparable};

/// Warnings about rules: those that nothing can break or nothing can keep,
/// those that contradict another or say no more than it, metrics whose names
/// look misspelled. Inconclusive where there are none to judge by.
pub(crate) fn lint(rules: &[Rule], catalog: &Catalog) -> Vec<Finding> {
    let mut remarks = Vec::new();
    if rules.is_empty() {
        let message = "the profile has no rules, so that nothing is judged: give it `rules`";
        remarks.push(Finding::new("nothing-judged", Outcome::Inconclusive, message).at("/rules"));
    }
    for rule in rules {
        misspelled(rule, catalog, &mut remarks);
        bounds(rule, catalog, &mut remarks);
        if rule.terms.severity == Outcome::Warn && rule.terms.on_missing == OnMissing::Skip {
            let message = "broken this rule only warns, and without evidence it is skipped, so \
                           that it never fails";
            remarks.push(warn("never-fails", rule, String::from(message)));
        }
    }
    pairs::check(rules, &mut remarks);
    remarks
}

fn warn(id: &str, rule: &Rule, message: String) -> Finding {
    Finding::new(id, Outcome::Warn, message).at(rule.pointer.as_str())
}

/// All that a rule checks.
fn checks(rule: &Rule) -> &[Check] {
    match &rule.asks {
        Asks::One(check) => core::slice::from_ref(check),
        Asks::Any(checks) => checks,
    }
}

/// A name that nothing knows, and that is nearly one that is known. Of other
/// unknown names nothing can be said: every team has metrics of its own, and
/// what is true, false or text is no metric at all.
fn misspelled(rule: &Rule, catalog: &Catalog, remarks: &mut Vec<Finding>) {
    for check in checks(rule).iter().filter(|check| !matches!(check.limit, Limit::Is(..))) {
        let against = match &check.limit {
            Limit::Baseline(Baseline { against: Against::Metric(other, _), .. }) => Some(other),
            _ => None,
        };
        for metric in core::iter::once(&check.metric).chain(against) {
            let is_known = catalog.metric(metric.index).is_none_or(|metric| metric.is_known);
            let hint = if is_known { String::new() } else { catalog.hint(&metric.name) };
            if !hint.is_empty() {
                let message = format!(
                    "nobody knows a metric `{}`, unless `metrics` says what it is{hint}",
                    metric.name
                );
                remarks.push(warn("unknown-metric", rule, message));
            }
        }
    }
}

/// Limits that every value keeps, or none.
fn bounds(rule: &Rule, catalog: &Catalog, remarks: &mut Vec<Finding>) {
    for check in checks(rule) {
        let Some(metric) = catalog.metric(check.metric.index) else { continue };
        let (id, message) = match judged(check, metric) {
            Some(true) => (
                "never-fails",
                format!("no value that `{}` can have breaks this rule", check.metric.name),
            ),
            Some(false) => (
                "never-holds",
                format!("no value that `{}` can have keeps this rule", check.metric.name),
            ),
            None => continue,
        };
        remarks.push(warn(id, rule, format!("{message}: {}", range(metric))));
    }
}

/// Whether every value of the metric keeps the limit, or none.
fn judged(check: &Check, metric: &Metric) -> Option<bool> {
    let range = &metric.range;
    if !comparable(range.unit.as_ref(), check.unit.as_ref()) {
        return None;
    }
    let base = |number: Option<Decimal>| Quantity::new(number?, range.unit.as_ref()).base();
    let all = Span::between(base(range.least), base(range.most));
    if let Some(span) = Span::of(check) {
        return match (span.holds_all_of(&all), span.is_apart_from(&all)) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
    }
    match &check.limit {
        Limit::Baseline(baseline) => moved(check, baseline, &all),
        _ => None,
    }
}

/// The same of a limit that moves with a baseline, which is a value of the
/// metric itself.
fn moved(check: &Check, baseline: &Baseline, all: &Span) -> Option<bool> {
    let Baseline { against, comparison, is_above, change, other: None } = baseline else {
        return None;
    };
    if matches!(against, Against::Metric(..)) {
        return None;
    }
    let greater_is_better = comparison.greater_is_better()?;
    let improves = *is_above == greater_is_better;
    match change {
        Change::Absolute(change) => {
            let change = Quantity::new(*change, check.unit.as_ref()).base()?;
            let width = all.width()?;
            match improves {
                false if change >= width && change > Decimal::ZERO => Some(true),
                true if change > width => Some(false),
                _ => None,
            }
        }
        // A share of the whole baseline, or more, leaves nothing to keep.
        Change::Relative(share) => {
            let one = Decimal::new(1, 0);
            let falls_to_least = greater_is_better && !improves && *share >= one;
            (falls_to_least && all.begins_at_or_above_zero()).then_some(true)
        }
        Change::RelativeAsMlflow(_) => None,
    }
}

/// `accuracy is from 0 to 1`.
fn range(metric: &Metric) -> String {
    let unit = metric.range.unit.as_ref();
    let bound = |bound: Option<Decimal>| bound.map(|bound| Quantity::new(bound, unit));
    let name = &metric.name;
    match (bound(metric.range.least), bound(metric.range.most)) {
        (Some(least), Some(most)) => format!("`{name}` is from {least} to {most}"),
        (Some(least), None) => format!("`{name}` is at least {least}"),
        (None, Some(most)) => format!("`{name}` is at most {most}"),
        (None, None) => format!("`{name}` can be anything"),
    }
}
