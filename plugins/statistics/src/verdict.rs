//! What a rule comes to, and how that is reported.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use gate_evidence::missing::OnMissing;
use tollgate_sdk::gate::Measure;
use tollgate_sdk::{Finding, Outcome};

use crate::rule::Rule;
use crate::trouble::Trouble;

/// What a rule comes to, as a whole or in one slice.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// How it came out.
    pub judged: Judged,
    /// One sentence.
    pub message: String,
    /// The value.
    pub actual: Option<String>,
    /// The facts that it rests on.
    pub facts: Vec<u32>,
    /// The value and its limit, as data.
    pub measured: Option<Box<Measure>>,
}

/// How it came out.
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

impl Verdict {
    pub(crate) fn new(judged: Judged, message: String) -> Self {
        Self { judged, message, actual: None, facts: Vec::new(), measured: None }
    }

    pub(crate) fn of(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Missing(reason) => Self::new(Judged::Missing, reason),
            Trouble::Thin(reason) => Self::new(Judged::Thin, reason),
            Trouble::Doubtful(reason) => Self::new(Judged::Doubtful, reason),
        }
    }

    pub(crate) fn resting_on(mut self, mut facts: Vec<u32>) -> Self {
        facts.sort_unstable();
        facts.dedup();
        self.facts = facts;
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
            Judged::Missing => {
                if rule.on_missing == OnMissing::Skip {
                    message.insert_str(0, "skipped: ");
                }
                rule.on_missing.outcome()
            }
        };
        if !rule.controls.is_empty() {
            message = format!("{message} [controls: {}]", rule.controls.join(", "));
        }
        let mut finding = Finding::new(rule.id.as_str(), outcome, message);
        finding.expected = Some(rule.limit.expected());
        finding.actual = self.actual;
        finding.facts = self.facts;
        finding.measured(self.measured.map(|measured| *measured))
    }
}
