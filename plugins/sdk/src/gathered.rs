//! Findings of many rows.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::finding::{Finding, Outcome};

/// The findings of all rows: those that say the same of a column are one, with
/// its first places before it.
#[derive(Debug, Default)]
pub struct Gathered {
    findings: Vec<Finding>,
    /// Rule, message and column, and which findings those are.
    known: BTreeMap<(String, String, Option<String>), Vec<usize>>,
}

/// So many places of a fault are findings of their own; the last of them
/// counts the rest.
const PLACES: usize = 5;

/// More different findings than anyone reads, so that they take no memory.
const MANY: usize = 10_000;

impl Gathered {
    /// Adds a finding of a row.
    pub fn add(&mut self, finding: Finding) {
        let key = (finding.rule.clone(), finding.message.clone(), finding.column.clone());
        let room = self.findings.len() < MANY;
        let at = match self.known.get_mut(&key) {
            Some(places) if places.len() < PLACES && room => {
                places.push(self.findings.len());
                self.findings.push(finding);
                return;
            }
            Some(places) => places.last().copied(),
            None if room => {
                self.known.insert(key, alloc::vec![self.findings.len()]);
                self.findings.push(finding);
                return;
            }
            // The last one stands for all that there is no room for.
            None => Some(MANY - 1),
        };
        if let Some(known) = at.and_then(|at| self.findings.get_mut(at)) {
            known.outcome = known.outcome.max(finding.outcome);
            known.occurrences = known.occurrences.saturating_add(finding.occurrences);
        }
    }

    /// All of them; of more than `most` the rest is counted.
    #[must_use]
    pub fn finish(self, most: usize) -> Vec<Finding> {
        limited(self.findings, most)
    }
}

/// The first `most` findings, and one that counts the rest, as bad as the
/// worst of them.
#[must_use]
pub fn limited(mut findings: Vec<Finding>, most: usize) -> Vec<Finding> {
    let rest = findings.split_off(findings.len().min(most));
    if let Some(worst) = rest.iter().map(|finding| finding.outcome).max() {
        findings.push(not_shown(&format!("{}", rest.len()), rest.len() as u32, worst));
    }
    findings
}

/// The finding that says how many others there are.
#[must_use]
pub fn not_shown(count: &str, rest: u32, worst: Outcome) -> Finding {
    let faults = if rest == 1 { "fault is" } else { "faults are" };
    let mut last =
        Finding::new("more-findings", worst, format!("{count} further {faults} not shown"));
    last.occurrences = rest;
    last
}
