//! From a rule and the facts to verdicts.

mod artifact;
mod deprecation;
mod field;
mod params;
mod semantic_version;
mod sla;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use gate_evidence::given::Reading;
use gate_evidence::verdict::{Judged, Verdict};

use crate::facts::Facts;
use crate::rule::{Check, Rule};

/// Judges a rule: one verdict, or several where it asks several things.
pub(crate) fn judge(rule: &Rule, facts: &Facts<'_>) -> Vec<Verdict> {
    if let Some(verdict) = not_asked(rule, facts) {
        return alloc::vec![verdict];
    }
    check(&rule.check, facts)
}

fn check(check: &Check, facts: &Facts<'_>) -> Vec<Verdict> {
    alloc::vec![match check {
        Check::Deprecation(deprecation) => return deprecation::judge(deprecation, facts),
        Check::Field(field) => field::judge(field, facts),
        Check::Params(params) => params::judge(params, facts),
        Check::Artifact(globs) => artifact::judge(globs, facts),
        Check::SemanticVersion(name) => semantic_version::judge(name, facts),
        Check::Sla(name) => sla::judge(name, facts),
        Check::Any(checks) => any_of(checks, facts),
    }]
}

/// That a rule is for other stages, or that nobody knows.
fn not_asked(rule: &Rule, facts: &Facts<'_>) -> Option<Verdict> {
    if rule.targets.is_empty() {
        return None;
    }
    let asked = rule.targets.join("`, `");
    let verdict = match &facts.target.reading {
        Reading::Sound(target) if rule.targets.contains(target) => return None,
        Reading::Sound(target) => Verdict::new(
            Judged::NotAsked,
            format!("not asked: the target is `{target}`, and the rule is for `{asked}`"),
        ),
        Reading::Missing(reason) | Reading::Doubtful(reason) => Verdict::doubtful(format!(
            "nobody knows whether the rule is asked, which is for `{asked}`: {reason}"
        )),
    };
    Some(verdict.on(&facts.target.facts))
}

/// The first that holds; else all that was wrong with each.
fn any_of(checks: &[Check], facts: &Facts<'_>) -> Verdict {
    let mut verdicts: Vec<Verdict> = checks.iter().flat_map(|one| check(one, facts)).collect();
    if let Some(holds) = verdicts.iter().position(|verdict| verdict.judged == Judged::Holds) {
        return verdicts.swap_remove(holds);
    }
    let worst = [Judged::Doubtful, Judged::Broken]
        .into_iter()
        .find(|judged| verdicts.iter().any(|verdict| verdict.judged == *judged));
    let messages: Vec<String> =
        verdicts.iter_mut().map(|verdict| core::mem::take(&mut verdict.message)).collect();
    let message = format!("none of these holds: {}", messages.join("; "));
    let all = Verdict::new(worst.unwrap_or(Judged::Missing), message);
    verdicts.iter().fold(all, |all, verdict| all.on(&verdict.facts))
}
