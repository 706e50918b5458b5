//! From a rule and the facts of one slice to a value.

mod groups;
mod significance;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::decimals::show;
use crate::form::{calibration, distribution};
use crate::math::float;
use crate::rule::{Binning, Rule, Statistic};
use crate::slice::Labels;
use crate::source::Source;
use crate::statistic::calibration::{calibration_psi, expected_error};
use crate::statistic::divergence::{kl, psi, shares};
use crate::trouble::{Sound, doubt};

pub(crate) use groups::{Compared, compare};

/// A value, and what it rests on.
#[derive(Debug)]
pub(crate) struct Measure {
    /// The value.
    pub value: f64,
    /// What a reader should know of it.
    pub told: String,
}

/// The value of a statistic that compares no groups. `draws` is what samples may
/// still be drawn in this call.
pub(crate) fn measure(
    rule: &Rule,
    labels: &Labels,
    current: &mut Source<'_, '_>,
    reference: &mut Source<'_, '_>,
    draws: &mut u64,
) -> Sound<Measure> {
    match &rule.statistic {
        Statistic::Psi(binning) => moved(current, reference, labels, *binning, true),
        Statistic::Kl(binning) => moved(current, reference, labels, *binning, false),
        Statistic::Ece(bins) => calibrated(current, labels, *bins, None),
        Statistic::CalibrationPsi(bins, epsilon) => {
            calibrated(current, labels, *bins, Some(*epsilon))
        }
        Statistic::TwoProportion(alternative) => {
            significance::two_proportion(current, reference, labels, *alternative)
        }
        Statistic::Welch(alternative) => {
            significance::welch(current, reference, labels, *alternative)
        }
        Statistic::SampleRatio(ratio) => significance::sample_ratio(current, labels, ratio),
        Statistic::Bootstrap(bootstrap) => {
            significance::bootstrap(current, reference, labels, *bootstrap, draws)
        }
        Statistic::DemographicParity(_) | Statistic::EqualisedOdds(_) => {
            doubt("groups are compared with each other, and here there are none")
        }
    }
}

/// How far a distribution has moved from the reference.
fn moved(
    current: &mut Source<'_, '_>,
    reference: &mut Source<'_, '_>,
    labels: &Labels,
    binning: Binning,
    is_psi: bool,
) -> Sound<Measure> {
    let pair = distribution::pair(current, reference, labels, binning.bins)?;
    let total = |counts: &[u64]| counts.iter().fold(0_u64, |sum, it| sum.saturating_add(*it));
    let (own, other) = (total(&pair.current), total(&pair.reference));
    let name = if is_psi { "psi" } else { "kl" };
    current.enough(own, || current.title(name, labels))?;
    reference.enough(other, || reference.title(name, labels))?;
    let shared = |counts: &[u64]| {
        let counts: Vec<f64> = counts.iter().copied().map(float).collect();
        shares(&counts, binning.epsilon)
    };
    let (r, c) = (shared(&pair.reference), shared(&pair.current));
    // The mean of what samples of this size make of equal distributions: of PSI
    // (1/n + 1/m) times a chi-squared, of which KL is half.
    let chance = (1.0 / float(own) + 1.0 / float(other)) * float(r.len() as u64 - 1);
    let (value, chance) = if is_psi { (psi(&r, &c), chance) } else { (kl(&r, &c), chance / 2.0) };
    let told = format!(
        "on {own} samples against {other}{}, from {}; equal distributions would come to about {}",
        reference.of_whom(),
        pair.from,
        show(chance),
    );
    Ok(Measure { value, told })
}

/// How far a score is from the probability that it says.
fn calibrated(
    source: &mut Source<'_, '_>,
    labels: &Labels,
    wanted: u32,
    epsilon: Option<f64>,
) -> Sound<Measure> {
    let (bins, from) = calibration::bins(source, labels, wanted)?;
    let samples = bins.total();
    let name = if epsilon.is_some() { "calibration-psi" } else { "ece" };
    source.enough(samples, || source.title(name, labels))?;
    let value = match epsilon {
        None => expected_error(&bins),
        Some(epsilon) => match calibration_psi(&bins, epsilon) {
            Some(value) => value,
            None => {
                let title = source.title(name, labels);
                return doubt(format!("{title} has no positives, observed or predicted"));
            }
        },
    };
    let told = format!("on {samples} samples, from {from} ({wanted} bins)");
    Ok(Measure { value, told })
}
