//! Rules, as they are once the settings were understood.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use gate_evidence::verdict::Terms;
use gate_evidence::window::LeastWindow;

use crate::decimal::Decimal;
use crate::unit::Unit;
use crate::window::Window;

/// The `for_each` that stands for any label.
pub const ANY: &str = "*";

/// Labels, sorted by key, without window and split.
pub type Labels = Vec<(String, String)>;

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Its id, kebab-case, unique in the gate.
    pub id: String,
    /// An RFC 6901 pointer to it in the settings.
    pub pointer: String,
    /// What is checked.
    pub asks: Asks,
    /// What it comes to when it does not hold.
    pub terms: Terms,
}

/// What a rule checks.
#[derive(Debug)]
pub enum Asks {
    /// One thing, in each of its slices.
    One(Box<Check>),
    /// Several things, of which one must hold.
    Any(Vec<Check>),
}

/// A metric, whose it is, and what must hold.
#[derive(Debug)]
pub struct Check {
    /// What it judges.
    pub metric: MetricName,
    /// Whose metric.
    pub subject: String,
    /// The slice.
    pub labels: Labels,
    /// How long values must have been observed.
    pub window: Option<LeastWindow>,
    /// The slices that are judged, each by itself.
    pub slices: Option<Slices>,
    /// What must hold.
    pub limit: Limit,
    /// The unit of the limit's numbers.
    pub unit: Option<Unit>,
    /// How many samples each value must rest on.
    pub min_samples: Option<u64>,
    /// How long ago each value may have been observed.
    pub max_age: Option<Window>,
}

/// A metric, and the names that the rule's author used for it.
#[derive(Debug, PartialEq, Eq)]
pub struct MetricName {
    /// Index in the catalog.
    pub index: usize,
    /// As written in the rule, without the prefix of a split.
    pub name: String,
    /// The split of the data it must come from; without one any but training.
    pub split: Option<String>,
}

/// Which slices are judged, and which should be there.
#[derive(Debug, PartialEq, Eq)]
pub struct Slices {
    /// The labels that make them.
    pub by: By,
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

/// The labels that make slices.
#[derive(Debug, PartialEq, Eq)]
pub enum By {
    /// Any one label.
    Any,
    /// All of these.
    Keys(Vec<String>),
}

/// What must hold.
#[derive(Debug, PartialEq, Eq)]
pub enum Limit {
    /// Compared with a number.
    Threshold(Comparison, Decimal),
    /// At least the first and at most the second number.
    Between(Decimal, Decimal),
    /// Is this truth or text, or (with `false`) is not.
    Is(Stated, bool),
    /// Compared with a baseline, give or take a change.
    Baseline(Baseline),
}

/// A value that is not measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stated {
    /// True or false.
    Boolean(bool),
    /// Text.
    Text(String),
}

/// A limit that moves with a baseline.
#[derive(Debug, PartialEq, Eq)]
pub struct Baseline {
    /// What is compared with.
    pub against: Against,
    /// How.
    pub comparison: Comparison,
    /// Whether the change is added to the baseline or taken from it.
    pub is_above: bool,
    /// The change, 0 or more.
    pub change: Change,
    /// A second change, and whether the stricter of the two limits counts.
    pub other: Option<(Change, bool)>,
}

/// What a baseline is.
#[derive(Debug, PartialEq, Eq)]
pub enum Against {
    /// The same metric and slice of this subject.
    Subject(String),
    /// Another metric of this subject, of the same slice.
    Metric(MetricName, String),
    /// A fixed number.
    Value(Decimal),
}

/// How far from its baseline a limit lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// By this much.
    Absolute(Decimal),
    /// By this share of the baseline, which must be above 0.
    Relative(Decimal),
    /// By this share of the baseline's magnitude; by [`MLFLOW_LEAST_CHANGE`]
    /// when the baseline is 0. What MLflow does with `min_relative_change`.
    RelativeAsMlflow(Decimal),
}

/// What MLflow asks for instead of a relative change from 0
/// (`mlflow/models/evaluation/validation.py`).
pub const MLFLOW_LEAST_CHANGE: Decimal = Decimal::new(1, -10);

/// How two numbers are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `>=`, the bound included.
    AtLeast,
    /// `>`, the bound excluded.
    Above,
    /// `<=`, the bound included.
    AtMost,
    /// `<`, the bound excluded.
    Below,
    /// `==`.
    Equal,
    /// `!=`.
    Unequal,
}

impl Comparison {
    /// All, as settings write them.
    pub const SYMBOLS: [(&str, Self); 6] = [
        (">=", Self::AtLeast),
        (">", Self::Above),
        ("<=", Self::AtMost),
        ("<", Self::Below),
        ("==", Self::Equal),
        ("!=", Self::Unequal),
    ];

    /// As settings write it.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::AtLeast => ">=",
            Self::Above => ">",
            Self::AtMost => "<=",
            Self::Below => "<",
            Self::Equal => "==",
            Self::Unequal => "!=",
        }
    }

    /// Which way is better, as far as this comparison says.
    #[must_use]
    pub fn greater_is_better(self) -> Option<bool> {
        match self {
            Self::AtLeast | Self::Above => Some(true),
            Self::AtMost | Self::Below => Some(false),
            Self::Equal | Self::Unequal => None,
        }
    }

    /// Whether it holds.
    #[must_use]
    pub fn holds(self, left: Decimal, right: Decimal) -> bool {
        match self {
            Self::AtLeast => left >= right,
            Self::Above => left > right,
            Self::AtMost => left <= right,
            Self::Below => left < right,
            Self::Equal => left == right,
            Self::Unequal => left != right,
        }
    }

    /// The words between two numbers in a report.
    #[must_use]
    pub fn verb(self, holds: bool) -> &'static str {
        match (self, holds) {
            (Self::AtLeast, true) => "is at least",
            (Self::AtLeast, false) | (Self::Below, true) => "is below",
            (Self::Above, true) | (Self::AtMost, false) => "is above",
            (Self::Above, false) => "is not above",
            (Self::AtMost, true) => "is at most",
            (Self::Below, false) => "is not below",
            (Self::Equal, true) => "is equal to",
            (Self::Equal, false) | (Self::Unequal, true) => "is not",
            (Self::Unequal, false) => "is",
        }
    }

    /// The words of it in a rule's id.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::AtLeast => "at-least",
            Self::Above => "above",
            Self::AtMost => "at-most",
            Self::Below => "below",
            Self::Equal => "equal",
            Self::Unequal => "unequal",
        }
    }
}
