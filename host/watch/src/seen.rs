//! What a round came to, rule by rule.

use std::collections::BTreeMap;

use tollgate::report::ProfileReport;
use tollgate_engine::types::Outcome;

/// The most findings of one rule that are told of: a rule on slices has one a
/// slice.
const MOST_TOLD: usize = 3;

/// The longest sentence of a plugin that is remembered.
const LONGEST: usize = 400;

/// How a rule came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Observation {
    pub(crate) outcome: Outcome,
    /// Why.
    pub(crate) message: String,
}

/// What was seen in one round.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// As of when, RFC 3339.
    pub(crate) at: String,
    /// `churn v8`.
    pub(crate) title: String,
    /// The version, where a registry says it.
    pub(crate) version: Option<u64>,
    /// By rule, one a profile, in their order; or why nothing was judged.
    pub(crate) rules: Result<Vec<BTreeMap<String, Observation>>, String>,
}

/// The rules of a profile, the worst of its findings each.
pub(crate) fn by_rule(profile: &ProfileReport) -> BTreeMap<String, Observation> {
    let mut rules: BTreeMap<String, (Outcome, Vec<&str>)> = BTreeMap::new();
    for finding in &profile.findings {
        let outcome = finding.measured();
        let (worst, messages) =
            rules.entry(finding.rule.clone()).or_insert_with(|| (outcome, Vec::new()));
        if outcome > *worst {
            *worst = outcome;
            messages.clear();
        }
        if outcome == *worst {
            messages.push(&finding.message);
        }
    }
    let told = |(outcome, messages): (Outcome, Vec<&str>)| {
        let more = messages.len().saturating_sub(MOST_TOLD);
        let mut message = messages.into_iter().take(MOST_TOLD).collect::<Vec<_>>().join("; ");
        if more > 0 {
            message += &format!("; and {more} more");
        }
        Observation { outcome, message: cut(&message, LONGEST) }
    };
    rules.into_iter().map(|(rule, found)| (rule, told(found))).collect()
}

/// At most so many characters.
pub(crate) fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(longest.saturating_sub(1)).collect();
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use tollgate::report::FindingReport;

    use super::*;

    #[test]
    fn what_nobody_measured_breaks_no_rule() {
        let mut finding = FindingReport::new("r", Outcome::Fail, "`auc` is missing");
        assert_eq!(finding.measured(), Outcome::Inconclusive);
        // The other side of a comparison is there, and the measured one is not.
        finding.facts = vec![3];
        assert_eq!(finding.measured(), Outcome::Inconclusive);
        finding.actual = Some("0.7".to_owned());
        assert_eq!(finding.measured(), Outcome::Fail);
        finding.outcome = Outcome::Pass;
        assert_eq!(finding.measured(), Outcome::Pass);
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöüß", 3), "äö…");
    }
}
