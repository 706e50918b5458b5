//! What each statistic has of its own.

use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;
use tollgate_sdk::settings::{Mistakes, Object};

use super::number::{above, count};
use crate::rule::{Binning, Bootstrap, Statistic};
use crate::slice;
use crate::statistic::fairness::Form;
use crate::statistic::rate::Alternative;

/// The share that an empty bin is taken to have, unless the rule says:
/// Evidently's.
const EPSILON: f64 = 0.0001;

/// The most that it can be taken to have: more would hide a bin that emptied.
const MOST_EPSILON: f64 = 0.01;

/// The bins of a score, unless the rule says.
const BINS: u32 = 15;

const CONFIDENCE: f64 = 0.95;

const RESAMPLES: u32 = 1000;

/// The keys that only some statistics have.
pub(super) const KEYS: [&str; 9] = [
    "form",
    "bins",
    "epsilon",
    "alternative",
    "ratio",
    "confidence",
    "resamples",
    "seed",
    "window",
];

/// A key beside those, of tests.
pub(super) const HORIZON: &str = "horizon";

const FORMS: [(&str, Form); 2] = [("difference", Form::Difference), ("ratio", Form::Ratio)];

const ENDS: [(&str, bool); 2] = [("lower", false), ("upper", true)];

/// The kinds of statistics, as settings write them.
#[derive(Clone, Copy)]
enum Kind {
    Psi,
    Kl,
    DemographicParity,
    EqualisedOdds,
    Ece,
    CalibrationPsi,
    TwoProportion,
    Welch,
    SampleRatio,
    Bootstrap,
}

const KINDS: [(&str, Kind); 10] = [
    ("psi", Kind::Psi),
    ("kl", Kind::Kl),
    ("demographic-parity", Kind::DemographicParity),
    ("equalised-odds", Kind::EqualisedOdds),
    ("ece", Kind::Ece),
    ("calibration-psi", Kind::CalibrationPsi),
    ("two-proportion", Kind::TwoProportion),
    ("welch", Kind::Welch),
    ("sample-ratio", Kind::SampleRatio),
    ("bootstrap", Kind::Bootstrap),
];

/// The statistic of a rule, with its own keys.
pub(super) fn read(rule: &Object<&Value>, mistakes: &mut Mistakes) -> Option<Statistic> {
    if rule.get("statistic").is_none() {
        mistakes.add(&rule.pointer, "a rule needs a `statistic`");
        return None;
    }
    let kind = rule.choice("statistic", &KINDS, mistakes)?;
    let mut epsilon = || above(rule, "epsilon", (0.0, MOST_EPSILON), mistakes).unwrap_or(EPSILON);
    Some(match kind {
        Kind::Psi | Kind::Kl => {
            let epsilon = epsilon();
            let binning = Binning { bins: count(rule, "bins", 2..=1000, mistakes), epsilon };
            if matches!(kind, Kind::Psi) { Statistic::Psi(binning) } else { Statistic::Kl(binning) }
        }
        Kind::Ece => Statistic::Ece(bins(rule, mistakes)),
        Kind::CalibrationPsi => {
            let epsilon = epsilon();
            Statistic::CalibrationPsi(bins(rule, mistakes), epsilon)
        }
        Kind::DemographicParity => Statistic::DemographicParity(form(rule, mistakes)),
        Kind::EqualisedOdds => Statistic::EqualisedOdds(form(rule, mistakes)),
        Kind::TwoProportion => Statistic::TwoProportion(alternative(rule, mistakes)),
        Kind::Welch => Statistic::Welch(alternative(rule, mistakes)),
        Kind::SampleRatio => Statistic::SampleRatio(ratio(rule, mistakes)),
        Kind::Bootstrap => Statistic::Bootstrap(bootstrap(rule, mistakes)),
    })
}

/// Whether a statistic has this key among those that only some have.
pub(super) fn has(statistic: &Statistic, key: &str) -> bool {
    let own: &[&str] = match statistic {
        Statistic::Psi(_) | Statistic::Kl(_) | Statistic::CalibrationPsi(..) => {
            &["bins", "epsilon"]
        }
        Statistic::Ece(_) => &["bins"],
        Statistic::DemographicParity(_) | Statistic::EqualisedOdds(_) => &["form"],
        Statistic::TwoProportion(_) | Statistic::Welch(_) => &["alternative"],
        Statistic::SampleRatio(_) => &["ratio"],
        Statistic::Bootstrap(_) => &["form", "confidence", "resamples", "seed"],
    };
    own.contains(&key) || key == if statistic.is_test() { HORIZON } else { "window" }
}

fn bins(rule: &Object<&Value>, mistakes: &mut Mistakes) -> u32 {
    count(rule, "bins", 2..=1000, mistakes).unwrap_or(BINS)
}

fn form(rule: &Object<&Value>, mistakes: &mut Mistakes) -> Form {
    rule.choice("form", &FORMS, mistakes).unwrap_or(Form::Difference)
}

fn alternative(rule: &Object<&Value>, mistakes: &mut Mistakes) -> Alternative {
    rule.choice("alternative", &Alternative::NAMES, mistakes).unwrap_or(Alternative::TwoSided)
}

fn bootstrap(rule: &Object<&Value>, mistakes: &mut Mistakes) -> Bootstrap {
    if rule.get("seed").is_none() {
        let message = "say with a `seed` where the draws begin, so that others can repeat them";
        mistakes.add(&rule.pointer, message);
    }
    let confidence = above(rule, "confidence", (0.0, 1.0), mistakes);
    if confidence == Some(1.0) {
        mistakes.add(&rule.at("confidence"), "an interval holds less than all");
    }
    Bootstrap {
        is_upper: rule.choice("form", &ENDS, mistakes).unwrap_or_default(),
        confidence: confidence.unwrap_or(CONFIDENCE),
        resamples: count(rule, "resamples", 100..=10_000, mistakes).unwrap_or(RESAMPLES),
        seed: rule.count("seed", 0..=u64::MAX, mistakes).unwrap_or_default(),
    }
}

/// The variants and their weights, sorted.
fn ratio(rule: &Object<&Value>, mistakes: &mut Mistakes) -> Vec<(String, f64)> {
    let mut ratio: Vec<(String, f64)> = Vec::new();
    if rule.get("ratio").is_none() {
        let message = "say with a `ratio` how exposures should be split: \
                       `{ control: 1, treatment: 1 }`";
        mistakes.add(&rule.pointer, message);
        return ratio;
    }
    let Some(weights) = rule.map("ratio", mistakes) else { return ratio };
    let mut names = Vec::new();
    for (name, _) in weights.entries() {
        slice::insert(&mut names, name);
    }
    if names.len() < 2 {
        mistakes.add(&weights.pointer, "expected two variants or more");
    }
    for name in names {
        if let Some(weight) = above(&weights, name, (0.0, f64::INFINITY), mistakes) {
            ratio.push((name.to_owned(), weight));
        }
    }
    ratio
}
