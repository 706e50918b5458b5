//! A decision as the body of a record: canonical JSON, written member by
//! member.

use std::fmt::Write as _;

use tollgate::canonical;
use tollgate_engine::types::Value;

use crate::entry::{Entry, Outcome, Said};
use crate::mask::HowMasked;
use crate::policy::Policy;
use crate::sample::Sample;
use crate::value;

/// What stands for the words on why there is no decision, where they may hold
/// what is masked.
const LEFT_OUT: &str = "left out, since inputs are masked";

/// Appends the body of a decision; `shadow` is who gave the shadow's.
pub(crate) fn push(
    entry: &Entry,
    policy: &Policy,
    shadow: Option<&Policy>,
    sample: Sample,
    out: &mut String,
) {
    let said = &entry.said;
    out.push('{');
    push_action(said, policy, out);
    if let Some(assignment) = &entry.assignment {
        out.push_str(",\"assignment\":{\"arm\":");
        canonical::write_string(&assignment.arm, out);
        out.push_str(",\"name\":");
        canonical::write_string(&assignment.name, out);
        if assignment.shadow {
            out.push_str(",\"shadow\":true");
        }
        out.push('}');
    }
    push_by(said, policy, out);
    push_inputs(said, policy, None, out);
    if let Some(model) = &entry.model {
        out.push_str(",\"model\":");
        canonical::write_string(model, out);
    }
    out.push_str(",\"policy\":");
    out.push_str(&policy.name);
    push_problem(said, policy, out);
    if sample.is_part() {
        out.push_str(",\"rate\":");
        canonical::write_double(sample.rate(), out);
    }
    push_reasons(said, policy, out);
    push_score(said, policy, out);
    if let (Some(said), Some(shadowing)) = (entry.shadow.as_deref(), shadow) {
        out.push_str(",\"shadow\":{");
        push_action(said, shadowing, out);
        push_by(said, shadowing, out);
        push_inputs(said, shadowing, Some((&entry.said, policy)), out);
        out.push_str(",\"policy\":");
        out.push_str(&shadowing.name);
        push_problem(said, shadowing, out);
        push_reasons(said, shadowing, out);
        push_score(said, shadowing, out);
        push_version(shadowing, out);
        out.push('}');
    }
    if let Some(trace) = &entry.trace {
        out.push_str(",\"trace\":");
        canonical::write_string(trace, out);
    }
    push_version(policy, out);
    out.push('}');
}

/// `"action":"block"`.
fn push_action(said: &Said, policy: &Policy, out: &mut String) {
    out.push_str("\"action\":");
    out.push_str(match &said.outcome {
        Outcome::Decided { action, .. } => part(&policy.actions, *action),
        Outcome::Undecided(_) => &policy.fallback,
    });
}

/// Which policy, whether it is its fallback, and the decision's id.
fn push_by(said: &Said, policy: &Policy, out: &mut String) {
    out.push_str(",\"by\":");
    // Writing to a String cannot fail.
    let _ = write!(out, "{}", policy.seq);
    if matches!(said.outcome, Outcome::Undecided(_)) {
        out.push_str(",\"fallback\":true");
    }
    out.push_str(",\"id\":\"");
    // From the id that was answered, whoever knows the rest could find a masked
    // value by trying.
    let _ = match &policy.key {
        Some(key) => write!(out, "hmac:{}\"", key.of_id(said.id)),
        None => write!(out, "{:016x}\"", said.id),
    };
}

/// The inputs by name; of a shadow those that are not the same of the decision
/// that it is beside.
fn push_inputs(said: &Said, policy: &Policy, beside: Option<(&Said, &Policy)>, out: &mut String) {
    let Some(values) = &said.values else { return };
    let mut sign = ",\"inputs\":{";
    for input in &policy.inputs {
        let value = values.get(input.place).unwrap_or(&Value::Null);
        if beside.is_some_and(|(said, policy)| is_in(said, policy, &input.name, value)) {
            continue;
        }
        out.push_str(sign);
        sign = ",";
        out.push_str(&input.label);
        match (input.mask, &policy.key) {
            (None, _) => value::push(value, input.kind, out),
            // That there is none is seen by the decision already.
            (Some(_), _) if *value == Value::Null => out.push_str("null"),
            (Some(HowMasked::Hash), Some(key)) => {
                value::push_masked(Some(&key.of_value(&input.name, value)), out);
            }
            (Some(_), _) => value::push_masked(None, out),
        }
    }
    match sign {
        "," => out.push('}'),
        _ if beside.is_none() => out.push_str(",\"inputs\":{}"),
        _ => {}
    }
}

fn is_in(said: &Said, policy: &Policy, name: &str, value: &Value) -> bool {
    let same = policy.inputs.iter().find(|input| input.name == name);
    let there = same.zip(said.values.as_ref()).and_then(|(input, all)| all.get(input.place));
    match (there, value) {
        (Some(Value::Number(there)), Value::Number(value)) => there.to_bits() == value.to_bits(),
        (Some(there), value) => there == value,
        (None, _) => false,
    }
}

fn push_problem(said: &Said, policy: &Policy, out: &mut String) {
    if let Outcome::Undecided(problem) = &said.outcome {
        out.push_str(",\"problem\":");
        let hides = policy.key.is_some();
        canonical::write_string(if hides { LEFT_OUT } else { problem }, out);
    }
}

fn push_reasons(said: &Said, policy: &Policy, out: &mut String) {
    out.push_str(",\"reasons\":[");
    if let Outcome::Decided { reasons, .. } = &said.outcome {
        for (at, reason) in reasons.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            out.push_str(part(&policy.reasons, *reason));
        }
    }
    out.push(']');
}

fn push_score(said: &Said, policy: &Policy, out: &mut String) {
    let value = policy.score.zip(said.values.as_ref()).and_then(|(score, all)| all.get(score));
    if let Some(Value::Number(score)) = value
        && score.is_finite()
    {
        out.push_str(",\"score\":");
        canonical::write_double(*score, out);
    }
}

fn push_version(policy: &Policy, out: &mut String) {
    out.push_str(",\"version\":");
    out.push_str(&policy.version);
}

/// The engine has checked every index of an answer.
fn part(texts: &[String], index: u32) -> &str {
    texts.get(index as usize).map_or("\"\"", String::as_str)
}
