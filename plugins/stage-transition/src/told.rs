//! Findings as they come about.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use gate_evidence::given::{Given, Reading};
use gate_evidence::missing::OnMissing;
use tollgate_sdk::{Finding, Outcome};

use crate::settings::Settings;

/// What was found so far.
pub(crate) struct Told<'a> {
    settings: &'a Settings,
    findings: Vec<Finding>,
    is_judged: bool,
}

impl<'a> Told<'a> {
    pub(crate) fn new(settings: &'a Settings) -> Self {
        Self { settings, findings: Vec::new(), is_judged: false }
    }

    /// That a rule holds or is broken.
    pub(crate) fn judged(
        &mut self,
        rule: &str,
        holds: bool,
        message: String,
        facts: Vec<u32>,
    ) -> &mut Finding {
        let outcome = if holds { Outcome::Pass } else { self.settings.severity };
        self.add(rule, outcome, message, facts)
    }

    /// That a rule cannot be judged.
    pub(crate) fn doubtful(&mut self, rule: &str, message: String, facts: Vec<u32>) {
        self.add(rule, Outcome::Inconclusive, message, facts);
    }

    /// That its evidence is missing.
    pub(crate) fn missing(&mut self, rule: &str, message: String, facts: Vec<u32>) {
        let on_missing = self.settings.on_missing;
        let was_judged = self.is_judged;
        if on_missing == OnMissing::Skip {
            self.add(rule, Outcome::Warn, format!("skipped: {message}"), facts);
            self.is_judged = was_judged;
        } else {
            self.add(rule, on_missing.outcome(), message, facts);
        }
    }

    /// The value of a fact that a rule needs; without one the rule has its
    /// finding.
    pub(crate) fn needed<T>(&mut self, rule: &str, given: Given<T>) -> Option<(T, Vec<u32>)> {
        match given.reading {
            Reading::Sound(value) => return Some((value, given.facts)),
            Reading::Missing(reason) => self.missing(rule, reason, given.facts),
            Reading::Doubtful(reason) => self.doubtful(rule, reason, given.facts),
        }
        None
    }

    /// All findings.
    pub(crate) fn into_findings(mut self) -> Vec<Finding> {
        if !self.is_judged {
            let message = "every rule was skipped, so nothing was judged: give the evidence that \
                           is missing, or leave `on_missing: skip` out";
            self.findings.push(Finding::new("nothing-judged", Outcome::Inconclusive, message));
        }
        self.findings
    }

    fn add(
        &mut self,
        rule: &str,
        outcome: Outcome,
        message: String,
        facts: Vec<u32>,
    ) -> &mut Finding {
        self.is_judged = true;
        let mut finding = Finding::new(rule, outcome, message);
        finding.facts = facts;
        self.findings.push_mut(finding)
    }
}
