//! Two rules about one thing.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

use gate_evidence::missing::OnMissing;
use tollgate_sdk::Finding;

use super::span::Span;
use super::warn;
use crate::rule::{Asks, Baseline, Change, Check, Limit, Rule};

/// So many rules of one metric are held against each other: the work grows with
/// their square.
const COMPARED: usize = 200;

/// Warns of rules that cannot hold together, and of those that find nothing
/// that another does not find. Those of which something is told already are left
/// out: what is wrong with them is wrong beside any other.
pub(super) fn check(rules: &[Rule], remarks: &mut Vec<Finding>) {
    let mut by_metric: BTreeMap<usize, Vec<(&Rule, &Check)>> = BTreeMap::new();
    for rule in rules {
        let is_told = remarks.iter().any(|told| told.pointer.as_ref() == Some(&rule.pointer));
        if let Asks::One(check) = &rule.asks
            && !is_told
        {
            by_metric.entry(check.metric.index).or_default().push((rule, check));
        }
    }
    let mut found: Vec<(usize, Finding)> = Vec::new();
    for same in by_metric.values() {
        for (index, one) in same.iter().take(COMPARED).enumerate() {
            for other in same.iter().take(index) {
                if let Some(remark) = pair(*other, *one) {
                    let place = rules.iter().position(|rule| core::ptr::eq(rule, one.0));
                    found.push((place.unwrap_or_default(), remark));
                    // One reason to look at a rule is enough.
                    break;
                }
            }
        }
    }
    found.sort_by_key(|(place, _)| *place);
    remarks.extend(found.into_iter().map(|(_, remark)| remark));
}

/// What there is to say of two rules, the later one last.
fn pair(first: (&Rule, &Check), later: (&Rule, &Check)) -> Option<Finding> {
    if !is_about_the_same(first.1, later.1) {
        return None;
    }
    let other = &first.0.id;
    if contradict(&first.1.limit, &later.1.limit, Span::of(first.1), Span::of(later.1)) {
        let message = format!("no value keeps both this rule and the rule `{other}`");
        return Some(warn("contradiction", later.0, message));
    }
    let spare = match (holds_when(first, later), holds_when(later, first)) {
        (true, _) => (later.0, other),
        (false, true) => (first.0, &later.0.id),
        (false, false) => return None,
    };
    let message = format!(
        "whatever breaks this rule breaks the rule `{}` as well, so that one of them is enough",
        spare.1
    );
    Some(warn("redundant-rule", spare.0, message))
}

/// One metric, of one subject, in the same slices, over the same time.
fn is_about_the_same(one: &Check, other: &Check) -> bool {
    let window = |check: &Check| check.window.map(|it| (it.length, it.exactly));
    one.metric.index == other.metric.index
        && one.metric.split == other.metric.split
        && one.subject == other.subject
        && one.labels == other.labels
        && one.slices == other.slices
        && window(one) == window(other)
}

fn contradict(one: &Limit, other: &Limit, span: Option<Span>, other_span: Option<Span>) -> bool {
    match (one, other) {
        (Limit::Is(stated, is), Limit::Is(other, other_is)) => match (is, other_is) {
            (true, true) => stated != other,
            (false, false) => false,
            _ => stated == other,
        },
        _ => match (span, other_span) {
            (Some(span), Some(other)) => span.is_apart_from(&other),
            _ => false,
        },
    }
}

/// Whether `rule` finds nothing that `by` does not find at least as bad.
fn holds_when(by: (&Rule, &Check), rule: (&Rule, &Check)) -> bool {
    let missing = |rule: &Rule| match rule.terms.on_missing {
        OnMissing::Skip => 0,
        OnMissing::Inconclusive => 1,
        OnMissing::Fail => 2,
    };
    let is_as_bad = rule.0.terms.severity <= by.0.terms.severity
        && missing(rule.0) <= missing(by.0)
        && rule.1.min_samples == by.1.min_samples
        && rule.1.max_age == by.1.max_age;
    is_as_bad
        && match (Span::of(rule.1), Span::of(by.1)) {
            (Some(span), Some(by)) => span.holds_all_of(&by),
            _ => {
                rule.1.unit == by.1.unit
                    && (rule.1.limit == by.1.limit || is_wider(&rule.1.limit, &by.1.limit))
            }
        }
}

/// Whether a limit allows whatever the other allows of the same baseline.
fn is_wider(limit: &Limit, than: &Limit) -> bool {
    let (Limit::Baseline(limit), Limit::Baseline(than)) = (limit, than) else { return false };
    let same = |baseline: &Baseline| (baseline.comparison, baseline.is_above);
    if same(limit) != same(than)
        || limit.against != than.against
        || limit.other.is_some()
        || than.other.is_some()
    {
        return false;
    }
    let (own, other) = match (limit.change, than.change) {
        (Change::Absolute(own), Change::Absolute(other))
        | (Change::Relative(own), Change::Relative(other)) => (own, other),
        _ => return false,
    };
    let improves = limit.comparison.greater_is_better() == Some(limit.is_above);
    if improves { own <= other } else { own >= other }
}
