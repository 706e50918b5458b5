//! What a rule comes to, and how it is reported.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use gate_evidence::given::{Given, Reading};
use gate_evidence::missing::OnMissing;
use tollgate_sdk::gate::Measure;
use tollgate_sdk::{Finding, Outcome};

use crate::rule::Rule;

/// What a rule comes to.
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
    /// The number that was judged, where it was one.
    pub measured: Option<Box<Measure>>,
}

/// How a rule came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judged {
    /// It holds.
    Holds,
    /// It does not.
    Broken,
    /// There is no evidence.
    Missing,
    /// The evidence cannot be judged.
    Doubtful,
    /// Whatever the rule's severity, this.
    Is(Outcome),
    /// It is not asked on the way to the candidate's stage.
    NotAsked,
}

impl Judged {
    /// Whether it holds.
    pub(crate) fn of(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Broken }
    }
}

impl Verdict {
    pub(crate) fn new(judged: Judged, message: String) -> Self {
        Self { judged, message, expected: None, actual: None, facts: Vec::new(), measured: None }
    }

    pub(crate) fn doubtful(reason: String) -> Self {
        Self::new(Judged::Doubtful, reason)
    }

    pub(crate) fn missing(reason: String) -> Self {
        Self::new(Judged::Missing, reason)
    }

    pub(crate) fn expecting(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub(crate) fn finding(mut self, actual: impl Into<String>) -> Self {
        self.actual = Some(actual.into());
        self
    }

    /// It rests on these facts too.
    pub(crate) fn on(mut self, facts: &[u32]) -> Self {
        self.facts.extend(facts);
        self.facts.sort_unstable();
        self.facts.dedup();
        self
    }

    /// Whether something was judged, or the rule at least insists that it
    /// should have been.
    pub(crate) fn counts(&self, rule: &Rule) -> bool {
        match self.judged {
            Judged::NotAsked => false,
            Judged::Missing => rule.on_missing != OnMissing::Skip,
            _ => true,
        }
    }

    pub(crate) fn into_finding(self, rule: &Rule) -> Finding {
        let mut message = self.message;
        let outcome = match self.judged {
            Judged::Holds | Judged::NotAsked => Outcome::Pass,
            Judged::Broken => rule.severity,
            Judged::Doubtful => Outcome::Inconclusive,
            Judged::Is(outcome) => outcome,
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
        finding.expected = self.expected;
        finding.actual = self.actual;
        finding.facts = self.facts;
        finding.measured(self.measured.map(|measured| *measured))
    }
}

/// The value, or the verdict that there is none.
pub(crate) fn sound<T>(given: Given<T>) -> Result<(T, Vec<u32>), Verdict> {
    let Given { facts, reading } = given;
    match reading {
        Reading::Sound(value) => Ok((value, facts)),
        Reading::Missing(reason) => Err(Verdict::missing(reason).on(&facts)),
        Reading::Doubtful(reason) => Err(Verdict::doubtful(reason).on(&facts)),
    }
}
