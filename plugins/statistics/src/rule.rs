//! Rules, as they are once the settings were understood.

use alloc::string::String;
use alloc::vec::Vec;

use gate_evidence::verdict::Terms;
use gate_evidence::window::{LeastWindow, Window};

use crate::limit::Limit;
use crate::slice::Labels;
use crate::statistic::fairness::Form;
use crate::statistic::rate::Alternative;

/// The subject of a version that is to move on.
pub const CANDIDATE: &str = "candidate";

/// The subject of what a version was approved with.
pub const REFERENCE: &str = "reference";

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Its id, kebab-case, unique in the gate.
    pub id: String,
    /// What is judged.
    pub statistic: Statistic,
    /// The labels of the facts that it is computed from.
    pub of: Labels,
    /// Whose facts.
    pub current: String,
    /// Whose facts they are compared with.
    pub reference: String,
    /// What must hold.
    pub limit: Limit,
    /// The slices that are judged, or the groups that are compared.
    pub slices: Option<Slices>,
    /// How long facts must have been observed; of a test the horizon that was
    /// fixed before it began.
    pub window: Option<LeastWindow>,
    /// How many samples each part of the statistic must rest on.
    pub min_samples: u64,
    /// How long ago each fact may have been observed.
    pub max_age: Option<Window>,
    /// What it comes to when it does not hold.
    pub terms: Terms,
}

/// A statistic, and what is its own.
#[derive(Clone, Debug)]
pub enum Statistic {
    /// Population stability index.
    Psi(Binning),
    /// Divergence of Kullback and Leibler of the current distribution from the
    /// reference.
    Kl(Binning),
    /// How far selection rates of groups lie apart.
    DemographicParity(Form),
    /// How far true or false positive rates of groups lie apart.
    EqualisedOdds(Form),
    /// Expected calibration error, in so many bins.
    Ece(u32),
    /// PSI between predicted and observed positives, in so many bins.
    CalibrationPsi(u32, f64),
    /// Pooled z test of two proportions.
    TwoProportion(Alternative),
    /// Welch's t test.
    Welch(Alternative),
    /// Chi-squared of exposures against the weights of these variants.
    SampleRatio(Vec<(String, f64)>),
    /// An end of a drawn interval of the difference of two means.
    Bootstrap(Bootstrap),
}

/// How a distribution is put into bins.
#[derive(Clone, Copy, Debug)]
pub struct Binning {
    /// How many bins there must be, where the rule says so.
    pub bins: Option<u32>,
    /// The share that an empty bin is taken to have.
    pub epsilon: f64,
}

/// How samples are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Bootstrap {
    /// Whether the upper end of the interval is judged.
    pub is_upper: bool,
    /// How much of what samples come to lies within.
    pub confidence: f64,
    /// How many samples are drawn.
    pub resamples: u32,
    /// Where the draws begin.
    pub seed: u64,
}

impl Statistic {
    /// As settings write it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Psi(_) => "psi",
            Self::Kl(_) => "kl",
            Self::DemographicParity(_) => "demographic-parity",
            Self::EqualisedOdds(_) => "equalised-odds",
            Self::Ece(_) => "ece",
            Self::CalibrationPsi(..) => "calibration-psi",
            Self::TwoProportion(_) => "two-proportion",
            Self::Welch(_) => "welch",
            Self::SampleRatio(_) => "sample-ratio",
            Self::Bootstrap(_) => "bootstrap",
        }
    }

    /// What of it is judged, where there is a choice.
    #[must_use]
    pub fn form(&self) -> &'static str {
        match self {
            Self::DemographicParity(Form::Difference) | Self::EqualisedOdds(Form::Difference) => {
                " difference"
            }
            Self::DemographicParity(Form::Ratio) | Self::EqualisedOdds(Form::Ratio) => " ratio",
            Self::TwoProportion(_) | Self::Welch(_) | Self::SampleRatio(_) => " p-value",
            Self::Bootstrap(Bootstrap { is_upper: false, .. }) => " lower bound",
            Self::Bootstrap(_) => " upper bound",
            _ => "",
        }
    }

    /// The names of the facts that it can be computed from.
    #[must_use]
    pub fn facts(&self) -> &'static [&'static str] {
        match self {
            Self::Psi(_) | Self::Kl(_) => &["histogram", "values", "category_count"],
            Self::DemographicParity(_) => &["selected", "predictions", "true_positives"],
            Self::EqualisedOdds(_) => &["true_positives", "predictions"],
            Self::Ece(_) | Self::CalibrationPsi(..) => &["calibration_counts", "scores"],
            Self::TwoProportion(_) => &["conversions", "values"],
            Self::Welch(_) => &["mean", "values"],
            Self::SampleRatio(_) => &["exposures"],
            Self::Bootstrap(_) => &["values"],
        }
    }

    /// Whether groups are compared with each other.
    #[must_use]
    pub fn is_of_groups(&self) -> bool {
        matches!(self, Self::DemographicParity(_) | Self::EqualisedOdds(_))
    }

    /// Whether looking at it again and again until it pleases finds what is not
    /// there.
    #[must_use]
    pub fn is_test(&self) -> bool {
        matches!(
            self,
            Self::TwoProportion(_) | Self::Welch(_) | Self::SampleRatio(_) | Self::Bootstrap(_)
        )
    }

    /// Whether the current facts are compared with those of a reference.
    #[must_use]
    pub fn has_reference(&self) -> bool {
        matches!(
            self,
            Self::Psi(_)
                | Self::Kl(_)
                | Self::TwoProportion(_)
                | Self::Welch(_)
                | Self::Bootstrap(_)
        )
    }

    /// How many samples each part must rest on where the rule does not say.
    /// README.md says why.
    #[must_use]
    pub fn least_samples(&self) -> u64 {
        match self {
            Self::Psi(_) | Self::Kl(_) | Self::Ece(_) | Self::CalibrationPsi(..) => 1000,
            Self::DemographicParity(_)
            | Self::EqualisedOdds(_)
            | Self::TwoProportion(_)
            | Self::SampleRatio(_)
            | Self::Bootstrap(_) => 100,
            Self::Welch(_) => 30,
        }
    }
}

/// Which slices are judged or groups compared, and which should be there.
#[derive(Debug)]
pub struct Slices {
    /// The labels that make them.
    pub keys: Vec<String>,
    /// A subject whose every slice must be there.
    pub as_of_subject: Option<String>,
    /// Slices that must be there.
    pub listed: Vec<Labels>,
    /// How many must have been judged.
    pub at_least: Option<u64>,
    /// Whether slices on too few samples are left out.
    pub skip_thin: bool,
}

impl Slices {
    /// Whether the rule says in any way which slices should be there.
    #[must_use]
    pub fn expects(&self) -> bool {
        self.as_of_subject.is_some() || !self.listed.is_empty() || self.at_least.is_some()
    }
}
