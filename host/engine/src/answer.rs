//! What a plugin may answer: bounds on its texts and on how many there are.
//!
//! The canonical ABI bounds the bytes of one answer. A host, though, repeats
//! what it is told: an action in every row of a batch, a reason in every
//! decision, so that megabytes would become gigabytes. Each bound is far above
//! what rules need; an answer beyond one is a fault that names it.

use std::fmt;

use crate::text::size;
use crate::types::{Batch, Decision, Declaration, Finding, Info, Outcome};

/// Bytes of the name of an input, an action, a reason or a rule.
const NAME: usize = 256;

/// Inputs, actions and reasons of a policy.
const INPUTS: usize = 1_000;
const ACTIONS: usize = 100;
const REASONS: usize = 10_000;

/// Bytes of the reasons of one decision, which each row repeats.
const REASONS_OF_DECISION: usize = 4 << 10;

/// Decisions of a batch beyond one for each row: a plugin may list all that it
/// can make.
const DECISIONS: usize = 10_000;

/// Findings of one call: one for each of 100,000 slices, and as many again.
const FINDINGS: usize = 200_000;

/// Bytes of a message, of what was expected or found, and of a pointer.
const MESSAGE: usize = 64 << 10;

/// Bytes of all findings of one call.
const ALL_FINDINGS: usize = 48 << 20;

/// Indices of facts in all findings of one call.
const FACTS: usize = 2_000_000;

/// Bytes of a plugin's summary, and of the JSON Schema of its settings.
const SUMMARY: usize = 1 << 10;
const SCHEMA: usize = 1 << 20;

/// The longest reason for having no decision, in characters: it may repeat
/// what is in the request, so it is cut rather than refused.
const REFUSAL: usize = 1000;

/// Checks that no count is above its limit.
fn count(what: impl fmt::Display, count: usize, limit: usize) -> Result<(), String> {
    if count <= limit {
        return Ok(());
    }
    Err(format!("{what} number {count}, above the limit of {limit}"))
}

/// Checks that a text has at most `limit` bytes.
fn text(what: impl fmt::Display, length: usize, limit: usize) -> Result<(), String> {
    if length <= limit {
        return Ok(());
    }
    Err(format!("{what} of {}, above the limit of {}", size(length), size(limit)))
}

/// Names end up in messages, reports and file names: they are plain.
pub(crate) fn check_info(info: &Info) -> Result<(), String> {
    let plain = |text: &str| {
        (1..=100).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.+".contains(&byte))
    };
    for (field, text) in [("name", &info.name), ("version", &info.version)] {
        if !plain(text) {
            return Err(format!(
                "its {field} must be 1 to 100 letters, digits, `-`, `_`, `.` or `+`"
            ));
        }
    }
    text("a summary", info.summary.len(), SUMMARY)?;
    text("a settings schema", info.settings_schema.len(), SCHEMA)
}

/// Checks what the type cannot say of a surface.
pub(crate) fn check_surface(surface: &Declaration) -> Result<(), String> {
    if surface.actions.is_empty() {
        return Err("a policy has at least one action".to_owned());
    }
    if let Some(score) = surface.score
        && score as usize >= surface.inputs.len()
    {
        return Err(format!("input {score} is the score, and there are {}", surface.inputs.len()));
    }
    let names = [
        ("input", INPUTS, surface.inputs.iter().map(|input| &input.name).collect::<Vec<_>>()),
        ("action", ACTIONS, surface.actions.iter().collect()),
        ("reason", REASONS, surface.reasons.iter().collect()),
    ];
    for (what, most, mut names) in names {
        count(format_args!("its {what}s"), names.len(), most)?;
        for (index, name) in names.iter().enumerate() {
            text(format_args!("a name of {what} {index}"), name.len(), NAME)?;
        }
        names.sort_unstable();
        if let Some([name, _]) = names.array_windows().find(|[a, b]| a == b) {
            return Err(format!("{what} `{name}` is declared twice"));
        }
    }
    Ok(())
}

/// Checks a decision against the surface that it refers to.
pub(crate) fn check_decision(surface: &Declaration, decision: &Decision) -> Result<(), String> {
    let Declaration { actions, reasons, .. } = surface;
    if decision.action as usize >= actions.len() {
        let action = decision.action;
        return Err(format!("action {action} was chosen, and there are {}", actions.len()));
    }
    let mut length = 0;
    for &reason in &decision.reasons {
        let Some(name) = reasons.get(reason as usize) else {
            return Err(format!("reason {reason} was given, and there are {}", reasons.len()));
        };
        // Even an empty one takes room.
        length += name.len() + 1;
        text("reasons of one decision", length, REASONS_OF_DECISION)?;
    }
    Ok(())
}

/// Checks a batch of `rows` against the surface that it refers to.
pub(crate) fn check_batch(surface: &Declaration, rows: u32, batch: &Batch) -> Result<(), String> {
    if batch.rows.len() != rows as usize {
        return Err(format!("{} rows were answered of {rows}", batch.rows.len()));
    }
    let known = batch.decisions.len();
    count("its different decisions", known, batch.rows.len() + DECISIONS)?;
    if let Some(last) = batch.rows.iter().max()
        && *last as usize >= known
    {
        return Err(format!("a row has decision {last}, and there are {known}"));
    }
    batch.decisions.iter().flatten().try_for_each(|decision| check_decision(surface, decision))
}

/// Checks what the type cannot say of findings about `facts` facts.
pub(crate) fn check_findings(facts: usize, findings: &[Finding]) -> Result<(), String> {
    check_texts_of(findings)?;
    for finding in findings {
        let rule = &finding.rule;
        if finding.occurrences == 0 {
            return Err(format!("a finding of `{rule}` occurs 0 times"));
        }
        if let Some(fact) = finding.facts.iter().find(|fact| **fact as usize >= facts) {
            return Err(format!(
                "a finding of `{rule}` rests on fact {fact}, and there are {facts}"
            ));
        }
    }
    Ok(())
}

/// Checks what a plugin says of settings that it takes.
pub(crate) fn check_remarks(remarks: &[Finding]) -> Result<(), String> {
    check_findings(0, remarks)?;
    match remarks.iter().find(|remark| remark.outcome > Outcome::Inconclusive) {
        None => Ok(()),
        Some(Finding { rule, outcome, .. }) => Err(format!(
            "a remark of `{rule}` is `{}`, and the settings were taken",
            outcome.name()
        )),
    }
}

/// Checks how much findings say, together and each.
pub(crate) fn check_texts_of(findings: &[Finding]) -> Result<(), String> {
    count("its findings", findings.len(), FINDINGS)?;
    let (mut length, mut indices) = (0, 0);
    for finding in findings {
        length += check_texts(finding)?;
        text("findings", length, ALL_FINDINGS)?;
        indices += finding.facts.len();
        count("the facts that its findings rest on", indices, FACTS)?;
    }
    Ok(())
}

/// Checks a finding's texts, and gives their length together.
fn check_texts(finding: &Finding) -> Result<usize, String> {
    let Finding { rule, message, column, pointer, expected, actual, measured, .. } = finding;
    text("a rule's id", rule.len(), NAME)?;
    let measured = measured.as_ref();
    let baseline = measured.and_then(|measured| measured.baseline.as_ref());
    let texts = [
        ("message", Some(message)),
        ("column", column.as_ref()),
        ("pointer", pointer.as_ref()),
        ("expected value", expected.as_ref()),
        ("actual value", actual.as_ref()),
        ("name of the measure", measured.map(|measured| &measured.name)),
        ("unit of the measure", measured.and_then(|measured| measured.unit.as_ref())),
        ("baseline of the measure", baseline.map(|baseline| &baseline.name)),
    ];
    let mut length = rule.len();
    for (what, part) in texts {
        let part = part.map_or(0, String::len);
        text(format_args!("the {what} of a finding of `{rule}`"), part, MESSAGE)?;
        length += part;
    }
    Ok(length)
}

/// A reason for having no decision, cut where it is very long.
pub(crate) fn cut(mut refusal: String) -> String {
    if let Some((end, _)) = refusal.char_indices().nth(REFUSAL) {
        refusal.truncate(end);
        refusal.push('…');
        // What was cut away would be kept as long as the rest.
        refusal.shrink_to_fit();
    }
    refusal
}

#[cfg(test)]
mod tests {
    use super::{check_batch, cut};
    use crate::types::{Batch, Decision, Declaration};

    #[test]
    fn a_long_refusal_is_cut_at_a_character() {
        assert_eq!(cut("é".repeat(1000)), "é".repeat(1000));
        let cut = cut("é".repeat(1_000_000));
        assert_eq!(cut.chars().count(), 1001);
        assert!(cut.ends_with("é…") && cut.capacity() < 4096);
    }

    #[test]
    fn a_batch_may_list_decisions_but_not_without_end() {
        let surface = Declaration {
            inputs: Vec::new(),
            score: None,
            actions: vec!["allow".to_owned()],
            reasons: Vec::new(),
        };
        let batch = |decisions| Batch {
            decisions: vec![Ok(Decision { action: 0, reasons: Vec::new() }); decisions],
            rows: vec![0; 3],
        };
        assert_eq!(check_batch(&surface, 3, &batch(10_003)), Ok(()));
        assert_eq!(
            check_batch(&surface, 3, &batch(10_004)).unwrap_err(),
            "its different decisions number 10004, above the limit of 10003"
        );
    }
}
