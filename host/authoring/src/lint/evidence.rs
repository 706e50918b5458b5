//! Rules for which there is no evidence.
//!
//! A rule is supplied when its own plugin, given the facts, rests a finding on
//! one of them: aliases, splits, slices and windows are the plugin's to know.

use std::collections::BTreeMap;

use tollgate::facts::{AS_OF, CANDIDATE, CHAMPION, Evidence, Instant, RUN};
use tollgate::judge::{JudgeError, Opened};
use tollgate::report::FindingReport;
use tollgate_engine::types::{Fact, FactValue, Outcome};

use super::LintError;

/// Warnings about the rules of a gate for which the facts have nothing.
pub(super) fn unsupplied(
    opened: &Opened,
    evidence: &Evidence,
    unknown: &[String],
) -> Result<Vec<FindingReport>, LintError> {
    let mut evidence = evidence.clone();
    for fact in by_the_host(&evidence) {
        evidence.observe(fact);
    }
    let gate = opened.plugin().gate(opened.settings()).map_err(JudgeError::from)?;
    let found = gate.evaluate(evidence.facts()).map_err(JudgeError::from)?;
    // One rule may have many findings, of which one is enough.
    let mut rules: BTreeMap<(Option<String>, String), Option<FindingReport>> = BTreeMap::new();
    for finding in found {
        let rule = (finding.pointer.clone(), finding.rule.clone());
        let is_supplied = !finding.facts.is_empty() || finding.outcome == Outcome::Pass;
        let told = rules.entry(rule).or_insert_with(|| Some(FindingReport::from(finding)));
        if is_supplied {
            *told = None;
        }
    }
    let warned = rules.into_values().flatten().map(|finding| FindingReport {
        rule: "no-evidence".to_owned(),
        outcome: Outcome::Warn,
        message: format!(
            "nothing that was given is evidence for the rule `{}`: {}{}",
            finding.rule,
            finding.message,
            beforehand(unknown)
        ),
        pointer: finding.pointer,
        ..FindingReport::new("", Outcome::Warn, "")
    });
    Ok(warned.collect())
}

/// Whose evidence may be missing because nobody knows it yet.
fn beforehand(unknown: &[String]) -> String {
    let named: Vec<String> = unknown.iter().map(|name| format!("`{name}`")).collect();
    match named.is_empty() {
        true => String::new(),
        false => format!("; what {} says is not known beforehand", named.join(", ")),
    }
}

/// What a host states itself when it judges (`policies/facts.md`), where the
/// facts do not: nobody has to supply it.
fn by_the_host(evidence: &Evidence) -> Vec<Fact> {
    let text = |text: &str| FactValue::Text(text.to_owned());
    // The newest of them, so that none is from the future.
    let times = evidence.facts().iter().filter_map(|fact| fact.observed_at.as_ref());
    let newest = times.filter_map(|time| time.parse::<Instant>().ok()).max();
    let as_of = newest.map_or_else(|| "1970-01-01T00:00:00Z".to_owned(), |it| it.to_string());
    let digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
    let of_run = [
        (AS_OF, text(&as_of)),
        ("action", text("promote")),
        ("target", text("Staging")),
        ("actor", text("someone")),
        ("reason", text("some reason")),
        ("model_digest", text(digest)),
        ("policy_digest", text(digest)),
        ("report_digest", text(digest)),
    ];
    let of_version = [
        ("name", text("model")),
        ("version", text("1")),
        ("run_id", text("0")),
        ("stage", text("None")),
        ("pinned", FactValue::Boolean(false)),
        ("metric_count", FactValue::Integer(1)),
        ("signature_present", FactValue::Boolean(true)),
        ("signature_change", text("none")),
        ("dependencies_pinned", FactValue::Boolean(true)),
        ("schema_valid", FactValue::Boolean(true)),
    ];
    let of_run = of_run.into_iter().map(|(name, value)| (name, RUN, value));
    let of_version = of_version.into_iter().flat_map(|(name, value)| {
        [CANDIDATE, CHAMPION].map(|subject| (name, subject, value.clone()))
    });
    let stated = of_run.chain(of_version).filter(|(name, subject, _)| !evidence.has(name, subject));
    stated
        .map(|(name, subject, value)| Fact {
            name: name.to_owned(),
            subject: subject.to_owned(),
            labels: Vec::new(),
            value,
            unit: None,
            samples: None,
            observed_at: None,
            source: None,
        })
        .collect()
}
