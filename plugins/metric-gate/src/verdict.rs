//! What a check comes to, and how a rule reports that.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use tollgate_sdk::gate::Measure;
use tollgate_sdk::{Finding, Outcome};

use crate::evidence::Doubt;
use crate::rule::{OnMissing, Rule};

/// What a check comes to in one slice.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// How it came out.
    pub judged: Judged,
    /// One sentence.
    pub message: String,
    /// What would have been right.
    pub expected: Option<String>,
    /// What was there.
    pub actual: Option<String>,
    /// The facts that it rests on.
    pub facts: Vec<u32>,
    /// The number that was compared, where it was one.
    pub measured: Option<Box<Measure>>,
}

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judged {
    /// It holds.
    Holds,
    /// It does not.
    Broken,
    /// There is no evidence.
    Missing,
    /// The evidence rests on too few samples.
    Thin,
    /// The evidence cannot be judged.
    Doubtful,
    /// It was left out, as the rule says.
    Skipped,
}

impl Judged {
    /// All, by their discriminants.
    pub(crate) const ALL: [Self; 6] =
        [Self::Holds, Self::Broken, Self::Missing, Self::Thin, Self::Doubtful, Self::Skipped];

    pub(crate) fn of(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Broken }
    }

    /// What is said of several.
    pub(crate) fn of_many(self) -> &'static str {
        match self {
            Self::Holds => "hold",
            Self::Broken => "are broken",
            Self::Missing => "are missing",
            Self::Thin | Self::Doubtful => "cannot be judged",
            Self::Skipped => "were skipped",
        }
    }
}

impl Verdict {
    pub(crate) fn new(judged: Judged, message: String) -> Self {
        Self { judged, message, expected: None, actual: None, facts: Vec::new(), measured: None }
    }

    pub(crate) fn doubtful(doubt: &Doubt) -> Self {
        Self { actual: doubt.actual.clone(), ..Self::new(Judged::Doubtful, doubt.reason.clone()) }
    }

    pub(crate) fn expecting(mut self, expected: Option<String>) -> Self {
        self.expected = expected;
        self
    }

    /// Whether something was judged, or the rule at least insists that it
    /// should have been.
    pub(crate) fn counts(&self, rule: &Rule) -> bool {
        match self.judged {
            Judged::Skipped => false,
            Judged::Missing => rule.on_missing != OnMissing::Skip,
            _ => true,
        }
    }

    pub(crate) fn into_finding(self, rule: &Rule) -> Finding {
        let mut message = self.message;
        let outcome = match self.judged {
            Judged::Holds => Outcome::Pass,
            Judged::Broken => rule.severity,
            Judged::Thin | Judged::Doubtful => Outcome::Inconclusive,
            Judged::Skipped => Outcome::Warn,
            Judged::Missing => rule.on_missing.outcome(),
        };
        if self.judged == Judged::Missing && rule.on_missing == OnMissing::Skip {
            message.insert_str(0, "skipped: ");
        }
        if !rule.controls.is_empty() {
            message = format!("{message} [controls: {}]", rule.controls.join(", "));
        }
        let mut finding =
            Finding::new(rule.id.as_str(), outcome, message).at(rule.pointer.as_str());
        finding.expected = self.expected;
        finding.actual = self.actual;
        finding.facts = self.facts;
        finding.measured(self.measured.map(|measured| *measured))
    }
}
