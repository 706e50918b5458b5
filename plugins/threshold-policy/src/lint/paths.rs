//! The actions that cases can come to, rule by rule.
//!
//! The set of actions before a rule is never too small: conditions are taken to
//! hold or not, each by itself, but for those that always come out the same.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use tollgate_sdk::Finding;
use tollgate_sdk::policy::Kind;

use super::warn;
use crate::actions::{self, rule_pointer};
use crate::cel::{Domain, Program};
use crate::policy::{Consequence, ThresholdPolicy};
use crate::settings::Effect;

/// Warns of conditions that always come out the same or are another's, of rules
/// that change nothing, and of actions that no case comes to.
pub(super) fn check(policy: &ThresholdPolicy, warnings: &mut Vec<Finding>) {
    repeated(policy, warnings);
    let mut before: Vec<bool> = policy.actions.iter().map(|_| false).collect();
    policy.rungs.iter().for_each(|(action, _)| mark(&mut before, *action));
    for (bit, rule) in (0_u32..).zip(&policy.rules) {
        let program = policy.expressions.iter().find(|(of, _)| *of == bit);
        let always = program.and_then(|(_, program)| constant(policy, program));
        if let Some(holds) = always {
            let (rule_id, word) =
                if holds { ("always-holds", "always") } else { ("never-holds", "never") };
            let message = format!("this condition {word} holds, whatever the case");
            warnings.push(warn(rule_id, format!("{}/when", pointer(policy, rule)), message));
        }
        if always == Some(false) {
            continue;
        }
        without_effect(policy, rule, &before, warnings);
        let after = applied(&before, rule);
        before = match always {
            Some(true) => after,
            _ => before.iter().zip(&after).map(|(one, other)| *one || *other).collect(),
        };
    }
    if let Some(limit) = &policy.limit
        && is_marked(&before, limit.from)
    {
        mark(&mut before, limit.to);
    }
    unreachable(policy, &before, warnings);
}

fn mark(actions: &mut [bool], action: u32) {
    actions.iter_mut().skip(action as usize).take(1).for_each(|marked| *marked = true);
}

fn is_marked(actions: &[bool], action: u32) -> bool {
    actions.get(action as usize).copied().unwrap_or_default()
}

/// The actions behind a rule whose condition holds.
fn applied(before: &[bool], rule: &Consequence) -> Vec<bool> {
    let mut after: Vec<bool> = before.iter().map(|_| false).collect();
    for (action, _) in (0_u32..).zip(before).filter(|(_, marked)| **marked) {
        let to = if rule.effect == Effect::Set { rule.action } else { action.max(rule.action) };
        mark(&mut after, to);
    }
    after
}

/// What the condition always comes to.
fn constant(policy: &ThresholdPolicy, program: &Program) -> Option<bool> {
    program.always(|index| match policy.readings.get(index) {
        None => (Domain::Text, true),
        Some(reading) => {
            let domain = match reading.kind {
                Kind::Boolean => Domain::Boolean,
                Kind::Integer => Domain::Integer,
                Kind::Number => Domain::Number(reading.range.0, reading.range.1),
                Kind::Text => Domain::Text,
            };
            (domain, !reading.required)
        }
    })
}

/// Where the rule of a reason stands, for rules of the document's own.
fn pointer(policy: &ThresholdPolicy, rule: &Consequence) -> String {
    let id = policy.reasons.get(rule.reason as usize);
    let mut entries = policy.settings.rules.entries.iter();
    let place = entries.position(|entry| entry.id.is_some() && entry.id.as_ref() == id);
    place.map_or_else(String::new, |place| rule_pointer(&policy.settings, place))
}

/// Conditions that are another rule's.
fn repeated(policy: &ThresholdPolicy, warnings: &mut Vec<Finding>) {
    for (index, (bit, program)) in policy.expressions.iter().enumerate() {
        let mut before = policy.expressions.iter().take(index);
        let first = before.find(|(_, other)| program.is_same(other));
        let rule = |bit: u32| policy.rules.get(bit as usize);
        let (Some((first, _)), Some(own)) = (first, rule(*bit)) else { continue };
        let other = rule(*first).and_then(|rule| policy.reasons.get(rule.reason as usize));
        let message = format!(
            "this is the condition of the rule `{}` as well, so that one of them is enough",
            other.map_or("", String::as_str)
        );
        warnings.push(warn(
            "duplicate-condition",
            format!("{}/when", pointer(policy, own)),
            message,
        ));
    }
}

/// A rule that makes nothing stricter, since all is as strict before it. That
/// of the mildest action is told elsewhere.
fn without_effect(
    policy: &ThresholdPolicy,
    rule: &Consequence,
    before: &[bool],
    warnings: &mut Vec<Finding>,
) {
    let pointer = pointer(policy, rule);
    let milder = (0_u32..).zip(before).any(|(action, marked)| *marked && action < rule.action);
    if rule.effect == Effect::Set || rule.action == 0 || milder || pointer.is_empty() {
        return;
    }
    let action = policy.actions.get(rule.action as usize).map_or("", String::as_str);
    let message = format!("every action is `{action}` or stricter before this rule");
    warnings.push(warn("rule-without-effect", format!("{pointer}/action"), message));
}

/// Actions that something names, and no case comes to.
fn unreachable(policy: &ThresholdPolicy, reached: &[bool], warnings: &mut Vec<Finding>) {
    let named = actions::named(&policy.settings);
    for (action, _) in policy.actions.iter().zip(reached).filter(|(_, reached)| !**reached) {
        // What nothing names is told elsewhere.
        let Some(place) = named.iter().find(|named| named.action == action) else { continue };
        let message = format!("no case comes to the action `{action}`");
        warnings.push(warn("unreachable-action", place.pointer.clone(), message));
    }
}
