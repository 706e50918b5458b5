//! What a verdict is called.

use tollgate::report::{AuditCounts, FindingReport};
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

/// `3 models passed, 1 failed`.
#[must_use]
pub fn audited(counts: &AuditCounts) -> String {
    let AuditCounts { models, passed, warned, inconclusive, failed, errors, .. } = *counts;
    let all = [
        (passed, "passed"),
        (warned, "warned"),
        (inconclusive, "inconclusive"),
        (failed, "failed"),
        (errors, "not read"),
    ];
    let some = all.iter().filter(|(count, _)| *count > 0);
    let some: Vec<String> = some.map(|(count, name)| format!("{count} {name}")).collect();
    let plural = if models == 1 { "" } else { "s" };
    match some.is_empty() {
        true => "no models".to_owned(),
        false => format!("{models} model{plural}: {}", some.join(", ")),
    }
}
