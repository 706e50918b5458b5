//! What must hold of a statistic.

use alloc::format;

use gate_evidence::decimal::Decimal;
use serde_json::Value;
use tollgate_sdk::settings::{Mistakes, Object};

use super::number::decimal;
use crate::limit::{Comparison, Limit};
use crate::rule::Statistic;

/// The keys of a limit.
pub(super) const KEYS: [&str; 3] = ["comparison", "threshold", "between"];

/// Reads the limit of a rule.
pub(super) fn read(
    rule: &Object<&Value>,
    statistic: &Statistic,
    mistakes: &mut Mistakes,
) -> Option<Limit> {
    let limit = read_any(rule, mistakes)?;
    let most = most(statistic);
    let least = least(statistic);
    for (index, bound) in limit.bounds().into_iter().enumerate() {
        let is_below = least.is_some_and(|least| bound < least);
        let is_above = most.is_some_and(|most| bound > most);
        if !is_below && !is_above {
            continue;
        }
        let at = match limit {
            Limit::Threshold(..) if index > 0 => continue,
            Limit::Threshold(..) => rule.at("threshold"),
            Limit::Between(..) => format!("{}/{index}", rule.at("between")),
        };
        let range = if most.is_some() { "from 0 to 1" } else { "0 or more" };
        let (name, form) = (statistic.name(), statistic.form());
        mistakes.add(&at, format!("the {name}{form} is {range}, so {bound} is no limit for it"));
    }
    Some(limit)
}

fn least(statistic: &Statistic) -> Option<Decimal> {
    (!matches!(statistic, Statistic::Bootstrap(_))).then_some(Decimal::ZERO)
}

fn most(statistic: &Statistic) -> Option<Decimal> {
    let is_free = matches!(
        statistic,
        Statistic::Psi(_)
            | Statistic::Kl(_)
            | Statistic::CalibrationPsi(..)
            | Statistic::Bootstrap(_)
    );
    (!is_free).then_some(Decimal::new(1, 0))
}

fn read_any(rule: &Object<&Value>, mistakes: &mut Mistakes) -> Option<Limit> {
    if rule.get("between").is_some() {
        return read_between(rule, mistakes);
    }
    let Some(threshold) = rule.get("threshold") else {
        mistakes.add(&rule.pointer, "a rule needs a `threshold` or `between`");
        return None;
    };
    let threshold = decimal(threshold, &rule.at("threshold"), mistakes);
    if rule.get("comparison").is_none() {
        let message = "say with a `comparison` on which side of the threshold the model passes, \
                       and whether the bound is included";
        mistakes.add(&rule.pointer, message);
    }
    let comparison = rule.choice("comparison", &Comparison::SYMBOLS, mistakes);
    Some(Limit::Threshold(comparison?, threshold?))
}

fn read_between(rule: &Object<&Value>, mistakes: &mut Mistakes) -> Option<Limit> {
    for key in ["threshold", "comparison"] {
        if rule.get(key).is_some() {
            mistakes.add(&rule.at(key), "`between` says all that must hold");
        }
    }
    let items = rule.items("between", mistakes);
    let [(first, least), (second, most)] = items.as_slice() else {
        mistakes.add(&rule.at("between"), "expected the least and the most: `[0.4, 0.6]`");
        return None;
    };
    let least = decimal(least, first, mistakes)?;
    let most = decimal(most, second, mistakes)?;
    if least > most {
        mistakes.add(&rule.at("between"), format!("{least} is more than {most}"));
    }
    Some(Limit::Between(least, most))
}
