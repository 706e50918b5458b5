//! Tests of a current version against another, and what they rest on.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::Measure;
use crate::decimals::show;
use crate::form::means;
use crate::math::float;
use crate::rule::Bootstrap;
use crate::slice::{self, Labels};
use crate::source::Source;
use crate::statistic::bootstrap::interval;
use crate::statistic::rate::{Alternative, Rate, two_proportions};
use crate::statistic::{split, welch as of_means};
use crate::trouble::{Sound, doubt};

/// How many conversions, and how many of the rest, each side would have by
/// chance at least, so that a normal distribution stands for them (Cochran,
/// 1954); as many exposures each variant.
const LEAST_EXPECTED: f64 = 5.0;

/// The label of a variant.
const VARIANT: &str = "variant";

pub(super) fn two_proportion(
    current: &mut Source<'_, '_>,
    reference: &mut Source<'_, '_>,
    labels: &Labels,
    alternative: Alternative,
) -> Sound<Measure> {
    let (own, from) = means::proportion(current, labels)?;
    let (other, and) = means::proportion(reference, labels)?;
    current.refuse_other_window(reference)?;
    let title = current.title("two-proportion", labels);
    current.enough(own.of, || title.clone())?;
    reference.enough(other.of, || reference.title("two-proportion", labels))?;
    let share = float(own.count + other.count) / float(own.of + other.of);
    let fewest = share.min(1.0 - share) * float(own.of.min(other.of));
    if fewest < LEAST_EXPECTED {
        return doubt(format!(
            "{title} has too few of one outcome: by chance one side would have {} of it, and \
             {LEAST_EXPECTED} are needed",
            show(fewest)
        ));
    }
    let Some((z, value)) = two_proportions(own, other, alternative) else {
        return doubt(format!("{title} has one outcome alone"));
    };
    let rate = |rate: Rate| show(rate.value());
    let told = format!(
        "z {}: {} against {}{}, {}, on {} samples against {}, from {}",
        show(z),
        rate(own),
        rate(other),
        reference.of_whom(),
        alternative.name(),
        own.of,
        other.of,
        both(from, and),
    );
    Ok(Measure { value, told })
}

pub(super) fn welch(
    current: &mut Source<'_, '_>,
    reference: &mut Source<'_, '_>,
    labels: &Labels,
    alternative: Alternative,
) -> Sound<Measure> {
    let (own, from) = means::moments(current, labels)?;
    let (other, and) = means::moments(reference, labels)?;
    current.refuse_other_window(reference)?;
    current.refuse_other_unit(reference)?;
    current.enough(own.samples, || current.title("welch", labels))?;
    reference.enough(other.samples, || reference.title("welch", labels))?;
    let Some(test) = of_means::welch(own, other, alternative) else {
        return doubt(format!("{} has sides that do not vary", current.title("welch", labels)));
    };
    let told = format!(
        "t {} of {} degrees: {} against {}{}, {}, on {} samples against {}, from {}",
        show(test.t),
        show(test.degrees),
        show(own.mean),
        show(other.mean),
        reference.of_whom(),
        alternative.name(),
        own.samples,
        other.samples,
        both(from, and),
    );
    Ok(Measure { value: test.p, told })
}

pub(super) fn sample_ratio(
    source: &mut Source<'_, '_>,
    labels: &Labels,
    ratio: &[(String, f64)],
) -> Sound<Measure> {
    for found in source.parts("exposures", labels) {
        if !ratio.iter().any(|(variant, _)| variant == found) {
            let title = source.title("exposures", &slice::with(labels, VARIANT, found));
            return doubt(format!("{title} is of a variant that `ratio` does not name"));
        }
    }
    let mut counts = Vec::new();
    let mut shown = Vec::new();
    for (variant, _) in ratio {
        let labels = slice::with(labels, VARIANT, variant);
        let Some(count) = source.count("exposures", &labels)? else {
            return source.missing("exposures", &[], &labels);
        };
        shown.push(format!("{} of {variant}", count.count));
        counts.push(count.count);
    }
    let total = counts.iter().fold(0_u64, |total, count| total.saturating_add(*count));
    let title = source.title("sample-ratio", labels);
    source.enough(total, || title.clone())?;
    let weights: Vec<f64> = ratio.iter().map(|(_, weight)| *weight).collect();
    let least = weights.iter().copied().fold(f64::INFINITY, f64::min);
    let fewest = float(total) * least / crate::math::sum(weights.iter().copied());
    if fewest < LEAST_EXPECTED {
        return doubt(format!(
            "{title} has too few exposures: a variant should have {}, and {LEAST_EXPECTED} are needed",
            show(fewest)
        ));
    }
    let Some((statistic, value)) = split::sample_ratio(&counts, &weights) else {
        return doubt(format!("{title} has no p-value"));
    };
    let told = format!(
        "chi-squared {}: {}, on {total} samples, from counts",
        show(statistic),
        shown.join(", ")
    );
    Ok(Measure { value, told })
}

pub(super) fn bootstrap(
    current: &mut Source<'_, '_>,
    reference: &mut Source<'_, '_>,
    labels: &Labels,
    settings: Bootstrap,
    draws: &mut u64,
) -> Sound<Measure> {
    let Some(own) = current.rows("values", labels)? else {
        return current.missing("values", &[], labels);
    };
    let Some(other) = reference.rows("values", labels)? else {
        return reference.missing("values", &[], labels);
    };
    current.refuse_other_window(reference)?;
    current.refuse_other_unit(reference)?;
    let counts = [own.rows.len() as u64, other.rows.len() as u64];
    let [count, others] = counts;
    current.enough(count, || current.title("bootstrap", labels))?;
    reference.enough(others, || reference.title("bootstrap", labels))?;
    let Bootstrap { is_upper, confidence, resamples, seed } = settings;
    let wanted = (count + others).saturating_mul(u64::from(resamples));
    let Some(rest) = draws.checked_sub(wanted) else {
        return doubt(format!(
            "{resamples} resamples of {} rows are {wanted} draws, and {draws} are left of those \
             that one run may take: ask for fewer `resamples`, or give fewer rows",
            count + others
        ));
    };
    *draws = rest;
    let (lower, upper) = interval(own.rows, other.rows, confidence, resamples, seed);
    let told = format!(
        "{} % of {resamples} resamples (seed {seed}) lie from {} to {}, on {count} samples against \
         {others}{}, from rows",
        show(confidence * 100.0),
        show(lower),
        show(upper),
        reference.of_whom(),
    );
    Ok(Measure { value: if is_upper { upper } else { lower }, told })
}

fn both(one: &'static str, other: &'static str) -> String {
    if one == other { one.into() } else { format!("{one} against {other}") }
}
