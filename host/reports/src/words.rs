//! What a verdict is called.

use tollgate::report::FindingReport;
use tollgate_engine::types::Outcome;

/// `FAILED`.
#[must_use]
pub fn word(verdict: Outcome) -> &'static str {
    match verdict {
        Outcome::Pass => "PASSED",
        Outcome::Warn => "PASSED with warnings",
        Outcome::Inconclusive => "INCONCLUSIVE",
        Outcome::Fail => "FAILED",
    }
}

/// `1 passed, 9 failed`; empty when there are no findings.
#[must_use]
pub fn counted<'a>(findings: impl IntoIterator<Item = &'a FindingReport>) -> String {
    let mut counts = [0_usize; 4];
    for finding in findings {
        if let Some(count) = counts.get_mut(finding.outcome as usize) {
            *count += 1;
        }
    }
    let counted: Vec<String> = ["passed", "warned", "inconclusive", "failed"]
        .iter()
        .zip(counts)
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{count} {name}"))
        .collect();
    counted.join(", ")
}
